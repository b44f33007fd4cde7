import { z } from "zod";
import { Binding, SettingsBinding } from "./bindings.ts";
import { AuthMode } from "./fields.ts";
import { PushSchedule } from "./push-hours.ts";

/** The profile, as on the wire. */
export const Profile = z.object({
  user_id: z.int(),
  username: z.string(),
  avatar: z.string(),
  description: z.string(),
  mobile: z.string(),
  email: z.string(),
  nick_name: z.string(),
  public_info: z.string(),
  private_info: z.string(),
});

export type Profile = z.infer<typeof Profile>;

/** The settings as stored, under their wire names. */
export const StoredSettings = z.object({
  auth_mode: AuthMode,
  auth_question: z.string(),
  auth_answer: z.string(),
  auto_download: z.boolean(),
  group_confirm: z.boolean(),
  no_push: z.boolean(),
  no_push_detail: z.boolean(),
  no_push_start_hour: z.int(),
  no_push_end_hour: z.int(),
  no_sounds: z.boolean(),
  push_nick_name: z.string(),
  /** Null where there is none: it belongs to one user of the app at a time. */
  push_token: z.string().nullable(),
  silence_start_time: z.int(),
  silence_end_time: z.int(),
  vibratory: z.boolean(),
  /** The zone of all hours; "" for that of the app. */
  time_zone: z.string(),
  push_schedule: PushSchedule,
  /** Until when nothing is pushed (ms); 0 for none. */
  snooze_until: z.int(),
});

export type StoredSettings = z.infer<typeof StoredSettings>;

/** The settings, and what push keeps of a user beside them: `binding` is of the push token, null where there is none. */
export const OwnSettings = StoredSettings.extend({
  alias: z.string(),
  badge: z.int(),
  binding: SettingsBinding.nullable(),
});

export type OwnSettings = z.infer<typeof OwnSettings>;

/** What is a user's own, by parts: a change is of one part. `tags` are in code-point order. */
export const ownParts = {
  profile: Profile,
  settings: OwnSettings,
  tags: z.array(z.string()),
  /** The push tokens of the devices, one a device at most. */
  bound: z.array(Binding),
} as const;

export type OwnPart = keyof typeof ownParts;

/** All that is a user's own. */
export type Own = { [Part in OwnPart]: z.infer<(typeof ownParts)[Part]> };

/** What a write may change of a profile; a field left out stays as it is, "" clears. */
export type ProfileChange = { [Field in Exclude<keyof Profile, "user_id">]?: Profile[Field] | undefined };

/** What a write may change of the settings; a field left out stays as it is. A push token of "" is none. */
export type SettingsChange = {
  [Field in Exclude<keyof OwnSettings, "binding">]?: OwnSettings[Field] | undefined;
};

/** A change of what is a user's own. `remove` without tags takes all of them. */
export type OwnChange =
  | { profile: ProfileChange }
  | { settings: SettingsChange }
  | { addTags: readonly string[] }
  | { removeTags: readonly string[] | "all" };
