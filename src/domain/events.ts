import { z } from "zod";
import { Origin, ToldActor, by } from "./actors.ts";
import {
  ShownUserId,
  ShownUsername,
  shownInstant,
  shownInstantOrNone,
  shownInt,
  shownText,
} from "./shown.ts";

const at = shownInstant("when it happened");

const ofUser = z.object({ user_id: ShownUserId, username: ShownUsername, at });

const ofDevice = z.object({
  user_id: ShownUserId,
  device_sn: z
    .int()
    .min(1)
    .nullable()
    .meta({ description: "the device's serial; null where the session had no device", examples: [1] }),
  reason: shownText('why, as far as that was said; "" else', "kicked"),
  caller: by,
  at,
});

/** What an app's webhook can hear: of each type of event what its data say, and when it is sent. */
export const webhookData = {
  "user.registered": ofUser.meta({ description: "a user was registered" }),
  "user.disabled": ofUser
    .extend({
      by,
      reason: shownText("what is shown to the user, up to 256 characters", "spam"),
      until: shownInstantOrNone("when the ban lifts itself; null for never", null),
    })
    .meta({ description: "an admin disabled a user" }),
  "user.enabled": ofUser.extend({ by }).meta({
    description: "an admin enabled a user, or a ban ended at its time: by the system",
  }),
  "user.deleted": ofUser.extend({ by }).meta({ description: "a user was deleted" }),
  "users.imported": z
    .object({ count: shownInt("how many users the call has made or changed", 500, 1), by, at })
    .meta({ description: "an import made or changed users; none of them has an event of its own" }),
  "device.login": ofDevice.meta({ description: "a device connected" }),
  "device.logout": ofDevice.meta({
    description: "a device disconnected, or its session ended otherwise than by a kick",
  }),
  "device.kicked": ofDevice.meta({ description: "a device was kicked, or made room for another" }),
} as const;

/** The data of an event of a type. */
export type WebhookData = { [Type in keyof typeof webhookData]: z.infer<(typeof webhookData)[Type]> };

export type WebhookType = keyof WebhookData;

/** The types of events of one user each, who is there. */
export type UserEventType = Extract<WebhookType, `user.${string}`>;

const isWebhookType = (type: string): type is WebhookType => Object.hasOwn(webhookData, type);

/** The types of events that there are. */
export const webhookTypes: readonly WebhookType[] = Object.keys(webhookData).filter(isWebhookType);

/** The name of a type of event. */
export const WebhookType = z.string().refine(isWebhookType);

/** What is posted to a webhook of an event of a type. */
export function webhookBody(type: WebhookType) {
  return z.object({
    type: z.literal(type).meta({ description: "what it tells of" }),
    timestamp: shownText("when it happened, in UTC as ISO 8601 has it", "2026-11-25T12:00:00.000Z").meta({
      format: "date-time",
    }),
    data: webhookData[type],
    actor: ToldActor.meta({
      description:
        "who did it, in parts: what data has as a text, as `by` or as `caller`; absent where it has neither",
    }).optional(),
  });
}

/** Something that happened in a hub and D1 is to have: a row of the audit, an event of the app's webhook, or both. */
export const HubEvent = z.object({
  /** ms since 1970. */
  at: z.int(),
  caller: z.string(),
  device_sn: z.int().nullable(),
  reason: z.string(),
  from: Origin,
  /** What the audit calls it; absent where it is none of the audit's. */
  operation: z.string().optional(),
  webhook: WebhookType.optional(),
});

export type HubEvent = z.infer<typeof HubEvent>;

/**
 * What a hub hands to the queue as one message: some of its events, in their order. The id of an event is the same however
 * often it comes.
 */
export const Parcel = z.object({
  app_id: z.string(),
  user_id: z.int(),
  events: z.array(z.object({ id: z.string(), event: HubEvent })),
});

export type Parcel = z.infer<typeof Parcel>;
