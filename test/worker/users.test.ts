import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type App, type Client, dataOf, newApp } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { ListedUser, codesOf, done } from "./kit/wire.ts";

const setForward = movableClock();

const Page = z.looseObject({ total: z.int(), cursor: z.string().optional() });

/** A page: its users, and what stands beside them. */
async function page(admin: Client, query: Record<string, string> = {}) {
  const answer = await admin.get("/user/list", query);
  const users = dataOf(answer, z.array(ListedUser));
  const { total, cursor } = Page.parse(answer.body);
  return { users, names: users.map((user) => user.username), total, cursor };
}

async function register(app: App, names: readonly string[]): Promise<void> {
  const list = names.map((username) => ({ username, password: "secret word" }));
  const rows = dataOf(
    await app.admin.post("/user/register/batch", { list }),
    z.array(z.looseObject({ success: z.literal(true) })),
  );
  expect(rows).toHaveLength(names.length);
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `user_${String(index).padStart(2, "0")}`);
}

describe("the list of users", () => {
  it("is empty where the app has none", async () => {
    const app = await newApp();
    expect(await page(app.admin)).toEqual({ users: [], names: [], total: 0, cursor: undefined });
  });

  it("stands by user_id, shows 50 to a page where no size is given, and counts all", async () => {
    const app = await newApp();
    const names = numbered(53);
    await register(app, names);
    const first = await page(app.admin);
    expect(first.names).toEqual(names.slice(0, 50));
    expect(first.total).toBe(53);
    const ids = first.users.map((user) => user.user_id);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(new Set(first.users.map((user) => user.status))).toEqual(new Set([0]));
  });

  it("is read page by page by page_num; the last page has no cursor, and beyond it is nothing", async () => {
    const app = await newApp();
    const names = numbered(7);
    await register(app, names);
    const pages = [];
    for (const page_num of ["1", "2", "3", "4"])
      pages.push(await page(app.admin, { page_num, page_size: "3" }));
    expect(pages.map((each) => each.names)).toEqual([
      names.slice(0, 3),
      names.slice(3, 6),
      names.slice(6),
      [],
    ]);
    expect(pages.map((each) => each.total)).toEqual([7, 7, 7, 7]);
    expect(pages.map((each) => each.cursor !== undefined)).toEqual([true, true, false, false]);
    const [first] = pages;
    expect((await page(app.admin, { page_size: "3" })).names).toEqual(first?.names);
  });

  it("is read to its end by cursor, with a total that stays", async () => {
    const app = await newApp();
    const names = numbered(10);
    await register(app, names);
    const read: string[][] = [];
    let cursor: string | undefined;
    do {
      const query = { page_size: "4", ...(cursor === undefined ? {} : { cursor }) };
      const next = await page(app.admin, query);
      expect(next.total).toBe(10);
      read.push(next.names);
      ({ cursor } = next);
    } while (cursor !== undefined && read.length < 10);
    expect(read).toEqual([names.slice(0, 4), names.slice(4, 8), names.slice(8)]);
  });

  it("has no cursor on a last page that is just full, and goes on by cursor from a page that was numbered", async () => {
    const app = await newApp();
    const names = numbered(6);
    await register(app, names);
    const second = await page(app.admin, { page_num: "2", page_size: "2" });
    expect(second.names).toEqual(names.slice(2, 4));
    const third = await page(app.admin, { cursor: second.cursor ?? "", page_size: "2" });
    expect(third.names).toEqual(names.slice(4));
    expect(third.cursor).toBeUndefined();
  });

  it("by cursor, neither repeats nor skips a user where others come and go meanwhile", async () => {
    const app = await newApp();
    const names = numbered(6);
    await register(app, names);
    const first = await page(app.admin, { page_size: "3" });
    const gone = first.users.slice(0, 2);
    for (const { user_id } of gone)
      await done(app.admin.with({ user_id: String(user_id) }).post("/user/delete"));
    await register(app, ["newcomer"]);
    const second = await page(app.admin, { page_size: "3", cursor: first.cursor ?? "" });
    expect(second.names).toEqual(names.slice(3));
    expect(second.total).toBe(5);
    const third = await page(app.admin, { page_size: "3", cursor: second.cursor ?? "" });
    expect(third.names).toEqual(["newcomer"]);
  });

  it("takes pages of 1 to 200", async () => {
    const app = await newApp();
    await register(app, numbered(3));
    expect((await page(app.admin, { page_size: "1" })).names).toHaveLength(1);
    expect((await page(app.admin, { page_size: "200" })).names).toHaveLength(3);
  });

  it.each([
    ["page_size", ["0", "201", "-1", "1.5", "ten", ""]],
    ["page_num", ["0", "-1", "1.5", "one", ""]],
    ["status", ["2", "-1", "true", ""]],
    ["cursor", ["abc", "-1", "1.5", "0x1", "1e3", " 1", "99999999999999999999", "null"]],
  ])("refuses a wrong %s with 10002", async (name, wrong) => {
    const app = await newApp();
    await register(app, numbered(2));
    for (const value of wrong) {
      const answer = await app.admin.get("/user/list", { [name]: value });
      expect(answer).toMatchObject({ code: 10002, data: null });
      expect(answer.message).toContain(name);
    }
    const twice = await app.admin.get("/user/list", { [name]: ["1", "1"] });
    expect(twice.code).toBe(10002);
  });

  it("refuses a cursor together with page_num, be it the first page's", async () => {
    const app = await newApp();
    await register(app, numbered(3));
    const { cursor = "" } = await page(app.admin, { page_size: "1" });
    const answers = [
      await app.admin.get("/user/list", { cursor, page_num: "1" }),
      await app.admin.get("/user/list", { cursor, page_num: "2" }),
    ];
    expect(codesOf(answers)).toEqual([10002, 10002]);
  });

  it("shows the users of the one app, and none that was deleted", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    await register(other, ["abroad"]);
    await register(app, ["ann", "bob"]);
    const { users } = await page(app.admin);
    await done(app.admin.with({ user_id: String(users[0]?.user_id) }).post("/user/delete"));
    expect(await page(app.admin)).toMatchObject({ names: ["bob"], total: 1 });
    expect(await page(other.admin)).toMatchObject({ names: ["abroad"], total: 1 });
  });

  it("is refused to a user's own token, and to nobody's", async () => {
    const app = await newApp();
    const { session } = await app.session();
    expect((await session.get("/user/list")).code).toBe(10010);
    expect((await app.nobody.get("/user/list")).code).toBe(10003);
  });
});

describe("the list of users by status", () => {
  it("shows who is disabled, who is not, and counts each", async () => {
    const app = await newApp();
    await register(app, ["ann", "bob", "cid"]);
    const { users } = await page(app.admin);
    await app.admin.put("/user/disable", { list: [users[1]?.user_id] });
    expect((await page(app.admin)).users.map((user) => user.status)).toEqual([0, 1, 0]);
    expect(await page(app.admin, { status: "1" })).toMatchObject({ names: ["bob"], total: 1 });
    expect(await page(app.admin, { status: "0" })).toMatchObject({ names: ["ann", "cid"], total: 2 });
    expect(await page(app.admin, { status: "0", page_size: "1", page_num: "2" })).toMatchObject({
      names: ["cid"],
      total: 2,
    });
    await app.admin.put("/user/enable", { list: [users[1]?.user_id] });
    expect(await page(app.admin, { status: "1" })).toMatchObject({ names: [], total: 0 });
  });

  it("counts a ban whose end has passed no more", async () => {
    const app = await newApp();
    await register(app, ["ann"]);
    const { users } = await page(app.admin);
    const until = Date.now() + 3_600_000;
    await app.admin.put("/user/disable", { list: [users[0]?.user_id], until });
    expect((await page(app.admin, { status: "1" })).names).toEqual(["ann"]);
    setForward(3_601_000);
    expect((await page(app.admin, { status: "1" })).names).toEqual([]);
    expect((await page(app.admin, { status: "0" })).users).toMatchObject([{ username: "ann", status: 0 }]);
  });
});

describe("the list of users by keyword", () => {
  const names = ["ann", "Anna", "anton", "banana", "a_b", "axb", "_ann", "安娜", "安东", "100a"];

  it.each([
    ["ann", ["ann", "Anna"]],
    ["ANN", ["ann", "Anna"]],
    ["an", ["ann", "Anna", "anton"]],
    ["anna", ["Anna"]],
    ["nn", []],
    ["a_", ["a_b"]],
    ["_", ["_ann"]],
    ["%", []],
    ["a%", []],
    ["%nn", []],
    ["\\", []],
    ["a\\", []],
    ["*", []],
    ["a?", []],
    ["'", []],
    ["安", ["安东", "安娜"]],
    ["安娜", ["安娜"]],
    ["1", ["100a"]],
  ])("%s begins the names of %j", async (keyword, found) => {
    const app = await newApp();
    await register(app, names);
    expect(await page(app.admin, { keyword })).toMatchObject({ names: found, total: found.length });
  });

  it("stands by name, and its cursor is no other list's", async () => {
    const app = await newApp();
    await register(app, ["anton", "Anna", "ann", "bob"]);
    const first = await page(app.admin, { keyword: "an", page_size: "2" });
    expect(first.names).toEqual(["ann", "Anna"]);
    const second = await page(app.admin, { keyword: "an", page_num: "2", page_size: "2" });
    expect(second.names).toEqual(["anton"]);
    const byId = (await page(app.admin, { page_size: "1" })).cursor ?? "";
    for (const query of [
      { cursor: first.cursor ?? "" },
      { keyword: "bo", cursor: first.cursor ?? "" },
      { keyword: "an", cursor: byId },
      { keyword: "an", cursor: "ann" },
    ]) {
      expect(await app.admin.get("/user/list", query)).toMatchObject({
        code: 10002,
        message: expect.stringContaining("cursor"),
      });
    }
  });

  it("goes with paging and status, and the total counts what matches", async () => {
    const app = await newApp();
    await register(app, names);
    const first = await page(app.admin, { keyword: "an", page_size: "2" });
    expect(first).toMatchObject({ names: ["ann", "Anna"], total: 3 });
    const rest = await page(app.admin, { keyword: "an", page_size: "2", cursor: first.cursor ?? "" });
    expect(rest).toMatchObject({ names: ["anton"], total: 3 });
    await app.admin.put("/user/disable", { list: [first.users[0]?.user_id] });
    expect(await page(app.admin, { keyword: "an", status: "0" })).toMatchObject({
      names: ["Anna", "anton"],
      total: 2,
    });
    expect(await page(app.admin, { keyword: "an", status: "1" })).toMatchObject({ names: ["ann"], total: 1 });
  });
});
