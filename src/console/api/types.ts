import type { z } from "zod";
import type { Operations } from "../../operations/index.ts";

export type { EndedSession, Picture } from "../../domain/picture.ts";
export type { WatchFrame } from "../../protocol/watch.ts";
export type { AdminScope, Role } from "../../domain/roles.ts";

/** The operations whose id is a text of its own: those that are made by a function share one type. */
type Named<O = Operations> = O extends { id: infer I extends string }
  ? string extends I
    ? never
    : O
  : never;

/** An operation of the service, by its id. */
export type OperationId = Named["id"];

type Declared<I extends OperationId> = Extract<Named, { id: I }>;

/** What an operation is sent. */
export type Input<I extends OperationId> = z.input<Declared<I>["params"]> & object;

/** The `data` of what an operation answers. */
export type Data<I extends OperationId> = z.output<Declared<I>["data"]>;

/** What an operation answers: its `data`, and what stands beside it. */
export type Answer<I extends OperationId> = { data: Data<I> } & (Declared<I> extends {
  beside: infer B extends z.ZodType;
}
  ? z.output<B>
  : unknown);
