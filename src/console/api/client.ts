import { type Route, type RouteId, routes } from "./routes.ts";
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

/** How long an answer is waited for (ms). */
const PATIENCE = 30_000;

interface Envelope {
  code: number;
  message: string;
}

const isEnvelope = (value: unknown): value is Envelope =>
  typeof value === "object" &&
  value !== null &&
  "code" in value &&
  typeof value.code === "number" &&
  "message" in value &&
  typeof value.message === "string" &&
  "data" in value;

/** What an operation answers is what its declaration says: the service and this page are of one build. */
const isAnswer = <I extends RouteId>(_id: I, value: Envelope): value is Envelope & Answer<I> =>
  value.code === 200;

/** What `Retry-After` says, which the service gives in seconds. */
function laterOf(response: Response): { retryAfter?: number } {
  const seconds = response.headers.get("retry-after");
  return seconds === null ? {} : { retryAfter: Number(seconds) * 1000 };
}

/** What is left out is not sent. */
function queryOf(input: object): string {
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return query === "" ? "" : `?${query}`;
}

/** Sends a request, and says what became of it. Never throws but where `signal` says that nobody waits for it any more. */
export async function send<I extends RouteId>(
  credentials: Credentials,
  id: I,
  input: Input<I>,
  { user, key, lines, signal, patience: most = PATIENCE }: Options = {},
): Promise<Outcome<Answer<I>>> {
  const route: Route = routes[id];
  const { app, token, rootKey } = credentials;
  const headers: Record<string, string> = {};
  if (app !== "") headers["app_id"] = app;
  if (route.scope === "root") headers["root-key"] = rootKey ?? "";
  else if (token !== undefined) headers["access-token"] = token;
  if (user !== undefined) headers["user_id"] = String(user);
  if (key !== undefined) headers["idempotency-key"] = key;
  const body = lines ?? (route.in === "body" ? JSON.stringify(input) : undefined);
  if (body !== undefined)
    headers["content-type"] = lines === undefined ? "application/json" : "application/x-ndjson";
  const query = route.in === "body" ? "" : queryOf(input);
  const patience = AbortSignal.timeout(most);
  let requestId = "";
  try {
    const response = await fetch(route.path + query, {
      method: route.method,
      headers,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
      ...(body !== undefined && { body }),
    });
    requestId = response.headers.get("x-request-id") ?? "";
    const answer: unknown = await response.json();
    if (!isEnvelope(answer)) return { kind: "unknown", message: "", requestId };
    if (isAnswer(id, answer)) return { kind: "done", answer };
    const { code, message } = answer;
    const later = laterOf(response);
    if (response.status === 409 && code === 409) {
      const isUnderWay = later.retryAfter !== undefined;
      return isUnderWay ? { kind: "unknown", message, requestId, ...later } : { kind: "unread" };
    }
    if (response.status >= 500) return { kind: "unknown", message, requestId, ...later };
    return { kind: "refused", code, message, ...later };
  } catch {
    signal?.throwIfAborted();
    return { kind: "unknown", message: "", requestId };
  }
}

/** Codes by which a token is no good, or not any more. */
export const tokenIsDead = (code: number): boolean => code === 10008 || code === 402 || code === 10003;
