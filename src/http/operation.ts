import { z } from "zod";
import { type AdminLevel, type Level, requireScopeOf } from "../admission/verdict.ts";
import { type Reason, Refusal } from "../domain/reasons.ts";
import type { AdminScope } from "../domain/roles.ts";
import { whatIsWrong } from "../domain/validation.ts";
import type { Scope } from "../services/scope.ts";

export type { Level };

/** The header by which a request is known when it is sent again. */
export const keyHeader = "idempotency-key";

/** Methods of the API. */
export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** What an operation answers: `data`, and what stands beside it in the envelope. */
export type Reply<D> = { data: D } & Record<string, unknown>;

/** Who may call, and the scope that an admin token needs for it where one may be used. */
export type Callers =
  | { caller: AdminLevel; scope: AdminScope }
  | { caller: Exclude<Level, AdminLevel>; scope?: never };

/** All of an operation but its parameters' types: what routes, pages and tests are made from. */
export type Declaration = Described & Callers;

/** What is declared of an operation beside who may call it. */
interface Described {
  /** Its name in logs, records and the reference page. */
  id: string;
  summary: string;
  tag: string;
  methods: readonly [Method, ...Method[]];
  path: string;
  /** False where no app_id is needed. */
  app?: false;
  /** The subject's hub decides on the caller inside the handler's own call to it, so that no other trip is needed. */
  hubDecides?: true;
  /** It begins with a write that D1 refuses where the caller's admin token is not in force: no look at it comes before. */
  databaseDecides?: true;
  /** It only looks, unless it has waited for `Scope.letIn`: what it looks at need not wait for the verdict on its caller. */
  waitsItself?: true;
  /** It only looks, though it takes a body: there is nothing in it to be done once. */
  looks?: true;
  /** Hubs alone have its effect, and keep its answer for who sends the request again. */
  hubsKeep?: true;
  /** It answers with a WebSocket. */
  socket?: true;
  /** It answers with lines of JSON, as they come. */
  streams?: true;
  /** What the last of these lines is. */
  lastLine?: z.ZodType;
  /** What it refuses for beside what its caller, its app and its parameters are refused for: see `refusalsOf`. */
  refuses?: readonly Reason[];
  /** In the example of a request, what is other than its fields' own examples; undefined what is left out. */
  example?: Readonly<Record<string, unknown>>;
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

/** True of an operation that changes nothing: it takes no `Idempotency-Key`, and nothing is kept of what it answers. */
export function onlyLooks({ methods, looks }: Pick<Declaration, "methods" | "looks">): boolean {
  return looks === true || methods.includes("GET");
}

/** An operation: its declaration, and what it does. */
export type Operation = Declaration & {
  /** Checks the parameters as a whole and does the work; throws a `Refusal`. */
  run(scope: Scope, given: Record<string, unknown>): Promise<Reply<unknown> | Response>;
};

/** What an operation is declared with. */
export type Declared<P extends z.ZodObject, D extends z.ZodType> = Declaration & {
  params: P;
  data: D;
  /** The scope that an admin token needs for these parameters, where `scope` does not do. */
  scopeFor?(input: z.output<P>): AdminScope | undefined;
  /** A `Response` only where the answer is a socket, or streams. */
  handle(scope: Scope, input: z.output<P>): Promise<Reply<z.input<D>> | Response> | Reply<z.input<D>>;
};

/** An operation whose type still says what was declared of it: from it, callers in TypeScript know what to send and what they hear. */
export type Typed<C> = OmitEach<Operation, Exclude<keyof C & TypedField, "caller">> &
  Pick<C, keyof C & TypedField>;

/** `Omit` that leaves a union one: who may call and what it takes belong together. */
type OmitEach<O, Key extends PropertyKey> = O extends unknown ? Omit<O, Key> : never;

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
  const C extends Omit<Described & { caller: Level }, "params" | "data">,
>(declared: C & Declared<P, D>): Typed<C & { params: P; data: D }> {
  const { params } = declared;
  return {
    ...declared,
    async run(scope, given) {
      const parsed = params.safeParse(given);
      if (!parsed.success) throw new Refusal("parameter_wrong", whatIsWrong(params, parsed.error, given));
      const further = declared.scopeFor?.(parsed.data);
      if (further !== undefined) requireScopeOf(scope.caller, further);
      return await declared.handle(scope, parsed.data);
    },
  };
}
