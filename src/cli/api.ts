import type { z } from "zod";
import type { Operations } from "../operations/index.ts";

/*
 * The API as the declarations have it: from a method and a path follow what is sent and what is heard. Only types come from
 * there; nothing of the Worker runs here.
 */

/** Who asks: the holder of the root key, or of an admin token. */
export type Asker = "root" | "admin";

interface Callers {
  root: "root" | "root or admin";
  admin: "admin" | "admin for user" | "user" | "root or admin";
}

/** The declarations whose path is a text of its own: those that are made by a function share one type. */
type Declared<O = Operations> = O extends { path: infer P extends string }
  ? string extends P
    ? never
    : O
  : never;

type Matching<A extends Asker, M extends string, P extends string, O = Declared> = O extends {
  caller: Callers[A];
  methods: readonly (infer Each)[];
  path: P;
}
  ? M extends Each
    ? O
    : never
  : never;

/** The paths that an asker may ask by a method. */
export type Path<A extends Asker, M extends string> = Matching<A, M, string>["path"];

/** What is sent. */
export type Params<A extends Asker, M extends string, P extends string> =
  Matching<A, M, P> extends { params: infer S extends z.ZodObject } ? z.input<S> : never;

/** What is heard: `data`, and what stands beside it. */
export type Answer<A extends Asker, M extends string, P extends string> =
  Matching<A, M, P> extends infer O
    ? O extends { data: infer D extends z.ZodType }
      ? { data: z.input<D> } & (O extends { beside: infer B extends z.ZodType } ? z.input<B> : unknown)
      : never
    : never;

/** A row of the import, as its line of JSON. */
export type Row = NonNullable<z.input<Extract<Operations, { path: "/admin/export" }>["data"]>>;
