import { z } from "zod";
import type { Level } from "../admission/verdict.ts";
import { Refusal } from "../domain/reasons.ts";
import { whatIsWrong } from "../domain/validation.ts";
import type { Scope } from "../services/scope.ts";

export type { Level };

/** The header by which a request is known when it is sent again. */
export const keyHeader = "idempotency-key";

/** Methods of the API. */
export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** What an operation answers: `data`, and what stands beside it in the envelope. */
export type Reply<D> = { data: D } & Record<string, unknown>;

/** All of an operation but its parameters' types: what routes, pages and tests are made from. */
export interface Declaration {
  /** Its name in logs, records and the reference page. */
  id: string;
  summary: string;
  tag: string;
  methods: readonly [Method, ...Method[]];
  path: string;
  caller: Level;
  /** False where no app_id is needed. */
  app?: false;
  /** The subject's hub decides on the caller inside the handler's own call to it, so that no other trip is needed. */
  hubDecides?: true;
  /** It begins with a write that D1 refuses where the caller's admin token is not in force: no look at it comes before. */
  databaseDecides?: true;
  /** It answers with a WebSocket. */
  socket?: true;
  /** It answers with lines of JSON, as they come. */
  streams?: true;
  /** Its answer holds a token or another secret. */
  secret?: true;
  /** The subject's other devices hear of it. */
  tellsDevices?: true;
  /**
   * Where the parameters stand: `query` also takes them from a JSON body; `text` is the whole body as it is, as the
   * parameter `text`; `rows` is the query beside a body of lines of JSON, each as it could be read, as the parameter `rows`.
   */
  from: "none" | "query" | "json" | "text" | "rows";
  params: z.ZodObject;
  /** Other names of parameters. */
  aliases?: Record<string, string>;
  data: z.ZodType;
  /** What stands beside `data`. */
  beside?: z.ZodObject;
}

/** An operation: its declaration, and what it does. */
export interface Operation extends Declaration {
  /** Checks the parameters as a whole and does the work; throws a `Refusal`. */
  run(scope: Scope, given: Record<string, unknown>): Promise<Reply<unknown> | Response>;
}

/** What an operation is declared with. */
export interface Declared<P extends z.ZodObject, D extends z.ZodType> extends Declaration {
  params: P;
  data: D;
  /** A `Response` only where the answer is a socket, or streams. */
  handle(scope: Scope, input: z.output<P>): Promise<Reply<z.input<D>> | Response> | Reply<z.input<D>>;
}

/** An operation whose type still says what was declared of it: from it, callers in TypeScript know what to send and what they hear. */
export type Typed<C extends Declaration> = Omit<Operation, keyof C & TypedField> &
  Pick<C, keyof C & TypedField>;

type TypedField = "id" | "methods" | "path" | "caller" | "from" | "streams" | "params" | "data" | "beside";

/** The parameters of an operation that has none. */
export const nothing = z.object({});

/** The data of an operation that only says that it is done. */
export const Done = z.literal(true);

/** The reply of an operation that only says that it is done. */
export const done = { data: true } as const;

/**
 * Declares an operation: the one statement from which come its routes, who may call it, the validation of its
 * parameters, its part of the reference page and its contract test.
 */
export function operation<
  P extends z.ZodObject,
  D extends z.ZodType,
  const C extends Omit<Declaration, "params" | "data">,
>(declared: C & Declared<P, D>): Typed<C & { params: P; data: D }> {
  const { params } = declared;
  return {
    ...declared,
    async run(scope, given) {
      const parsed = params.safeParse(given);
      if (!parsed.success) throw new Refusal("parameter_wrong", whatIsWrong(params, parsed.error, given));
      return await declared.handle(scope, parsed.data);
    },
  };
}
