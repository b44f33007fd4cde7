import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { z } from "zod";
import { AppMove, FeedbackRow } from "../../wire.ts";
import { type App, type Fetch, type Session, type User, call, dataOf, newApp, newName } from "./client.ts";
import { allRowsOf, tablesWith } from "./databases.ts";
import { workerWith } from "./elsewhere.ts";
import { pages } from "./records.ts";
import { done } from "./wire.ts";

type Move = z.infer<typeof AppMove>;

const path = "/admin/app/database";

/** Calls once for the app to be moved. */
export async function move(app: App, database: number, fetch: Fetch = workerWith({})): Promise<Move> {
  const sent = { json: { database }, headers: app.root.headers };
  return dataOf(await call("PUT", path, sent, fetch), AppMove);
}

/** How far the app's move is. */
export async function moveOf(app: App): Promise<Move> {
  return dataOf(await app.root.get(path), AppMove);
}

/** Moves the app to the end, with the clock set forward where the move has to wait. */
export async function moveToEnd(app: App, database: number, setForward: (ms: number) => void): Promise<Move> {
  for (;;) {
    const at = await move(app, database);
    if (at.ended_at !== null) return at;
    if (at.phase === "waiting") setForward(60_000);
  }
}

/** An app with something in every table, and who is in it. */
export interface FullApp {
  app: App;
  user: User;
  phone: Session;
  laptop: Session;
  /** One who is banned. */
  banned: User;
}

/** Makes such an app. */
export async function newFullApp(database: number, settings: Record<string, unknown> = {}): Promise<FullApp> {
  const app = await newApp({ database, ...settings });
  const { user, session: phone } = await app.session({ device_guid: "phone" });
  const laptop = await app.signIn(user, { device_guid: "laptop" });
  const banned = await app.user();
  await done(phone.post("/user/settings", { no_sounds: true, push_token: "held" }));
  await done(
    phone.post("/user/profile", { nick_name: 'Wr\u0000en 龥"\\', email: `${newName("e")}@a.example` }),
  );
  await done(phone.with({ "idempotency-key": "a key" }).post("/user/push/badge", { badge: 1 }));
  await done(phone.post("/user/push/tag", { tags: ["a", "龥", 'b"'] }));
  await done(
    phone.post("/user/token/bind", { device_sn: phone.deviceSn, device_token: "t", notifier_name: "fcm" }),
  );
  const unknown = { list: [{ binding_id: "1.1.0", result: "delivered" }] };
  dataOf(await app.admin.post("/admin/push/feedback", unknown), z.array(FeedbackRow));
  await done(app.admin.put("/user/disable", { list: [banned.id], reason: "spam", note: "for staff" }));
  await done(app.root.put("/admin/groups", { group_id: 7, owner_id: user.id }));
  const db = databaseOf(database);
  const now = Date.now();
  await db.batch([
    db
      .prepare("insert into owed_signals (user_id, epoch, app_id, signal, created_at) values (?, 9, ?, ?, ?)")
      .bind(user.id + 1_000_000, app.id, '{"kind":"enabled","at":1}', now + 3_600_000),
    db.prepare("insert into owed_tokens values (?, 'fcm', 'gone', ?, 9)").bind(app.id, user.id + 1_000_000),
    ...["queued_at", "dead_at"].map((column) =>
      db
        .prepare(
          `insert into webhook_events (id, app_id, type, data, created_at, ${column}, last_error) values (?, ?, 'user.registered', '{"a":1}', ?, ?, 'HTTP 500')`,
        )
        .bind(`evt_${crypto.randomUUID()}`, app.id, now, now),
    ),
    ...[1, 2].map((n) =>
      db
        .prepare(
          "insert into webhook_deliveries (app_id, at, id, event_id, type, try, status, ms) values (?, ?, ?, 'evt', 'user.registered', ?, 500, 3)",
        )
        .bind(app.id, now, crypto.randomUUID().replaceAll("-", ""), n),
    ),
  ]);
  return { app, user, phone, laptop, banned };
}

/** A database of the tests by its number. */
export function databaseOf(number: number): D1Database {
  const db = [env.DB, env.USERS_1, env.USERS_2][number];
  if (!db) throw new Error(`there is no database ${number}`);
  return db;
}

/** All rows of an app in a database, table by table. */
export async function contentOf(app: App, number: number): Promise<Record<string, unknown[]>> {
  return Object.fromEntries(await allRowsOf(databaseOf(number), app));
}

/** All but the audit, which the directory goes on to write. */
export function withoutAudit({ audit: _audit, ...content }: Record<string, unknown[]>) {
  return content;
}

/** That a move has brought all of an app to its target, and left nothing at its source. */
export async function expectMoved(
  app: App,
  before: Record<string, unknown[]>,
  source: number,
  target: number,
): Promise<void> {
  const after = await contentOf(app, target);
  expect(withoutAudit(after)).toEqual(withoutAudit(before));
  expect(after["audit"]).toEqual(expect.arrayContaining(before["audit"] ?? []));
  // What root did since the copy is on record in the directory.
  const left = await tablesWith(databaseOf(source), app);
  expect(left.filter((table) => table !== "audit" || source > 0)).toEqual([]);
  const listed = (await pages(app.admin, "/admin/audit", { limit: "3" })).flat();
  expect(new Set(listed).size).toBe(listed.length);
  for (const row of before["audit"] ?? []) expect(listed).toContain(Reflect.get(Object(row), "id"));
}
