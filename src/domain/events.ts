import { z } from "zod";
import { Origin } from "./actors.ts";

/** What an app's webhook can hear. */
export const WebhookType = z.enum([
  "user.registered",
  "user.disabled",
  "user.enabled",
  "user.deleted",
  "users.imported",
  "device.login",
  "device.logout",
  "device.kicked",
]);

export type WebhookType = z.infer<typeof WebhookType>;

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
