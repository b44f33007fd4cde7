import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { z } from "zod";
import type { Session } from "./client.ts";
import { hubOf } from "./faults.ts";
import { type Household, bySn, newHousehold } from "./household.ts";
import { Device, upgrade } from "./socket.ts";
import { Envelope, Notice, done } from "./wire.ts";

/** A user with a phone and a laptop: each has an open socket and a bound push token. */
export interface Stage extends Household {
  /** Sets the clock forward (ms from now). */
  ahead: (ms: number) => void;
}

/** An event that ends or bars the phone's session, and what holds after it: a row of docs/revocation.md. */
export interface Row {
  event: string;
  settings?: Record<string, unknown>;
  happen: (stage: Stage) => Promise<unknown>;
  /** The code that a call with the old token is answered with. */
  call: number;
  /** The notice that the open socket hears, and what it is closed with. */
  socket: { notice?: string; close: number | "stays open" };
  /** What a new socket is closed with at once, or the code of the envelope in its place. */
  reconnect: { close: number; reason: string } | { envelope: number };
  /** Sign-ins as that device, one after another. */
  sign_in: readonly {
    password: "right" | "old" | "new" | "wrong";
    code: number;
    /** Whether the device has the serial that it had. */
    serial?: "same" | "new";
  }[];
  /** What becomes of the push bindings of the two devices. */
  push: { phone: "released" | "kept"; laptop: "released" | "kept" };
  /** What a call that races the event may be answered with, and the code that the old token hears afterwards. */
  under_way: { answers: readonly number[]; after: number };
}

const newPassword = "a new word";

/** The life of tokens that are to expire (s). */
const SHORT_LIFE = 60;

const unknownToken = { close: 4401, reason: "token_invalid" };
const back = { password: "right", code: 200, serial: "same" } as const;
const backWithNew = [
  { password: "old", code: 11001 },
  { password: "new", code: 200, serial: "same" },
] as const;
const phoneOnly = { phone: "released", laptop: "kept" } as const;
const both = { phone: "released", laptop: "released" } as const;
const dead = { answers: [200, 10008], after: 10008 };

/** The document's rows in literals: what the program does is held against them, and so is the document. */
export const matrix: readonly Row[] = [
  {
    event: "kick one",
    happen: ({ laptop, phone }) => done(laptop.set("/user/kick", bySn(phone))),
    call: 10008,
    socket: { notice: "kicked", close: 4005 },
    reconnect: unknownToken,
    sign_in: [back],
    push: phoneOnly,
    under_way: dead,
  },
  {
    event: "kick all",
    happen: ({ laptop }) => done(laptop.set("/user/kick", {})),
    call: 10008,
    socket: { notice: "kicked", close: 4005 },
    reconnect: unknownToken,
    sign_in: [back],
    push: both,
    under_way: dead,
  },
  {
    event: "device/remove",
    happen: ({ laptop, phone }) => done(laptop.set("/user/device/remove", bySn(phone))),
    call: 10008,
    socket: { notice: "device_removed", close: 4010 },
    reconnect: unknownToken,
    sign_in: [{ password: "right", code: 200, serial: "new" }],
    push: phoneOnly,
    under_way: dead,
  },
  {
    event: "disable",
    happen: ({ app, user }) => done(app.disable(user)),
    call: 10008,
    socket: { notice: "disabled", close: 4002 },
    reconnect: { close: 4401, reason: "user_disabled" },
    sign_in: [
      { password: "wrong", code: 11001 },
      { password: "right", code: 10029 },
    ],
    push: both,
    under_way: dead,
  },
  {
    event: "delete",
    happen: ({ laptop }) => done(laptop.post("/user/delete")),
    call: 10008,
    socket: { notice: "deleted", close: 4003 },
    reconnect: unknownToken,
    sign_in: [{ password: "right", code: 11001 }],
    push: both,
    under_way: { answers: [200, 10008, 10000], after: 10008 },
  },
  {
    event: "password change by the user",
    happen: ({ laptop, user }) =>
      done(laptop.post("/user/change_password", { old_password: user.password, new_password: newPassword })),
    call: 10008,
    socket: { notice: "password_changed", close: 4001 },
    reconnect: unknownToken,
    sign_in: backWithNew,
    push: phoneOnly,
    under_way: dead,
  },
  {
    event: "password change by an admin",
    happen: ({ app, user }) =>
      done(app.actingFor(user).post("/user/change_password_admin", { password: newPassword })),
    call: 10008,
    socket: { notice: "password_changed", close: 4001 },
    reconnect: unknownToken,
    sign_in: backWithNew,
    push: both,
    under_way: dead,
  },
  {
    event: "logout",
    happen: ({ phone }) => done(phone.post("/token/logout")),
    call: 10008,
    socket: { close: 4000 },
    reconnect: unknownToken,
    sign_in: [back],
    push: phoneOnly,
    under_way: dead,
  },
  {
    event: "displaced by the sign-in policy",
    settings: { sign_in_policy: { limits: { mobile: 1 }, overflow: "kick_oldest" } },
    happen: ({ app, user }) => app.signIn(user, { device_guid: "tablet", platform: 2 }),
    call: 10008,
    socket: { notice: "kicked", close: 4005 },
    reconnect: unknownToken,
    sign_in: [back],
    push: phoneOnly,
    under_way: dead,
  },
  {
    event: "app suspended",
    happen: ({ app }) => setSuspended(app, true),
    call: 40003,
    socket: { close: "stays open" },
    reconnect: { envelope: 40003 },
    sign_in: [{ password: "right", code: 40003 }],
    push: { phone: "kept", laptop: "kept" },
    under_way: { answers: [200, 40003], after: 40003 },
  },
  {
    event: "token expired",
    settings: { token_ttl: SHORT_LIFE },
    happen: async ({ app, user, ahead }) => {
      ahead((SHORT_LIFE + 1) * 1000);
      // The alarm that the hub has set itself.
      if (!(await runDurableObjectAlarm(hubOf(app, user)))) throw new Error("no alarm was set");
    },
    call: 402,
    socket: { close: 4402 },
    reconnect: { close: 4402, reason: "token_expired" },
    sign_in: [back],
    push: both,
    under_way: { answers: [200, 402], after: 402 },
  },
];

/** The columns, in the document's order. */
export const columns = ["call", "held", "socket", "reconnect", "sign_in", "push", "under_way"] as const;

const inWords = {
  call: ({ call }: Row) => String(call),
  held: ({ call }: Row) => `${call}, nothing done`,
  socket: ({ socket: { notice = "no notice", close } }: Row) =>
    close === "stays open" ? close : `${notice}, ${close}`,
  reconnect: ({ reconnect }: Row) =>
    "envelope" in reconnect
      ? `${reconnect.envelope} in place of the socket`
      : `${reconnect.close} ${reconnect.reason}`,
  sign_in: ({ sign_in }: Row) =>
    sign_in
      .map(
        ({ password, code, serial }) => `${password} password ${code}${serial ? `, ${serial} serial` : ""}`,
      )
      .join("; "),
  push: ({ push }: Row) => `${push.phone}; the other device's ${push.laptop}`,
  under_way: ({ under_way: { answers, after } }: Row) => `${answers.join(" or ")}; then ${after}`,
};

/** A row as the document has it: the event and its six cells. */
export function wordsOf(row: Row): string[] {
  return [row.event, ...columns.map((column) => inWords[column](row))];
}

/** Suspends an app, or makes it normal again. */
export async function setSuspended(app: Household["app"], isSuspended: boolean): Promise<void> {
  const answer = await app.root.put("/admin/app", { status: isSuspended ? 1 : 0 });
  if (answer.code !== 200) throw new Error(answer.message);
}

/** Sets the stage for a row's event. */
export async function newStage(row: Row, ahead: Stage["ahead"]): Promise<Stage> {
  const home = await newHousehold(row.settings);
  await bindTo(home.phone);
  await bindTo(home.laptop);
  return { ...home, ahead };
}

async function bindTo(session: Session): Promise<void> {
  await done(tryBind(session));
}

/** Binds a push token to a session's own device. */
export function tryBind(session: Session) {
  return session.post("/user/token/bind", {
    device_sn: session.deviceSn,
    device_token: `push-${session.token}`,
    notifier_name: "apns",
  });
}

/** The serials of a user's devices that D1 knows a push token of. */
export async function boundInD1(userId: number): Promise<unknown[]> {
  const query = env.DB.prepare("select device_sn from push_bindings where user_id = ? order by device_sn");
  const { results } = await query.bind(userId).all();
  return results.map((row) => row.device_sn);
}

/** The serials whose binding a row lets stand; the phone is 1 and the laptop 2. */
export function boundAfter({ push }: Row): number[] {
  return [push.phone, push.laptop].flatMap((fate, index) => (fate === "kept" ? [index + 1] : []));
}

/** The password that a sign-in gives. */
export function passwordFor(kind: Row["sign_in"][number]["password"], old: string): string {
  return { right: old, old, new: newPassword, wrong: "not the password" }[kind];
}

/** Asks for a socket: it, or the code of the envelope in its place. */
export async function askForSocket(session: Session): Promise<{ socket?: Device; code?: number }> {
  const response = await upgrade(session.headers);
  if (response.webSocket) return { socket: new Device(response.webSocket) };
  return Envelope.parse(await response.json());
}

/** How a reconnect ends that is to be refused. */
export async function reconnectOf(
  session: Session,
): Promise<Row["reconnect"] & { heard?: readonly string[] }> {
  const { socket, code } = await askForSocket(session);
  if (code !== undefined) return { envelope: code };
  if (!socket) throw new Error("neither a socket nor an envelope");
  const { code: close, reason } = await socket.closed();
  return { close, reason, ...(socket.unread.length > 0 && { heard: socket.unread }) };
}

const heardIn = ({ event, retry }: z.infer<typeof Notice>) => ({ event, retry });

/** What became of an open socket: the notices it has heard, and its end. */
export async function fateOf(socket: Device, { socket: { close } }: Row) {
  const end = close === "stays open" ? await socket.ping().then(() => close) : (await socket.closed()).code;
  return { heard: socket.unread.map((text) => heardIn(Notice.parse(JSON.parse(text)))), end };
}

/** The rows that D1 has of a user in the tables that a late write could bring back. */
export async function leftInD1(userId: number): Promise<unknown[]> {
  const tables = ["users", "tokens", "user_settings", "push_tags", "push_bindings", "seen_devices"];
  const found = tables.map((table) => {
    const column = table === "users" ? "id" : "user_id";
    return env.DB.prepare(`select * from ${table} where ${column} = ?`).bind(userId).all();
  });
  return (await Promise.all(found)).flatMap(({ results }) => results);
}
