import { z } from "zod";
import { Actor, Origin } from "./actors.ts";
import { FeedbackResult } from "./feedback.ts";
import { DeviceGuid, DeviceName, DeviceSn, Instant, Platform } from "./fields.ts";

/** A push token that was released as it was dead: of a device or, with the session that it went with, of the settings. */
const DeadToken = z.object({
  device_sn: z.int(),
  notifier_name: z.string(),
  session: z.string().nullable(),
  reason: FeedbackResult,
});

const caused = { at: Instant, by: Actor, from: Origin };

/** A device that a user brings along: its serial is kept where it is free. */
export const BroughtDevice = z.object({
  device_sn: DeviceSn.optional(),
  guid: DeviceGuid,
  platform: Platform,
  name: DeviceName,
});

export type BroughtDevice = z.infer<typeof BroughtDevice>;

/**
 * What D1 has decided about a user and its hub must take: one batch writes the change and the signal, so neither is
 * without the other. Stored as JSON.
 */
export const Signal = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("password_changed"), keep: z.string().optional(), ...caused }),
  z.object({ kind: z.literal("disabled"), reason: z.string(), until: Instant.nullable(), ...caused }),
  z.object({ kind: z.literal("enabled"), ...caused }),
  z.object({ kind: z.literal("deleted"), ...caused }),
  /** What is the user's own was changed, and not by the hub; `by` where the user's devices hear of it. */
  z.object({ kind: z.literal("changed"), by: Actor.optional(), at: Instant }),
  /** Push tokens were held back, freed or, as they were `dead`, released by what a provider said of them. */
  z.object({
    kind: z.literal("push_feedback"),
    dead: z.array(DeadToken),
    by: Actor,
    at: Instant,
    request_id: z.string(),
  }),
  z.object({
    kind: z.literal("device_registered"),
    guid: DeviceGuid,
    platform: Platform,
    user_agent: z.string(),
    /** A push token is bound to it. */
    push: z.literal(true).optional(),
    at: Instant,
  }),
  /**
   * The user has moved in, or an import has changed it: the ban in force where it has changed (null for none), whether the
   * password has, and the devices to be listed.
   */
  z.object({
    kind: z.literal("imported"),
    ban: z.object({ reason: z.string(), until: Instant.nullable() }).nullable().optional(),
    password: z.boolean(),
    devices: z.array(BroughtDevice),
    ...caused,
  }),
]);

export type Signal = z.infer<typeof Signal>;

/** True of a signal that ends sessions. */
export function endsSessions(signal: Signal): boolean {
  const { kind } = signal;
  if (kind === "imported") return signal.password || !!signal.ban;
  return kind === "password_changed" || kind === "disabled" || kind === "deleted";
}

/** Such a change, as a signal. */
export type ChangedSignal = Extract<Signal, { kind: "changed" }>;

/** What providers said of push tokens, as a signal. */
export type PushFeedbackSignal = Extract<Signal, { kind: "push_feedback" }>;

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
