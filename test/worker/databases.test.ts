import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { hashToken } from "../../src/domain/tokens.ts";
import { type Client, dataOf, newApp, newName, root } from "./kit/client.ts";
import { before, goneDatabase, placesOf, tablesWith } from "./kit/databases.ts";
import { codeOf } from "./kit/devices.ts";
import { workerWith, workerWithout } from "./kit/elsewhere.ts";
import { callBy, changeHub, hubOf, runCron } from "./kit/faults.ts";
import { bySn, newHousehold } from "./kit/household.ts";
import { outside, newHookedApp } from "./kit/receiver.ts";
import { audit, auditOf, bans, pages } from "./kit/records.ts";
import { sdkOpen } from "./kit/sdk-client.ts";
import { connect } from "./kit/socket.ts";
import {
  App,
  NewAdminToken,
  RegisteredRow,
  boundDevicesOf,
  done,
  profileOf,
  settingsOf,
  tagsOf,
  usersOf,
} from "./kit/wire.ts";

outside();

/** How many ids a database has. */
const IDS = 2 ** 43;
const password = "secret word";

/** How large a database is (bytes). */
async function sizeOf(db: D1Database): Promise<number> {
  return (await db.prepare("select 1").run()).meta.size_after;
}

/** Where a new app is placed that names no database. */
async function placeOfNew(): Promise<number> {
  return dataOf(await root.post("/admin/apps", { app_id: newName("app") }), App).database;
}

/** A call that hears 503, and when to come back. */
const unavailable = { code: 503, status: 503, wait: "10", data: null };

async function heard(answer: ReturnType<Client["get"]>) {
  const { code, data, response } = await answer;
  return { code, status: response.status, wait: response.headers.get("retry-after"), data };
}

describe("an app's database", () => {
  it("is the one that is named when it is made, and is told with the app", async () => {
    for (const database of [0, 1, 2]) {
      const app_id = newName("app");
      const made = dataOf(await root.post("/admin/apps", { app_id, database }), App);
      expect(made.database).toBe(database);
      const read = root.with({ app_id });
      expect(dataOf(await read.get("/admin/app"), App).database).toBe(database);
      const listed = dataOf(await root.get("/admin/apps"), z.array(App));
      expect(listed.find((app) => app.app_id === app_id)?.database).toBe(database);
    }
  });

  it("is the least full of the user databases where none is named", async () => {
    const filling =
      "insert into audit (app_id, caller, operation, at, address, request_id, reason) values ('', '', '', ?, '', '', ?)";
    for (const [full, empty, number] of [
      [env.USERS_1, env.USERS_2, 2],
      [env.USERS_2, env.USERS_1, 1],
    ] as const) {
      while ((await sizeOf(full)) <= (await sizeOf(empty)) + 1_000_000) {
        await full.prepare(filling).bind(Date.now(), "x".repeat(500_000)).run();
      }
      await runCron();
      expect(await placeOfNew()).toBe(number);
    }
  });

  it("is the directory where no other is bound, and never one that is not", async () => {
    const fetch = workerWithout("USERS_1", "USERS_2");
    const app_id = newName("app");
    const made = await callBy(fetch, root, "POST", "/admin/apps", { json: { app_id } });
    expect(dataOf(made, App).database).toBe(0);
    for (const database of [3, 1023, 1024, -1, 1.5, "1"]) {
      const refused = await root.post("/admin/apps", { app_id: newName("app"), database });
      expect(refused).toMatchObject({ code: 10002, data: null });
    }
    const refused = await callBy(fetch, root, "POST", "/admin/apps", { json: { app_id: "x", database: 1 } });
    expect(refused).toMatchObject({ code: 10002, message: expect.stringContaining("that is bound: 0") });
  });

  it("passes over one that does not answer", async () => {
    const app_id = newName("app");
    const fetch = workerWith({ USERS_1: goneDatabase });
    const made = await callBy(fetch, root, "POST", "/admin/apps", { json: { app_id } });
    expect(dataOf(made, App).database).toBe(2);
  });

  it("gives ids of its own, and no two databases the same", async () => {
    for (const database of [0, 1, 2]) {
      const app = await newApp({ database });
      const user = await app.user();
      await app.disable(user);
      const [ban] = await bans(app.admin);
      const records = await auditOf(app, { operation: "disableUsers" });
      for (const id of [user.id, ban?.id, records[0]?.id]) {
        expect(Math.floor(Number(id) / IDS)).toBe(database);
      }
      expect(await placesOf(user)).toEqual([database]);
    }
  });
});

describe("an app on a user database", () => {
  it("serves all that is a user's, and leaves nothing of it in the directory but what root did", async () => {
    const { app, receiver } = await newHookedApp({ database: 1 });
    const { user, session } = await app.session({ device_guid: "phone" });
    const other = await app.signIn(user, { device_guid: "laptop" });
    const socket = await connect(session);

    await done(session.post("/user/nickname", { nick_name: "Wren" }));
    await done(session.post("/user/settings", { no_sounds: true }));
    await done(session.post("/user/push/tag", { tags: ["a", "b"] }));
    const binding = { device_sn: session.deviceSn, device_token: "t", notifier_name: "fcm" };
    await done(session.post("/user/token/bind", binding));
    expect(await profileOf(other)).toMatchObject({ user_id: user.id, nick_name: "Wren" });
    expect(await settingsOf(other)).toMatchObject({ no_sounds: true });
    expect(await tagsOf(other)).toEqual(["a", "b"]);
    expect(await boundDevicesOf(other)).toEqual([session.deviceSn]);

    await done(app.root.put("/admin/groups", { group_id: 7, owner_id: user.id }));
    expect((await app.root.put("/admin/groups", { group_id: 8, owner_id: user.id + 1000 })).code).toBe(10000);
    const forGroup = app.admin.with({ group_id: "7" });
    expect(await profileOf(forGroup)).toMatchObject({ user_id: user.id });
    expect((await app.admin.with({ group_id: "8" }).get("/user/profile")).code).toBe(20001);

    const list = [
      { username: newName(), password },
      { username: user.name, password },
    ];
    const rows = dataOf(await app.admin.post("/user/register/batch", { list }), z.array(RegisteredRow));
    expect(rows.map((row) => row.success)).toEqual([true, false]);
    expect((await usersOf(app.admin)).map((row) => row.user_id)).toEqual([user.id, rows[0]?.user_id]);

    await done(other.set("/user/kick", bySn(session)));
    expect((await socket.notice("kicked")).reason).not.toBe("");
    expect(await codeOf(session)).toBe(10008);
    expect((await app.disable(user, { reason: "spam" })).data).toBe(true);
    expect(await codeOf(other)).toBe(10008);
    expect((await app.nobody.post("/token/user", { name: user.name, password })).code).toBe(10029);
    expect(await bans(app.admin)).toMatchObject([{ user_id: user.id, reason: "spam" }]);
    await done(app.actingFor(user).post("/user/delete"));
    expect((await app.admin.with({ group_id: "7" }).get("/user/profile")).code).toBe(10000);

    const registered = await receiver.heard("user.registered", 2);
    expect(new Set(registered.map((event) => event["user_id"]))).toEqual(
      new Set([user.id, rows[0]?.user_id]),
    );
    for (const type of ["user.disabled", "user.deleted", "device.kicked"]) {
      expect(await receiver.heard(type)).toMatchObject([{ user_id: user.id }]);
    }
    expect(await tablesWith(env.DB, app)).toEqual(["audit"]);
    const inDirectory = await env.DB.prepare(
      "select distinct operation, caller from audit where app_id = ? order by 1",
    )
      .bind(app.id)
      .all();
    expect(inDirectory.results).toEqual([
      { operation: "createAdminToken", caller: "root" },
      { operation: "createApp", caller: "root" },
      { operation: "putGroup", caller: "root" },
    ]);
  });

  it("lists one audit of two databases, newest first, each record once, page by page", async () => {
    const app = await newApp({ database: 2 });
    const user = await app.user();
    for (let round = 0; round < 3; round++) {
      await done(app.actingFor(user).post("/user/nickname", { nick_name: `n${round}` }));
      await done(app.root.put("/admin/groups", { group_id: round + 1, owner_id: user.id }));
    }
    const all = await audit(app.admin, { limit: "50" });
    expect(all.map((record) => record.operation).toSorted()).toEqual([
      "createAdminToken",
      "createApp",
      ...Array.from({ length: 3 }, () => "putGroup"),
      ...Array.from({ length: 3 }, () => "setNickName"),
    ]);
    expect(all.map((record) => record.at)).toEqual(all.map((record) => record.at).toSorted((a, b) => b - a));
    for (const limit of [1, 2, 3, 7, 8]) {
      const read = await pages(app.admin, "/admin/audit", { limit: String(limit) });
      expect(read.flat()).toEqual(all.map((record) => record.id));
      expect(read.slice(0, -1).every((page) => page.length === limit)).toBe(true);
    }
    expect((await audit(app.admin, { operation: "putGroup" })).length).toBe(3);
    expect((await app.admin.get("/admin/audit", { cursor: "1.x" })).code).toBe(10002);
  });

  it("knows its tokens where nothing says the app, also when KV does not", async () => {
    const app = await newApp({ database: 1 });
    const { session, user } = await app.session();
    // A token of the app that neither this isolate nor KV has seen.
    const token = `wu_${"a".repeat(30)}${crypto.randomUUID().slice(0, 13)}${session.token.slice(-12)}`;
    await env.USERS_1.prepare("update tokens set hash = ? where user_id = ?")
      .bind(hashToken(token), user.id)
      .run();
    expect(await (await sdkOpen()).provision(token)).toMatchObject({ code: 1, uid: user.id });
  });

  it("takes no write of an admin token that is revoked while its call is under way", async () => {
    const app = await newApp({ database: 1 });
    const user = await app.user();
    const made = dataOf(await app.root.post("/admin/tokens", { name: "made" }), NewAdminToken);
    const USERS_1 = before(env.USERS_1, async () => {
      await done(app.root.set("/admin/tokens", { id: String(made.id) }, "DELETE"));
    });
    const admin = app.nobody.with({ "access-token": made.token, user_id: String(user.id) });
    const restore = await changeHub(hubOf(app, user), { USERS_1 });
    const answer = await callBy(workerWith({ USERS_1 }), admin, "POST", "/user/nickname", {
      json: { nick_name: "late" },
    });
    restore();
    expect(answer).toMatchObject({ code: 10008, data: null });
    expect(await profileOf(app.actingFor(user))).toMatchObject({ nick_name: "" });
    expect(await codeOf(admin)).toBe(10008);
    expect((await app.root.set("/admin/tokens", { id: String(made.id) }, "DELETE")).code).toBe(10002);
  });

  it("has a revocation that died half-way finished by its repeat", async () => {
    const app = await newApp({ database: 1 });
    const user = await app.user();
    const made = dataOf(await app.root.post("/admin/tokens", { name: "made" }), NewAdminToken);
    const admin = app.nobody.with({ "access-token": made.token, user_id: String(user.id) });
    const DB = before(env.DB, async () => {
      throw new Error("the machine died");
    });
    const json = { id: made.id };
    const died = await callBy(workerWith({ DB }), app.root, "DELETE", "/admin/tokens", { json });
    expect(died.code).toBe(500);
    expect((await admin.post("/user/nickname", { nick_name: "late" })).code).toBe(10008);
    await done(app.root.call("DELETE", "/admin/tokens", { json }));
    expect(await codeOf(admin)).toBe(10008);
  });
});

describe("a user database that is gone", () => {
  it("is 503 with Retry-After to its apps, and nothing to others", async () => {
    const [lost, well, here] = [
      await newHousehold({ database: 1 }),
      await newHousehold({ database: 2 }),
      await newHousehold(),
    ];
    const fetch = workerWith({ USERS_1: goneDatabase });
    // One whose hub has a copy of what is its own reads on.
    const { user: reader, session } = await lost.app.session();
    await profileOf(session);
    const hubs = [lost, { ...lost, user: reader }].map(({ app, user }) => hubOf(app, user));
    const restores = [];
    for (const hub of hubs) restores.push(await changeHub(hub, { USERS_1: goneDatabase }));
    const calls = ({ app, laptop, user }: typeof lost) =>
      [
        callBy(fetch, laptop, "GET", "/user/profile"),
        callBy(fetch, laptop, "POST", "/user/nickname", { json: { nick_name: "Wren" } }),
        callBy(fetch, app.nobody, "POST", "/token/user", {
          json: { name: user.name, password: user.password },
        }),
        callBy(fetch, app.nobody, "POST", "/user/register/v2", { json: { username: newName(), password } }),
        callBy(fetch, app.actingFor(user), "GET", "/user/settings"),
        callBy(fetch, app.admin, "GET", "/user/list"),
        callBy(fetch, app.admin, "PUT", "/user/disable", { json: { list: [user.id + 10_000] } }),
      ].map(heard);
    expect(new Set((await Promise.all(calls(lost))).map((answer) => JSON.stringify(answer)))).toEqual(
      new Set([JSON.stringify(unavailable)]),
    );
    for (const home of [well, here]) {
      expect((await Promise.all(calls(home))).map(({ code }) => code)).toEqual(
        Array.from({ length: 7 }, () => 200),
      );
    }
    expect(await profileOf(session)).toMatchObject({ user_id: reader.id });
    for (const restore of restores.toReversed()) restore();
    // What no database is needed for goes on.
    expect((await callBy(fetch, lost.laptop, "GET", "/user/online_status")).code).toBe(200);
    expect((await callBy(fetch, lost.app.root, "GET", "/admin/app")).code).toBe(200);
    expect((await callBy(fetch, root, "GET", "/admin/apps")).code).toBe(200);
  });

  it("is the same where it is not bound, or bound under another's number, and nothing is written there", async () => {
    const { app, user, laptop } = await newHousehold({ database: 1 });
    for (const USERS_1 of [env.USERS_2, env.DB]) {
      const fetch = workerWith({ USERS_1 });
      const restore = await changeHub(hubOf(app, user), { USERS_1 });
      const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
      expect(await heard(callBy(fetch, laptop, "GET", "/user/profile"))).toEqual(unavailable);
      const username = newName();
      const register = callBy(fetch, app.nobody, "POST", "/user/register/v2", {
        json: { username, password },
      });
      expect(await heard(register)).toEqual(unavailable);
      expect(log).toHaveBeenCalledWith(expect.stringContaining("USERS_1"));
      log.mockRestore();
      restore();
      expect(
        await USERS_1.prepare("select count(*) as n from users where app_id = ?").bind(app.id).first("n"),
      ).toBe(0);
    }
    const fetch = workerWithout("USERS_1");
    const restore = await changeHub(hubOf(app, user), { USERS_1: undefined });
    expect(await heard(callBy(fetch, laptop, "GET", "/user/profile"))).toEqual(unavailable);
    restore();
  });
});
