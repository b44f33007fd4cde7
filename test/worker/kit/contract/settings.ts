import { env } from "cloudflare:workers";
import { newName } from "../client.ts";
import { mortal } from "../databases.ts";
import { workerWith } from "../elsewhere.ts";
import { callBy } from "../faults.ts";
import type { Json, Stage } from "./stage.ts";
import { bindingIdOf } from "../push.ts";
import {
  type Example,
  may,
  need,
  over500,
  over64,
  over64Bytes,
  wrongFlags,
  wrongHours,
  wrongIds,
  wrongLists,
} from "./example.ts";

/** The end of a snooze, the same on every stage. */
const snoozedUntil = Date.now() + 3_600_000;

const nothing: Example = { valid: () => ({}), takes: {} };
const setFlag: Example = { valid: () => ({ value: true }), takes: { value: need(...wrongFlags) } };
const flag = may("true", ...wrongFlags);
const hour = may("1", ...wrongHours);

/** Begins a move that comes no further, as its target is gone. */
async function begunMove({ root, database }: Stage) {
  const span = { left: 3, losesAnswer: false };
  const fetch = workerWith(
    database === 0 ? { USERS_1: mortal(env.USERS_1, span) } : { USERS_2: mortal(env.USERS_2, span) },
  );
  const json = { database: database + 1 };
  const { code } = await callBy(fetch, root, "PUT", "/admin/app/database", { json });
  if (code !== 503) throw new Error(`the move was to begin and come no further: ${code}`);
  return {};
}

const window = { days: [1], from: "09:00", to: "10:00" };

const wrongSchedules: [Json, ...Json[]] = [
  {},
  "[]",
  [7],
  Array.from({ length: 15 }, () => window),
  [{ ...window, days: [] }],
  [{ ...window, days: [0] }],
  [{ ...window, days: [8] }],
  [{ ...window, days: [1, 1] }],
  [{ ...window, days: 1 }],
  [{ ...window, from: "24:00" }],
  [{ ...window, to: "9:00" }],
  [{ ...window, to: "12:60" }],
  [{ days: [1], from: "09:00" }],
  [window, { ...window, name: "work" }],
];

const app = {
  name: may(7, []),
  status: may(2, -1, 0.5, "0", true),
  registration: may("maybe", "", 7),
  token_ttl: may(0, -1, 1.5, "60"),
  sign_in_policy: may(
    {},
    { limits: {} },
    { limits: {}, overflow: "kick_newest" },
    { limits: { total: "3" }, overflow: "kick_oldest" },
    { limits: { web: 1.5 }, overflow: "refuse_new" },
    "kick_oldest",
  ),
  push_secret: may(7, []),
  device_ttl: may(-1, 1.5, "60"),
  webhook_url: may("hooks", "ftp://hooks.example", `https://hooks.example/${"h".repeat(2048)}`, 7),
  webhook_secret: may("", "hush", "whsec_c2hvcnQ=", 7),
  allowed_origins: may("https://app.example", [7], {}),
  time_zone: may("", "Mars/Olympus", "+08:00", 8),
};

const ofNewApp = { ...app, database: may(-1, 0.5, "0", 1024, 77) };

const appSettings = {
  name: "An app",
  status: 0,
  registration: "closed",
  token_ttl: 3600,
  sign_in_policy: { limits: { mobile: 2, total: 3 }, overflow: "refuse_new" },
  push_secret: "hush",
  device_ttl: 86_400,
  webhook_url: "",
  webhook_secret: "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz",
  allowed_origins: ["https://app.example"],
  time_zone: "Europe/Berlin",
};

/** Settings, push and administration, by the id of the operation. */
/** A question about a sign-in, with all that it may name but a token. */
const asking = (stage: Stage) => ({
  for: "sign_in",
  user_id: stage.userId,
  device_sn: 1,
  platform: 1,
  device_guid: "phone",
  address: "2001:db8::1",
  origin: "https://app.example",
  at: 9_999_999_999_999,
});

const asked = {
  for: need("", "kick", "CALL"),
  user_id: need("0", "one", ""),
  token: may("", "t".repeat(129)),
  request_id: may("", over64, "9c1e4f0a-3c55-4a53-9a35-0f6c1cf3f6d1"),
  device_sn: may("0", "one", ""),
  platform: may("0", "7", "ios"),
  device_guid: may("", "g".repeat(129)),
  address: may("", over64),
  origin: may("", "o".repeat(257)),
  at: may("-1", "1.5", "253402300800000", "now"),
};

export const settingsExamples: Record<string, Example> = {
  setDownload: setFlag,
  setAuthMode: {
    valid: () => ({ value: 2 }),
    takes: { value: need("4", "-1", "1.5", "question", "", 4, -1, 1.5, true) },
  },
  setSettings: {
    valid: (stage) => ({
      id: stage.userId,
      user_id: stage.userId,
      auth_mode: 3,
      auth_question: "which bird?",
      auth_answer: "a wren",
      auto_download: true,
      group_confirm: true,
      no_push: true,
      no_push_detail: true,
      no_push_start_hour: 22,
      no_push_end_hour: 7,
      no_sounds: true,
      push_nick_name: "Wren",
      push_token: "a push token",
      silence_start_time: 1,
      silence_end_time: 23,
      vibratory: true,
      time_zone: "America/Sao_Paulo",
      push_schedule: [{ days: [6, 7], from: "22:00", to: "10:30" }],
      snooze_until: 0,
    }),
    takes: {
      id: may(...wrongIds, 999_999_999),
      user_id: may(...wrongIds, 999_999_999),
      auth_mode: may(4, -1, 1.5, "3"),
      auth_question: may("q".repeat(257), 7),
      auth_answer: may("a".repeat(257), 7),
      auto_download: flag,
      group_confirm: flag,
      no_push: flag,
      no_push_detail: flag,
      no_push_start_hour: hour,
      no_push_end_hour: hour,
      no_sounds: flag,
      push_nick_name: may(over64, 7),
      push_token: may("t".repeat(513), 7),
      silence_start_time: hour,
      silence_end_time: hour,
      vibratory: flag,
      time_zone: may("Mars/Olympus", "+08:00", "z".repeat(65), 8),
      push_schedule: may(...wrongSchedules),
      snooze_until: may(1, -1, 1.5, "0", true),
    },
  },
  getSettings: nothing,
  setPushLimit: {
    valid: () => ({ no_push_start_hour: 22, no_push_end_hour: 6 }),
    takes: { no_push_start_hour: need(...wrongHours), no_push_end_hour: need(...wrongHours) },
  },
  setSnooze: {
    valid: () => ({ until: snoozedUntil }),
    takes: { until: need("-1", "1.5", "", "tomorrow", "9999999999999", -1, 1.5, true) },
  },
  muteDevice: {
    valid: (stage) => ({ device_sn: stage.here.sn, no_push: true }),
    takes: { device_sn: need(...wrongIds), no_push: need(...wrongFlags) },
  },
  routePush: {
    valid: (stage) => ({
      list: [stage.userId],
      urgent: true,
      skip_online: true,
      badge: { add: 0 },
      at: 9_999_999_999_999,
    }),
    takes: {
      list: need(...wrongLists, [0], ["1"], [1, null], [1.5]),
      urgent: flag,
      skip_online: flag,
      badge: may(
        {},
        { add: -1 },
        { add: 1001 },
        { add: 1.5 },
        { add: "1" },
        { add: 1 },
        { add: 0, set: 1 },
        1,
        true,
      ),
      at: may(-1, 1.5, "now", true, 253_402_300_800_000),
    },
  },
  setPushNickName: { valid: () => ({ nick_name: "Robin" }), takes: { nick_name: need(over64, 7) } },
  setSounds: setFlag,
  setVibratory: setFlag,
  setPush: setFlag,
  setPushDetail: setFlag,
  bindToken: {
    valid: (stage) => ({ device_sn: stage.here.sn, device_token: "a device token", notifier_name: "fcm" }),
    takes: {
      device_sn: need(...wrongIds),
      device_token: need("t".repeat(513), 7),
      notifier_name: need(over64, 7),
    },
  },
  unbindToken: {
    async valid({ here }) {
      const bound = { device_sn: here.sn, device_token: "a device token", notifier_name: "apns" };
      const { code } = await here.client.post("/user/token/bind", bound);
      if (code !== 200) throw new Error(`the push token was not bound: ${code}`);
      return { deviceSn: here.sn };
    },
    takes: { deviceSn: need(...wrongIds) },
  },
  pushFeedback: {
    async valid({ here, userId, nobody, database }) {
      const bound = { device_sn: here.sn, device_token: "a device token", notifier_name: "apns" };
      const { code } = await here.client.post("/user/token/bind", bound);
      if (code !== 200) throw new Error(`the push token was not bound: ${code}`);
      const app = { id: nobody.headers["app_id"] ?? "" };
      const DB = database === 0 ? env.DB : env.USERS_1;
      const binding_id = await bindingIdOf(app, { id: userId }, here.sn, DB);
      return { list: [{ binding_id, result: "unregistered" }] };
    },
    takes: {
      list: need(
        [],
        over500,
        "1",
        {},
        [null],
        [7],
        [{}],
        [{ binding_id: "b" }],
        [{ binding_id: "", result: "delivered" }],
        [{ binding_id: "b".repeat(129), result: "delivered" }],
        [{ binding_id: 7, result: "delivered" }],
        [{ binding_id: "b", result: "lost" }],
        [{ binding_id: "b", result: "delivered", at: -1 }],
        [{ binding_id: "b", result: "delivered", at: "now" }],
      ),
    },
  },
  setAlias: {
    valid: () => ({ alias: "wren", push_token: "a push token" }),
    takes: { alias: need(over64, over64Bytes, 7), push_token: may("t".repeat(513), 7) },
  },
  getAlias: nothing,
  removeTags: {
    async valid({ here }) {
      const { code } = await here.client.post("/user/push/tag", { tags: ["a", "b"] });
      if (code !== 200) throw new Error(`the tags were not added: ${code}`);
      return { tags: ["a", "never there"] };
    },
    takes: { tags: need("a", { a: true }, [""], [7], [over64]) },
  },
  removeAllTags: nothing,
  listTags: nothing,
  setBadge: { valid: () => ({ badge: 3 }), takes: { badge: need(-1, 1.5, "3", true) } },
  getBadge: nothing,
  listApps: nothing,
  createApp: {
    valid: () => ({ app_id: newName("made"), ...appSettings }),
    takes: { app_id: need("", "an app", "a".repeat(65), "äpp", 7), ...ofNewApp },
  },
  getApp: nothing,
  setApp: { valid: () => appSettings, takes: app },
  getMove: { valid: begunMove, takes: {} },
  moveApp: {
    valid: ({ database }) => ({ database: database + 1 }),
    takes: { database: need(0, 77, 1024, 1.5, "1") },
  },
  stopMove: { valid: begunMove, takes: {} },
  listAdminTokens: nothing,
  listBans: {
    valid: (stage) => ({ user_id: stage.userId, limit: 10 }),
    takes: { user_id: may("0", "one", ""), cursor: may("nonsense"), limit: may("0", "201", "all") },
  },
  listAudit: {
    valid: (stage) => ({
      user_id: stage.userId,
      caller: "root",
      operation: "register",
      since: 0,
      until: 9_999_999_999_999,
      limit: 10,
    }),
    takes: {
      user_id: may("0", "one", ""),
      caller: may("c".repeat(81)),
      operation: may(over64),
      since: may("-1", "1.5", "today", ""),
      until: may("-1", "1.5", "today", ""),
      cursor: may("nonsense"),
      limit: may("0", "201", "all"),
    },
  },
  overview: nothing,
  sampleConnected: nothing,
  explain: { valid: (stage) => asking(stage), takes: asked },
  explainToken: { valid: (stage) => asking(stage), takes: asked },
  createAdminToken: {
    valid: () => ({ name: "robot", expire: Date.now() + 3_600_000 }),
    takes: { name: need(7, []), role: may("king", "", 7, true), expire: may(1.5, -1, "never", true) },
  },
  revokeAdminToken: {
    valid: async (stage) => ({ id: (await stage.adminToken()).id }),
    takes: { id: need(...wrongIds) },
  },
};
