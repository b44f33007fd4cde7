import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type App, type User, newApp } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { codeOf } from "./kit/devices.ts";
import { hubOf } from "./kit/faults.ts";
import { addEvents, postingThrough, refusing, waitingIn } from "./kit/parcels.ts";
import { newHookedApp, outside } from "./kit/receiver.ts";
import { audit, auditOf } from "./kit/records.ts";
import { connect } from "./kit/socket.ts";

const setForward = movableClock();

outside();

const HOUR = 3_600_000;

/** Runs a statement in a user's hub. */
async function inHub(app: App, user: User, sql: string, ...params: (string | number)[]) {
  return await runInDurableObject(hubOf(app, user), (_, { storage }) =>
    storage.sql.exec(sql, ...params).toArray(),
  );
}

/** Adds sessions without a device to a user's hub, from this instant on. */
async function addSessions(app: App, user: User, count: number, at: number, isOver: 0 | 1): Promise<void> {
  await inHub(
    app,
    user,
    `insert into sessions (id, device_sn, signed_in_at, expires_at, is_over)
     with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ?1)
     select 'one of many ' || n, null, ?2 + n, ?2 + n + ?3, ?4 from numbers`,
    count,
    at,
    isOver === 1 ? 0 : HOUR,
    isOver,
  );
}

const countOf = async (app: App, user: User, rows: string) => {
  const [row] = await inHub(app, user, `select count(*) as n from ${rows}`);
  return row?.["n"];
};

const bare = "sessions where device_sn is null and is_over = 0";

describe("the sessions of a user without a device", () => {
  it("are 200 at most: the oldest makes room, is recorded as ended, and its token is dead", async () => {
    const app = await newApp();
    const { user, session: first } = await app.session();
    const second = await app.signIn(user);
    const phone = await app.signIn(user, { device_guid: "phone" });
    const tablet = await app.signIn(user);
    const socket = await connect(tablet);
    await addSessions(app, user, 198, Date.now(), 0);

    const next = await app.signIn(user);

    expect(await countOf(app, user, bare)).toBe(200);
    expect(await codeOf(first)).toBe(10008);
    for (const session of [second, phone, tablet, next]) expect(await codeOf(session)).toBe(200);
    const [record, ...others] = await auditOf(app, { user_id: String(user.id) });
    expect(record).toMatchObject({
      operation: "session.kicked",
      reason: "signed out to make room for another session",
      caller: `user:${user.id}`,
      device_sn: null,
    });
    expect(others).toEqual([]);
    await socket.ping();
    expect(socket.unread).toEqual([]);
  });

  it("make no room for one with a device", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    await addSessions(app, user, 199, Date.now(), 0);
    const phone = await app.signIn(user, { device_guid: "phone" });
    expect([await codeOf(session), await codeOf(phone)]).toEqual([200, 200]);
    expect(await audit(app.admin, { user_id: String(user.id) })).toEqual([]);
  });
});

describe("the sessions of a user whose time was up", () => {
  it("are remembered, 1,000 at most: the one that was over first is forgotten first", async () => {
    const app = await newApp({ token_ttl: 3600 });
    const { user, session: first } = await app.session();
    setForward(HOUR + 1000);
    await runDurableObjectAlarm(hubOf(app, user));
    expect(await codeOf(first)).toBe(402);
    await addSessions(app, user, 999, Date.now(), 1);
    const second = await app.signIn(user);
    setForward(2 * HOUR + 3000);
    await runDurableObjectAlarm(hubOf(app, user));
    expect(await countOf(app, user, "sessions where is_over = 1")).toBe(1000);
    expect([await codeOf(first), await codeOf(second)]).toEqual([10008, 402]);
  });
});

describe("what waits in a hub while the queue takes nothing", () => {
  it("grows by no more than 10,000 events of a device that comes and goes; its end is added still", async () => {
    const { app } = await newHookedApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    const restore = await postingThrough(app, user, refusing);
    await addEvents(app, user, 9999, { operation: undefined, webhook: "device.login" });
    (await connect(session)).close();
    await expect.poll(async () => await waitingIn(app, user)).toBe(10_000);

    const socket = await connect(session);
    expect(await waitingIn(app, user)).toBe(10_000);
    await session.post("/token/logout");
    await socket.closed();
    expect(await waitingIn(app, user)).toBe(10_001);
    await inHub(app, user, "delete from outbox");
    await restore();
  });
});
