import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { dataOf, newApp } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { before } from "./kit/databases.ts";
import { codeOf } from "./kit/devices.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy } from "./kit/faults.ts";
import { move, moveToEnd } from "./kit/moving.ts";
import { pages } from "./kit/records.ts";
import { notedStatements, rowsRead } from "./kit/statements.ts";
import { NewAdminToken, done } from "./kit/wire.ts";

const setForward = movableClock();
const statements = notedStatements();

/** Most rows that one database reads for a page: a look through 1,000, which takes each of them three times. */
const MOST = 3_100;

describe("while an app is moved", () => {
  it("a page of its records looks through 1,000 of those that are copied at most, and the pages have each record once", async () => {
    const app = await newApp({ database: 0 });
    const user = await app.user();
    await env.DB.prepare(
      `insert into audit (app_id, caller, operation, at, address, request_id)
       with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 2500)
       select ?, 'system', 'session.expired', n, '', '' from numbers`,
    )
      .bind(app.id)
      .run();
    const ids = async () => {
      const { results } = await env.DB.prepare("select id from audit where app_id = ? order by id")
        .bind(app.id)
        .all();
      return results.map((row) => Number(row["id"]));
    };
    expect((await move(app, 1)).phase).toBe("waiting");
    await done(app.root.put("/admin/groups", { group_id: 7, owner_id: user.id }));
    const all = await ids();

    statements.forget();
    expect((await app.admin.get("/admin/audit", { limit: "20" })).code).toBe(200);
    const reads = statements.sent().filter(({ sql }) => sql.includes('from "audit"'));
    expect(reads.length).toBeGreaterThan(0);
    for (const read of reads) expect(await rowsRead([read])).toBeLessThan(MOST);

    const listed = (await pages(app.admin, "/admin/audit", { limit: "200" })).flat();
    expect(listed.toSorted((one, other) => one - other)).toEqual(all);
    await moveToEnd(app, 1, setForward);
    const afterwards = (await pages(app.admin, "/admin/audit", { limit: "200" })).flat();
    expect(afterwards.toSorted((one, other) => one - other)).toEqual(all);
  });
});

describe("a revocation that died half-way", () => {
  it("is not undone by a move: the token writes nothing where the app stands then", async () => {
    const app = await newApp({ database: 1 });
    const user = await app.user();
    const made = dataOf(await app.root.post("/admin/tokens", { name: "made" }), NewAdminToken);
    const DB = before(env.DB, async () => {
      throw new Error("the machine died");
    });
    const died = await callBy(workerWith({ DB }), app.root, "DELETE", "/admin/tokens", {
      json: { id: made.id },
    });
    expect(died.code).toBe(500);

    await moveToEnd(app, 2, setForward);

    const admin = app.nobody.with({ "access-token": made.token, user_id: String(user.id) });
    expect((await admin.post("/user/nickname", { nick_name: "late" })).code).toBe(10008);
    expect((await app.actingFor(user).post("/user/nickname", { nick_name: "on time" })).code).toBe(200);
    await done(app.root.set("/admin/tokens", { id: String(made.id) }, "DELETE"));
    expect(await codeOf(admin)).toBe(10008);
  });
});
