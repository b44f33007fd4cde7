import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type App, dataOf, newApp } from "./kit/client.ts";
import { RegisteredRow, newSettings, settingsOf, usersOf } from "./kit/wire.ts";

const password = "secret word";

async function register(app: App, list: unknown) {
  return dataOf(await app.admin.post("/user/register/batch", { list }), z.array(RegisteredRow));
}

function row(index: number) {
  return { username: `row_${index}`, password };
}

/** A row whose name somebody has. */
function taken(index: number): readonly [row: unknown, username: string] {
  const username = index % 2 ? "taken" : "TAKEN";
  return [{ username, password }, username];
}

/** Ways in which a row can be no good, each with the name that its report must repeat. */
const badRows: readonly (readonly [row: unknown, username: string])[] = [
  [null, ""],
  [7, ""],
  ["ann", ""],
  [[], ""],
  [{}, ""],
  [{ password }, ""],
  [{ username: null, password }, ""],
  [{ username: "no_password" }, "no_password"],
  [{ username: "null_password", password: null }, "null_password"],
  [{ username: "short_password", password: "12345" }, "short_password"],
  [{ username: "long_password", password: "p".repeat(129) }, "long_password"],
  [{ username: "number_password", password: 1234567 }, "number_password"],
  [{ username: "12345", password }, "12345"],
  [{ username: "mta_row", password }, "mta_row"],
  [{ username: "MAXIM_row", password }, "MAXIM_row"],
  [{ username: "a-b", password }, "a-b"],
  [{ username: "", password }, ""],
  [{ username: "a".repeat(65), password }, "a".repeat(65)],
];

describe("batch register", () => {
  it("writes the 63 good rows of a hundred and reports all hundred in order", async () => {
    const app = await newApp();
    await app.nobody.post("/user/register/v2", { username: "Taken", password: "the first word" });
    const bad = [...badRows, ...Array.from({ length: 19 }, (_, index) => taken(index))];
    // 37 and 100 have no common divisor: each of the first 37 numbers comes up once, scattered.
    const rows = Array.from({ length: 100 }, (_, index) => {
      const spoilt = bad[(index * 37) % 100];
      const name = `row_${index}`;
      const [row, username] = spoilt ?? [{ username: name, password: `${password} ${index}` }, name];
      return { row, username, success: !spoilt };
    });
    expect(rows.filter((row) => !row.success)).toHaveLength(37);

    const reports = await register(
      app,
      rows.map(({ row }) => row),
    );

    expect(reports.map(({ username, success }) => ({ username, success }))).toEqual(
      rows.map(({ username, success }) => ({ username, success })),
    );
    const good = reports.filter((report) => report.success);
    expect(good.every((report) => report.user_id > 0 && report.reason === "")).toBe(true);
    const failed = reports.filter((report) => !report.success);
    expect(failed.every((report) => report.user_id === 0 && report.reason !== "")).toBe(true);
    const listed = await usersOf(app.admin);
    expect(listed.slice(1)).toEqual(
      good
        .map(({ user_id, username }) => ({ user_id, username, status: 0 }))
        .toSorted((a, b) => a.user_id - b.user_id),
    );
    const signedIn = await Promise.all(
      rows.map(async ({ row, success }) => {
        if (!success) return true;
        const { username: name, password } = z
          .object({ username: z.string(), password: z.string() })
          .parse(row);
        const session = await app.signIn({ id: 0, name, password });
        return session.userId === good.find((report) => report.username === name)?.user_id;
      }),
    );
    expect(signedIn).toHaveLength(100);
    expect(signedIn.every(Boolean)).toBe(true);
    expect((await app.nobody.post("/token/user", { name: "taken", password: "the first word" })).code).toBe(
      200,
    );
  });

  it("gives each row's user the settings of a new user", async () => {
    const app = await newApp();
    const [row] = await register(app, [{ username: "ann", password }]);
    const user_id = row?.user_id ?? 0;
    const settings = await settingsOf(app.admin.with({ user_id: String(user_id) }));
    expect(settings).toEqual({ ...newSettings, id: user_id, user_id });
  });

  it("says in a bad row's report what is wrong with it", async () => {
    const app = await newApp();
    const [name, word, taken] = await register(app, [
      { username: "12345", password },
      { username: "ann", password: "12345" },
      { username: "bob", password },
    ]);
    expect(name?.reason).toContain("username");
    expect(word?.reason).toContain("password");
    expect(taken?.reason).toBe("");
    const [again] = await register(app, [{ username: "bob", password }]);
    expect(again).toMatchObject({ user_id: 0, success: false });
    expect(again?.reason).toContain("taken");
  });

  it.each([["ann"], ["ANN"]])(
    "lets the first win where a name stands twice in the list, second as %s",
    async (second) => {
      const app = await newApp();
      const reports = await register(app, [
        { username: "ann", password: "the first word" },
        { username: second, password: "the second word" },
        { username: "bob", password },
      ]);
      expect(reports).toMatchObject([
        { username: "ann", success: true },
        { username: second, success: false, user_id: 0 },
        { username: "bob", success: true },
      ]);
      expect(await usersOf(app.admin)).toMatchObject([{ username: "ann" }, { username: "bob" }]);
      expect((await app.nobody.post("/token/user", { name: "ann", password: "the first word" })).code).toBe(
        200,
      );
      expect((await app.nobody.post("/token/user", { name: "ann", password: "the second word" })).code).toBe(
        11001,
      );
    },
  );

  it("lets a good row have a name that a bad row before it could not", async () => {
    const app = await newApp();
    const reports = await register(app, [
      { username: "ann", password: "short" },
      { username: "ann", password },
    ]);
    expect(reports.map((report) => report.success)).toEqual([false, true]);
  });

  it("leaves one user where two batches want the same names at once", async () => {
    const app = await newApp();
    const list = ["ann", "bob", "cid"].map((username) => ({ username, password }));
    const [one, other] = await Promise.all([register(app, list), register(app, list.toReversed())]);
    const winners = [...one, ...other].filter((report) => report.success);
    expect(winners.map((report) => report.username).toSorted()).toEqual(["ann", "bob", "cid"]);
    expect(await usersOf(app.admin)).toHaveLength(3);
  });

  it("works while registration is closed", async () => {
    const app = await newApp({ registration: "closed" });
    expect(await register(app, [{ username: "ann", password }])).toMatchObject([{ success: true }]);
  });

  it("reports every row of a batch in which none is good", async () => {
    const app = await newApp();
    const reports = await register(app, [null, { username: "1", password }]);
    expect(reports).toMatchObject([
      { user_id: 0, username: "", success: false },
      { user_id: 0, username: "1", success: false },
    ]);
  });

  it("takes a hundred rows", async () => {
    const app = await newApp();
    const reports = await register(
      app,
      Array.from({ length: 100 }, (_, index) => row(index)),
    );
    expect(reports.filter((report) => report.success)).toHaveLength(100);
    expect(await usersOf(app.admin)).toHaveLength(100);
  });

  it.each([
    ["no row", []],
    ["101 rows", Array.from({ length: 101 }, (_, index) => row(index))],
    ["null for a list", null],
    ["a list that is none", row(1)],
    ["no list", undefined],
  ])("refuses %s with 10002 and writes nothing", async (_what, list) => {
    const app = await newApp();
    const answer = await app.admin.post("/user/register/batch", { list });
    expect(answer).toMatchObject({ code: 10002, data: null });
    expect(answer.message).toContain("list");
    expect(await usersOf(app.admin)).toEqual([]);
  });

  it("is refused to a user's token, and to nobody's", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const list = [row(1)];
    expect((await session.post("/user/register/batch", { list })).code).toBe(10010);
    expect((await app.nobody.post("/user/register/batch", { list })).code).toBe(10003);
    expect(await usersOf(app.admin)).toHaveLength(1);
  });
});
