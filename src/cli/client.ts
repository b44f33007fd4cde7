import { Caller, type Outgoing } from "../client/caller.ts";
import type { Line } from "../client/calls.ts";
import { Refused as Denied, Unanswered, Withheld } from "../client/failures.ts";
import { type HttpAnswer, fetchTransport } from "../client/http.ts";
import { withTimeout } from "../client/schedule.ts";
import { Failure, systemCode } from "./failure.ts";
import { Passing, Sender } from "./persist.ts";

/** Who asks: the holder of the root key, or of an admin token. */
export type Asker = "root" | "admin";

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

/** The request took effect, but its answer is not told again. */
export const WITHHELD = 409;

/** How long an answer may take (ms): an import of plain passwords hashes each of them. */
const LONGEST_ANSWER = 180_000;

/** Sends requests as an asker, and says in the command's words what becomes of them. */
export class Client extends Caller {
  readonly place: Place;

  constructor(asker: Asker, place: Place) {
    const headers = {
      ...(place.app !== "" && { app_id: place.app }),
      [asker === "root" ? "root-key" : "access-token"]: place.secret,
    };
    super({
      url: place.url,
      headers,
      transport: fetchTransport(),
      schedule: withTimeout,
      timeoutMs: LONGEST_ANSWER,
    });
    this.place = place;
  }

  override async call(...asked: Parameters<Caller["call"]>): ReturnType<Caller["call"]> {
    return await this.say(super.call(...asked));
  }

  override async send(request: Outgoing): Promise<HttpAnswer> {
    return await this.say(super.send(request));
  }

  /** What is waited for; where it fails, the failure in the command's words. */
  async say<T>(waited: Promise<T>): Promise<T> {
    try {
      return await waited;
    } catch (error) {
      throw inWords(this.place.url, error);
    }
  }
}

/** The calls of a client: each write bears an `Idempotency-Key`, and what passes is sent again. */
export function lineBy(client: Client, sender?: Sender): Line {
  return {
    caller: client,
    sender: sender ?? new Sender({ patience: 60_000, waitsForAway: false }),
    random: Math.random,
  };
}

/** What a request failed with, for who runs the command. */
export function inWords(url: string, error: unknown): unknown {
  if (error instanceof Denied) return new Refused(error.code, error.message);
  if (error instanceof Withheld) return new Refused(WITHHELD, error.message);
  if (!(error instanceof Unanswered)) return error;
  const { code, status, message, retryAfterMs, requestId, mayAgain, reason } = error;
  if (reason !== undefined) return unheard(url, reason);
  if (code === 500)
    return new Passing(`500 ${message}${requestId === "" ? "" : ` (X-Request-Id ${requestId})`}`);
  if (code !== 0) return new Passing(`${code} ${message}`, retryAfterMs);
  if (status >= 300 && status < 400)
    return new Failure(`${url} leads elsewhere: give the URL that it leads to`);
  if (status === 0) return new Passing(`${url}: ${message}`);
  const what = `${url} answered HTTP ${status} and no answer of Warbler`;
  return mayAgain ? new Passing(what, retryAfterMs) : new Failure(`${what}: is the URL right?`);
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
  const why = cause instanceof Error ? cause.message : String(cause);
  if (/cert|tls|ssl/i.test(code + why)) return new Failure(`${url} cannot be trusted: ${why}`);
  return new Passing(`${url} broke off: ${why}`);
}

/** Several addresses may have been tried. */
function causeCode(cause: unknown): string {
  if (cause instanceof AggregateError) return systemCode(cause) || systemCode(cause.errors[0]);
  return systemCode(cause);
}
