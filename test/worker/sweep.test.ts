import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { sweep } from "../../src/sweep.ts";
import { type App, type User, newApp } from "./kit/client.ts";
import { codeOf } from "./kit/devices.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, hubNameOf, hubsWhere, owedTo, runCron, unreached } from "./kit/faults.ts";
import { queueThat } from "./kit/receiver.ts";
import { watchedDatabase } from "./kit/watch.ts";

const DAY = 24 * 3_600_000;

/** Numbers from 1, inside a statement. */
const numbers = (count: number) =>
  `with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${count})`;

/** Fills the tables that are swept: with so many rows of each, and at this instant. */
async function fill(app: App, user: User, count: number, at: number): Promise<void> {
  await env.DB.batch([
    env.DB.prepare(
      `insert into tokens (hash, app_id, user_id, session_id, expires_at, created_at)
       ${numbers(count)} select hex(randomblob(32)), ?, ?, n, ?, 0 from numbers`,
    ).bind(app.id, user.id, at),
    env.DB.prepare(
      `insert into seen_devices (user_id, device, app_id, seen_at)
       ${numbers(count)} select ?, hex(randomblob(8)), ?, ? from numbers`,
    ).bind(user.id, app.id, at),
    env.DB.prepare(
      `insert into audit (app_id, caller, operation, at, address, request_id)
       ${numbers(count)} select ?, 'system', 'session.expired', ?, '', n from numbers`,
    ).bind(app.id, at),
    env.DB.prepare(
      `insert into webhook_events (id, app_id, type, data, created_at, queued_at, dead_at)
       ${numbers(count)} select hex(randomblob(16)), ?, 'user.deleted', '{}', ?, ?, ? from numbers`,
    ).bind(app.id, at, at, at),
  ]);
}

/** How many rows there are of what is swept, of one app: hubs of other files may still say what ended there. */
async function left(of = app): Promise<number[]> {
  const tables = [
    "tokens where true",
    "seen_devices where true",
    "audit where operation = 'session.expired'",
    "webhook_events where dead_at is not null",
  ];
  const counts = tables.map((table) =>
    env.DB.prepare(`select count(*) as n from ${table} and app_id = ?`).bind(of.id).first<number>("n"),
  );
  return (await Promise.all(counts)).map(Number);
}

/** Owes a user's hub so many signals, since this instant, that change nothing there. */
async function owe(app: App, user: User, count: number, since: number): Promise<void> {
  const signal = { kind: "enabled", at: 0, by: { admin: "test" }, from: { address: "", request_id: "" } };
  await env.DB.prepare(
    `insert into owed_signals (user_id, epoch, app_id, signal, created_at)
     ${numbers(count)} select ?, n, ?, ?, ? from numbers`,
  )
    .bind(user.id, app.id, JSON.stringify(signal), since)
    .run();
}

/** A signed-in user whom an admin has disabled without its hub hearing of it. */
async function disabledDeaf(app: App) {
  const { user, session } = await app.session();
  const fetch = workerWith({ HUB: hubsWhere("take", unreached) });
  await callBy(fetch, app.admin, "PUT", "/user/disable", { json: { list: [user.id] } });
  return { user, session };
}

let app: App;

beforeEach(async () => {
  // What other files have left closed in this runtime would be swept by none, and deleted by nobody.
  for (const table of [
    "closings",
    "moves",
    "tokens",
    "seen_devices",
    "audit",
    "webhook_events",
    "webhook_deliveries",
    "kept_answers",
    "owed_signals",
  ])
    await env.DB.prepare(`delete from ${table}`).run();
  app = await newApp();
});

describe("what has long expired", () => {
  it("is all forgotten by one run, at most 1,000 rows at a time; what has not stays", async () => {
    const user = await app.user();
    await fill(app, user, 1100, Date.now() - 200 * DAY);
    await fill(app, user, 3, Date.now() - DAY);
    const { db, sent } = watchedDatabase();

    await runCron({ DB: db });

    expect(await left()).toEqual([3, 3, 3, 3]);
    expect(Math.max(...sent.map(({ changes }) => changes))).toBeLessThanOrEqual(1000);
    const forgotten = sent.filter(({ sql }) => sql.startsWith("delete")).map(({ changes }) => changes);
    expect(forgotten.reduce((sum, each) => sum + each, 0)).toBe(4 * 1100);
  });

  it("is forgotten in part by a run whose time is up: some of each kind, and the rest by the next", async () => {
    const user = await app.user();
    await fill(app, user, 1100, Date.now() - 200 * DAY);

    await sweep(env, Date.now(), { run: 0, hub: 1000 });

    for (const count of await left()) {
      expect(count).toBeLessThan(1100);
      expect(count).toBeGreaterThan(0);
    }
    await runCron();
    expect(await left()).toEqual([0, 0, 0, 0]);
  });

  it("waits where an app is being moved, and the work of others does not wait for it", async () => {
    const moving = await newApp();
    const old = Date.now() - 200 * DAY;
    await fill(moving, await moving.user(), 3, old - DAY);
    await fill(app, await app.user(), 3, old);
    await env.DB.prepare("insert into closings (app_id, move_id, state) values (?, 1, 'closed')")
      .bind(moving.id)
      .run();
    await runCron();
    expect(await left()).toEqual([0, 0, 0, 0]);
    await env.DB.prepare("update closings set state = 'open' where app_id = ?").bind(moving.id).run();
    expect(await left(moving)).toEqual([3, 3, 3, 3]);
    await runCron();
    expect(await left(moving)).toEqual([0, 0, 0, 0]);
  });
});

describe("signals that are owed", () => {
  it("are all paid by one run, however many there are", async () => {
    const many = await app.user();
    await owe(app, many, 1200, Date.now() - DAY);
    const { user, session } = await disabledDeaf(app);
    await runCron();
    expect([await owedTo(many), await owedTo(user)]).toEqual([0, 0]);
    expect(await codeOf(session)).toBe(10008);
  });

  it("leave time to others between six hubs and the next", async () => {
    const users = await Promise.all(Array.from({ length: 20 }, () => app.user()));
    for (const user of users) await owe(app, user, 1, Date.now() - DAY);
    const rests: number[] = [];
    const spy = vi.spyOn(scheduler, "wait");
    let told = 0;
    const seen = async (_original: unknown) => {
      told++;
      rests.push(spy.mock.calls.filter(([ms]) => ms === 10).length);
      return [];
    };
    await runCron({ HUB: hubsWhere("take", seen) });
    expect(told).toBe(20);
    for (let round = 1; round <= 4; round++) {
      expect(rests.filter((each) => each === round).length).toBeLessThanOrEqual(6);
    }
    expect(rests).not.toContain(0);
  });

  it("are left to the call that delivers them for five seconds, and no longer", async () => {
    const { user } = await disabledDeaf(app);
    const since = await env.DB.prepare("select created_at from owed_signals where user_id = ?")
      .bind(user.id)
      .first<number>("created_at");
    let told = 0;
    const count = async (run: () => Promise<unknown>) => {
      told++;
      return await run();
    };
    const HUB = hubsWhere("take", count, hubNameOf(app, user));
    for (const [age, expected] of [
      [5000, 0],
      [5001, 1],
    ] as const) {
      await sweep({ ...env, HUB }, Number(since) + age);
      expect(told).toBe(expected);
    }
    expect(await owedTo(user)).toBe(0);
  });

  it("to hubs that fail are tried once in a run, and keep none from the others that are owed since", async () => {
    const failing = await app.user();
    await owe(app, failing, 1200, Date.now() - DAY);
    const { user, session } = await disabledDeaf(app);
    let tries = 0;
    const mishap = async () => {
      tries++;
      throw new Error("the hub cannot be reached");
    };
    await runCron({ HUB: hubsWhere("take", mishap, hubNameOf(app, failing)) });
    expect(tries).toBe(1);
    expect([await owedTo(failing), await owedTo(user)]).toEqual([1200, 0]);
    expect(await codeOf(session)).toBe(10008);
    await runCron();
    expect(await owedTo(failing)).toBe(0);
  });

  it("to hubs that failed in the run before come after those that are owed since", async () => {
    const failing = await app.user();
    await owe(app, failing, 1200, Date.now() - DAY);
    const HUB = hubsWhere("take", unreached, hubNameOf(app, failing));
    await runCron({ HUB });
    const { user, session } = await disabledDeaf(app);
    // A run with time for one look.
    await sweep({ ...env, HUB }, Date.now() + 60_000, { run: 0, hub: 1000 });
    expect([await owedTo(failing), await owedTo(user)]).toEqual([1200, 0]);
    expect(await codeOf(session)).toBe(10008);
  });

  it("to a hub that never answers hold up neither the others nor the run", async () => {
    const silent = await app.user();
    await owe(app, silent, 40, Date.now() - DAY);
    const { user, session } = await disabledDeaf(app);
    const never = Promise.withResolvers<never>();
    const HUB = hubsWhere("take", () => never.promise, hubNameOf(app, silent));
    await sweep({ ...env, HUB }, Date.now() + 60_000, { run: 40_000, hub: 50 });
    expect([await owedTo(silent), await owedTo(user)]).toEqual([40, 0]);
    expect(await codeOf(session)).toBe(10008);
  });

  it("that cannot be read keep nobody from the others", async () => {
    const { user: unread } = await disabledDeaf(app);
    await env.DB.prepare(`update owed_signals set signal = '{"kind":"unheard of"}' where user_id = ?`)
      .bind(unread.id)
      .run();
    const { user, session } = await disabledDeaf(app);
    await runCron();
    expect([await owedTo(unread), await owedTo(user)]).toEqual([1, 0]);
    expect(await codeOf(session)).toBe(10008);
  });
});

/** Puts events there that no queue has taken. */
async function addWaiting(count: number): Promise<void> {
  await env.DB.prepare(
    `insert into webhook_events (id, app_id, type, data, created_at)
     ${numbers(count)} select 'evt_' || n, ?, 'user.deleted', '{}', n from numbers`,
  )
    .bind(app.id)
    .run();
}

async function waiting(): Promise<unknown> {
  return await env.DB.prepare("select count(*) as n from webhook_events where queued_at is null").first("n");
}

describe("webhook events that wait", () => {
  it("are all queued by one run, at most 100 at a time and the oldest first", async () => {
    await addWaiting(230);
    const batches: unknown[][] = [];
    const WEBHOOKS = queueThat(async (messages) => {
      batches.push([...messages]);
    });
    await runCron({ WEBHOOKS });
    expect(batches.map((batch) => batch.length)).toEqual([100, 100, 30]);
    const queued_at = expect.any(Number);
    expect(batches[0]).toContainEqual({ body: { app_id: app.id, id: "evt_1", queued_at } });
    expect(batches[2]).toContainEqual({ body: { app_id: app.id, id: "evt_230", queued_at } });
    expect(await waiting()).toBe(0);
  });

  it("wait on, every one, where the queue fails; what else there is to do is done", async () => {
    await addWaiting(230);
    const user = await app.user();
    await fill(app, user, 300, Date.now() - 200 * DAY);
    const WEBHOOKS = queueThat(async () => {
      throw new Error("the queue cannot be reached");
    });
    await expect(runCron({ WEBHOOKS })).rejects.toThrow("the queue");
    expect(await waiting()).toBe(230);
    expect(await left()).toEqual([0, 0, 0, 0]);
  });
});
