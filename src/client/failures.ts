import type { RefusalReason } from "./generated/operations.ts";
import type { HttpAnswer } from "./http.ts";

/*
 * Each error is known by what it is, not by which copy of its class has made it: a program may hold this code several times, as
 * `@warbler/client` and as `@warbler/server`, or as a module and as CommonJS.
 */
const isNamed = (error: unknown, name: string) =>
  error instanceof Error && error.name === name && "requestId" in error;

/** The service has understood a call and does not grant it: nothing has changed. The message is for people to read. */
export class Refused extends Error {
  static override [Symbol.hasInstance](error: unknown): error is Refused {
    return isNamed(error, "Refused");
  }

  override readonly name = "Refused";
  /** Why: the page on errors of the service has all codes. */
  readonly code: number;
  /** The name of why, as `username_taken`: of a code that stands for several it says which. "" for a fault. A newer service may say others. */
  readonly reason: RefusalReason | (string & Record<never, never>);
  readonly status: number;
  /** How long to wait before the same may be granted (ms), where the service says so. */
  readonly retryAfterMs: number | undefined;
  /** What the service's log has of the call; "" where it did not say. */
  readonly requestId: string;

  constructor(message: string, told: Told & { reason?: string }) {
    super(message);
    this.code = told.code;
    this.reason = told.reason ?? "";
    this.status = told.status;
    this.retryAfterMs = told.retryAfterMs;
    this.requestId = told.requestId;
  }
}

/** A call was done before under its key, and its answer held a secret, which is not told again. */
export class Withheld extends Error {
  static override [Symbol.hasInstance](error: unknown): error is Withheld {
    return isNamed(error, "Withheld");
  }

  override readonly name = "Withheld";
  readonly requestId: string;

  constructor(message: string, requestId: string) {
    super(message);
    this.requestId = requestId;
  }
}

/** There is no answer that says what became of a call: it may have been done or not. */
export class Unanswered extends Error {
  static override [Symbol.hasInstance](error: unknown): error is Unanswered {
    return isNamed(error, "Unanswered");
  }

  override readonly name = "Unanswered";
  /** The code that the service gave, as 429 and 503; 0 where nothing of the service was heard. */
  readonly code: number;
  /** The status of what was heard; 0 where nothing was. */
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  readonly requestId: string;
  /** False where the same call would hear the same again, as where the URL leads elsewhere. */
  readonly mayAgain: boolean;
  /** What the runtime threw, where it did. */
  readonly reason: unknown;

  constructor(message: string, told: Partial<Told> & { mayAgain?: boolean; reason?: unknown } = {}) {
    super(message);
    this.code = told.code ?? 0;
    this.status = told.status ?? 0;
    this.retryAfterMs = told.retryAfterMs;
    this.requestId = told.requestId ?? "";
    this.mayAgain = told.mayAgain ?? true;
    this.reason = told.reason;
  }
}

interface Told {
  code: number;
  status: number;
  retryAfterMs: number | undefined;
  requestId: string;
}

/** What every answer is: `data` is null in a refusal, which has a `reason`. */
export interface Envelope {
  code: number;
  message: string;
  data: unknown;
  reason?: unknown;
}

/** The envelope in a text; undefined where it is none of the service. */
export function envelopeIn(text: string): Envelope | undefined {
  const answer = parseJson(text);
  return isRecord(answer) &&
    typeof answer["code"] === "number" &&
    typeof answer["message"] === "string" &&
    "data" in answer
    ? { ...answer, code: answer["code"], message: answer["message"], data: answer["data"] }
    : undefined;
}

/** The success in an answer; throws what it is else. */
export function successIn(answer: HttpAnswer): Envelope {
  const envelope = envelopeIn(answer.text);
  if (envelope?.code === 200) return envelope;
  throw failureIn(answer, envelope);
}

/** The faults that may be none the next time: of these 408 says that the request was too slow to come. */
const passes = new Set([408, 409, 429, 500, 503]);

/** What an answer says that is no success. */
export function failureIn(answer: HttpAnswer, envelope = envelopeIn(answer.text)): Error {
  const { status } = answer;
  const retryAfterMs = retryAfterOf(answer);
  const requestId = answer.header("x-request-id") ?? "";
  if (!envelope) {
    const isElsewhere = status >= 300 && status < 400;
    const mayAgain = status === 408 || status === 429 || status >= 502;
    const message = isElsewhere
      ? "the URL leads elsewhere: give the URL that it leads to"
      : `HTTP ${status} and no answer of Warbler: is the URL right?`;
    return new Unanswered(message, { status, retryAfterMs, requestId, mayAgain });
  }
  const { code, message, reason } = envelope;
  const told = { code, status, retryAfterMs, requestId };
  if (code === 409 && retryAfterMs === undefined) return new Withheld(message, requestId);
  if (passes.has(code)) return new Unanswered(message, told);
  return new Refused(message, { ...told, ...(typeof reason === "string" && { reason }) });
}

/** `Retry-After` in ms (RFC 9110, 10.2.3), whether it says seconds or a date. */
function retryAfterOf(answer: HttpAnswer): number | undefined {
  const given = answer.header("retry-after");
  if (given === undefined) return undefined;
  if (/^\d+$/.test(given)) return Number(given) * 1000;
  const at = Date.parse(given);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

/** The value of JSON; undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** True for an object, be it a list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
