import type { Reason } from "../domain/reasons.ts";
import { type NoticeEvent, notices } from "./notices.ts";

/** Close codes of a device's socket besides those of the notices: see `endCode`. */
export const closeCodes = {
  /** Nothing was heard of the peer for three pings: the session lives and may come back. */
  silent: 1001,
  /** The service restarts: the session lives and may come back, after a random wait. */
  restart: 1012,
  /** The session signed itself out. */
  logout: 4000,
  /** A frame that no client may send. */
  bad_frame: 4400,
  /** The token is unknown, revoked or kicked. */
  bad_token: 4401,
  /** The token's life is over. */
  token_expired: 4402,
} as const;

/** The code by which a socket is closed whose session has ended: 4000 and the number of the notice, if it is told one. */
export function endCode(event: NoticeEvent | undefined): number {
  return event === undefined ? closeCodes.logout : 4000 + notices[event];
}

/** Why a token is no good, by the code that says so. A user who is disabled is told apart by the reason alone. */
const refusals = {
  token_invalid: closeCodes.bad_token,
  user_disabled: closeCodes.bad_token,
  token_expired: closeCodes.token_expired,
} as const satisfies Partial<Record<Reason, number>>;

/** A reason that is told by a close, as a browser hears nothing of a refused upgrade. */
export type ClosingReason = keyof typeof refusals;

/** True for a refusal that is told by a close. */
export function isClosingReason(reason: Reason): reason is ClosingReason {
  return Object.hasOwn(refusals, reason);
}

/** The close code of a refusal. */
export function refusalCode(reason: ClosingReason): number {
  return refusals[reason];
}

/** Which refusal a close says, by its code and reason; undefined for a close that is none. */
export function refusalOf(code: number, reason: string): ClosingReason | undefined {
  if (code === closeCodes.token_expired) return "token_expired";
  if (code !== closeCodes.bad_token) return undefined;
  return reason === "user_disabled" ? "user_disabled" : "token_invalid";
}

/** How long a peer has to answer a close frame (ms) before its connection is ended without its doing. */
export const CLOSE_PATIENCE = 5_000;

/** How a socket is closed. */
export interface Closing {
  code: number;
  reason: string;
}

/** Longest reason of a close frame (bytes of UTF-8): a control frame holds 125, two of them the code (RFC 6455, 5.5). */
const LONGEST_REASON = 123;

/**
 * A close that was received, as it may be passed on: a reason that is too long is cut. Undefined for a code that no
 * endpoint may send (RFC 6455, 7.4): one that says how a socket ended that was not closed, one that is assigned to nothing,
 * and one out of range. The runtime throws at some of these, and strict peers take the others for a broken connection.
 */
export function sendableClose(code: number, reason: string): Closing | undefined {
  const isAssigned = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
  const isOfApplications = code >= 3000 && code <= 4999;
  if (!isAssigned && !isOfApplications) return undefined;
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(LONGEST_REASON));
  return { code, reason: reason.slice(0, read) };
}
