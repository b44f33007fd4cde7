import { z } from "zod";
import { Ban, Profile, Settings, instant } from "./wire.ts";

/** A user as found. */
export const FoundUser = z.strictObject({
  user_id: z.int(),
  username: z.string(),
  nick_name: z.string(),
  mobile: z.string(),
  email: z.string(),
  external_id: z.string().nullable(),
  status: z.int(),
  created_at: instant,
  matched_by: z.enum(["token", "request_id", "id", "external_id", "mobile", "email", "device_guid", "name"]),
});

const PicturedBan = Ban.omit({ user_id: true });

const bindingFields = { binding_id: z.string(), bound_at: instant, held_until: instant.nullable() };

/** All that is known of a user. */
export const Picture = z.strictObject({
  user_id: z.int(),
  external_id: z.string().nullable(),
  created_at: instant,
  profile: Profile,
  settings: Settings.omit({ id: true, user_id: true }).extend({ alias: z.string(), badge: z.int() }),
  status: z.strictObject({ status: z.int(), ban: PicturedBan.nullable() }),
  bans: z.array(PicturedBan),
  online: z.boolean(),
  devices: z.array(
    z.strictObject({
      device_sn: z.int(),
      device_guid: z.string().nullable(),
      platform: z.int(),
      device_name: z.string(),
      user_agent: z.string(),
      online: z.boolean(),
      last_active_at: instant,
      push_bound: z.boolean(),
      no_push: z.boolean(),
    }),
  ),
  sessions: z.array(
    z.strictObject({
      id: z.string(),
      device_sn: z.int().nullable(),
      signed_in_at: instant,
      expires_at: instant,
      address: z.string(),
      user_agent: z.string(),
    }),
  ),
  push: z.strictObject({
    bindings: z.array(
      z.strictObject({
        device_sn: z.int(),
        notifier_name: z.string(),
        device_token: z.string(),
        ...bindingFields,
      }),
    ),
    settings_token: z.strictObject({ push_token: z.string(), ...bindingFields }).nullable(),
    tags: z.array(z.string()),
    no_push: z.boolean(),
    push_schedule: z.array(z.unknown()),
    snooze_until: z.int(),
    time_zone: z.string(),
  }),
  owed: z.array(z.strictObject({ epoch: z.int(), kind: z.string(), since: instant })),
});

/** A session that has ended. */
export const EndedSession = z.strictObject({
  id: z.string(),
  device_sn: z.int().nullable(),
  event: z.string(),
  reason: z.string(),
  by: z.string(),
  at: instant,
  address: z.string(),
  request_id: z.string(),
});

/** What who watches a user hears. */
export const WatchFrame = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("picture"),
    at: instant,
    picture: Picture,
    sessions_ended: z.array(EndedSession),
  }),
  z.strictObject({ type: z.literal("changed"), at: instant, parts: Picture.partial() }),
  z.strictObject({ type: z.literal("ended"), at: instant, sessions: z.array(EndedSession) }),
  z.strictObject({ type: z.literal("deleted"), at: instant }),
]);

/** A try to deliver a webhook event. */
export const Delivery = z.strictObject({
  event_id: z.string(),
  type: z.string(),
  try: z.int(),
  at: instant,
  delivered: z.boolean(),
  status: z.int(),
  error: z.string(),
  ms: z.int(),
});
