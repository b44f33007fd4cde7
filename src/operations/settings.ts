import { z } from "zod";
import { Id, Instant, NickName, PushToken, text } from "../domain/fields.ts";
import { type OwnSettings, StoredSettings } from "../domain/own.ts";
import { Refusal } from "../domain/reasons.ts";
import { grants } from "../domain/roles.ts";
import { withoutMiddle } from "../domain/picture.ts";
import { ShownUserId } from "../domain/shown.ts";
import { OwnTimeZone } from "../domain/zones.ts";
import { Done, done, nothing, operation } from "../http/operation.ts";
import { changeOwn } from "../services/own.ts";
import type { Scope } from "../services/scope.ts";
import { wireSettings } from "../store/settings.ts";

const tag = "settings";

const { snooze_until: _, ...stored } = StoredSettings.shape;

/** The settings that can be written, by their wire names: what may be given of some is narrower than what is stored. */
export const fields = {
  ...stored,
  auth_question: text(0, 256, "a text of 0–256 characters: what is asked in auth_mode 2").meta({
    examples: ["Which bird is this?"],
  }),
  auth_answer: text(0, 256, "a text of 0–256 characters: what is answered to it").meta({
    examples: ["a wren"],
  }),
  push_nick_name: NickName.meta({ description: "a text of 0–64 characters: the name that pushes show" }),
  push_token: PushToken,
  time_zone: OwnTimeZone,
};

const snooze_until = Instant.meta({
  description: "until when nothing is pushed, in ms since 1970, 0 for none; /user/push/snooze sets it",
  examples: [0],
});

/** The settings as read: all 17 fields, and the three beside them. */
export const Settings = z
  .object({
    id: ShownUserId.meta({ description: "the user's id, as user_id has it" }),
    user_id: ShownUserId,
    ...fields,
    snooze_until,
  })
  .meta({ id: "Settings", description: "A user's settings." });

const SettingsChange = z
  .object({ id: Id, user_id: Id, ...fields, snooze_until })
  .partial()
  .meta({
    id: "SettingsChange",
    description: "Settings to be changed; one that is left out stays as it is.",
  });

/** The longest snooze (ms): 31 days. */
const LONGEST_SNOOZE = 31 * 24 * 3600 * 1000;

const Snooze = Instant.meta({
  description: "an instant in ms since 1970, at most 31 days ahead; 0 for none",
  examples: [0],
});

/** A snooze as it is shown: one that is over is none. */
const shownSnooze = (until: number, now: number) => (until > now ? until : 0);

/**
 * Staff who can neither push to a push token nor write it back are shown it without its middle, as in the picture of the user: it is
 * as good as the right to push.
 */
const seesPushTokens = ({ caller }: Scope) =>
  caller.kind !== "admin" || grants(caller.role, "push") || grants(caller.role, "act");

/** The subject's settings, alias and badge, as the caller may see them. */
export async function readSettings(scope: Scope): Promise<OwnSettings> {
  const { own } = await scope.hub(scope.subject).ask((hub) => hub.settings(scope.acting));
  return seesPushTokens(scope) ? own : { ...own, push_token: withoutMiddle(own.push_token ?? "") };
}

/** Clients write back what they have read: a snooze is read-only here, and passed over where it is the one there is. */
async function requireSnooze(scope: Scope, given: number): Promise<void> {
  const { snooze_until: stored } = await readSettings(scope);
  if (given === stored || given === shownSnooze(stored, scope.now)) return;
  throw new Refusal(
    "parameter_wrong",
    "snooze_until is read-only: where it is given it must be the one there is; /user/push/snooze sets it",
  );
}

/** An operation that sets one setting: `param` on the wire, `setting` in the store. */
function setOne(
  id: string,
  summary: string,
  path: string,
  param: string,
  setting: keyof typeof fields,
  aliases: Record<string, string> = {},
) {
  return operation({
    id,
    summary,
    tag,
    methods: ["POST", "PUT"],
    path,
    caller: "user",
    scope: "act",
    hubDecides: true,
    tellsDevices: true,
    from: "query",
    params: z.object({ [param]: fields[setting] }),
    aliases,
    data: Done,
    async handle(scope, input) {
      await changeOwn(scope, { settings: { [setting]: input[param] } });
      return done;
    },
  });
}

export const settings = [
  setOne(
    "setDownload",
    "Set auto_download: whether files are downloaded by themselves",
    "/user/download",
    "value",
    "auto_download",
  ),
  setOne("setAuthMode", "Set auth_mode: how friend requests are met", "/user/authmode", "value", "auth_mode"),
  operation({
    id: "setSettings",
    summary: "Change settings; a field left out stays as it is",
    tag,
    methods: ["POST", "PUT"],
    path: "/user/settings",
    caller: "user",
    scope: "act",
    hubDecides: true,
    tellsDevices: true,
    from: "json",
    params: SettingsChange,
    data: Done,
    async handle(scope, input) {
      const { id, user_id, snooze_until: given, ...change } = input;
      if (given !== undefined) await requireSnooze(scope, given);
      for (const [name, given] of Object.entries({ id, user_id })) {
        if (given !== undefined && given !== scope.subject) {
          throw new Refusal(
            "parameter_wrong",
            `${name} is read-only: where it is given it must be ${scope.subject}`,
          );
        }
      }
      if (Object.values(change).every((value) => value === undefined)) await readSettings(scope);
      else await changeOwn(scope, { settings: change });
      return done;
    },
  }),
  operation({
    id: "getSettings",
    summary: "Read all 17 settings, and the time zone, the schedule and the snooze of pushes",
    tag,
    methods: ["GET"],
    path: "/user/settings",
    caller: "user",
    scope: "read",
    hubDecides: true,
    from: "none",
    params: nothing,
    data: Settings,
    async handle(scope) {
      const { alias: _alias, badge: _badge, binding: _binding, ...stored } = await readSettings(scope);
      const snooze_until = shownSnooze(stored.snooze_until, scope.now);
      return { data: wireSettings(scope.subject, { ...stored, snooze_until }) };
    },
  }),
];

/** The settings of push that have an operation each, in their place among the push operations. */
export const pushSettings = [
  operation({
    id: "setPushLimit",
    summary: "Set the hours without push; equal hours for none",
    tag: "push",
    methods: ["POST", "PUT"],
    path: "/user/push/limit",
    caller: "user",
    scope: "act",
    hubDecides: true,
    tellsDevices: true,
    from: "query",
    params: z.object({
      no_push_start_hour: fields.no_push_start_hour,
      no_push_end_hour: fields.no_push_end_hour,
    }),
    data: Done,
    async handle(scope, input) {
      await changeOwn(scope, { settings: input });
      return done;
    },
  }),
  operation({
    id: "setSnooze",
    summary: "Have nothing pushed until an instant; 0 ends it",
    tag: "push",
    methods: ["POST", "PUT"],
    path: "/user/push/snooze",
    caller: "user",
    scope: "act",
    hubDecides: true,
    tellsDevices: true,
    from: "query",
    params: z.object({ until: Snooze }),
    data: Done,
    async handle(scope, { until }) {
      if (until > scope.now + LONGEST_SNOOZE) {
        throw new Refusal("parameter_wrong", `until must be ${z.globalRegistry.get(Snooze)?.description}`);
      }
      await changeOwn(scope, { settings: { snooze_until: shownSnooze(until, scope.now) } });
      return done;
    },
  }),
  setOne(
    "setPushNickName",
    "Set push_nick_name: the name that pushes show",
    "/user/push/nickname",
    "nick_name",
    "push_nick_name",
    {
      value: "nick_name",
    },
  ),
  setOne("setSounds", "Set no_sounds: whether a push is silent", "/user/sounds", "value", "no_sounds"),
  setOne("setVibratory", "Set vibratory: whether a push vibrates", "/user/vibratory", "value", "vibratory"),
  setOne("setPush", "Set no_push: true for no push at all", "/user/push", "value", "no_push"),
  setOne(
    "setPushDetail",
    "Set no_push_detail: true for pushes without details",
    "/user/push/detail",
    "value",
    "no_push_detail",
  ),
];
