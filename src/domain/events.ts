import { z } from "zod";
import { Origin } from "./actors.ts";

/** What an app's webhook can hear. */
export const WebhookType = z.enum([
  "user.registered",
  "user.disabled",
  "user.enabled",
  "user.deleted",
  "device.login",
  "device.logout",
  "device.kicked",
]);

export type WebhookType = z.infer<typeof WebhookType>;

/** Something that happened in a hub and is to be paid to D1: a row of the audit, an event of the app's webhook, or both. */
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
