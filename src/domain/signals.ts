import { z } from "zod";
import { Actor, Origin } from "./actors.ts";
import { DeviceGuid, Instant, Platform } from "./fields.ts";

/** What a device hears, and the product's own number for it; a close code is 4000 and that number. */
export const notices = {
  password_changed: 1,
  disabled: 2,
  deleted: 3,
  replaced: 4,
  kicked: 5,
  info_updated: 6,
  device_login: 7,
  device_logout: 8,
  device_added: 9,
  device_removed: 10,
} as const;

/** The name of what a device hears. */
export type NoticeEvent = keyof typeof notices;

/** Close codes of a device's socket besides those of the notices. */
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

const caused = { at: Instant, by: Actor, from: Origin };

/**
 * What D1 has decided about a user and its hub must take: one batch writes the change and the signal, so neither is
 * without the other. Stored as JSON.
 */
export const Signal = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("password_changed"), keep: z.string().optional(), ...caused }),
  z.object({ kind: z.literal("disabled"), reason: z.string(), until: Instant.nullable(), ...caused }),
  z.object({ kind: z.literal("enabled"), ...caused }),
  z.object({ kind: z.literal("deleted"), ...caused }),
  z.object({
    kind: z.literal("device_registered"),
    guid: DeviceGuid,
    platform: Platform,
    user_agent: z.string(),
    at: Instant,
  }),
]);

export type Signal = z.infer<typeof Signal>;

/** A signal in its place: a user's epoch counts its signals, so a hub takes them in order and each once. */
export interface OwedSignal {
  epoch: number;
  signal: Signal;
}

/** What became of one device when its session was ended. */
export const DeviceReceipt = z.object({
  device_sn: z.int(),
  /** It had an open socket. */
  was_online: z.boolean(),
  /** The notice was handed to that socket. */
  notified: z.boolean(),
});

export type DeviceReceipt = z.infer<typeof DeviceReceipt>;
