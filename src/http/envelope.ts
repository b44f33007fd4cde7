import { HTTPException } from "hono/http-exception";
import { KeyRefused } from "../domain/answers.ts";
import { isPassing } from "../hub/client.ts";
import { Refusal, TooMany, reasons } from "../domain/reasons.ts";
import { Undelivered } from "../services/deliver.ts";
import { DatabaseFault } from "../store/database.ts";
import type { Settings } from "../platform/settings.ts";

/**
 * The envelope of every answer: `data` is null in a refusal, which has its `reason` beside it, as some codes stand for several.
 * Some operations put more beside `data`.
 */
export interface Envelope {
  code: number;
  message: string;
  data: unknown;
  [beside: string]: unknown;
}

/** An answer's body. */
export function success(data: unknown, beside: Record<string, unknown> = {}): Envelope {
  return { code: 200, message: "", data, ...beside };
}

/** What is no business answer: its `code` is the HTTP status. */
export class Fault extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.name = "Fault";
    this.status = status;
    this.headers = headers;
  }
}

/** How an error is answered; `unexpected` where it is none of ours, so that it is logged. */
export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  body: Envelope;
  unexpected: boolean;
}

const keyFaults = {
  another: new Fault(422, "this Idempotency-Key was sent with another request: take another key"),
  many: new Fault(429, "too many idempotency keys in a day: send none", { "Retry-After": "3600" }),
  forgotten: new Fault(
    409,
    "what came of the request with this Idempotency-Key is not known any more: look whether it was done, and send it under another key",
  ),
};

/**
 * The one way from an error to the wire. Of an error that is none of ours nothing is said: it may carry SQL, parameters
 * or a password.
 */
export function answerTo(error: unknown, settings: Pick<Settings, "ERROR_STATUS">): ErrorAnswer {
  if (error instanceof DatabaseFault && error.isOrphaned)
    return answerTo(new Refusal("user_unknown"), settings);
  if (error instanceof Refusal) {
    const { code, status } = reasons[error.reason];
    const wait: Record<string, string> =
      error.retryAfter === undefined ? {} : { "Retry-After": String(error.retryAfter) };
    const http = settings.ERROR_STATUS === "http" ? status : 200;
    return {
      status: http,
      headers: wait,
      body: { code, message: error.message, data: null, reason: error.reason },
      unexpected: false,
    };
  }
  if (error instanceof Fault) return faultAnswer(error, false);
  if (error instanceof TooMany) {
    const wait = { "Retry-After": String(error.retryAfter) };
    return faultAnswer(new Fault(429, error.message, wait), false);
  }
  if (error instanceof HTTPException && error.status === 400) {
    return faultAnswer(new Fault(400, "the body must be JSON in UTF-8"), false);
  }
  if (error instanceof Undelivered) {
    const message = "written, but not every device could be told yet: it is repeated within a minute";
    return faultAnswer(new Fault(503, message, { "Retry-After": "60" }), true);
  }
  if (error instanceof KeyRefused) return faultAnswer(keyFaults[error.keyRefused], false);
  if (isTold(error, "isClosed")) {
    const message = "the app is being moved and takes no writes meanwhile: try again later";
    return faultAnswer(new Fault(503, message, { "Retry-After": "10" }), false);
  }
  if (isTold(error, "isOutOfReach")) {
    const message = "the app's database does not answer: try again later";
    return faultAnswer(new Fault(503, message, { "Retry-After": "10" }), true);
  }
  if (isPassing(error)) {
    return faultAnswer(new Fault(503, "busy: try again in a moment", { "Retry-After": "1" }), true);
  }
  return faultAnswer(
    new Fault(500, "internal error: quote the X-Request-Id header when you report it"),
    true,
  );
}

/** What a fault of the database says of itself. One that was thrown in a hub arrives with its fields, but not as its class. */
function isTold(error: unknown, what: "isClosed" | "isOutOfReach"): boolean {
  return error instanceof Error && Reflect.get(error, what) === true;
}

function faultAnswer(fault: Fault, unexpected: boolean): ErrorAnswer {
  const body = { code: fault.status, message: fault.message, data: null };
  return { status: fault.status, headers: fault.headers, body, unexpected };
}
