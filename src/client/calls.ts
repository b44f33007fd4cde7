import type { Caller, Extra } from "./caller.ts";
import { type Envelope, Unanswered } from "./failures.ts";
import type { StopSignal } from "./schedule.ts";
import type { Passing, Sender } from "./sender.ts";

/** What may be said with a call. */
export interface CallOptions {
  /**
   * By what a repeat of a write is known: 1–128 printable ASCII characters, or "" for none. Default: one of its own for each call, kept
   * for what is sent again.
   */
  idempotencyKey?: string;
  /** The rows of an import as they are, a line of JSON each, in place of `rows`. */
  lines?: string | ArrayBuffer;
  /** An AbortSignal that ends it, where the runtime has such. */
  signal?: StopSignal;
}

type Declared = { params: object; answer: { data: unknown } };

type CallOf<O> = O extends Declared
  ? Partial<O["params"]> extends O["params"]
    ? (params?: O["params"], options?: CallOptions) => Promise<O["answer"]>
    : (params: O["params"], options?: CallOptions) => Promise<O["answer"]>
  : never;

/** Operations as functions: each takes its parameters and returns what it answers, `data` and what stands beside it. */
export type CallsOf<Operations> = { readonly [Id in keyof Operations]: CallOf<Operations[Id]> };

type PagedId<Operations> = {
  [Id in keyof Operations]: Operations[Id] extends {
    params: infer Params;
    answer: infer Answer extends { data: readonly unknown[] };
  }
    ? "cursor" extends keyof Params & keyof Answer
      ? Id
      : never
    : never;
}[keyof Operations];

type EachIn<O> = O extends { params: infer Params; answer: { data: Array<infer Row> } }
  ? Partial<Params> extends Params
    ? (params?: Omit<Params, "cursor">, options?: Pick<CallOptions, "signal">) => AsyncGenerator<Row, void>
    : (params: Omit<Params, "cursor">, options?: Pick<CallOptions, "signal">) => AsyncGenerator<Row, void>
  : never;

/** The operations that answer page by page, as functions that give all rows one by one, whatever pages they come in. */
export type EachOf<Operations> = { readonly [Id in PagedId<Operations>]: EachIn<Operations[Id]> };

/** Calls of one caller, which are sent again where the service cannot answer now. */
export interface Line {
  caller: Caller;
  sender: Sender;
  /** Numbers from 0 up to, but not including, 1. */
  random: () => number;
  /** Whom a call is for, beside who calls. */
  headers?: Record<string, string>;
}

/** A key that no other request has. It is no secret: who calls is told by its token. */
export function newKey(random: () => number): string {
  const part = () => Math.floor(random() * 2 ** 48).toString(36);
  return `${Date.now().toString(36)}-${part()}-${part()}`;
}

/** Calls an operation by its route, under one key however often it is sent. */
export async function callBy(
  { caller, sender, random, headers }: Line,
  route: string,
  params: object,
  { idempotencyKey = newKey(random), lines, signal }: CallOptions = {},
): Promise<Envelope> {
  const isKeyed = !route.startsWith("GET ") && idempotencyKey !== "";
  const extra: Extra = {
    headers: { ...headers, ...(isKeyed && { "idempotency-key": idempotencyKey }) },
    lines,
    stop: signal,
  };
  return await sender.send(async () => await caller.call(route, params, extra), signal);
}

/** What may be sent again of what a call throws. */
export function passing(error: unknown): Passing | undefined {
  if (!(error instanceof Unanswered) || !error.mayAgain) return undefined;
  return { retryAfterMs: error.retryAfterMs, holdsAll: error.code === 429 };
}

/** A function for each route of a table. */
function functionsOf(routes: object, make: (route: string) => unknown): Record<string, unknown> {
  const functions: Record<string, unknown> = {};
  for (const [id, route] of Object.entries(routes)) functions[id] = make(String(route));
  return functions;
}

/*
 * What is made of a table of routes is of the types that `npm run pages` makes beside the routes: the compiler holds those against the
 * declarations (`test/types/packages.ts`), and the service's own tests its answers.
 */

type Routes<Operations> = Record<keyof Operations, string>;

const hasCalls = <Operations>(made: object, routes: Routes<Operations>): made is CallsOf<Operations> =>
  Object.keys(routes).every((id) => id in made);

const hasLists = <Operations>(made: object, routes: Routes<Operations>): made is EachOf<Operations> =>
  Object.keys(routes).every((id) => id in made);

/** Makes a function of each operation whose route is given. */
export function callsOf<Operations>(routes: Routes<Operations>, line: Line): CallsOf<Operations> {
  const calls = functionsOf(routes, (route) => async (params: object = {}, options: CallOptions = {}) => {
    const { code: _code, message: _message, ...answer } = await callBy(line, route, params, options);
    return answer;
  });
  if (!hasCalls(calls, routes)) throw new TypeError("no routes");
  return calls;
}

/** Makes a function that gives all rows of each operation whose route is given; of those that have pages, it has a type. */
export function eachOf<Operations>(routes: Routes<Operations>, line: Line): EachOf<Operations> {
  const lists = functionsOf(
    routes,
    (route) =>
      async function* (params: object = {}, { signal }: CallOptions = {}) {
        let cursor: unknown;
        do {
          const page: { data: unknown; cursor?: unknown } = await callBy(
            line,
            route,
            { ...params, cursor },
            signal && { signal },
          );
          if (Array.isArray(page.data)) yield* page.data;
          cursor = page.cursor;
        } while (typeof cursor === "string");
      },
  );
  if (!hasLists(lists, routes)) throw new TypeError("no routes");
  return lists;
}
