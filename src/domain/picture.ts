import { z } from "zod";
import { Profile, StoredSettings } from "./own.ts";
import { PushSchedule } from "./push-hours.ts";

const instant = (what: string) => z.int().meta({ description: `${what}, in ms since 1970` });
const instantOrNone = (what: string) =>
  z
    .int()
    .nullable()
    .meta({ description: `${what}, in ms since 1970` });

/** A ban as staff read it. */
export const PicturedBan = z.object({
  id: z.int(),
  reason: z.string().meta({ description: "shown to the user" }),
  note: z.string().meta({ description: "for staff" }),
  until: instantOrNone("when it lifts itself; null for never"),
  banned_at: instant("since when"),
  banned_by: z.string(),
  lifted_at: instantOrNone("null while it is in force"),
  lifted_by: z.string().nullable(),
});

export type PicturedBan = z.infer<typeof PicturedBan>;

/** A device of the list. */
export const PicturedDevice = z.object({
  device_sn: z.int(),
  device_guid: z.string().nullable(),
  platform: z.int(),
  device_name: z.string(),
  user_agent: z.string(),
  online: z.boolean().meta({ description: "it has an open socket" }),
  last_active_at: instant("when it was heard of last"),
  push_bound: z.boolean().meta({ description: "it has a push token" }),
  no_push: z.boolean().meta({ description: "nothing is pushed to it" }),
});

export type PicturedDevice = z.infer<typeof PicturedDevice>;

/** A session that lives. */
export const PicturedSession = z.object({
  id: z.string().meta({ description: "the session's own id; no token" }),
  device_sn: z.int().nullable().meta({ description: "null where it has no device" }),
  signed_in_at: instant("when it signed in"),
  expires_at: instant("when it ends of itself"),
  address: z.string().meta({ description: 'where it signed in from; "" where that was not kept yet' }),
  user_agent: z.string().meta({ description: "what it signed in with" }),
});

export type PicturedSession = z.infer<typeof PicturedSession>;

/** A session that has ended. */
export const EndedSession = z.object({
  id: z.string().meta({ description: "of the record of the end" }),
  device_sn: z.int().nullable(),
  event: z.string().meta({
    description:
      "what ended it: logout, kicked, replaced, device_removed, password_changed, disabled, deleted, expired",
  }),
  reason: z.string(),
  by: z.string().meta({ description: '"admin:<name>", "user:<id>", "root" or "system"' }),
  at: instant("when"),
  address: z.string().meta({ description: 'where it was ended from; "" where time ended it' }),
  request_id: z.string(),
});

export type EndedSession = z.infer<typeof EndedSession>;

const masked = z.string().meta({ description: "the push token without its middle" });

const binding = {
  binding_id: z.string(),
  bound_at: instant("since when"),
  held_until: instantOrNone("until when it is held back; null where no provider has refused it"),
};

/** All that is known of one user, for staff. Of push tokens it has the beginning and the end. */
export const Picture = z.object({
  user_id: z.int(),
  external_id: z.string().nullable(),
  created_at: instant("when the user was registered"),
  profile: Profile,
  settings: StoredSettings.extend({
    push_token: masked.meta({ description: 'the push token without its middle; "" for none' }),
    alias: z.string(),
    badge: z.int(),
  }),
  status: z.object({
    status: z.int().meta({ description: "0 (normal) or 1 (disabled), at this moment" }),
    ban: PicturedBan.nullable().meta({ description: "the ban in force" }),
  }),
  bans: z
    .array(PicturedBan)
    .meta({ description: "the bans so far, newest first: 20 at most, the one in force among them" }),
  online: z.boolean().meta({ description: "any device has an open socket" }),
  devices: z.array(PicturedDevice).meta({ description: "by serial: 200 at most" }),
  sessions: z.array(PicturedSession).meta({ description: "those that live, the newest first: 400 at most" }),
  push: z.object({
    bindings: z.array(
      z.object({ device_sn: z.int(), notifier_name: z.string(), device_token: masked, ...binding }),
    ),
    settings_token: z
      .object({ push_token: masked, ...binding })
      .nullable()
      .meta({ description: "that of the settings" }),
    tags: z.array(z.string()),
    no_push: z.boolean(),
    push_schedule: PushSchedule,
    snooze_until: z.int().meta({ description: "until when nothing is pushed, in ms since 1970; 0 for none" }),
    time_zone: z.string().meta({ description: "the zone of all hours: the user's, or else the app's" }),
  }),
  owed: z
    .array(z.object({ epoch: z.int(), kind: z.string(), since: instant("since when it waits") }))
    .meta({ description: "what the user's hub has still to be told, in its order: 100 at most" }),
});

export type Picture = z.infer<typeof Picture>;

/** The parts of a picture that change while it is watched. */
export const pictureParts = [
  "profile",
  "settings",
  "status",
  "bans",
  "online",
  "devices",
  "sessions",
  "push",
  "owed",
] as const satisfies readonly (keyof Picture)[];

/** A push token without its middle: a fourth of it at most is shown, and no more than 6 characters of either end. */
export function withoutMiddle(token: string): string {
  if (token === "") return "";
  const points = Array.from(token);
  const shown = Math.min(6, Math.floor(points.length / 8));
  return `${points.slice(0, shown).join("")}…${points.slice(points.length - shown).join("")}`;
}
