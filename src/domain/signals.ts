import { z } from "zod";
import { DeviceGuid, Id, Instant, Platform } from "./fields.ts";

/** What a device hears. The number is the product's own type of it; a close code is 4000 and that number. */
export const notices = {
  password_changed: { type: 1, retry: false },
  disabled: { type: 2, retry: false },
  deleted: { type: 3, retry: false },
  replaced: { type: 4, retry: false },
  kicked: { type: 5, retry: false },
  info_updated: { type: 6, retry: true },
  device_login: { type: 7, retry: true },
  device_logout: { type: 8, retry: true },
  device_added: { type: 9, retry: true },
  device_removed: { type: 10, retry: true },
} as const satisfies Record<string, { type: number; retry: boolean }>;

/** The name of what a device hears. */
export type NoticeEvent = keyof typeof notices;

/** Close codes of a device's socket besides those of the notices. */
export const closeCodes = {
  /** The session signed itself out. */
  logout: 4000,
  /** A frame that no client may send. */
  bad_frame: 4400,
  /** The token is unknown, revoked or kicked. */
  bad_token: 4401,
  /** The token's life is over. */
  token_expired: 4402,
} as const;

/** Who caused an event: a user (with the device, where the session has one), or an admin token by its name. */
export const Actor = z.union([
  z.object({ user_id: Id, device_sn: z.int().optional() }),
  z.object({ admin: z.string() }),
]);

export type Actor = z.infer<typeof Actor>;

const caused = { at: Instant, by: Actor };

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
export interface DeviceReceipt {
  device_sn: number;
  /** It had an open socket. */
  was_online: boolean;
  /** The notice was handed to that socket. */
  notified: boolean;
}
