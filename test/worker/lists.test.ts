import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type App, type Client, dataOf, newApp } from "./kit/client.ts";
import { runCron } from "./kit/faults.ts";
import { ListedUser, done } from "./kit/wire.ts";

const Beside = z.object({ total: z.int().optional(), cursor: z.string().optional() });

/** Every page of a list: how many rows each has, and which. */
async function readAll(admin: Client, path: string, query: Record<string, string>) {
  const sizes: number[] = [];
  const rows: unknown[] = [];
  let cursor: string | undefined;
  do {
    const answer = await admin.get(path, { ...query, ...(cursor !== undefined && { cursor }) });
    const page = dataOf(answer, z.array(z.unknown()));
    sizes.push(page.length);
    rows.push(...page);
    ({ cursor } = Beside.parse(answer.body));
  } while (cursor !== undefined);
  return { sizes, rows };
}

const Users = z.array(ListedUser);

/** Puts so many users into an app, of whom those are normal whose number says so. */
async function addUsers(app: App, count: number, isNormal: string): Promise<void> {
  await env.DB.prepare(
    `insert into users (app_id, username, username_key, password, status, created_at, updated_at)
     with recursive numbers(n) as (select 0 union all select n + 1 from numbers where n + 1 < ${count})
     select ?, printf('user_%05d', n), printf('user_%05d', n), '', not (${isNormal}), 0, 0 from numbers`,
  )
    .bind(app.id)
    .run();
}

describe("a page that looks through 1,000 rows", () => {
  it.each([{}, { keyword: "user" }])("finds users of a status, each once and in order: %j", async (query) => {
    const app = await newApp();
    await addUsers(app, 3_500, "n in (0, 999, 1000, 2500, 3499)");
    const { sizes, rows } = await readAll(app.admin, "/user/list", { status: "0", page_size: "3", ...query });
    const names = Users.parse(rows).map((user) => user.username);
    expect(names).toEqual(["user_00000", "user_00999", "user_01000", "user_02500", "user_03499"]);
    expect(sizes).toEqual([2, 1, 1, 1]);
    const numbered = await app.admin.get("/user/list", {
      status: "0",
      page_size: "3",
      page_num: "2",
      ...query,
    });
    expect(dataOf(numbered, Users).map((user) => user.username)).toEqual(names.slice(3));
  });

  it("goes on from one that is just full at its last row", async () => {
    const app = await newApp();
    await addUsers(app, 1_001, "n >= 999");
    const { sizes } = await readAll(app.admin, "/user/list", { status: "0", page_size: "1" });
    expect(sizes).toEqual([1, 1]);
  });

  it("finds records by several filters, each once, also those of one instant", async () => {
    const app = await newApp();
    await env.DB.prepare(
      `insert into audit (app_id, caller, subject, operation, at, address, request_id)
       with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 3500)
       select ?, 'admin:test', n, iif(n in (1, 2, 1500, 3400), 'kick', 'setProfile'), n / 10, '', '' from numbers`,
    )
      .bind(app.id)
      .run();
    const query = { caller: "admin:test", operation: "kick", limit: "2", until: "1000" };
    const { sizes, rows } = await readAll(app.admin, "/admin/audit", query);
    const Records = z.array(z.looseObject({ subject: z.int() }));
    expect(Records.parse(rows).map((record) => record.subject)).toEqual([3400, 1500, 2, 1]);
    expect(sizes.every((size) => size <= 2)).toBe(true);
    expect(sizes.length).toBeGreaterThan(2);
    const all = await readAll(app.admin, "/admin/audit", { caller: "admin:test", limit: "200", until: "50" });
    expect(Records.parse(all.rows).map((record) => record.subject)).toEqual(
      Array.from({ length: 499 }, (_, index) => 499 - index),
    );
  });
});

describe("a list of what was done", () => {
  it("ends with a page that is just full", async () => {
    const app = await newApp();
    const list = [(await app.user()).id, (await app.user()).id];
    await app.admin.put("/user/disable", { list });
    const { sizes } = await readAll(app.admin, "/admin/bans", { limit: "1" });
    expect(sizes).toEqual([1, 1]);
  });
});

describe("the cursors of releases before", () => {
  it("are refused, by name", async () => {
    const app = await newApp();
    await done(app.actingFor(await app.user()).post("/user/nickname", { nick_name: "Wren" }));
    for (const cursor of ["7", "7.", ".7", "7.0", "7.1.1", "a.b", ""]) {
      const answer = await app.admin.get("/admin/audit", { cursor });
      expect(answer).toMatchObject({ code: 10002, message: expect.stringContaining("cursor") });
    }
  });
});

/** What the list says that there are, and what there are: of each status, and in all. */
async function totals(app: App) {
  const said: (number | undefined)[] = [];
  for (const query of [{}, { status: "0" }, { status: "1" }]) {
    said.push(Beside.parse((await app.admin.get("/user/list", query)).body).total);
  }
  const { rows } = await readAll(app.admin, "/user/list", { page_size: "200" });
  const users = Users.parse(rows);
  const disabled = users.filter((user) => user.status === 1).length;
  return { said, counted: [users.length, users.length - disabled, disabled] };
}

describe("the total of the list of users", () => {
  it("is what there are, whatever becomes of them", async () => {
    const app = await newApp();
    const [first, second, third] = [await app.user(), await app.user(), await app.user()];
    const list = [first.name, "newcomer", "newcomer", "123"].map((username) => ({
      username,
      password: "secret word",
    }));
    await app.admin.post("/user/register/batch", { list });
    await app.nobody.post("/user/register/v2", { username: first.name, password: "secret word" });
    expect((await totals(app)).said).toEqual([4, 4, 0]);
    await app.admin.put("/user/disable", { list: [first.id, second.id, first.id] });
    await app.disable(first, { reason: "again" });
    expect((await totals(app)).said).toEqual([4, 2, 2]);
    await app.admin.put("/user/enable", { list: [second.id, third.id] });
    await done(app.actingFor(first).post("/user/delete"));
    await done(app.actingFor(third).post("/user/delete"));
    await app.disable(second, { until: Date.now() + 3_600_000 });
    await env.DB.prepare("update users set disabled_until = 1 where id = ?").bind(second.id).run();
    await runCron();
    const { said, counted } = await totals(app);
    expect(said).toEqual([2, 2, 0]);
    expect(said).toEqual(counted);
  });

  it("is what there were when it came to be kept, for the users of releases before", async () => {
    const app = await newApp();
    await addUsers(app, 7, "n < 4");
    await env.DB.prepare("delete from user_counts where app_id = ?").bind(app.id).run();
    const queries = env.MIGRATIONS.find(({ name }) => name.includes("user_counts"))?.queries ?? [];
    const counting = queries.filter(
      (query) => /INSERT INTO `user_counts`.*\sSELECT/s.test(query) && !query.includes("TRIGGER"),
    );
    expect(counting).toHaveLength(1);
    await env.DB.batch(counting.map((query) => env.DB.prepare(query)));
    await env.DB.batch(counting.map((query) => env.DB.prepare(query)));
    expect((await totals(app)).said).toEqual([7, 4, 3]);
  });
});
