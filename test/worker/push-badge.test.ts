import { env } from "cloudflare:workers";
import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type App, type Client, type User, newApp } from "./kit/client.ts";
import { atNextBatch, callBy, hubOf, losingFirst } from "./kit/faults.ts";
import { heard, withKey } from "./kit/keys.ts";
import { unlucky } from "./kit/lost.ts";
import { bind, routeOf, routesOf, withPhone } from "./kit/routes.ts";
import { done } from "./kit/wire.ts";

const badgeOf = async (client: Client) => (await client.get("/user/push/badge")).data;

const count = async (app: App, user: User, add: number) => await routeOf(app, user, { badge: { add } });

/** All that a user's hub keeps for who sends a request again, as one text. */
async function keptIn(app: App, user: User): Promise<string> {
  return await runInDurableObject(hubOf(app, user), (_hub, { storage }) =>
    JSON.stringify(storage.sql.exec("select * from keyed_answers").toArray()),
  );
}

describe("the badge that pushes count on", () => {
  it("grows whether or not the push is let through, and is told by then", async () => {
    const app = await newApp();
    const { user, session } = await withPhone(app);
    expect(await count(app, user, 1)).toMatchObject({ push: true, badge: 1 });
    await done(session.set("/user/push/snooze", { until: String(Date.now() + 60_000) }));
    expect(await count(app, user, 2)).toMatchObject({ reason: "snoozed", badge: 3 });
    const always = [{ days: [1, 2, 3, 4, 5, 6, 7], from: "00:00", to: "00:00" }];
    await done(session.post("/user/settings", { push_schedule: always }));
    await done(session.set("/user/push/snooze", { until: "0" }));
    expect(await count(app, user, 1)).toMatchObject({ reason: "do_not_disturb", badge: 4 });
    await done(session.set("/user/push", { value: "true" }));
    expect(await count(app, user, 1)).toMatchObject({ reason: "push_off", badge: 5 });
    await done(session.post("/user/token/unbind", { deviceSn: 1 }));
    expect(await count(app, user, 1000)).toMatchObject({ badge: 1005 });
    expect(await count(app, user, 0)).toMatchObject({ badge: 1005 });
    expect(await routeOf(app, user)).toMatchObject({ badge: 1005 });
    expect(await badgeOf(session)).toBe(1005);
  });

  it("is what it was where it could not be set, as the app takes no writes", async () => {
    const app = await newApp();
    const { user, session } = await withPhone(app);
    await count(app, user, 2);
    const closing = env.DB.prepare("insert into closings (app_id, move_id, state) values (?, 0, 'closed')");
    await closing.bind(app.id).run();
    expect((await session.post("/user/push/badge", { badge: 0 })).code).toBe(503);
    await env.DB.prepare("delete from closings where app_id = ?").bind(app.id).run();
    expect(await badgeOf(session)).toBe(2);
  });

  it("is not that of who is disabled or not there, and is counted again after the ban", async () => {
    const app = await newApp();
    const { user } = await withPhone(app);
    await count(app, user, 2);
    await app.disable(user);
    expect(await count(app, user, 5)).toMatchObject({ reason: "user_disabled", badge: 2 });
    await app.admin.put("/user/enable", { list: [user.id] });
    expect(await count(app, user, 1)).toMatchObject({ badge: 3 });
    await done(app.actingFor(user).post("/user/delete"));
    expect(await count(app, user, 1)).toMatchObject({ reason: "user_unknown", badge: 0 });
  });

  it("is counted once for an id that is named twice, and for each of many calls at once", async () => {
    const app = await newApp();
    const { user, session } = await withPhone(app);
    const { user: other } = await withPhone(app, "other");
    const routes = await routesOf(app, [user.id, other.id, user.id], { badge: { add: 3 } });
    expect(routes.map(({ badge }) => badge)).toEqual([3, 3, 3]);
    const badges = await Promise.all(
      Array.from({ length: 10 }, async () => (await count(app, user, 1)).badge),
    );
    expect(badges.toSorted((a, b) => a - b)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    expect(await badgeOf(session)).toBe(13);
  });

  it.each(["its answer is lost", "the hub dies with its answer"])("is counted once where %s", async (how) => {
    const app = await newApp();
    const { user, session } = await withPhone(app);
    await count(app, user, 1);
    const lose = losingFirst({ retryable: true });
    let tries = 0;
    const { fetch, done: asked } = unlucky("route", async (run) => {
      try {
        return await lose(run);
      } finally {
        tries++;
        if (tries === 1 && how.startsWith("the hub")) await abortAllDurableObjects();
      }
    });
    const json = { list: [user.id], badge: { add: 1 } };
    const answer = await callBy(fetch, app.admin, "POST", "/admin/push/route", { json });
    expect(asked()).toBe(2);
    expect(answer).toMatchObject({ code: 200, data: [{ push: true, badge: 2 }] });
    expect(await badgeOf(session)).toBe(2);
  });

  it("is counted once for an Idempotency-Key, which hears where the push goes by then", async () => {
    const app = await newApp();
    const { user, session } = await withPhone(app);
    const admin = withKey(app.admin);
    const route = async (add: number) =>
      heard(await admin.post("/admin/push/route", { list: [user.id], badge: { add } }));
    const gone = { push: false, reason: "no_device", badge: 1, devices: [] };
    expect(await route(1)).toMatchObject({
      isReplayed: false,
      body: { data: [{ push: true, badge: 1, devices: [{ device_token: "phone-token" }] }] },
    });
    expect(await keptIn(app, user)).not.toContain("phone-token");
    const { session: another } = await app.session({ device_guid: "other" });
    await bind(another, 1, "phone-token");
    expect(await route(1)).toMatchObject({ isReplayed: true, body: { data: [gone] } });
    await bind(session, 1, "newer-token");
    expect(await route(1)).toMatchObject({
      isReplayed: true,
      body: { data: [{ badge: 1, devices: [{ device_token: "newer-token" }] }] },
    });
    await session.post("/user/kick");
    expect(await route(1)).toMatchObject({ isReplayed: true, body: { data: [gone] } });
    expect((await route(2)).status).toBe(422);
  });

  it("outlasts the hub, and is counted anew from where it is set to", async () => {
    const app = await newApp();
    const { user, session } = await withPhone(app);
    await done(session.post("/user/push/badge", { badge: 40 }));
    await count(app, user, 2);
    await abortAllDurableObjects();
    expect(await badgeOf(session)).toBe(42);
    await done(session.post("/user/push/badge", { badge: 0 }));
    expect(await badgeOf(session)).toBe(0);
    expect(await count(app, user, 1)).toMatchObject({ badge: 1 });
    await done(session.set("/user/nickname", { nick_name: "Wren" }));
    await bind(session, 1, "another");
    expect(await badgeOf(session)).toBe(1);
  });

  it("is what it was where D1 is not told, and adds nothing to one that D1 was told when the hub dies", async () => {
    const app = await newApp();
    const { user, session } = await withPhone(app);
    await count(app, user, 2);
    await atNextBatch(hubOf(app, user), async (send, die) => {
      const results = await send();
      die();
      return results;
    });
    expect((await session.post("/user/push/badge", { badge: 7 })).code).not.toBe(200);
    expect(await badgeOf(session)).toBe(7);
    expect(await count(app, user, 1)).toMatchObject({ badge: 8 });
  });
});
