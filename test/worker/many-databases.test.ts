import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { hashToken } from "../../src/domain/tokens.ts";
import { dataOf, newApp, newName, root } from "./kit/client.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, runCron } from "./kit/faults.ts";
import { manyDatabases } from "./kit/many.ts";
import { sdkOpen } from "./kit/sdk-client.ts";
import { App } from "./kit/wire.ts";

/** So many user databases that a visit to each would be more than the platform allows. */
const COUNT = 200;

/** Trips to D1 that the platform gives a run. */
const MOST_TRIPS = 1_000;

describe("with two hundred databases", () => {
  it("no run of the cron trigger makes 1,000 trips, and each database has its turn", async () => {
    // What other files left owed would take of the trips.
    await env.DB.prepare("delete from owed_signals").run();
    const many = manyDatabases(COUNT);
    const all = Array.from({ length: COUNT + 1 }, (_, number) => number);
    const [paid, forgotten] = [new Set<number>(), new Set<number>()];
    const paidAfter: number[] = [];
    for (let run = 1; run <= 5; run++) {
      many.forget();
      await runCron(many.bindings);
      expect(many.trips()).toBeLessThan(MOST_TRIPS);
      for (const number of many.sent('from "owed_signals"')) paid.add(number);
      for (const number of many.sent('delete from "tokens"')) forgotten.add(number);
      paidAfter.push(paid.size);
    }
    expect(paidAfter[1]).toBe(all.length);
    expect([...forgotten].toSorted((one, other) => one - other)).toEqual(all);
  });

  it("an app is placed by what is kept of them: one of them is asked, and none but the directory before", async () => {
    const many = manyDatabases(COUNT);
    const app_id = newName("app");
    const made = await callBy(workerWith(many.bindings), root, "POST", "/admin/apps", { json: { app_id } });
    const { database } = dataOf(made, App);
    expect(many.sent("").filter((number) => number > 0)).toEqual([database]);
    expect(many.trips()).toBeLessThan(6);
  });

  it.each([
    ["of the form of today", `wu_${"A".repeat(43)}0123456789ab`],
    ["without a tag", `wu_${"A".repeat(43)}`],
  ])("a token that was made up, %s, is looked for in none of them", async (_, token) => {
    const many = manyDatabases(COUNT);
    const client = await sdkOpen({}, workerWith(many.bindings));
    expect(await client.provision(token)).toMatchObject({ code: 7 });
    expect(many.sent("").filter((number) => number > 0)).toEqual([]);
    expect(many.trips()).toBe(1);
  });

  it("a token that KV does not know is found in its app's database, and no other is asked", async () => {
    const many = manyDatabases(COUNT);
    const app = await newApp({ database: 1 });
    const { session, user } = await app.session();
    // One of its app that neither this isolate nor KV has seen.
    const token = `wu_${"a".repeat(30)}${crypto.randomUUID().slice(0, 13)}${session.token.slice(-12)}`;
    await env.USERS_1.prepare("update tokens set hash = ? where user_id = ?")
      .bind(hashToken(token), user.id)
      .run();
    const client = await sdkOpen({}, workerWith(many.bindings));
    expect(await client.provision(token)).toMatchObject({ code: 1, uid: user.id });
    expect(many.sent('from "tokens"')).toEqual([1]);
    expect(many.sent("").filter((number) => number > 1)).toEqual([]);
  });
});
