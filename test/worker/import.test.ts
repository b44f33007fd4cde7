import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import * as wire from "../wire.ts";
import { dataOf, newApp, newName } from "./kit/client.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy } from "./kit/faults.ts";
import {
  brought,
  devicesOf,
  fullRow,
  hash,
  imported,
  importLines,
  importOne,
  password,
  userOf,
} from "./kit/moving-in.ts";
import { newHookedApp, outside } from "./kit/receiver.ts";

const HOUR = 3_600_000;

outside();

describe("an imported user", () => {
  it("has all that its row says, and signs in with the password of before", async () => {
    const app = await newApp();
    const row = fullRow();
    const made = await importOne(app, row);
    expect(made).toEqual({
      row: 1,
      external_id: row.external_id,
      user_id: made.user_id,
      username: row.username,
      result: "created",
      reason: "",
    });
    const user = userOf(row, made);
    const session = await app.signIn(user);
    expect(dataOf(await session.get("/user/profile"), wire.Profile)).toEqual({
      user_id: user.id,
      username: row.username,
      avatar: row.avatar,
      nick_name: row.nick_name,
      description: row.description,
      mobile: row.mobile,
      email: row.email,
      public_info: row.public_info,
      private_info: row.private_info,
    });
    const settings = dataOf(await session.get("/user/settings"), wire.Settings);
    expect(settings).toMatchObject({ ...row.settings, auto_download: false });
    expect((await session.get("/user/push/tag")).data).toEqual(["a", "b"]);
    expect((await session.get("/user/push/alias")).data).toMatchObject({ alias: "al" });
    expect((await session.get("/user/push/badge")).data).toBe(3);
    expect(await devicesOf(session)).toEqual(brought);
  });

  it("is known to an admin with its devices before anybody has signed in", async () => {
    const app = await newApp();
    const row = fullRow();
    const user = userOf(row, await importOne(app, row));
    expect(await devicesOf(app.actingFor(user))).toEqual(brought);
    const removed = await app.actingFor(user).set("/user/device/remove", { device_sn: "5" });
    expect(removed.code).toBe(200);
    // What is off the list does not come back with the first sign-in.
    expect(await devicesOf(await app.signIn(user))).toEqual(brought.filter(([sn]) => sn !== 5));
  });

  it("is known so to an admin who acts by a group", async () => {
    const app = await newApp();
    const row = fullRow();
    const { user_id: owner_id } = await importOne(app, row);
    dataOf(await app.root.put("/admin/groups", { group_id: 9, owner_id }), wire.True);
    expect(await devicesOf(app.admin.with({ group_id: "9" }))).toEqual(brought);
  });

  it("costs no hub anything until somebody needs it", async () => {
    const app = await newApp();
    const called: string[] = [];
    const HUB = new Proxy(env.HUB, {
      get(target, name) {
        if (name === "getByName") return (hub: string) => (called.push(hub), target.getByName(hub));
        return Reflect.get(target, name);
      },
    });
    const rows = [fullRow(), { ...fullRow(), status: 1 }, { username: newName() }];
    const answer = await callBy(workerWith({ HUB }), app.admin, "POST", "/admin/import", {
      body: rows.map((row) => JSON.stringify(row)).join("\n"),
      headers: { "content-type": "application/x-ndjson" },
    });
    expect(dataOf(answer, z.array(wire.ImportedRow)).map(({ result }) => result)).toEqual([
      "created",
      "created",
      "created",
    ]);
    expect(called).toEqual([]);
  });

  it("has its hash renewed by the first sign-in, and cannot sign in without one until an admin sets it", async () => {
    const app = await newApp();
    const row = { ...fullRow(), external_id: newName("x") };
    const user = userOf(row, await importOne(app, row));
    const stored = async () =>
      await env.DB.prepare("select password from users where id = ?").bind(user.id).first<string>("password");
    expect(await stored()).toBe(`foreign:${hash}`);
    expect((await app.nobody.post("/token/id", { user_id: user.id, password: "not it" })).code).toBe(11001);
    await app.signIn(user);
    expect(await stored()).toMatch(/^\$argon2id\$/);
    await app.signIn(user);

    const bare = { username: newName() };
    const other = userOf(bare, await importOne(app, bare));
    const wrong = await app.nobody.post("/token/id", { user_id: user.id, password: "not it" });
    for (const tried of ["x", password, "foreign:"]) {
      const { code, message } = await app.nobody.post("/token/id", { user_id: other.id, password: tried });
      expect({ code, message }).toEqual({ code: 11001, message: wrong.message });
    }
    await app.actingFor(other).post("/user/change_password_admin", { password });
    await app.signIn(other);
  });

  it.each([
    ["for good", null],
    ["for an hour", Date.now() + HOUR],
  ])("who is banned %s does not sign in, and is in the history", async (_how, until) => {
    const app = await newApp();
    const row = { ...fullRow(), status: 1, ban: { reason: "spam", note: "seen", until } };
    const user = userOf(row, await importOne(app, row));
    const refused = await app.nobody.post("/token/user", { name: user.name, password });
    expect(refused.code).toBe(10029);
    expect(refused.message).toContain("spam");
    expect(dataOf(await app.admin.get("/admin/bans"), z.array(wire.Ban))).toMatchObject([
      { user_id: user.id, reason: "spam", note: "seen", until, banned_by: "admin:test", lifted_at: null },
    ]);
    expect((await app.admin.get("/user/list", { status: "1" })).data).toHaveLength(1);
    await app.admin.put("/user/enable", { list: [user.id] });
    expect(await devicesOf(await app.signIn(user))).toEqual(brought);
  });

  it("whose ban is over signs in, and has it in the history", async () => {
    const app = await newApp();
    const until = Date.now() - HOUR;
    const row = { ...fullRow(), ban: { reason: "spam", until } };
    const user = userOf(row, await importOne(app, row));
    await app.signIn(user);
    expect(dataOf(await app.admin.get("/admin/bans"), z.array(wire.Ban))).toMatchObject([
      { until, lifted_at: until, lifted_by: "expiry" },
    ]);
    expect(await importOne(app, row, { mode: "upsert" })).toMatchObject({ result: "unchanged" });
  });

  it("is recorded each, and heard of by the webhook once a call", async () => {
    const { app, receiver } = await newHookedApp();
    const rows = [fullRow(), fullRow(), { username: "123" }];
    const made = await imported(app, rows);
    expect(await receiver.heard("users.imported")).toMatchObject([{ count: 2, by: "admin:test" }]);
    await imported(app, [{ username: "123" }]);
    await imported(app, [fullRow()]);
    expect(await receiver.heard("users.imported", 2)).toMatchObject([{ count: 2 }, { count: 1 }]);
    expect(receiver.of("user.registered")).toEqual([]);
    const records = dataOf(
      await app.admin.get("/admin/audit", { operation: "importUsers" }),
      z.array(wire.AuditRecord),
    );
    expect(records.map(({ subject }) => subject)).toEqual(
      expect.arrayContaining(made.slice(0, 2).map(({ user_id }) => user_id)),
    );
    expect(records).toHaveLength(3);
  });
});

/** The Worker, and how many batches it sends to D1. */
function fetchOf() {
  const seen = { n: 0 };
  const DB = new Proxy(env.DB, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name === "batch") seen.n++;
      return typeof value === "function"
        ? (...args: unknown[]): unknown => Reflect.apply(value, target, args)
        : value;
    },
  });
  return { seen, fetch: workerWith({ DB }) };
}

describe("a call of the import", () => {
  const headers = { "content-type": "application/x-ndjson" };

  it("takes 500 rows and not one more, and makes as many trips for them as for one", async () => {
    const app = await newApp();
    const trips: number[] = [];
    for (const count of [1, 1, 500]) {
      const { seen, fetch } = fetchOf();
      const rows = Array.from({ length: count }, () => JSON.stringify({ ...fullRow(), settings: undefined }));
      const answer = await callBy(fetch, app.admin, "POST", "/admin/import", {
        headers,
        body: rows.join("\n"),
      });
      expect(
        dataOf(answer, z.array(wire.ImportedRow)).filter(({ result }) => result === "created"),
      ).toHaveLength(count);
      trips.push(seen.n);
    }
    // The first call has the isolate learn of the admin.
    expect(trips[2]).toBe(trips[1]);
    const over = Array.from({ length: 501 }, (_, index) => ({ username: `over_${index}` }));
    const refused = await importLines(app.admin, over);
    expect(refused).toMatchObject({ code: 10002, message: expect.stringContaining("1–500") });
    expect((await importLines(app.admin, [])).code).toBe(10002);
  });

  it("is a fault where it is too large, of another type, or no lines of JSON at all", async () => {
    const { admin } = await newApp();
    const call = (body: BodyInit, type: string) =>
      admin.call("POST", "/admin/import", { body, headers: { "content-type": type } });
    expect((await call("x".repeat(4 * 1024 * 1024 + 1), headers["content-type"])).response.status).toBe(413);
    expect((await call('{"username":"wren"}', "application/json")).response.status).toBe(415);
    expect((await call("username,password\nwren,x", headers["content-type"])).response.status).toBe(400);
    // A BOM, blank lines and the ends of lines of Windows are no rows.
    const { data } = await call(
      '\uFEFF{"username":"wren_a"}\r\n\r\n{"username":"wren_b"}\n\n',
      headers["content-type"],
    );
    expect(data).toMatchObject([
      { row: 1, result: "created" },
      { row: 2, result: "created" },
    ]);
  });

  it("is for admins alone, of their own app", async () => {
    const app = await newApp();
    const { session } = await app.session();
    expect((await importLines(session, [{ username: newName() }])).code).toBe(10010);
    expect((await importLines(app.nobody, [{ username: newName() }])).code).toBe(10003);
    const other = await newApp();
    expect((await importLines(app.admin.with({ app_id: other.id }), [{ username: newName() }])).code).toBe(
      10008,
    );
  });

  it("writes to the database where the app's users stand", async () => {
    const app = await newApp({ database: 1 });
    const row = fullRow();
    const user = userOf(row, await importOne(app, row));
    expect(user.id).toBeGreaterThan(2 ** 43);
    expect(await devicesOf(app.actingFor(user))).toEqual(brought);
    await app.signIn(user);
    const at = async (db: D1Database) =>
      await db.prepare("select count(*) as n from users where app_id = ?").bind(app.id).first("n");
    expect([await at(env.DB), await at(env.USERS_1)]).toEqual([0, 1]);
  });

  it("at once with others makes each user once", async () => {
    const app = await newApp();
    const rows = Array.from({ length: 20 }, () => fullRow());
    const results = (await Promise.all(Array.from({ length: 5 }, () => imported(app, rows)))).flat();
    expect(results.filter(({ result }) => result === "created")).toHaveLength(20);
    expect((await imported(app, rows)).every(({ result }) => result === "unchanged")).toBe(true);
  });
});
