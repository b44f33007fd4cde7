import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newApp } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, holdBatches, hubOf, hubsWhere, runCron, unreached } from "./kit/faults.ts";
import { trySignIn } from "./kit/race.ts";
import { audit, bans, pages } from "./kit/records.ts";
import { done, usersOf } from "./kit/wire.ts";

const setForward = movableClock();

const HOUR = 3_600_000;

/** A ban as it stands before anyone has lifted it. */
const inForce = {
  id: expect.any(Number),
  reason: "",
  note: "",
  until: null,
  banned_at: expect.any(Number),
  banned_by: "admin:test",
  lifted_at: null,
  lifted_by: null,
};

describe("GET /admin/bans", () => {
  it("tells who was banned by whom, why and until when, and who lifted it", async () => {
    const app = await newApp();
    const user = await app.user();
    const until = Date.now() + HOUR;
    const before = Date.now();
    await app.disable(user, { reason: "spam", note: "third time", until });

    const [ban] = await bans(app.admin);
    expect(ban).toEqual({ ...inForce, user_id: user.id, reason: "spam", note: "third time", until });
    expect(ban?.banned_at).toBeGreaterThanOrEqual(before);

    await app.admin.put("/user/enable", { list: [user.id] });
    const [lifted] = await bans(app.admin);
    expect(lifted).toEqual({ ...ban, lifted_at: expect.any(Number), lifted_by: "admin:test" });
    expect(lifted?.lifted_at).toBeGreaterThanOrEqual(ban?.banned_at ?? Infinity);
  });

  it("keeps the history: a ban in place of another ends it, newest first", async () => {
    const app = await newApp();
    const user = await app.user();
    await app.disable(user, { reason: "first" });
    await app.disable(user, { reason: "second" });
    const history = await bans(app.admin, { user_id: String(user.id) });
    expect(history).toMatchObject([
      { reason: "second", lifted_at: null, lifted_by: null },
      { reason: "first", lifted_at: expect.any(Number), lifted_by: "admin:test" },
    ]);
    expect(history[1]?.lifted_at).toBe(history[0]?.banned_at);
  });

  it("gives each user of a list a row of its own, and those who are not there none", async () => {
    const app = await newApp();
    const users = [await app.user(), await app.user()];
    const list = [...users.map((user) => user.id), 9_000_000_000, "x"];
    await app.admin.put("/user/disable", { list, reason: "raid" });
    const rows = await bans(app.admin);
    expect(new Set(rows.map((row) => row.user_id))).toEqual(new Set(users.map((user) => user.id)));
    const [first] = users;
    expect(await bans(app.admin, { user_id: String(first?.id) })).toMatchObject([{ reason: "raid" }]);
  });

  it("is not touched by an enable of a user who is not banned", async () => {
    const app = await newApp();
    const user = await app.user();
    await app.admin.put("/user/enable", { list: [user.id] });
    expect(await bans(app.admin)).toEqual([]);
  });

  it("is read page by page, each ban once", async () => {
    const app = await newApp();
    const user = await app.user();
    for (const reason of ["a", "b", "c"]) await app.disable(user, { reason });
    const all = (await bans(app.admin)).map((ban) => ban.id);
    expect(await pages(app.admin, "/admin/bans", { limit: "1" })).toEqual(all.map((id) => [id]));
  });
});

describe("the ban of a user who is deleted", () => {
  it("ends with the user, by the admin who deletes it; the history before and others' bans stay", async () => {
    const app = await newApp();
    const [user, other] = [await app.user(), await app.user()];
    for (const reason of ["first", "second"]) await app.disable(user, { reason });
    await app.disable(other);
    const [banned] = await bans(app.admin, { user_id: String(user.id) });
    expect((await app.actingFor(user).post("/user/delete")).data).toBe(true);

    const [ban, first] = await bans(app.admin, { user_id: String(user.id) });
    expect(ban).toEqual({ ...banned, lifted_at: expect.any(Number), lifted_by: "admin:test" });
    expect(ban?.lifted_at).toBeGreaterThanOrEqual(banned?.banned_at ?? Infinity);
    expect(first).toMatchObject({ reason: "first", lifted_at: ban?.banned_at });
    expect(await bans(app.admin, { user_id: String(other.id) })).toMatchObject([{ lifted_at: null }]);
    const [record] = await audit(app.admin, { user_id: String(user.id) });
    expect(record).toMatchObject({ operation: "deleteUser", caller: "admin:test" });
  });

  it("ends by the user who deletes itself before the ban has reached its hub", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const deaf = workerWith({ HUB: hubsWhere("take", unreached) });
    await callBy(deaf, app.admin, "PUT", "/user/disable", { json: { list: [user.id] } });
    expect((await session.post("/user/delete")).data).toBe(true);
    expect(await bans(app.admin)).toMatchObject([
      { lifted_at: expect.any(Number), lifted_by: `user:${user.id}` },
    ]);
  });

  it("that an older release left in force is ended by the migrations", async () => {
    const app = await newApp();
    const [gone, user] = [await app.user(), await app.user()];
    for (const each of [gone, user]) await app.disable(each);
    await env.DB.prepare("delete from users where id = ?").bind(gone.id).run();
    const queries = env.MIGRATIONS.find(({ name }) => name.includes("bans_of_deleted"))?.queries ?? [];
    await env.DB.batch(queries.map((query) => env.DB.prepare(query)));
    expect(await bans(app.admin)).toMatchObject([
      { user_id: user.id, lifted_at: null, lifted_by: null },
      { user_id: gone.id, lifted_at: expect.any(Number), lifted_by: "deleted" },
    ]);
  });
});

describe("a ban with an end", () => {
  it("is lifted at that moment, by expiry, in the history and in the list of users", async () => {
    const app = await newApp();
    const user = await app.user();
    const until = Date.now() + HOUR;
    await app.disable(user, { until });
    const hub = hubOf(app, user);

    setForward(HOUR - 60_000);
    await runDurableObjectAlarm(hub);
    expect(await bans(app.admin)).toMatchObject([{ lifted_at: null, lifted_by: null }]);

    setForward(HOUR + 1000);
    expect(await runDurableObjectAlarm(hub)).toBe(true);
    expect(await bans(app.admin)).toMatchObject([{ until, lifted_at: until, lifted_by: "expiry" }]);
    expect(await usersOf(app.admin)).toMatchObject([{ user_id: user.id, status: 0 }]);
    expect((await (await app.signIn(user)).get("/user/profile")).code).toBe(200);
  });

  it("that gave way to one without outlives its end", async () => {
    const app = await newApp();
    const user = await app.user();
    await app.disable(user, { until: Date.now() + HOUR });
    await app.disable(user);
    setForward(HOUR + 1000);
    await runDurableObjectAlarm(hubOf(app, user));
    await runCron();
    const [ban] = await bans(app.admin);
    expect(ban).toEqual({ ...inForce, user_id: user.id });
    expect(await usersOf(app.admin)).toMatchObject([{ status: 1 }]);
  });

  it("that gives way to one without while it is being lifted lets nobody in", async () => {
    const app = await newApp();
    const user = await app.user();
    await app.disable(user, { until: Date.now() + HOUR });
    setForward(HOUR + 1000);
    const hub = hubOf(app, user);
    const held = await holdBatches(hub);
    const lifting = runDurableObjectAlarm(hub);
    await held.reached;
    await done(app.disable(user));

    held.letGo();
    expect(await lifting).toBe(true);

    expect((await trySignIn(app, user)).code).toBe(10029);
    const [ban] = await bans(app.admin);
    expect(ban).toEqual({ ...inForce, user_id: user.id });
    expect(await usersOf(app.admin)).toMatchObject([{ status: 1 }]);
  });

  it("that an admin lifts before its end stays lifted by that admin", async () => {
    const app = await newApp();
    const user = await app.user();
    await app.disable(user, { until: Date.now() + HOUR });
    await app.admin.put("/user/enable", { list: [user.id] });
    setForward(HOUR + 1000);
    await runDurableObjectAlarm(hubOf(app, user));
    expect(await bans(app.admin)).toMatchObject([{ lifted_by: "admin:test" }]);
  });
});
