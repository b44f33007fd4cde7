import { isRecord, parseJson } from "./failures.ts";

/** The events of a notice that this client knows. A newer service may send others. */
export const noticeEvents = [
  "password_changed",
  "disabled",
  "deleted",
  "replaced",
  "kicked",
  "info_updated",
  "device_login",
  "device_logout",
  "device_added",
  "device_removed",
  "push_token_dead",
] as const;

/** The name of a notice's event. */
export type NoticeEvent = (typeof noticeEvents)[number];

/** Who caused an event: a user (with the device, where there was one), or an admin token by its name. */
export type Actor = { userId: number; deviceSn?: number } | { admin: string };

/** The service has taken the device in. */
export interface Welcome {
  /** The device's serial, per user. */
  deviceSn: number;
  /** When the token's life is over, in ms since 1970. */
  expiresAt: number;
  /** True where the device's push token is dead: the app is to register another. */
  pushTokenDead?: true;
}

/** What the service tells a device. */
export interface Notice {
  /** One of `NoticeEvent`, or an event that this client does not know. */
  event: string;
  /** The product's own number for the event; 0 where it has none. */
  noticeType: number;
  /** For people to read; may be "". */
  reason: string;
  /** Absent where the service did not say it in a way that this client knows. */
  by?: Actor;
  /** When it happened, in ms since 1970. */
  at: number;
  /** False where the session is at its end for this device: a close follows, and the client does not come back. */
  retry: boolean;
  /** Of `push_token_dead`: whose push token it was, by the device's serial; 0 for that of the settings. */
  deviceSn?: number;
  /** Of `push_token_dead`: the name of the notifier; "" for that of the settings. */
  notifierName?: string;
}

/** A notice whose event this client knows. */
export interface KnownNotice extends Notice {
  event: NoticeEvent;
}

/** The connection was lost while the session lives: the client comes back by itself after a random wait. */
export interface ServerRestart {
  /** 1001, 1006 or 1012. */
  code: number;
  /** As the close frame said it; may be "". */
  reason: string;
}

/** The client waits before it tries to connect again. */
export interface Reconnecting {
  /** Tries since the last connection that lasted, from 0. */
  attempt: number;
  /** How long it waits, in ms. */
  waitMs: number;
}

/** The client has stopped for good: it does not come back unless `connect()` is called. */
export interface Ended {
  /** Why: one of `closeCodes`, or that of an ending this client does not know. */
  code: number;
  /** The reason of the notice that told the end, else that of the close frame. */
  reason: string;
  /** The event of the notice that told the end, where one did. */
  event?: string;
  /** True where the app should sign in again by itself: the token was good and its life is over. */
  signInAgain: boolean;
}

/** What a client's listeners hear, by name. `notice` hears every notice, known or not; then its own name does. */
export type DeviceEvents = {
  welcome: Welcome;
  notice: Notice;
  server_restart: ServerRestart;
  reconnecting: Reconnecting;
  ended: Ended;
} & { [Event in NoticeEvent]: KnownNotice };

/** The close codes after which a client does not come back by itself. */
export const closeCodes = {
  /** The session signed itself out. */
  logout: 4000,
  password_changed: 4001,
  disabled: 4002,
  deleted: 4003,
  /** The same device connected again elsewhere: the session lives, and coming back is its user's act. */
  replaced: 4004,
  kicked: 4005,
  device_removed: 4010,
  /** A frame that no client may send. */
  bad_frame: 4400,
  /** The token is unknown or its session has ended. */
  bad_token: 4401,
  /** The token's life is over. */
  token_expired: 4402,
} as const;

/** A frame from the service. */
export type Frame =
  | { type: "pong" }
  | { type: "welcome"; welcome: Welcome }
  | { type: "notice"; notice: Notice }
  | { type: "unknown" };

/** True where a close code is the end, whatever else was heard. */
export function isFinal(code: number): boolean {
  return Object.values(closeCodes).some((final) => final === code);
}

/** True where a close code after a welcome says that the server or the network went, and the session lives. */
export function isRestart(code: number): boolean {
  return code === 1001 || code === 1006 || code === 1012;
}

/** True where this client knows the event of a notice. */
export function isKnown(notice: Notice): notice is KnownNotice {
  return noticeEvents.some((event) => event === notice.event);
}

/** Reads the data of a message event. It never throws: what this client does not know is an unknown frame. */
export function parseFrame(data: unknown): Frame {
  if (typeof data !== "string") return { type: "unknown" };
  if (data === "pong") return { type: "pong" };
  const frame = parseJson(data);
  if (!isRecord(frame)) return { type: "unknown" };
  if (frame["type"] === "welcome") return parseWelcome(frame);
  return frame["type"] === "notice" ? parseNotice(frame) : { type: "unknown" };
}

function parseWelcome(frame: Record<string, unknown>): Frame {
  const { device_sn: deviceSn, expire: expiresAt, push_token_dead } = frame;
  if (typeof deviceSn !== "number" || typeof expiresAt !== "number") return { type: "unknown" };
  const isDead = push_token_dead === true && { pushTokenDead: true as const };
  return { type: "welcome", welcome: { deviceSn, expiresAt, ...isDead } };
}

/** A notice must have its event and its time; the rest may be missing in an event that is unknown today. */
function parseNotice(frame: Record<string, unknown>): Frame {
  const { event, notice_type, reason, at, retry, device_sn: deviceSn, notifier_name: notifierName } = frame;
  if (typeof event !== "string" || typeof at !== "number") return { type: "unknown" };
  const by = parseActor(frame["by"]);
  const notice = {
    event,
    noticeType: typeof notice_type === "number" ? notice_type : 0,
    reason: typeof reason === "string" ? reason : "",
    ...(by && { by }),
    at,
    retry: retry !== false,
    ...(typeof deviceSn === "number" && { deviceSn }),
    ...(typeof notifierName === "string" && { notifierName }),
  };
  return { type: "notice", notice };
}

function parseActor(by: unknown): Actor | undefined {
  if (!isRecord(by)) return undefined;
  const { admin, user_id: userId, device_sn: deviceSn } = by;
  if (typeof admin === "string") return { admin };
  if (typeof userId !== "number") return undefined;
  return typeof deviceSn === "number" ? { userId, deviceSn } : { userId };
}
