import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type App, type User, newApp } from "./kit/client.ts";
import { codeOf, serials } from "./kit/devices.ts";
import { failuresOf, hubOf } from "./kit/faults.ts";
import { auditOf } from "./kit/records.ts";
import { newHousehold } from "./kit/household.ts";
import { binding } from "./kit/lost.ts";
import { connect } from "./kit/socket.ts";

/** What the first step made otherwise than it is today. */
const firstTables = `
  drop table ended;
  drop table keyed_answers;
  drop table generation;
  alter table releases drop column since;
  drop table counts;
  alter table devices drop column no_push;
  drop table session_releases;
  alter table devices drop column token_dead;
  drop table copies;
  drop table answers;
  drop table receipts;
  drop table outbox;
  drop table steps;
  create table events (id integer primary key autoincrement, body text not null);
  create table old (
    id text primary key, device_sn integer unique, signed_in_at integer not null, expires_at integer not null
  );
  insert into old select id, device_sn, signed_in_at, expires_at from sessions;
  drop table sessions;
  alter table old rename to sessions;
`;

/** Every column and index of the tables of a user's hub, as SQLite describes them. */
async function tablesOf(app: App, user: User): Promise<Record<string, unknown>> {
  return await runInDurableObject(hubOf(app, user), (_, { storage: { sql } }) => {
    const described = Array.from(sql.exec<{ name: string }>("pragma table_list"))
      .filter(({ name }) => !/^(_|sqlite_)/.test(name))
      .map(({ name, ...table }) => {
        const columns = sql.exec(`pragma table_info(${name})`).toArray();
        const indexes = Array.from(sql.exec<{ name: string }>(`pragma index_list(${name})`), (index) => [
          { ...index, name: "" },
          sql.exec(`pragma index_info(${index.name})`).toArray(),
        ]);
        return [name, { table, columns, indexes }];
      });
    return Object.fromEntries(described);
  });
}

describe("a hub with the tables of an older release", () => {
  it("keeps its sessions and devices, and pays what it owed", async () => {
    const app = await newApp();
    const { user, session: phone } = await app.session({ device_guid: "phone" });
    const laptop = await app.signIn(user, { device_guid: "laptop" });
    const owed = {
      at: Date.now(),
      caller: `user:${user.id}`,
      device_sn: 7,
      reason: "an old one",
      from: { address: "", request_id: "" },
      operation: "session.logout",
    };
    const ofToday = await tablesOf(app, user);
    await runInDurableObject(hubOf(app, user), (_, { storage }) => {
      storage.sql.exec(firstTables);
      storage.sql.exec("insert into events (body) values (?)", JSON.stringify(owed));
    });
    await abortAllDurableObjects();

    expect([await codeOf(phone), await codeOf(laptop)]).toEqual([200, 200]);
    expect(await tablesOf(app, user)).toEqual(ofToday);
    expect(await serials(phone)).toEqual([1, 2]);
    await connect(phone);
    const records = await auditOf(app, { operation: "session.logout" });
    expect(records).toMatchObject([{ device_sn: 7, reason: "an old one", subject: user.id }]);
    expect((await phone.post("/token/logout")).code).toBe(200);
    expect([await codeOf(phone), await codeOf(laptop)]).toEqual([10008, 200]);
  });

  it("is brought up to date once", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    const made = async () =>
      await runInDurableObject(hubOf(app, user), (_, { storage }) =>
        storage.sql.exec("select made from steps").toArray(),
      );
    const before = await made();
    expect(before).toHaveLength(1);
    await abortAllDurableObjects();
    expect(await codeOf(session)).toBe(200);
    expect(await made()).toEqual(before);
  });
});

/** How many rows each table of a user's hub has; those that have none are left out. */
async function rowsIn(app: App, user: User): Promise<Record<string, unknown>> {
  return await runInDurableObject(hubOf(app, user), (_, { storage: { sql } }) => {
    const tables = sql.exec<{ name: string }>(
      "select name from sqlite_master where type = 'table' and name not glob '_*' and name not glob 'sqlite_*'",
    );
    const counts = [...tables].map(({ name }) => [
      name,
      sql.exec(`select count(*) as n from ${name}`).one()["n"],
    ]);
    return Object.fromEntries(counts.filter(([, count]) => count !== 0));
  });
}

describe("the hub of a deleted user", () => {
  it("keeps only that there was one, whatever its tables held", async () => {
    const { app, user, phone, laptop } = await newHousehold();
    await app.nobody.post("/token/user", { name: user.name, password: "not the word" });
    await expect.poll(() => failuresOf(app, user)).toBe(1);
    expect((await phone.post("/user/token/bind", binding)).code).toBe(200);
    await app.admin.post("/admin/push/route", { list: [user.id], badge: { add: 1 } });
    await app.disable(user);
    await app.admin.put("/user/enable", { list: [user.id] });
    await app.signIn(user, { device_guid: "phone" });
    await runInDurableObject(hubOf(app, user), (_, { storage: { sql } }) => {
      // What D1 takes at once, and what only the hub of what was tried has.
      sql.exec("insert or ignore into releases (device_sn) values (?)", laptop.deviceSn);
      sql.exec("insert into session_releases (push_key, since) values ('of a session', 0)");
      sql.exec("insert into failures (address, count, locked_until, last_at) values ('somewhere', 1, 0, 0)");
    });
    await expect.poll(async () => "outbox" in (await rowsIn(app, user))).toBe(false);
    const held = await rowsIn(app, user);
    expect(Object.keys(held).toSorted()).toEqual([
      "addresses",
      "answers",
      "copies",
      "counts",
      "devices",
      "ended",
      "failure_minutes",
      "failures",
      "generation",
      "receipts",
      "releases",
      "session_releases",
      "sessions",
      "steps",
      "user",
    ]);

    expect((await app.actingFor(user).post("/user/delete")).code).toBe(200);

    await expect.poll(() => rowsIn(app, user)).toEqual({ steps: 1, user: 1 });
  });
});
