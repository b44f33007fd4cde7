import { randomUUID } from "node:crypto";
import { Failure, systemCode } from "./failure.ts";
import type { Answer, Asker, Params, Path } from "./api.ts";
import { Passing, Sender } from "./persist.ts";

/** Where the service is, and who asks it. */
export interface Place {
  url: string;
  app: string;
  /** What the asker shows: an admin token, or the root key. */
  secret: string;
}

/** A refusal: its code and its sentence, as the service gave them. */
export class Refused extends Failure {
  override readonly name = "Refused";
  readonly code: number;

  constructor(code: number, message: string) {
    super(`${code} ${message}`);
    this.code = code;
  }
}

/** How long an answer may take (ms): an import of plain passwords hashes each of them. */
const LONGEST_ANSWER = 180_000;

/** What every answer is: `data` is null in a refusal. */
export interface Envelope<T> {
  code: number;
  message: string;
  data: T;
}

function isEnvelope(value: unknown): value is Envelope<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    "code" in value &&
    typeof value.code === "number" &&
    "message" in value &&
    typeof value.message === "string" &&
    "data" in value
  );
}

/** A request as it goes out. `T` is what its declaration says of the answer. */
export interface Request<T = unknown> {
  /** A type alone: nothing of it is ever there. */
  hears?: T;
  method: string;
  path: string;
  query?: object;
  body?: { type: string; content: string | Uint8Array<ArrayBuffer> };
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

/** What may be said with a call. */
export interface CallOptions {
  /** The user for whom it is. */
  user?: number | undefined;
  /** The app, where it is another than the connection's. */
  app?: string;
}

/** The API as an asker has it. Each write bears an `Idempotency-Key`, so that sending it again does it once. */
export class Client<A extends Asker> {
  readonly place: Place;
  readonly #asker: A;
  readonly #sender: Sender;

  constructor(asker: A, place: Place, sender = new Sender({ patience: 60_000, waitsForAway: false })) {
    this.#asker = asker;
    this.place = place;
    this.#sender = sender;
  }

  /** Calls an operation, again where the service cannot answer now; throws what it is refused with. */
  async call<M extends "GET" | "POST" | "PUT" | "DELETE", P extends Path<A, M>>(
    method: M,
    path: P,
    params: Params<A, M, P>,
    { user, app }: CallOptions = {},
  ): Promise<Answer<A, M, P>> {
    const given: object = params;
    const headers = {
      ...(user !== undefined && { user_id: String(user) }),
      ...(app !== undefined && { app_id: app }),
      ...(method !== "GET" && { "idempotency-key": randomUUID() }),
    };
    const request: Request<Answer<A, M, P>> =
      method === "GET"
        ? { method, path, query: given, headers }
        : { method, path, body: { type: "application/json", content: JSON.stringify(given) }, headers };
    this.#sender.begin();
    return await this.#sender.send(() => this.ask(request));
  }

  /** Sends a request once, and reads its envelope. */
  async ask<T>(request: Request<T>): Promise<T> {
    const { response, text } = await this.send(request);
    const answer = envelopeIn(text);
    if (!isAnswered(request, answer)) throw refusedBy(response, answer);
    return answer;
  }

  /** Sends a request once, and reads all of its answer, whatever it is. */
  async send(request: Request): Promise<{ response: Response; text: string }> {
    const { method, path, query = {}, body, headers = {}, signal } = request;
    const url = new URL(this.place.url + path);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const late = AbortSignal.timeout(LONGEST_ANSWER);
    try {
      const response = await fetch(url, {
        method,
        headers: {
          ...(this.place.app !== "" && { app_id: this.place.app }),
          [this.#asker === "root" ? "root-key" : "access-token"]: this.place.secret,
          ...(body && { "content-type": body.type }),
          ...headers,
        },
        ...(body && { body: body.content }),
        // A redirect would take the token elsewhere.
        redirect: "error",
        signal: signal ? AbortSignal.any([late, signal]) : late,
      });
      return { response, text: await response.text() };
    } catch (error) {
      throw unheard(this.place.url, error);
    }
  }
}

/** A success is what its declaration says, which the service's own tests hold. */
function isAnswered<T>(
  _request: Request<T>,
  answer: Envelope<unknown> | undefined,
): answer is Envelope<unknown> & T {
  return answer?.code === 200;
}

/** The envelope in an answer; undefined where it is none of this service. */
export function envelopeIn(text: string): Envelope<unknown> | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    return isEnvelope(answer) ? answer : undefined;
  } catch {
    return undefined;
  }
}

/** What an answer that is no success says: that it may be asked again, or a refusal. */
export function refusedBy(response: Response, answer: Envelope<unknown> | undefined): Failure {
  const { status } = response;
  const id = response.headers.get("x-request-id");
  if (!answer) {
    const what = `${response.url || "the service"} answered HTTP ${status} and no answer of Warbler`;
    return status === 429 || status >= 502
      ? new Passing(what, retryAfterOf(response))
      : new Failure(`${what}: is the URL right?`);
  }
  const { code, message } = answer;
  const asked = retryAfterOf(response);
  const isPassing = code === 429 || code === 503 || (code === 409 && asked !== undefined);
  if (isPassing) return new Passing(`${code} ${message}`, asked);
  if (code === 500) return new Passing(`500 ${message}${id === null ? "" : ` (X-Request-Id ${id})`}`);
  return new Refused(code, message);
}

/** `Retry-After` in ms, whether it says seconds or a date. */
function retryAfterOf(response: Response): number | undefined {
  const given = response.headers.get("retry-after");
  if (given === null) return undefined;
  if (/^\d+$/.test(given)) return Number(given) * 1000;
  const at = Date.parse(given);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

/** Nothing came of these: no request has left. */
const AWAY: Record<string, string> = {
  ECONNREFUSED: "nothing answers there",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "its name cannot be looked up now",
  EHOSTUNREACH: "there is no way to it",
  ENETUNREACH: "there is no way to it",
  UND_ERR_CONNECT_TIMEOUT: "nothing answers there",
};

function unheard(url: string, error: unknown): Failure {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = causeCode(cause);
  const away = AWAY[code];
  if (away !== undefined)
    return new Passing(
      `${url}: ${away} (${code}); is the service running, and the URL right?`,
      undefined,
      true,
    );
  if (error instanceof Error && error.name === "TimeoutError")
    return new Passing(`${url} did not answer within ${LONGEST_ANSWER / 1000} s`);
  const why = cause instanceof Error ? cause.message : String(cause);
  if (why === "unexpected redirect")
    return new Failure(`${url} leads elsewhere: give the URL that it leads to`);
  if (/cert|tls|ssl/i.test(code + why)) return new Failure(`${url} cannot be trusted: ${why}`);
  return new Passing(`${url} broke off: ${why}`);
}

/** Several addresses may have been tried. */
function causeCode(cause: unknown): string {
  if (cause instanceof AggregateError) return systemCode(cause) || systemCode(cause.errors[0]);
  return systemCode(cause);
}
