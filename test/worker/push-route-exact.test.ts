import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type App, type Client, type Session, type User, newApp, newName } from "./kit/client.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, databaseWhoseBatches, giveDatabase, hubOf } from "./kit/faults.ts";
import { logged } from "./kit/log.ts";
import { importOne } from "./kit/moving-in.ts";
import { rounds } from "./kit/race.ts";
import { bind, routesOf, tokensOf, withPhone } from "./kit/routes.ts";
import { connect } from "./kit/socket.ts";
import { done } from "./kit/wire.ts";

/** A user whose phone has a push token, of its own or in the settings, and another device of the same user. */
interface Stage {
  app: App;
  user: User;
  phone: Session;
  laptop: Session;
  token: string;
}

/** How the phone comes to have the token. */
const ways = {
  "bound to the phone": (phone: Session, token: string) => bind(phone, 1, token),
  "of the settings": (phone: Session, token: string) => setToken(phone, token),
};

type Way = keyof typeof ways;

async function newStage(app: App, way: Way): Promise<Stage> {
  const token = crypto.randomUUID();
  const { user, session: phone } = await app.session({ device_guid: "phone", platform: 1 });
  await ways[way](phone, token);
  const laptop = await app.signIn(user, { device_guid: "laptop" });
  return { app, user, phone, laptop, token };
}

const setToken = (client: Client, push_token: string) => done(client.post("/user/settings", { push_token }));

/** How often each is raced with routes. */
const ROUNDS: Record<Way, number> = { "bound to the phone": 6, "of the settings": 3 };

type End = (stage: Stage) => Promise<unknown>;

/** All that ends the phone's session. */
const sessionEnds: Record<string, End> = {
  "the phone signs out": ({ phone }) => done(phone.post("/token/logout")),
  "the phone is kicked": ({ laptop }) => done(laptop.set("/user/kick", { device_sn: "1" })),
  "all are kicked": ({ laptop }) => done(laptop.post("/user/kick")),
  "an admin kicks": ({ app, user }) => done(app.actingFor(user).set("/user/kick", { device_sn: "1" })),
  "the phone is removed": ({ laptop }) => done(laptop.set("/user/device/remove", { device_sn: "1" })),
  "the user is disabled": ({ app, user }) => done(app.disable(user)),
  "the user is deleted": ({ laptop }) => done(laptop.post("/user/delete")),
  "the password is changed": ({ laptop, user }) =>
    done(laptop.post("/user/change_password", { old_password: user.password, new_password: "a new word" })),
  "an admin sets the password": ({ app, user }) =>
    done(app.actingFor(user).post("/user/change_password_admin", { password: "a new word" })),
  "the sign-in policy makes room": async ({ app, user }) => {
    const sign_in_policy = { limits: { total: 2 }, overflow: "kick_oldest" };
    await app.root.put("/admin/app", { sign_in_policy });
    await app.signIn(user, { device_guid: "tablet" });
  },
};

/** What else takes a token away that is bound to the phone. */
const bindingEnds: Record<string, End> = {
  "the token is taken off": ({ phone }) => done(phone.post("/user/token/unbind", { deviceSn: 1 })),
  "the phone has another token": ({ phone, token }) => bind(phone, 1, `${token} 2`),
  "the laptop has it, at another notifier of the phone": async ({ phone, laptop, token }) => {
    await bind(laptop, 2, token);
    await done(laptop.post("/user/token/unbind", { deviceSn: 2 }));
    await bind(phone, 1, `${token} 2`, "fcm");
  },
  "another user has it": async ({ app, token }) => withPhone(app, token),
};

/** What else takes a token away that is of the settings. */
const settingsEnds: Record<string, End> = {
  "the settings have another": ({ laptop, token }) => setToken(laptop, `${token} 2`),
  "another user has it": async ({ app, token }) => setToken((await app.session()).session, token),
  "an import gives it to another user": async ({ app, token }) => {
    const row = { external_id: token, username: newName(), settings: { push_token: token } };
    expect(await importOne(app, row)).toMatchObject({ result: "created" });
  },
};

const ends: readonly (readonly [Way, string, End])[] = [
  ...Object.entries({ ...sessionEnds, ...bindingEnds }).map(
    ([how, end]) => ["bound to the phone", how, end] as const,
  ),
  ...Object.entries({ ...sessionEnds, ...settingsEnds }).map(
    ([how, end]) => ["of the settings", how, end] as const,
  ),
];

describe("a push token that is asked about while it goes", () => {
  // A hub is half a second in falling asleep: so they are at it at once.
  it.concurrent.each(ends)("%s is named by no route that is asked when %s", async (way, _how, end) => {
    const app = await newApp();
    let asked = 0;
    await rounds(async (round) => {
      const stage = await newStage(app, way);
      expect(await tokensOf(app, stage.user)).toEqual([stage.token]);
      // Now and then there is no copy that is remembered, or none at all.
      if (round % 3 === 1) await evictDurableObject(hubOf(app, stage.user));
      const ask = async () => {
        // Some while it goes, so many that no flood is made, and one when it is gone.
        for (let times = 0; times < 3; times++) {
          await tokensOf(app, stage.user);
          asked++;
        }
        await ending;
        return await tokensOf(app, stage.user);
      };
      const ending = end(stage);
      for (const tokens of await Promise.all([ask(), ask(), ask()])) {
        expect(tokens).not.toContain(stage.token);
      }
    }, ROUNDS[way]);
    expect(asked).toBe(ROUNDS[way] * 9);
  });

  it.each(ends)("%s is named by none after the hub has died when %s", async (way, _how, end) => {
    const app = await newApp();
    const stage = await newStage(app, way);
    await end(stage);
    await abortAllDurableObjects();
    expect(await tokensOf(app, stage.user)).not.toContain(stage.token);
  });
});

describe("a copy that is read while another user takes the token", () => {
  it("is read again before the route is answered", async () => {
    const app = await newApp();
    const { user } = await withPhone(app, "token");
    const { session: other } = await app.session({ device_guid: "phone" });
    const hub = hubOf(app, user);
    // A batch that an admin changed has the copy forgotten; the next route reads D1.
    await app.admin.post("/user/profile/batch", { list: [{ user_id: user.id, nick_name: "Wren" }] });
    let reads = 0;
    const restore = await giveDatabase(
      hub,
      databaseWhoseBatches(async (send) => {
        const results = await send();
        // Of those batches only the read of all that is a user's own has as many parts as there are copies.
        if (results.length === 4 && reads++ === 0) await bind(other, 1, "token");
        return results;
      }),
    );
    const tokens = await tokensOf(app, user);
    restore();
    expect(reads).toBe(2);
    expect(tokens).toEqual([]);
    expect(await tokensOf(app, user)).toEqual([]);
  });
});

describe("a push token that is still the device's", () => {
  it("is named after the device has signed in anew, and after the hub has died", async () => {
    const app = await newApp();
    const { user } = await withPhone(app, "token");
    await app.signIn(user, { device_guid: "phone" });
    expect(await tokensOf(app, user)).toEqual(["token"]);
    await abortAllDurableObjects();
    expect(await tokensOf(app, user)).toEqual(["token"]);
  });

  it("is named with the device as connected for just as long as it has an open socket", async () => {
    const app = await newApp();
    const { user, session } = await withPhone(app, "token");
    const isOnline = async () => (await routesOf(app, [user.id]))[0]?.devices[0]?.online;
    expect(await isOnline()).toBe(false);
    const socket = await connect(session);
    expect(await isOnline()).toBe(true);
    socket.close();
    await expect.poll(isOnline).toBe(false);
  });
});

describe("hubs", () => {
  it("are asked once each, and no hub is asked of who is no user of the app", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    const { user } = await withPhone(app, "token");
    const { user: second } = await withPhone(app, "second");
    const { user: abroad } = await withPhone(other, "token");
    const names: string[] = [];
    const HUB = new Proxy(env.HUB, {
      get(target, name) {
        if (name !== "getByName") return Reflect.get(target, name);
        return (hub: string) => {
          names.push(hub);
          return target.getByName(hub);
        };
      },
    });
    const json = { list: [9_000_000_001, user.id, abroad.id, second.id, user.id], badge: { add: 1 } };
    const fetch = workerWith({ HUB });
    // An admin token that the isolate has not seen is read once more.
    await callBy(fetch, app.admin, "POST", "/admin/push/route", { json: { list: [user.id] } });
    for (const trips of [
      { d1: 2, hub: 2 },
      { d1: 2, hub: 2 },
    ]) {
      const { lines } = await logged(async () => {
        await callBy(fetch, app.admin, "POST", "/admin/push/route", { json });
      });
      expect(lines).toMatchObject([{ code: 200, trips }]);
    }
    expect(new Set(names)).toEqual(new Set([`${app.id}/${user.id}`, `${app.id}/${second.id}`]));
    const { lines } = await logged(async () => routesOf(app, [user.id, second.id]));
    expect(lines).toMatchObject([{ code: 200, trips: { d1: 1, hub: 2 } }]);
  });
});
