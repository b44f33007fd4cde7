import { z } from "zod";
import { closeCodes, endCode } from "./closes.ts";
import { NoticeFrame, TokenDeadFrame, Welcome, pingPong } from "./frames.ts";
import { type AnyNotice, closeMeanings, noticeMeanings, watchMeanings } from "./meanings.ts";
import { TOKEN_DEAD, UNNUMBERED, notices } from "./notices.ts";
import { WatchFrame, watchCodes } from "./watch.ts";

/** What is shown as JSON. */
type Json = Record<string, unknown>;

/** A close of a socket: its code, the name by which the program knows it, when it is heard and what who hears it does. */
export interface Close {
  code: number;
  name: string;
  when: string;
  does: string;
}

/** A notice that a device hears, with the close code behind it where there is one. */
export interface Told {
  name: AnyNotice;
  number: number;
  /** Absent where no device's socket ends by it. */
  close?: number;
  when: string;
  does: string;
}

const numbers: Record<AnyNotice, number> = { ...notices, [TOKEN_DEAD]: UNNUMBERED };

const isNumbered = (name: string): name is keyof typeof notices => Object.hasOwn(notices, name);

function keysOf<K extends string>(record: Record<K, unknown>): K[] {
  const isKey = (key: string): key is K => Object.hasOwn(record, key);
  return Object.keys(record).filter(isKey);
}

/** Every notice, in the order of the numbers. */
export const allNotices: readonly Told[] = keysOf(noticeMeanings).map((name) => {
  const { when, does, ends } = noticeMeanings[name];
  const isEnd = ends !== "never" && isNumbered(name);
  return { name, number: numbers[name], when, does, ...(isEnd && { close: endCode(name) }) };
});

const byCode = (a: Close, b: Close) => a.code - b.code;

/** Every close of a device's socket, those behind notices among them. */
export const deviceCloses: readonly Close[] = [
  ...keysOf(closeMeanings).map((name) => ({ code: closeCodes[name], name, ...closeMeanings[name] })),
  ...allNotices.flatMap(({ name, close, when, does }) =>
    close === undefined ? [] : [{ code: close, name, when, does }],
  ),
].toSorted(byCode);

/** Every close of the socket of who watches a user. */
export const watchCloses: readonly Close[] = keysOf(watchMeanings)
  .map((name) => ({ code: watchCodes[name], name, ...watchMeanings[name] }))
  .toSorted(byCode);

/** Names as the document has them: `device_login` as `deviceLogin`. */
const camel = (name: string) => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** A message of a socket, as the document and the page of the socket show it. */
export interface Message {
  /** As it stands on the wire: `event` or `type` of a frame, or the text itself. */
  name: string;
  title: string;
  /** When it is said. */
  summary: string;
  description?: string;
  contentType: "text/plain" | "application/json";
  payload: z.ZodType;
  /** The payload of each is one that may be heard or said as it stands. */
  examples: { name: string; summary: string; payload: unknown }[];
  /** The code of the close behind it. */
  close?: number;
}

const AT = 1_795_396_000_574;

const plain = (text: string, summary: string): Message => ({
  name: text,
  title: text,
  summary,
  contentType: "text/plain",
  payload: z.literal(text).meta({ description: summary }),
  examples: [{ name: text, summary, payload: text }],
});

const ping = plain(pingPong.ping, "the device's only word: every 30 s");
const pong = plain(pingPong.pong, "the answer to a ping");

const welcome: Message = {
  name: "welcome",
  title: "Welcome",
  summary: "the first frame: the device is taken in",
  contentType: "application/json",
  payload: Welcome,
  examples: [
    {
      name: "welcome",
      summary: "the device 1 of its user",
      payload: { type: "welcome", device_sn: 1, expire: AT + 7_776_000_000 },
    },
    {
      name: "welcomeWithDeadPushToken",
      summary: "the same, and its push token is dead",
      payload: { type: "welcome", device_sn: 1, expire: AT + 7_776_000_000, push_token_dead: true },
    },
  ],
};

/** What examples of notices say that is not the same in all. */
const said: Record<AnyNotice, { reason: string; by: Json }> = {
  password_changed: { reason: "the password was changed", by: { admin: "support" } },
  disabled: { reason: "spam", by: { admin: "support" } },
  deleted: { reason: "the user was deleted", by: { admin: "support" } },
  replaced: { reason: "the device connected again", by: { user_id: 7, device_sn: 1 } },
  kicked: { reason: "kicked", by: { user_id: 7, device_sn: 2 } },
  info_updated: { reason: "", by: { user_id: 7, device_sn: 2 } },
  device_login: { reason: "", by: { user_id: 7, device_sn: 2 } },
  device_logout: { reason: "", by: { user_id: 7, device_sn: 2 } },
  device_added: { reason: "", by: { user_id: 7, device_sn: 2 } },
  device_removed: { reason: "removed", by: { user_id: 7, device_sn: 2 } },
  push_token_dead: { reason: "unregistered", by: { admin: "push" } },
};

function noticeOf({ name, number, close, when, does }: Told): Message {
  const { ends } = noticeMeanings[name];
  const base = name === TOKEN_DEAD ? TokenDeadFrame : NoticeFrame;
  const payload = base.extend({
    event: z.literal(name).meta({ description: "the notice's name" }),
    notice_type: z.literal(number).meta({ description: "the product's number of the notice; 0 for none" }),
    ...(ends !== "its own" && {
      retry: z.literal(ends === "never").meta({
        description:
          ends === "never"
            ? "the socket stays"
            : "the socket is closed behind it: the device does not come back",
      }),
    }),
  });
  const about = name === TOKEN_DEAD ? { device_sn: 1, notifier_name: "apns" } : {};
  const example = (retry: boolean) => ({
    type: "notice",
    event: name,
    notice_type: number,
    ...about,
    ...said[name],
    at: AT,
    retry,
  });
  const own = { name, summary: `${name}, to the device whose session ends`, payload: example(false) };
  const others = { summary: `${name}, to a device that stays`, payload: example(true) };
  const examples = {
    always: [own],
    never: [{ name, ...others }],
    "its own": [own, { name: `${name}_of_another`, ...others }],
  }[ends].map((each) => ({ ...each, name: camel(each.name) }));
  return {
    name,
    title: name,
    summary: when,
    description: `What the device does: ${does}.`,
    contentType: "application/json",
    payload,
    examples,
    ...(close !== undefined && { close }),
  };
}

const ended = {
  id: "01JDKW3M2Q8Z",
  device_sn: 1,
  event: "kicked",
  reason: "kicked",
  by: "admin:support",
  at: AT,
  address: "192.0.2.7",
  request_id: "818237ec-d75a-48f9-89da-9f6178ab2130",
};

const push = { no_push: false, push_schedule: [], snooze_until: 0 };

/** A user whose phone is connected. */
const picture = {
  user_id: 7,
  external_id: null,
  created_at: AT - 86_400_000,
  profile: {
    user_id: 7,
    username: "ann",
    avatar: "",
    description: "",
    mobile: "",
    email: "",
    nick_name: "Ann",
    public_info: "",
    private_info: "",
  },
  settings: {
    auth_mode: 0,
    auth_question: "",
    auth_answer: "",
    auto_download: false,
    group_confirm: false,
    no_push_detail: false,
    no_push_start_hour: 0,
    no_push_end_hour: 0,
    no_sounds: false,
    push_nick_name: "",
    push_token: "",
    silence_start_time: 0,
    silence_end_time: 0,
    vibratory: false,
    time_zone: "",
    ...push,
    alias: "",
    badge: 0,
  },
  status: { status: 0, ban: null },
  bans: [],
  online: true,
  devices: [
    {
      device_sn: 1,
      device_guid: "phone",
      platform: 1,
      device_name: "Ann's phone",
      user_agent: "Chat/3.1 iOS",
      online: true,
      last_active_at: AT,
      push_bound: false,
      no_push: false,
    },
  ],
  sessions: [
    {
      id: "9fd507f6-c95e-4da8-9e13-daf296af6734",
      device_sn: 1,
      signed_in_at: AT - 3_600_000,
      expires_at: AT + 7_776_000_000,
      address: "192.0.2.7",
      user_agent: "Chat/3.1 iOS",
    },
  ],
  push: { bindings: [], settings_token: null, tags: [], ...push, time_zone: "Asia/Shanghai" },
  owed: [],
};

/** What is said of each frame of a watch. */
const watched: Record<WatchFrame["type"], { summary: string; examples: Json[] }> = {
  picture: {
    summary: "the first frame: all that is known of the user",
    examples: [{ type: "picture", at: AT, picture, sessions_ended: [ended] }],
  },
  changed: {
    summary: "what has changed: each part that has, whole, as it is now",
    examples: [{ type: "changed", at: AT, parts: { online: true } }],
  },
  ended: {
    summary: "sessions that have ended, in that order",
    examples: [{ type: "ended", at: AT, sessions: [ended] }],
  },
  deleted: {
    summary: "the user is gone: the socket is closed behind it",
    examples: [{ type: "deleted", at: AT }],
  },
};

function watchedMessage(option: (typeof WatchFrame.options)[number]): [string, Message] {
  const [type] = option.shape.type.values;
  if (type === undefined) throw new Error("a frame of a watch has no type");
  const { summary, examples } = watched[type];
  return [
    camel(`watch_${type}`),
    {
      name: type,
      title: type,
      summary,
      contentType: "application/json",
      payload: option,
      examples: examples.map((payload) => ({ name: type, summary, payload })),
    },
  ];
}

/** What a device and the service say to each other, by the names of the document. */
export const deviceMessages: Record<string, Message> = {
  ping,
  pong,
  welcome,
  ...Object.fromEntries(allNotices.map((each) => [camel(each.name), noticeOf(each)])),
};

/** The same of who watches a user. */
export const watchMessages: Record<string, Message> = {
  ping,
  pong,
  ...Object.fromEntries(WatchFrame.options.map(watchedMessage)),
};
