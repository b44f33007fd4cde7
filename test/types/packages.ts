import type { z } from "zod";
import type {
  PublicOperations,
  SessionOperations,
  UserOperations,
} from "../../src/client/generated/operations.ts";
import type { Operations } from "../../src/operations/index.ts";
import type {
  AdminOperations,
  RootOperations,
  SharedOperations,
  SubjectOperations,
} from "../../src/server/generated/operations.ts";

/*
 * The types that are made for the packages against the declarations they are made from: what they let through is taken, and what is
 * answered is what they say.
 */

type Made = PublicOperations &
  UserOperations &
  SessionOperations &
  AdminOperations &
  SubjectOperations &
  RootOperations &
  SharedOperations;

/** Those whose id is a text of its own, but for the two that go as lines. */
type Named<O = Operations> = O extends { id: infer I extends keyof Made }
  ? I extends "importUsers" | "exportUsers"
    ? never
    : O
  : never;

type Id = Named["id"];

type Declared<I extends Id> = Extract<Named, { id: I }>;

type Answer<D> = D extends { data: infer T extends z.ZodType }
  ? { data: z.input<T> } & (D extends { beside: infer B extends z.ZodType } ? z.input<B> : unknown)
  : never;

type NotTaken = {
  [I in Id]: [keyof Made[I]["params"]] extends [never]
    ? never
    : [Made[I]["params"]] extends [z.input<Declared<I>["params"]>]
      ? never
      : I;
}[Id];

type NotSaid = {
  [I in Id]: [Answer<Declared<I>>] extends [Made[I]["answer"]] ? never : I;
}[Id];

type Enough<T extends true> = T;

/** Most operations are compared. */
export type Compared = Enough<
  "setProfile" | "listUsers" | "readPicture" | "createApp" extends Id ? true : false
>;

type None<T extends never> = T;

/** What `tsc` must refuse: it names an operation whose made type is another than its declaration's. */
export type Differing = [None<NotTaken>, None<NotSaid>];
