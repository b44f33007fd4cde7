import { z } from "zod";
import { Actor } from "../domain/actors.ts";
import { DeviceSn, Instant } from "../domain/fields.ts";
import { type Notice, TOKEN_DEAD, type TokenDead, UNNUMBERED, notices } from "./notices.ts";

/** The only thing that a device says, and its answer. The platform gives it while the hub sleeps. */
export const pingPong = { ping: "ping", pong: "pong" } as const;

/** The first frame of a device. */
export const Welcome = z.object({
  type: z.literal("welcome").meta({ description: "the first frame, once" }),
  device_sn: DeviceSn.meta({ description: "the device's serial among the user's, from 1" }),
  expire: Instant.meta({ description: "when the token's life ends, in ms since 1970" }),
  push_token_dead: z
    .literal(true)
    .optional()
    .meta({ description: "the device's push token is dead, and it has no other; else absent" }),
});

/** What every notice says. */
export const NoticeFrame = z.object({
  type: z.literal("notice").meta({ description: "any frame but the first" }),
  event: z.string().meta({ description: "the notice's name; a newer service may know more of them" }),
  notice_type: z.int().meta({ description: "the product's number of the notice; 0 where it has none" }),
  reason: z.string().meta({ description: 'why, for people to read; may be ""' }),
  by: Actor.meta({ description: "who caused it: a user and the device, or an admin token by its name" }),
  at: Instant.meta({ description: "when it happened, in ms since 1970" }),
  retry: z.boolean().meta({
    description:
      "whether the device may come back with its token; false where the socket is closed behind it",
  }),
});

/** The notice that a push token is dead says of which. */
export const TokenDeadFrame = NoticeFrame.extend({
  device_sn: z.int().min(0).meta({
    description: "whose push token it was: the serial, or 0 for that of the settings",
  }),
  notifier_name: z.string().meta({ description: 'at which notifier; "" for that of the settings' }),
});

/** What a device hears, as JSON text: the welcome first, then notices. */
const Frame = z.discriminatedUnion("type", [
  Welcome,
  NoticeFrame.extend(TokenDeadFrame.pick({ device_sn: true, notifier_name: true }).partial().shape),
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
