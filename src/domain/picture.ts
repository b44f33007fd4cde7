import { z } from "zod";
import { OwnSettings, Profile, StoredSettings } from "./own.ts";
import { PushSchedule } from "./push-hours.ts";
import {
  ShownDeviceSn,
  ShownPlatform,
  ShownUserId,
  shownFlag,
  shownInstant,
  shownInstantOrNone,
  shownInt,
  shownText,
  shownTextOrNone,
} from "./shown.ts";

/** A ban as staff read it. */
export const PicturedBan = z
  .object({
    id: shownInt("the ban's id", 12, 1),
    reason: shownText("what is shown to the user, up to 256 characters", "spam"),
    note: shownText("what staff have noted, up to 1024 characters", "second time"),
    until: shownInstantOrNone("when it lifts itself; null for never", null),
    banned_at: shownInstant("since when"),
    banned_by: shownText('who did it: "admin:<name>", or "system"', "admin:robot"),
    lifted_at: shownInstantOrNone("when it was lifted; null while it is in force", null),
    lifted_by: shownTextOrNone(
      'who lifted it; "expiry" where time did, null while it is in force',
      "admin:robot",
    ),
  })
  .meta({ id: "PicturedBan", description: "A ban of a user." });

export type PicturedBan = z.infer<typeof PicturedBan>;

/** A device of the list. */
export const PicturedDevice = z
  .object({
    device_sn: ShownDeviceSn,
    device_guid: shownTextOrNone(
      "the device's own id, 1–128 characters; null where it gave none",
      "2f1c6f0e-phone",
    ),
    platform: ShownPlatform,
    device_name: shownText('its name, up to 64 characters; "" for none', "Wren's phone"),
    user_agent: shownText("what it signed in with, up to 256 characters", "okhttp/4.12.0"),
    online: shownFlag("it has an open socket"),
    last_active_at: shownInstant("when it was heard of last"),
    push_bound: shownFlag("it has a push token"),
    no_push: shownFlag("nothing is pushed to it", false),
  })
  .meta({ id: "PicturedDevice", description: "A device of a user, as staff see it." });

export type PicturedDevice = z.infer<typeof PicturedDevice>;

/** A session that lives. */
export const PicturedSession = z
  .object({
    id: shownText("the session's own id; no token", "9f2c4be1"),
    device_sn: z
      .int()
      .min(1)
      .nullable()
      .meta({ description: "its device's serial; null where it has no device", examples: [1] }),
    signed_in_at: shownInstant("when it signed in"),
    expires_at: shownInstant("when it ends of itself"),
    address: shownText('the IP address it signed in from; "" where that was not kept yet', "203.0.113.7"),
    user_agent: shownText("what it signed in with, up to 256 characters", "okhttp/4.12.0"),
  })
  .meta({ id: "PicturedSession", description: "A session that lives." });

export type PicturedSession = z.infer<typeof PicturedSession>;

/** A session that has ended. */
export const EndedSession = z
  .object({
    id: shownText("the id of the record of the end", "9f2c4be1"),
    device_sn: z
      .int()
      .min(1)
      .nullable()
      .meta({ description: "its device's serial; null where it had no device", examples: [1] }),
    event: shownText(
      "what ended it: logout, kicked, replaced, device_removed, password_changed, disabled, deleted, expired",
      "kicked",
    ),
    reason: shownText('why, as far as that was said; "" else', "kicked"),
    by: shownText('who ended it: "admin:<name>", "user:<id>", "root" or "system"', "user:1000"),
    at: shownInstant("when"),
    address: shownText('the IP address it was ended from; "" where time ended it', "203.0.113.7"),
    request_id: shownText(
      'the X-Request-Id of the request; "" where time ended it',
      "9c1e4f0a-3c55-4a53-9a35-0f6c1cf3f6d1",
    ),
  })
  .meta({ id: "EndedSession", description: "A session that has ended." });

export type EndedSession = z.infer<typeof EndedSession>;

const masked = shownText("the push token without its middle", "fcm-…phone");

const binding = {
  binding_id: shownText("what reports of pushes name", "rs.1.0f8fad5bd9cb469fa16570867728950e"),
  bound_at: shownInstant("since when"),
  held_until: shownInstantOrNone("until when it is held back; null where no provider has refused it", null),
};

/** All that is known of one user, for staff. Of push tokens it has the beginning and the end. */
export const Picture = z
  .object({
    user_id: ShownUserId,
    external_id: shownTextOrNone(
      "the user's id in another system, 1–128 characters; null for none",
      "crm-17",
    ),
    created_at: shownInstant("when the user was registered"),
    profile: Profile,
    settings: StoredSettings.extend({
      push_token: masked.meta({ description: 'the push token without its middle; "" for none' }),
      alias: OwnSettings.shape.alias,
      badge: OwnSettings.shape.badge,
    }).meta({ description: "the settings, and what push keeps beside them" }),
    status: z
      .object({
        status: shownInt("0 (normal) or 1 (disabled), at this moment", 0),
        ban: PicturedBan.nullable().meta({ description: "the ban in force; null for none" }),
      })
      .meta({ description: "whether the user is disabled" }),
    bans: z
      .array(PicturedBan)
      .meta({ description: "the bans so far, newest first: 20 at most, the one in force among them" }),
    online: shownFlag("any device has an open socket"),
    devices: z.array(PicturedDevice).meta({ description: "by serial: 200 at most" }),
    sessions: z
      .array(PicturedSession)
      .meta({ description: "those that live, the newest first: 400 at most" }),
    push: z
      .object({
        bindings: z
          .array(
            z.object({
              device_sn: ShownDeviceSn,
              notifier_name: shownText(
                'the name of the notifier, up to 64 characters; "" where none was named',
                "fcm",
              ),
              device_token: masked,
              ...binding,
            }),
          )
          .meta({ description: "the push tokens of the devices, by serial" }),
        settings_token: z
          .object({ push_token: masked, ...binding })
          .nullable()
          .meta({ description: "that of the settings; null for none" }),
        tags: z
          .array(shownText("a tag of 1–64 bytes", "birds"))
          .meta({ description: "the push tags, in code-point order" }),
        no_push: shownFlag("nothing is pushed to the user", false),
        push_schedule: PushSchedule,
        snooze_until: StoredSettings.shape.snooze_until,
        time_zone: shownText(
          "the IANA name of the zone of all hours: the user's, or else the app's",
          "Asia/Shanghai",
        ),
      })
      .meta({ description: "what pushes to the user go by" }),
    owed: z
      .array(
        z.object({
          epoch: shownInt("its place among the user's signals", 4, 1),
          kind: shownText("what it tells", "password_changed"),
          since: shownInstant("since when it waits"),
        }),
      )
      .meta({ description: "what the user's hub has still to be told, in its order: 100 at most" }),
  })
  .meta({ id: "Picture", description: "All that is known of a user, for staff." });

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
