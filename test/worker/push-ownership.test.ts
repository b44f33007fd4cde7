import { abortAllDurableObjects } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { type App, type Client, type Fetch, type User, dataOf, newApp, newName } from "./kit/client.ts";
import { deafTo, workerWith } from "./kit/elsewhere.ts";
import { explained } from "./kit/explained.ts";
import { callBy, databaseWhoseBatches, giveDatabase, hubOf, owedTo, runCron } from "./kit/faults.ts";
import { holdings } from "./kit/push.ts";
import { tokensOf } from "./kit/routes.ts";
import { Settings, boundDevicesOf, codesOf, done, settingsOf } from "./kit/wire.ts";

const password = "secret word";
const plain: Fetch = workerWith({});

/** A user who has come to have a push token, and what the call answered. */
interface Holder {
  user: User;
  code: number;
}

/** Ways to come to have a push token that has no notifier's name. */
const ways: Record<string, (app: App, push_token: string, fetch?: Fetch) => Promise<Holder>> = {
  "the settings": async (app, push_token, fetch = plain) => {
    const { user, session } = await app.session({ device_guid: "phone" });
    const { code } = await callBy(fetch, session, "POST", "/user/settings", { json: { push_token } });
    return { user, code };
  },
  "the alias": async (app, push_token, fetch = plain) => {
    const { user, session } = await app.session();
    const json = { alias: "a", push_token };
    const { code } = await callBy(fetch, session, "POST", "/user/push/alias", { json });
    return { user, code };
  },
  "an admin": async (app, push_token, fetch = plain) => {
    const user = await app.user();
    const json = { push_token };
    const { code } = await callBy(fetch, app.actingFor(user), "PUT", "/user/settings", { json });
    return { user, code };
  },
  "a registration": async (app, push_token, fetch = plain) => register(app, { push_token }, fetch),
  "a registration with a device": async (app, push_token, fetch = plain) =>
    register(app, { push_token, device_guid: "phone" }, fetch),
};

async function register(app: App, more: Record<string, string>, fetch: Fetch): Promise<Holder> {
  const name = newName();
  const json = { username: name, password, ...more };
  const answer = await callBy(fetch, app.nobody, "POST", "/user/register/push", { json });
  const id = answer.code === 200 ? dataOf(answer, Settings).user_id : await idOf(app, name);
  return { user: { id, name, password }, code: answer.code };
}

async function idOf(app: App, name: string): Promise<number> {
  return (await app.signIn({ id: 0, name, password })).userId;
}

/** What a user sees of push tokens: that of the settings, and the devices that have one. */
async function seenBy(client: Client) {
  return { settings: (await settingsOf(client)).push_token, bound: await boundDevicesOf(client) };
}

const nothing = { settings: "", bound: [] };

const pairs = Object.keys(ways).flatMap((first) => Object.keys(ways).map((then) => [first, then] as const));

describe("a push token without a notifier's name", () => {
  it.each(pairs)("that %s had goes over to who has it by %s, wherever it is read", async (first, then) => {
    const app = await newApp();
    const loser = await ways[first]?.(app, "token");
    if (!loser) throw new Error("there is no such way");
    const losing = app.actingFor(loser.user);
    expect((await seenBy(losing)).settings).toBe("token");

    const winner = await ways[then]?.(app, "token");

    expect(winner?.code).toBe(200);
    expect(await seenBy(losing)).toEqual(nothing);
    expect((await seenBy(app.actingFor(winner?.user ?? loser.user))).settings).toBe("token");
    expect((await holdings(app)).map(({ user_id }) => user_id)).toEqual([winner?.user.id]);
  });

  it.each(Object.keys(ways))(
    "that %s had is pushed to by nobody who has lost it, nor once the hubs have died",
    async (way) => {
      const app = await newApp();
      const gated = async ({ id }: User) => (await explained(app, { for: "push", user_id: id })).reason;
      // The question comes first, which leaves the hub as it is.
      const told = async (user: User) => [await gated(user), await tokensOf(app, user)];
      const [free, lost] = [
        ["", ["token"]],
        ["no_device", []],
      ];
      const { user: loser } = (await ways[way]?.(app, "token")) ?? { user: await app.user() };
      expect(await told(loser)).toEqual(free);
      // What is read from D1 by a hub anew is in its table, and not only remembered.
      await abortAllDurableObjects();
      expect(await told(loser)).toEqual(free);

      const { user: winner } = await register(app, { push_token: "token" }, plain);

      expect([await gated(loser), await gated(winner)]).toEqual(["no_device", ""]);
      await abortAllDurableObjects();
      expect([await told(loser), await told(winner)]).toEqual([lost, free]);
    },
  );

  it.each(Object.keys(ways))(
    "is no success of %s while the loser cannot be told, who is told in the end",
    async (way) => {
      const app = await newApp();
      const { user: loser } = (await ways["the settings"]?.(app, "token")) ?? { user: await app.user() };
      const losing = app.actingFor(loser);
      expect((await seenBy(losing)).settings).toBe("token");
      const deaf = deafTo(app, loser);

      const winner = await ways[way]?.(app, "token", deaf);

      expect(winner?.code).toBe(503);
      expect(await owedTo(loser)).toBe(1);
      await runCron();
      await vi.waitUntil(async () => (await owedTo(loser)) === 0);
      expect(await seenBy(losing)).toEqual(nothing);
      expect((await holdings(app)).map(({ user_id }) => user_id)).toEqual([winner?.user.id]);
    },
  );

  it.each(["the settings", "a device"] as const)(
    "is a success of %s once the loser has been told by the same call, sent again",
    async (way) => {
      const app = await newApp();
      const { user: loser } = await app.session({ device_guid: "phone" });
      const losing = app.actingFor(loser);
      const winner = await app.session({ device_guid: "phone" });
      const take = async (user: Client, fetch = plain) => {
        const [path, json] =
          way === "the settings"
            ? ["/user/settings", { push_token: "token" }]
            : ["/user/token/bind", { device_sn: 1, device_token: "token", notifier_name: "apns" }];
        return (await callBy(fetch, user, "POST", path, { json })).code;
      };
      expect(await take(losing)).toBe(200);
      await seenBy(losing);
      const deaf = deafTo(app, loser);

      expect(await take(winner.session, deaf)).toBe(503);
      expect(await owedTo(loser)).toBe(1);
      expect(await take(winner.session)).toBe(200);

      expect(await seenBy(losing)).toEqual(nothing);
      await vi.waitUntil(async () => (await owedTo(loser)) === 0);
    },
  );

  it("is one user's in the end, whoever takes it at once and however, and each sees what is so", async () => {
    const app = await newApp();
    for (let round = 0; round < 5; round++) {
      const token = `token ${round}`;
      const takers = await Promise.all(
        [...Object.values(ways), ...Object.values(ways)].map(async (way) => way(app, token)),
      );
      expect(new Set(takers.map(({ code }) => code))).toEqual(new Set([200]));
      const held = (await holdings(app)).filter(({ device_token }) => device_token === token);
      expect(held).toHaveLength(1);
      for (const { user } of takers) {
        const isOwner = user.id === held[0]?.user_id;
        const bound = isOwner && held[0]?.device_sn === 1 ? [1] : [];
        expect(await seenBy(app.actingFor(user))).toEqual({ settings: isOwner ? token : "", bound });
      }
    }
  });

  it("is one user's in the end where many write it again and again at once", async () => {
    const app = await newApp();
    const users = await Promise.all(Array.from({ length: 4 }, () => app.session({ device_guid: "phone" })));
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(
        users.map(({ session }) => session.post("/user/settings", { push_token: "token" })),
      );
      expect(codesOf(answers)).toEqual([200, 200, 200, 200]);
      const held = await holdings(app);
      expect(held).toHaveLength(1);
      for (const { user, session } of users) {
        const { settings } = await seenBy(session);
        expect(settings).toBe(user.id === held[0]?.user_id ? "token" : "");
      }
    }
  });

  it("is another than the same token at a notifier, and than that in another app", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    const [named, unnamed, abroad] = [
      await app.session({ device_guid: "phone" }),
      await app.session(),
      await other.session(),
    ];
    await done(
      named.session.post("/user/token/bind", { device_sn: 1, device_token: "t", notifier_name: "fcm" }),
    );
    await done(unnamed.session.post("/user/settings", { push_token: "t" }));
    await done(abroad.session.post("/user/settings", { push_token: "t" }));
    expect(await seenBy(named.session)).toEqual({ settings: "", bound: [1] });
    expect(await seenBy(unnamed.session)).toEqual({ settings: "t", bound: [] });
    expect(await seenBy(abroad.session)).toEqual({ settings: "t", bound: [] });
  });

  it("stays with whoever has it where who would have it is gone by then", async () => {
    const app = await newApp();
    const holder = await app.session();
    await done(holder.session.post("/user/settings", { push_token: "token" }));
    const late = await app.session();
    const DB = databaseWhoseBatches(async (send) => {
      await env.DB.prepare("delete from users where id = ?").bind(late.user.id).run();
      return await send();
    });
    const restore = await giveDatabase(hubOf(app, late.user), DB);

    const answer = await late.session.post("/user/settings", { push_token: "token" });
    restore();

    expect(answer.code).toBe(10000);
    expect(await seenBy(holder.session)).toEqual({ settings: "token", bound: [] });
    expect((await holdings(app)).map(({ user_id }) => user_id)).toEqual([holder.user.id]);
  });

  it("stays where a registration of a taken name fails", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    await done(session.post("/user/settings", { push_token: "token" }));
    const wanted = { username: user.name, password, device_guid: "g", push_token: "token" };
    expect((await app.nobody.post("/user/register/push", wanted)).code).toBe(10004);
    expect((await seenBy(session)).settings).toBe("token");
  });
});
