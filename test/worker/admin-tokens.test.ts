import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { type App, dataOf, newApp } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { logged } from "./kit/log.ts";
import { routeOf, withPhone } from "./kit/routes.ts";
import { AdminToken, NewAdminToken, codesOf, done } from "./kit/wire.ts";

const setForward = movableClock();

const HOUR = 3_600_000;

const path = "/admin/tokens";

async function make(app: App, more: Record<string, unknown> = {}) {
  const made = dataOf(await app.root.post(path, { name: "made", ...more }), NewAdminToken);
  return { ...made, client: app.nobody.with({ "access-token": made.token }) };
}

async function list(app: App) {
  return dataOf(await app.root.get(path), z.array(AdminToken));
}

function revoke(app: App, id: number) {
  return app.root.set(path, { id: String(id) }, "DELETE");
}

describe("an admin token", () => {
  it("whose life ends while its call is under way changes nothing, and hears so", async () => {
    const app = await newApp();
    const { client } = await make(app, { expire: Date.now() + HOUR });
    // A hash waits for its turn when all of the call has been judged.
    vi.spyOn(scheduler, "wait").mockImplementation(async () => setForward(2 * HOUR));
    const list = [{ username: "late_comer", password: "a password" }];
    expect(await client.post("/user/register/batch", { list })).toMatchObject({ code: 402, data: null });
    expect((await app.nobody.post("/token/user", { name: "late_comer", password: "a password" })).code).toBe(
      11001,
    );
  });

  it("works from the moment it is made, in its app and in no other", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    const { name, expire, client } = await make(app);
    expect({ name, expire }).toEqual({ name: "made", expire: null });
    expect((await client.get("/user/list")).code).toBe(200);
    expect((await client.with({ app_id: other.id }).get("/user/list")).code).toBe(10008);
  });

  it("that is known is judged in the trip of what it does, and is refused there once it is not in force", async () => {
    const app = await newApp();
    const { id, client } = await make(app);
    const { user_id } = dataOf(
      await app.nobody.post("/user/register/v2", { username: "watched", password: "a password" }),
      z.object({ user_id: z.int() }),
    );
    expect((await client.get("/user/list")).code).toBe(200);
    const { lines } = await logged(async () => {
      expect((await client.get("/user/list")).code).toBe(200);
      expect((await client.get("/user/list?page_size=0")).code).toBe(10002);
    });
    expect(lines.map(({ trips }) => trips.d1)).toEqual([1, 1]);
    const banned = await logged(async () => client.put("/user/disable", { list: [user_id] }));
    // The ban itself, and the crossing off of what its hub has heard, which no answer waits for.
    expect(banned.lines).toMatchObject([{ code: 200, trips: { hub: 1 } }]);
    expect(banned.lines[0]?.trips.d1).toBeLessThanOrEqual(2);

    // Another isolate revokes it: this one still takes it for what it was.
    await env.DB.prepare("update admin_tokens set revoked_at = ? where id = ?").bind(Date.now(), id).run();
    expect(await client.put("/user/enable", { list: [user_id] })).toMatchObject({ code: 10008, data: null });
    const login = { name: "watched", password: "a password" };
    expect((await app.nobody.post("/token/user", login)).code).toBe(10029);
    expect((await client.get("/user/list")).code).toBe(10008);
    expect((await client.get("/user/list?page_size=0")).code).toBe(10008);
  });

  it("that is revoked elsewhere is told so, whatever else is wrong, by a read and by a ban", async () => {
    const app = await newApp();
    for (const refused of [
      (client: App["nobody"]) => client.get("/user/list"),
      (client: App["nobody"]) => client.get("/user/list?page_size=0"),
      (client: App["nobody"]) => client.put("/user/disable", { list: [1], until: 5 }),
    ]) {
      const { id, client } = await make(app, { name: crypto.randomUUID() });
      expect((await client.get("/user/list")).code).toBe(200);
      await env.DB.prepare("update admin_tokens set revoked_at = ? where id = ?").bind(Date.now(), id).run();
      expect(await refused(client)).toMatchObject({ code: 10008, data: null });
    }
  });

  it("that is known and revoked elsewhere is shown no push token, and counts on no badge", async () => {
    const app = await newApp();
    const { user } = await withPhone(app);
    const { id, client } = await make(app);
    const route = async (badge?: { add: number }) =>
      client.post("/admin/push/route", { list: [user.id], badge });
    expect(await route()).toMatchObject({ code: 200, data: [{ push: true, badge: 0 }] });
    expect(await route({ add: 2 })).toMatchObject({ code: 200, data: [{ push: true, badge: 2 }] });
    await env.DB.prepare("update admin_tokens set revoked_at = ? where id = ?").bind(Date.now(), id).run();
    expect(await route({ add: 2 })).toMatchObject({ code: 10008, data: null });
    expect(await routeOf(app, user)).toMatchObject({ badge: 2 });

    const other = await make(app, { name: "other" });
    expect((await other.client.get("/user/list")).code).toBe(200);
    await env.DB.prepare("update admin_tokens set revoked_at = ? where id = ?")
      .bind(Date.now(), other.id)
      .run();
    expect(await other.client.post("/admin/push/route", { list: [user.id] })).toMatchObject({
      code: 10008,
      data: null,
    });
  });

  it("is shown once: the list tells all of it but the token", async () => {
    const app = await newApp();
    const before = Date.now();
    const expire = before + 3_600_000;
    const { id, token } = await make(app, { name: "the desk", expire });
    const answer = await app.root.get(path);
    const row = (await list(app)).find((each) => each.id === id);
    expect(row).toMatchObject({ id, name: "the desk", expire, revoked_at: null });
    expect(row?.created_at).toBeGreaterThanOrEqual(before);
    expect(row?.created_at).toBeLessThanOrEqual(Date.now());
    expect(JSON.stringify(answer.body)).not.toContain(token);
  });

  it("is kept as its SHA-256 and nowhere by itself", async () => {
    const app = await newApp();
    const { id, token, client } = await make(app);
    await client.get("/user/list");
    const row = await env.DB.prepare("select * from admin_tokens where id = ?").bind(id).first();
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
    expect(row).toMatchObject({ app_id: app.id, hash: Buffer.from(digest).toString("hex") });
    const audit = await env.DB.prepare("select * from audit where app_id = ?").bind(app.id).all();
    const { keys } = await env.TOKENS.list();
    const values = await Promise.all(keys.map((key) => env.TOKENS.get(key.name)));
    expect(JSON.stringify([row, audit.results, keys, values])).not.toContain(token.slice(3));
  });

  it.each([0, 1])(
    "has a name that is free again once the last one's life is over, in database %i",
    async (database) => {
      const app = await newApp({ database });
      await make(app, { name: "the desk", expire: Date.now() + HOUR });
      setForward(HOUR);
      const { client } = await make(app, { name: "the desk" });
      const user = await app.user();
      expect(await client.put("/user/disable", { list: [user.id] })).toMatchObject({ code: 200, data: true });
    },
  );

  it("is refused from the very next call on once it is revoked, and no other is", async () => {
    const app = await newApp();
    const [gone, stays] = [await make(app), await make(app, { name: "stays" })];
    expect((await gone.client.get("/user/list")).code).toBe(200);
    await done(revoke(app, gone.id));
    expect(await gone.client.get("/user/list")).toMatchObject({ code: 10008, data: null });
    expect((await gone.client.put("/admin/groups", { group_id: 1, owner_id: 1 })).code).toBe(10008);
    for (const client of [stays.client, app.admin]) expect((await client.get("/user/list")).code).toBe(200);
    const rows = await list(app);
    expect(rows.find((row) => row.id === gone.id)?.revoked_at).toBeGreaterThan(0);
    expect(rows.find((row) => row.id === stays.id)?.revoked_at).toBeNull();
  });

  it("is revoked by its own app only, and by an id that is one", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    const { id, client } = await make(app);
    const answers = [
      await revoke(other, id),
      await revoke(app, 999_999_999),
      await app.root.set(path, {}, "DELETE"),
      await app.root.set(path, { id: "first" }, "DELETE"),
      await app.root.set(path, { id: "0" }, "DELETE"),
    ];
    expect(codesOf(answers)).not.toContain(200);
    for (const { data } of answers) expect(data).toBeNull();
    expect((await client.get("/user/list")).code).toBe(200);
  });

  it("answers 402 once its life is over, and a new one works", async () => {
    const app = await newApp();
    const expire = Date.now() + 1000;
    const { client } = await make(app, { expire });
    const codes = new Set<number>();
    await expect
      .poll(
        async () => {
          const { code } = await client.get("/user/list");
          codes.add(code);
          return code;
        },
        { interval: 25, timeout: 10_000 },
      )
      .toBe(402);
    expect(Date.now()).toBeGreaterThanOrEqual(expire);
    expect([...codes]).toEqual([200, 402]);
    expect((await (await make(app)).client.get("/user/list")).code).toBe(200);
  });

  it.each([
    ["name", { name: undefined }],
    ["name", { name: null }],
    ["name", { name: "" }],
    ["name", { name: "n".repeat(65) }],
    ["expire", { expire: Date.now() - 1000 }],
    ["expire", { expire: "tomorrow" }],
    ["expire", { expire: 1.5 }],
  ])("is refused with 10002 where %s is missing or wrong, and none is made", async (name, wrong) => {
    const app = await newApp();
    const answer = await app.root.post(path, { name: "made", ...wrong });
    expect(answer).toMatchObject({ code: 10002, data: null });
    expect(answer.message).toContain(name);
    expect(await list(app)).toHaveLength(1);
  });

  it("is listed in its app only", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    const { id } = await make(app);
    expect((await list(app)).map((row) => row.id)).toContain(id);
    expect((await list(other)).map((row) => row.id)).not.toContain(id);
  });
});
