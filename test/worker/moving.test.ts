import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { copiedTables } from "../../src/store/copying.ts";
import { type Client, dataOf, newApp, newName } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import {
  type Life,
  goneDatabase,
  holding,
  mortal,
  placesOf,
  tablesOfUsers,
  tablesWith,
} from "./kit/databases.ts";
import { codeOf } from "./kit/devices.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, hubOf, runCron } from "./kit/faults.ts";
import { bySn } from "./kit/household.ts";
import { contentOf, expectMoved, move, moveOf, moveToEnd, newFullApp, withoutAudit } from "./kit/moving.ts";
import { auditOf, audit, bans } from "./kit/records.ts";
import {
  AdminToken,
  AppMove,
  NewAdminToken,
  aliasOf,
  boundDevicesOf,
  done,
  profileOf,
  settingsOf,
  tagsOf,
  usersOf,
} from "./kit/wire.ts";

const setForward = movableClock();
const password = "secret word";
const path = "/admin/app/database";

/** What a caller hears while the app takes no writes. */
async function heard(answer: ReturnType<Client["get"]>) {
  const { code, data, message, response } = await answer;
  return { code, data, message, status: response.status, wait: response.headers.get("retry-after") };
}

/** Admin tokens, without the minute of their last use. */
const tokensOf = (data: unknown) =>
  z
    .array(AdminToken)
    .parse(data)
    .map(({ last_used_at: _used, ...token }) => token);

const closed = {
  code: 503,
  data: null,
  status: 503,
  wait: "10",
  message: expect.stringContaining("being moved"),
};

describe("a move", () => {
  it("knows of every table whether it is an app's users' or the directory's", async () => {
    const { results } = await env.DB.prepare("select name from sqlite_master where type = 'table'").all();
    const names = results
      .map((row) => String(row["name"]))
      .filter((name) => !/^(_cf_|sqlite_|d1_)/.test(name));
    const ofDirectory = [
      "apps",
      "admin_tokens",
      "groups",
      "guards",
      "generations",
      "closings",
      "moves",
      "databases",
    ];
    // Triggers keep it, wherever users come and go.
    const kept = ["user_counts"];
    expect(names.toSorted()).toEqual([...copiedTables, ...ofDirectory, ...kept].toSorted());
    expect(Object.keys(tablesOfUsers).toSorted()).toEqual(copiedTables.toSorted());
    for (const table of copiedTables) {
      const triggers = env.DB.prepare(
        "select count(*) as n from sqlite_master where type = 'trigger' and tbl_name = ? and sql like '%app_is_closed%'",
      ).bind(table);
      expect(await triggers.first("n")).toBe(
        ["owed_signals", "owed_tokens", "audit"].includes(table) ? 1 : 3,
      );
    }
  });

  it.each([
    [0, 1],
    [0, 2],
    [1, 2],
  ])(
    "brings all from database %i to %i: the same users, sessions, settings and records, by the same ids",
    async (source, target) => {
      const { app, user, phone, laptop, banned } = await newFullApp(source);
      const gone = dataOf(await app.root.post("/admin/tokens", { name: "gone" }), NewAdminToken);
      await done(app.root.set("/admin/tokens", { id: String(gone.id) }, "DELETE"));
      const before = await contentOf(app, source);
      for (const table of copiedTables) expect(before[table]?.length).toBeGreaterThan(0);
      const seen = async () => [
        await profileOf(phone),
        await settingsOf(laptop),
        await tagsOf(phone),
        await aliasOf(phone),
        await boundDevicesOf(laptop),
        await usersOf(app.admin),
        await bans(app.admin),
        (await app.admin.get("/admin/webhooks/dead")).data,
        tokensOf((await app.root.get("/admin/tokens")).data),
        (await app.admin.with({ group_id: "7" }).get("/user/profile")).data,
      ];
      const was = await seen();

      const ended = await moveToEnd(app, target, setForward);

      expect(ended).toMatchObject({ source, target, phase: "done" });
      await expectMoved(app, before, source, target);
      expect(await seen()).toEqual(was);
      expect((await app.root.get("/admin/app")).data).toMatchObject({ database: target });
      expect((await app.nobody.post("/token/user", { name: banned.name, password })).code).toBe(10029);

      await done(phone.post("/user/nickname", { nick_name: "after" }));
      await done(app.actingFor(user).post("/user/nickname", { nick_name: "after all" }));
      expect(await profileOf(laptop)).toMatchObject({ nick_name: "after all" });
      const fresh = await app.user();
      expect(Math.floor(fresh.id / 2 ** 43)).toBe(target);
      expect(await placesOf(fresh)).toEqual([target]);
      expect((await app.nobody.post("/user/register/v2", { username: user.name, password })).code).toBe(
        10004,
      );
      await done(laptop.set("/user/kick", bySn(phone)));
      await runDurableObjectAlarm(hubOf(app, user));
      expect(await codeOf(phone)).toBe(10008);
      await auditOf(app, { operation: "session.kicked" });
      expect(await app.signIn(user)).toMatchObject({ userId: user.id });
      const late = await app.root.set("/admin/tokens", { id: String(gone.id) }, "DELETE");
      expect(late.code).toBe(10002);
      expect((await move(app, target)).phase).toBe("done");
    },
  );

  it("keeps writers out with 503 and a time to come back, and nobody else, until it opens", async () => {
    const { app, user, phone, laptop, banned } = await newFullApp(0);
    const other = await newFullApp(0);
    expect((await move(app, 1)).phase).toBe("waiting");
    const writes = [
      phone.post("/user/nickname", { nick_name: "late" }),
      phone.post("/user/push/tag", { tags: ["late"] }),
      phone.delete("/user/push/tag/all"),
      phone.post("/user/push/badge", { badge: 7 }),
      phone.post("/user/delete"),
      phone.post("/user/token/bind", {
        device_sn: phone.deviceSn,
        device_token: "late",
        notifier_name: "fcm",
      }),
      app.nobody.post("/user/register/v2", { username: newName(), password }),
      app.nobody.post("/token/user", { name: user.name, password: user.password }),
      app.admin.put("/user/disable", { list: [user.id] }),
      app.admin.put("/user/enable", { list: [banned.id] }),
      app.actingFor(user).post("/user/nickname", { nick_name: "late" }),
    ];
    for (const write of writes) expect(await heard(write)).toEqual(closed);
    expect(await profileOf(phone)).toMatchObject({ user_id: user.id });
    expect(await tagsOf(laptop)).toHaveLength(3);
    expect((await usersOf(app.admin)).length).toBe(2);
    await done(other.phone.post("/user/nickname", { nick_name: "on time" }));
    await other.app.session();

    // What a hub or the directory decides goes on, and is on record afterwards.
    await done(laptop.set("/user/kick", bySn(phone)));
    const made = dataOf(await app.root.post("/admin/tokens", { name: "made" }), NewAdminToken);
    const dropped = dataOf(await app.root.post("/admin/tokens", { name: "dropped" }), NewAdminToken);
    await done(app.root.set("/admin/tokens", { id: String(dropped.id) }, "DELETE"));
    await done(app.root.put("/admin/groups", { group_id: 8, owner_id: user.id }));
    await runCron();

    await moveToEnd(app, 1, setForward);
    await runDurableObjectAlarm(hubOf(app, user));
    expect(await boundDevicesOf(laptop)).toEqual([]);
    await auditOf(app, { operation: "session.kicked" });
    const admin = app.actingFor(user).with({ "access-token": made.token });
    await done(admin.post("/user/nickname", { nick_name: "by a new token" }));
    const inForce = await env.USERS_1.prepare(
      "select count(*) as n from admin_tokens where id = ? and revoked_at is null",
    )
      .bind(dropped.id)
      .first("n");
    expect(inForce).toBe(0);
    expect(await profileOf(app.admin.with({ group_id: "8" }))).toMatchObject({ nick_name: "by a new token" });
    const operations = (await audit(app.admin, { caller: "root", limit: "100" })).map(
      (record) => record.operation,
    );
    expect(operations.filter((operation) => operation === "putGroup")).toHaveLength(2);
    expect(operations.filter((operation) => operation === "moveApp")).toHaveLength(1);
  });

  it("is refused where the app could not stand, and while another is under way", async () => {
    const app = await newApp({ database: 1 });
    for (const database of [0, 1, 3, 1024, "2", undefined]) {
      expect(await app.root.put(path, { database })).toMatchObject({ code: 10002, data: null });
    }
    expect((await app.root.get(path)).code).toBe(10002);
    expect((await app.root.delete(path)).code).toBe(10002);
    for (const client of [app.admin, app.nobody]) {
      expect((await client.put(path, { database: 2 })).code).toBe(10010);
    }
    const here = await newApp();
    expect((await move(here, 1)).phase).toBe("waiting");
    expect((await here.root.put(path, { database: 2 })).code).toBe(10002);
    expect((await here.root.delete(path)).code).toBe(10002);
  });

  it("that is stopped opens the app where it stands, leaves no copy, and can be made later", async () => {
    const { app, phone } = await newFullApp(0);
    const before = await contentOf(app, 0);
    // The target fails when some of it is copied.
    const life: Life = { left: 12, losesAnswer: false };
    const dying = workerWith({ USERS_1: mortal(env.USERS_1, life) });
    expect((await callBy(dying, app.root, "PUT", path, { json: { database: 1 } })).code).toBe(503);
    expect((await moveOf(app)).phase).toBe("copying");
    expect(await tablesWith(env.USERS_1, app)).not.toEqual([]);
    // A target that is gone for good keeps nobody out.
    const without = workerWith({ USERS_1: goneDatabase });
    expect((await callBy(without, app.root, "DELETE", path)).code).toBe(503);
    await done(phone.post("/user/nickname", { nick_name: "open again" }));
    await done(phone.post("/user/nickname", { nick_name: 'Wr\u0000en 龥"\\' }));

    const stopped = dataOf(await app.root.delete(path), AppMove);

    expect(stopped).toMatchObject({ phase: "undone", opened_at: null });
    expect(await tablesWith(env.USERS_1, app)).toEqual([]);
    const rows = await env.USERS_1.prepare("select count(*) as n from apps where app_id = ?")
      .bind(app.id)
      .first("n");
    expect(rows).toBe(0);
    const { users: _users, ...same } = withoutAudit(await contentOf(app, 0));
    const { users: _was, ...expected } = withoutAudit(before);
    expect(same).toEqual(expected);
    const now = await contentOf(app, 0);
    await moveToEnd(app, 1, setForward);
    await expectMoved(app, now, 0, 1);
  });

  it("goes on by the cron trigger alone", async () => {
    const { app } = await newFullApp(0);
    const before = await contentOf(app, 0);
    // The target answers when it is asked for its size, and no more.
    const life: Life = { left: 3, losesAnswer: false };
    const dying = workerWith({ USERS_1: mortal(env.USERS_1, life) });
    expect((await callBy(dying, app.root, "PUT", path, { json: { database: 1 } })).code).toBe(503);
    await runCron();
    expect((await moveOf(app)).phase).toBe("waiting");
    setForward(60_000);
    await runCron();
    expect((await moveOf(app)).phase).toBe("done");
    await expectMoved(app, before, 0, 1);
  });

  it("is not made twice by two who go on with it at once", async () => {
    const { app } = await newFullApp(0);
    const before = await contentOf(app, 0);
    const fetch = workerWith({});
    const all = () => Promise.all([move(app, 1, fetch), move(app, 1, fetch), runCron(), move(app, 1)]);
    await all();
    // Beside what was there, the record of the move itself.
    expect((await moveOf(app)).copied).toBe(Object.values(before).flat().length + 1);
    setForward(60_000);
    await all();
    expect((await moveOf(app)).phase).toBe("done");
    await expectMoved(app, before, 0, 1);
  });

  it("that is over is not begun again by one who was held up when it closed the app", async () => {
    const app = await newApp();
    const { db: USERS_1, reached, letGo } = holding(env.USERS_1, 'insert into "closings"');
    const late = move(app, 1, workerWith({ USERS_1 }));
    await reached;
    await moveToEnd(app, 1, setForward);
    letGo();
    expect(await late).toMatchObject({ phase: "done" });
    expect(await placesOf(await app.user())).toEqual([1]);
  });
});

describe("an app that is moved while it is used", () => {
  it("loses no write that was answered, and takes none twice", async () => {
    const { app } = await newFullApp(0);
    const sessions = await Promise.all(Array.from({ length: 4 }, async () => (await app.session()).session));
    const written = new Map(sessions.map((session) => [session, ""]));
    const registered: string[] = [];
    const refused: number[] = [];
    const read: number[] = [];
    const each = Array.from({ length: 6 }, (_, index) => index);
    const write = async (session: (typeof sessions)[number], round: number) => {
      for (const index of each) {
        const nick_name = `n${round}.${index}`;
        const { code } = await session.post("/user/nickname", { nick_name });
        if (code === 200) written.set(session, nick_name);
        else refused.push(code);
      }
    };
    const look = async (session: (typeof sessions)[number]) => {
      for (const _ of each) {
        const { code, data } = await session.get("/user/profile");
        read.push(code);
        expect(data).toMatchObject({ user_id: session.userId, nick_name: expect.any(String) });
      }
    };
    const register = async () => {
      for (const _ of each) {
        const username = newName();
        const { code } = await app.nobody.post("/user/register/v2", { username, password });
        if (code === 200) registered.push(username);
        else refused.push(code);
      }
    };
    const use = (round: number) => [
      register(),
      ...sessions.map((session) => write(session, round)),
      ...sessions.map(look),
    ];
    let round = 0;
    await Promise.all([...use(round++), move(app, 1)]);
    await Promise.all([...use(round++), move(app, 1)]);
    const whileClosed = registered.length;
    setForward(60_000);
    await Promise.all([...use(round++), moveToEnd(app, 1, setForward)]);
    await Promise.all(use(round));

    expect(new Set(read)).toEqual(new Set([200]));
    expect(new Set(refused)).toEqual(new Set([503]));
    expect(registered.length).toBeGreaterThanOrEqual(whileClosed + each.length);
    for (const [session, nick_name] of written) expect(await profileOf(session)).toMatchObject({ nick_name });
    const { results } = await env.USERS_1.prepare("select username from users where app_id = ?")
      .bind(app.id)
      .all();
    const names = results.map((row) => String(row["username"]));
    expect(names).toEqual(expect.arrayContaining(registered));
    expect(names).toHaveLength(registered.length + sessions.length + 2);
    expect(await tablesWith(env.DB, app)).toEqual([]);
  });
});
