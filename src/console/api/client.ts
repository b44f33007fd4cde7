import { Caller } from "../../client/caller.ts";
import { Refused, Unanswered, Withheld } from "../../client/failures.ts";
import { fetchTransport } from "../../client/http.ts";
import { withTimeout } from "../../client/schedule.ts";
import { scopes } from "../../server/generated/operations.ts";
import { type RouteId, routes } from "./routes.ts";
import type { Answer, Input } from "./types.ts";

/**
 * What became of a request. `refused` has changed nothing. Of `unknown` nobody can say whether it was done, as its answer was
 * lost or told of a fault: the same request under the same key does it once. `unread` was done, and its answer is gone.
 * `retryAfter` (ms) is there where the service asks to wait and to send it again.
 */
export type Outcome<T> =
  | { kind: "done"; answer: T }
  | { kind: "refused"; code: number; message: string; retryAfter?: number }
  | { kind: "unread" }
  | { kind: "unknown"; message: string; requestId: string; retryAfter?: number };

/** Whose request it is: the app, and an admin token of it or the root key. */
export interface Credentials {
  app: string;
  token?: string;
  rootKey?: string;
}

/** What goes with a request beside its parameters. */
export interface Options {
  /** For whom of the app's users it is. */
  user?: number;
  /** By what a repeat of it is known; each write has one. */
  key?: string;
  /** The body as it is, in place of parameters. */
  lines?: string;
  signal?: AbortSignal;
  /** How long its answer is waited for (ms), where that is not as long as for others. */
  patience?: number;
}

/** The service, which is where the page is from: it keeps nothing, and has no cookie. */
const service = new Caller({
  url: location.origin,
  headers: {},
  transport: fetchTransport({ cache: "no-store", credentials: "omit" }),
  schedule: withTimeout,
  timeoutMs: 30_000,
});

/** What an operation answers is what its declaration says: the service and this page are of one build. */
const isAnswer = <I extends RouteId>(_id: I, value: object): value is Answer<I> => "data" in value;

/** What the service asks to be waited (ms), where it does. */
const laterOf = ({ retryAfterMs }: { retryAfterMs: number | undefined }) =>
  retryAfterMs === undefined ? {} : { retryAfter: retryAfterMs };

/** Sends a request, and says what became of it. Never throws but where `signal` says that nobody waits for it any more. */
export async function send<I extends RouteId>(
  credentials: Credentials,
  id: I,
  input: Input<I>,
  { user, key, lines, signal, patience }: Options = {},
): Promise<Outcome<Answer<I>>> {
  const { app, token, rootKey } = credentials;
  const headers: Record<string, string> = {};
  if (app !== "") headers["app_id"] = app;
  if (scopes[id] === "root") headers["root-key"] = rootKey ?? "";
  else if (token !== undefined) headers["access-token"] = token;
  if (user !== undefined) headers["user_id"] = String(user);
  if (key !== undefined) headers["idempotency-key"] = key;
  try {
    const answer = await service.call(routes[id], input, {
      headers,
      lines,
      stop: signal,
      timeoutMs: patience,
    });
    return isAnswer(id, answer) ? { kind: "done", answer } : { kind: "unread" };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Refused)
      return { kind: "refused", code: error.code, message: error.message, ...laterOf(error) };
    if (error instanceof Withheld) return { kind: "unread" };
    if (!(error instanceof Unanswered)) return { kind: "unknown", message: "", requestId: "" };
    const { code, message, requestId } = error;
    // Too many calls: nothing was done.
    if (code === 429) return { kind: "refused", code, message, ...laterOf(error) };
    return { kind: "unknown", message: code === 0 ? "" : message, requestId, ...laterOf(error) };
  }
}

/** Codes by which a token is no good, or not any more. */
export const tokenIsDead = (code: number): boolean => code === 10008 || code === 402 || code === 10003;
