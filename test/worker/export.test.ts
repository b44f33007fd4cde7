import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type App, newApp, newName, request } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, hubOf, hubsWhere, losingFirst } from "./kit/faults.ts";
import {
  brought,
  connected,
  devicesOf,
  exported,
  fullRow,
  imported,
  importOne,
  password,
  userOf,
} from "./kit/moving-in.ts";
import { outside } from "./kit/receiver.ts";

outside();

const setForward = movableClock();

/** All pages of the export. */
async function allPages(app: App, limit: number) {
  const rows: Awaited<ReturnType<typeof exported>>["rows"] = [];
  const query: Record<string, string> = { limit: String(limit) };
  for (;;) {
    const page = await exported(app, query);
    rows.push(...page.rows);
    expect(page.rows.length).toBeLessThanOrEqual(limit);
    if ("end" in page.last) return { rows, last: page.last };
    query["cursor"] = page.last.cursor;
  }
}

const without = (each: Record<string, unknown> | undefined) => ({ ...each, user_id: 0 });

describe("the export", () => {
  it("is what the import takes: all that a user has comes back in another app", async () => {
    const { app, row, user, session } = await connected();
    await session.post("/user/push/tag", { tags: ["c"] });
    const { rows, last } = await exported(app, { hashes: "true" });
    expect(last).toEqual({ end: true, count: 1 });
    const { password_hash: _hash, settings, devices: _devices, push: _push, user_id: _id, ...given } = row;
    expect(rows).toMatchObject([
      { ...given, user_id: user.id, settings, push: { alias: "al", tags: ["a", "b", "c"], badge: 3 } },
    ]);
    expect(rows[0]?.["devices"]).toHaveLength(3);

    const there = await newApp();
    const [made] = await imported(there, rows);
    expect(made).toMatchObject({ result: "created", external_id: row.external_id });
    // The hash is this service's own by now: the password is right there at once.
    const moved = { ...user, id: made?.user_id ?? 0 };
    expect(await devicesOf(await there.signIn(moved))).toEqual(brought);
    const again = await exported(there, { hashes: "true" });
    expect(without(again.rows[0])).toEqual(without(rows[0]));
    expect((await imported(there, rows))[0]).toMatchObject({ result: "unchanged" });
  });

  it("tells no hash where it is not asked to", async () => {
    const app = await newApp();
    await importOne(app, fullRow());
    await app.user();
    const { rows } = await exported(app);
    expect(rows).toHaveLength(2);
    expect(JSON.stringify(rows)).not.toMatch(/\$2y|argon2|password/);
    const { rows: told } = await exported(app, { hashes: "true" });
    expect(told.map((row) => String(row["password_hash"]).slice(0, 9))).toEqual(["$2y$04$oI", "$nfkc$arg"]);
  });

  it("has each user once, page by page, whatever comes and goes meanwhile", async () => {
    const app = await newApp();
    const made = await imported(
      app,
      Array.from({ length: 230 }, () => ({ username: newName() })),
    );
    const whole = await exported(app);
    expect(whole.rows.map((row) => row.user_id)).toEqual(made.map((row) => row.user_id));
    expect(whole.last).toEqual({ end: true, count: 230 });
    for (const limit of [1000, 230, 115, 100, 37]) {
      const { rows, last } = await allPages(app, limit);
      expect(rows.map((row) => row.user_id)).toEqual(made.map((row) => row.user_id));
      expect(last).toEqual({ end: true, count: 230 });
    }
    const first = await exported(app, { limit: "100" });
    await app.admin.with({ user_id: String(made[3]?.user_id) }).post("/user/delete");
    const { id } = await app.user();
    const next = await exported(app, { cursor: "cursor" in first.last ? first.last.cursor : "" });
    expect([...first.rows, ...next.rows].map((row) => row.user_id)).toEqual([
      ...made.map((row) => row.user_id),
      id,
    ]);
    expect(next.last).toEqual({ end: true, count: 231 });
  });

  it("has bans in force, and none that is over", async () => {
    const app = await newApp();
    const until = Date.now() + 3_600_000;
    const ban = { reason: "spam", note: "seen", until };
    const user = await app.user();
    await app.disable(user, ban);
    await importOne(app, { ...fullRow(), ban: { until: Date.now() - 1000 } });
    const { rows } = await exported(app);
    expect(rows[0]).toMatchObject({ status: 1, ban });
    expect(rows[1]).toMatchObject({ status: 0 });
    expect(rows[1]).not.toHaveProperty("ban");
    // Nobody has lifted it yet.
    setForward(3_600_000);
    const [later] = (await exported(app)).rows;
    expect(later).toMatchObject({ status: 0 });
    expect(later).not.toHaveProperty("ban");
  });

  it("leaves a hub that knows nothing as it is, and gives what waits for it", async () => {
    const app = await newApp();
    const row = fullRow();
    const one = userOf(row, await importOne(app, row));
    const other = await app.user();
    const { rows } = await exported(app);
    expect(rows.map(({ devices }) => devices)).toMatchObject([row.devices, []]);
    for (const user of [one, other]) {
      const tables = await runInDurableObject(hubOf(app, user), (_, { storage: { sql } }) =>
        sql.exec("select name from sqlite_master where name = 'steps'").toArray(),
      );
      expect(tables).toEqual([]);
    }
    expect(await devicesOf(await app.signIn({ ...one, password }))).toEqual(brought);
  });

  it("has the devices of who moved in with a ban that ends, before the hub has heard of it, as a repeat has", async () => {
    const app = await newApp();
    const banned = { status: 1, ban: { reason: "spam", note: "seen", until: Date.now() + 3_600_000 } };
    const row = { ...fullRow(), ...banned };
    await importOne(app, row);
    expect(await imported(app, [row])).toMatchObject([{ result: "unchanged" }]);
    const other = { ...fullRow(), ...banned };
    await importOne(app, other);
    const { rows } = await exported(app);
    for (const { devices } of rows)
      expect(devices).toEqual(
        expect.arrayContaining(row.devices.map((each) => expect.objectContaining(each))),
      );
    expect(rows).toHaveLength(2);
  });

  it("has the devices of a hub whose first answer is lost, as the import knows them", async () => {
    const { app, row } = await connected();
    await app.admin
      .with({ user_id: String((await exported(app)).rows[0]?.user_id) })
      .get("/user/device/list");
    const HUB = hubsWhere("devicesToTake", losingFirst({ retryable: true }));
    const answer = await workerWith({ HUB })(request("GET", "/admin/export", { headers: app.admin.headers }));
    const [line = ""] = (await answer.text()).split("\n");
    expect(JSON.parse(line).devices).toHaveLength(3);
    const again = await callBy(
      workerWith({ HUB: hubsWhere("listsDevices", losingFirst({ retryable: true })) }),
      app.admin,
      "POST",
      "/admin/import",
      { body: JSON.stringify(row), headers: { "content-type": "application/x-ndjson" } },
    );
    expect(again.data).toMatchObject([{ result: "unchanged" }]);
  });

  it("refuses a cursor that it has not given, and who is no admin", async () => {
    const app = await newApp();
    const { session } = await app.session();
    for (const cursor of ["1", "0.0", "x", "1.2.3"])
      expect(await app.admin.get("/admin/export", { cursor })).toMatchObject({ code: 10002 });
    for (const limit of ["0", "1001", "x"])
      expect(await app.admin.get("/admin/export", { limit })).toMatchObject({ code: 10002 });
    expect((await session.get("/admin/export")).code).toBe(10010);
    expect((await app.nobody.get("/admin/export")).code).toBe(10003);
  });
});
