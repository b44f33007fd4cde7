import { z } from "zod";
import { Binding, SettingsBinding } from "./bindings.ts";
import { AuthMode, flag, hour } from "./fields.ts";
import { PushSchedule } from "./push-hours.ts";
import { ShownUserId, ShownUsername, shownInt, shownText, shownTextOrNone } from "./shown.ts";

/** The profile, as on the wire. */
export const Profile = z
  .object({
    user_id: ShownUserId,
    username: ShownUsername,
    avatar: shownText(
      'an http or https URL of a picture, up to 2048 characters; "" for none',
      "https://pictures.example/wren.png",
    ),
    description: shownText("what the user says of itself, up to 512 characters", "small and loud"),
    mobile: shownText('the mobile number; "" for none', "13800000000"),
    email: shownText('the e-mail address, up to 254 characters; "" for none', "wren@birds.example"),
    nick_name: shownText("the nickname, up to 64 characters", "Wren"),
    public_info: shownText("a text for all, up to 16384 bytes of UTF-8, kept byte for byte", "sings at dawn"),
    private_info: shownText(
      "a text for the user alone, up to 16384 bytes of UTF-8, kept byte for byte",
      "nests in the ivy",
    ),
  })
  .meta({ id: "Profile", description: "A user's profile." });

export type Profile = z.infer<typeof Profile>;

/** The settings as stored, under their wire names. */
export const StoredSettings = z.object({
  auth_mode: AuthMode,
  auth_question: shownText("what is asked in auth_mode 2, up to 256 characters", "Which bird is this?"),
  auth_answer: shownText("what is answered to it, up to 256 characters", "a wren"),
  auto_download: flag("files are downloaded by themselves"),
  group_confirm: flag("an invitation to a group waits for the user's consent"),
  no_push: flag("nothing is pushed to the user"),
  no_push_detail: flag("a push does not show what it is about"),
  no_push_start_hour: hour("from when nothing is pushed, each day"),
  no_push_end_hour: hour("until when nothing is pushed; no hours where it is the start"),
  no_sounds: flag("a push makes no sound"),
  push_nick_name: shownText("the name that pushes show, up to 64 characters", "Wren"),
  /** Null where there is none: it belongs to one user of the app at a time. */
  push_token: shownTextOrNone("the push token of the settings; null for none", "fcm-token-of-the-phone"),
  silence_start_time: hour("from when pushes are silent, each day"),
  silence_end_time: hour("until when pushes are silent; no hours where it is the start"),
  vibratory: flag("a push vibrates"),
  time_zone: shownText('the IANA name of the zone of all hours; "" for that of the app', "Asia/Shanghai"),
  push_schedule: PushSchedule,
  snooze_until: shownInt("until when nothing is pushed, in ms since 1970; 0 for none", 0),
});

export type StoredSettings = z.infer<typeof StoredSettings>;

/** The settings, and what push keeps of a user beside them: `binding` is of the push token, null where there is none. */
export const OwnSettings = StoredSettings.extend({
  alias: shownText('the push alias, up to 64 bytes; "" for none', "wren"),
  badge: shownInt("the badge: an integer from 0", 3),
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
