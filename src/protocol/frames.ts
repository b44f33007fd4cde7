import { z } from "zod";
import { Actor } from "../domain/actors.ts";
import { Instant } from "../domain/fields.ts";
import { type Notice, TOKEN_DEAD, type TokenDead, UNNUMBERED, notices } from "./notices.ts";

/** The only thing that a device says, and its answer. The platform gives it while the hub sleeps. */
export const pingPong = { ping: "ping", pong: "pong" } as const;

/** What a device hears, as JSON text: the welcome first, then notices. */
const Frame = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("welcome"),
    device_sn: z.int(),
    /** When the token's life ends. */
    expire: Instant,
    /** The device's push token was dead, and it has no other. */
    push_token_dead: z.literal(true).optional(),
  }),
  z.object({
    type: z.literal("notice"),
    event: z.string(),
    notice_type: z.int(),
    reason: z.string(),
    by: Actor,
    at: Instant,
    /** Whether the device may come back with its token; false where this is its own end. */
    retry: z.boolean(),
    /** Of a push token: whose it was, and at which notifier. */
    device_sn: z.int().optional(),
    notifier_name: z.string().optional(),
  }),
]);

export type Frame = z.infer<typeof Frame>;

/** The frame that welcomes a device; the end of its token's life in ms, and whether it is to hear that its push token is dead. */
export function welcomeFrame(deviceSn: number, expire: number, tokenDead: boolean): string {
  return write({
    type: "welcome",
    device_sn: deviceSn,
    expire,
    ...(tokenDead && { push_token_dead: true as const }),
  });
}

/** The frame of a notice; `retry` says whether the device may come back with its token. */
export function noticeFrame({ event, reason, by, at }: Notice, retry: boolean): string {
  return write({ type: "notice", event, notice_type: notices[event], reason, by, at, retry });
}

/** The frame of a notice that a push token is dead: the device is to register another. */
export function tokenDeadFrame({ device_sn, notifier_name, reason, by, at }: TokenDead): string {
  const about = { device_sn, notifier_name, reason, by, at };
  return write({ type: "notice", event: TOKEN_DEAD, notice_type: UNNUMBERED, ...about, retry: true });
}

function write(frame: Frame): string {
  return JSON.stringify(frame);
}

/** Reads what a device hears; undefined for the answer to a ping, and for what is no frame. */
export function readFrame(data: unknown): Frame | undefined {
  if (typeof data !== "string" || !data.startsWith("{")) return undefined;
  return Frame.safeParse(JSON.parse(data)).data;
}
