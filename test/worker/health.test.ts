import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { attemptsName } from "../../src/hub/contract.ts";
import { Client, call } from "./kit/client.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, hubsWhere, unreached } from "./kit/faults.ts";
import { goneDatabase } from "./kit/databases.ts";

const nobody = new Client({});
const fine = { ok: true, ms: expect.any(Number) };

/** KV, of which nothing comes back. */
const silent: Cloudflare.Env["TOKENS"] = new Proxy(env.TOKENS, {
  get: (target, name) => (name === "get" ? () => new Promise(() => undefined) : Reflect.get(target, name)),
});

describe("/health/live", () => {
  it("says that the Worker runs, whatever stands behind it", async () => {
    expect(await call("GET", "/health/live")).toMatchObject({ code: 200, data: true });
    const alone = workerWith({ DB: goneDatabase, TOKENS: silent, HUB: hubsWhere("knows", unreached) });
    expect(await callBy(alone, nobody, "GET", "/health/live")).toMatchObject({ code: 200, data: true });
  });
});

describe("/health/ready", () => {
  it("says that D1, KV and a hub answer, and leaves nothing in the hub", async () => {
    const { code, data, response } = await call("GET", "/health/ready");
    expect(code).toBe(200);
    expect(data).toEqual({ d1: fine, kv: fine, hub: fine });
    expect(response.headers.get("cache-control")).toBe("no-store");
    const tables = await runInDurableObject(
      env.HUB.getByName(attemptsName("health", "ready")),
      (_, { storage: { sql } }) => sql.exec("select name from sqlite_master where name = 'steps'").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it.each<[string, Partial<Cloudflare.Env>]>([
    ["d1", { DB: goneDatabase }],
    ["d1", { USERS_1: goneDatabase }],
    ["kv", { TOKENS: silent }],
    ["hub", { HUB: hubsWhere("knows", unreached) }],
  ])("is 503, within little more than 2 s, where %s does not answer", async (name, changes) => {
    const start = Date.now();
    const answer = await callBy(workerWith(changes), nobody, "GET", "/health/ready");
    expect(answer.response.status).toBe(503);
    expect(answer).toMatchObject({
      code: 503,
      message: `not ready: ${name}`,
      data: { [name]: { ok: false } },
    });
    expect(Date.now() - start).toBeLessThan(10_000);
  });
});
