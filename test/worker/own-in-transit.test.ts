import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Answer, App, Client, User } from "./kit/client.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { atNextBatch, callBy, hubOf, hubsWhere } from "./kit/faults.ts";
import { type Household, bySn, newHousehold } from "./kit/household.ts";
import { withKey } from "./kit/keys.ts";
import { logged } from "./kit/log.ts";
import { auditOf } from "./kit/records.ts";
import { boundDevicesOf, done, profileOf, settingsOf } from "./kit/wire.ts";

/** The database, whatever hubs find in its place. */
const database = env.DB;

/**
 * Has a user's hub lose sight of the next batch that it sends: the connection breaks, or the hub dies. `arrive` is when D1 hears
 * of the batch after all, and says whether D1 has written it.
 */
async function loseSight(
  app: App,
  user: User,
  how: "dies" | "breaks",
): Promise<() => Promise<boolean | undefined>> {
  let arrive: (() => Promise<D1Result[]>) | undefined;
  await atNextBatch(hubOf(app, user), async (send, die) => {
    arrive = send;
    // Nothing leaves a hub before what it has noted is safe.
    await database.prepare("select 1").first();
    if (how === "dies") die();
    throw new Error("D1_ERROR: Network connection lost");
  });
  return async () =>
    await arrive?.().then(
      (results) => results.some(({ meta }) => meta.changes > 0),
      (error: unknown) => {
        if (String(error).includes("hub_is_current")) return false;
        throw error;
      },
    );
}

async function nameOf(user: User) {
  return await env.DB.prepare("select nick_name from users where id = ?").bind(user.id).first("nick_name");
}

/** Has a user's hub die while a write of the phone is on its way to D1. */
async function dieWhileWriting() {
  const household = await newHousehold();
  const { app, user, phone } = household;
  await profileOf(phone);
  const arrive = await loseSight(app, user, "dies");
  await logged(async () => {
    expect((await phone.set("/user/nickname", { nick_name: "Late" })).code).not.toBe(200);
  });
  return { ...household, arrive };
}

describe("a write that is on its way to D1 when its hub dies", () => {
  it("comes to nothing once the next hub has read", async () => {
    const { user, phone, laptop, arrive } = await dieWhileWriting();
    expect((await profileOf(laptop)).nick_name).toBe("");
    expect(await arrive()).toBe(false);
    expect(await nameOf(user)).toBe("");
    expect((await profileOf(phone)).nick_name).toBe("");
    await done(phone.set("/user/nickname", { nick_name: "Wren" }));
    expect([(await profileOf(laptop)).nick_name, await nameOf(user)]).toEqual(["Wren", "Wren"]);
  });

  it("does not come after the kick of its session", async () => {
    const { user, phone, laptop, arrive } = await dieWhileWriting();
    await done(laptop.set("/user/kick", bySn(phone)));
    expect(await arrive()).toBe(false);
    expect([(await profileOf(laptop)).nick_name, await nameOf(user)]).toEqual(["", ""]);
  });

  it("does not come after another write, and is read where it came before", async () => {
    const { phone, user, arrive } = await dieWhileWriting();
    expect(await arrive()).toBe(true);
    expect((await profileOf(phone)).nick_name).toBe("Late");
    await done(phone.set("/user/nickname", { nick_name: "Wren" }));
    expect(await arrive()).toBe(false);
    expect([(await profileOf(phone)).nick_name, await nameOf(user)]).toEqual(["Wren", "Wren"]);
  });
});

describe("a write whose connection breaks on the way", () => {
  it("comes to nothing once the hub has read or written", async () => {
    const { app, user, phone, laptop } = await newHousehold();
    await profileOf(phone);
    for (const goOn of [
      async () => profileOf(laptop),
      async () => done(laptop.set("/user/nickname", { nick_name: "" })),
    ]) {
      const arrive = await loseSight(app, user, "breaks");
      await logged(async () => {
        expect((await phone.set("/user/nickname", { nick_name: "Late" })).code).toBe(500);
      });
      await goOn();
      expect(await arrive()).toBe(false);
      expect([(await profileOf(phone)).nick_name, await nameOf(user)]).toEqual(["", ""]);
    }
  });

  it.each([
    "SQLITE_ERROR",
    "SQLITE_CONSTRAINT",
    "app_is_closed",
    "UNIQUE constraint failed: users.mobile_key",
    "CHECK constraint failed: hub_is_current",
  ])("is lost, whatever it says: %s is no word of the database's", async (name) => {
    const { app, user, phone, laptop } = await newHousehold();
    await profileOf(phone);
    const arrive = await loseSight(app, user, "breaks");
    await logged(async () => {
      expect((await phone.set("/user/nickname", { nick_name: name })).code).toBe(500);
    });
    await done(laptop.set("/user/nickname", { nick_name: "Owl" }));
    expect(await arrive()).toBe(false);
    expect([(await profileOf(phone)).nick_name, await nameOf(user)]).toEqual(["Owl", "Owl"]);
  });

  it("comes to nothing, though a later one was refused as the app takes no writes, once the app is open again", async () => {
    const { app, user, phone, laptop } = await newHousehold();
    await profileOf(phone);
    const arrive = await loseSight(app, user, "breaks");
    await logged(async () => {
      expect((await phone.set("/user/nickname", { nick_name: "Late" })).code).toBe(500);
    });
    const closing = env.DB.prepare("insert into closings (app_id, move_id, state) values (?, 0, 'closed')");
    await closing.bind(app.id).run();
    expect((await laptop.set("/user/nickname", { nick_name: "Owl" })).code).toBe(503);
    await env.DB.prepare("delete from closings where app_id = ?").bind(app.id).run();
    expect((await profileOf(laptop)).nick_name).toBe("");
    expect(await arrive()).toBe(false);
    expect([(await profileOf(phone)).nick_name, await nameOf(user)]).toEqual(["", ""]);
  });

  it("binds no push token after the device has signed out", async () => {
    const { app, user, phone, laptop } = await newHousehold();
    const arrive = await loseSight(app, user, "breaks");
    const binding = { device_sn: phone.deviceSn, device_token: crypto.randomUUID(), notifier_name: "apns" };
    await logged(async () => {
      expect((await phone.post("/user/token/bind", binding)).code).toBe(500);
    });
    await done(laptop.set("/user/kick", bySn(phone)));
    expect(await arrive()).toBe(false);
    expect(await boundDevicesOf(laptop)).toEqual([]);
    const row = await env.DB.prepare("select * from push_bindings where user_id = ?").bind(user.id).first();
    expect(row).toBeNull();
  });
});

/**
 * Has a user's hub die behind D1's answer to its next batch. Returns the Worker, which makes the call again that was lost with it,
 * one of this method of hubs, when `meanwhile` is over.
 */
async function dieBehindBatch(
  app: App,
  user: User,
  method: "change" | "bindPush",
  meanwhile = async () => Promise.resolve(),
) {
  await atNextBatch(hubOf(app, user), async (send, die) => {
    await send();
    die();
    throw new Error("D1_ERROR: Network connection lost");
  });
  const again = hubsWhere(method, async (run) => {
    try {
      return await run();
    } catch {
      await meanwhile();
      throw Object.assign(new Error("the object is gone"), { retryable: true });
    }
  });
  return workerWith({ HUB: again, DB: database });
}

describe("a push token whose taking is called for again, as the hub died behind D1's answer", () => {
  it.each([
    ["bindPush", undefined],
    ["bindPush", "a key"],
    ["change", undefined],
    ["change", "a key"],
  ] as const)("by %s with %s: its loser shows it no more", async (method, key) => {
    const { app, user, phone } = await newHousehold();
    const { session: loser } = await app.session({ device_guid: "loser" });
    const device_token = crypto.randomUUID();
    const isBind = method === "bindPush";
    const [path, json] = isBind
      ? ["/user/token/bind", { device_sn: phone.deviceSn, device_token, notifier_name: "apns" }]
      : ["/user/settings", { push_token: device_token }];
    await done(loser.post(path, { ...json, ...(isBind && { device_sn: loser.deviceSn }) }));
    const held = async () =>
      isBind ? (await boundDevicesOf(loser)).length : (await settingsOf(loser)).push_token;
    expect(await held()).toBe(isBind ? 1 : device_token);
    const fetch = await dieBehindBatch(app, user, method);
    const headers = key === undefined ? {} : { "idempotency-key": key };
    await logged(async () => done(callBy(fetch, phone, "POST", path, { json, headers })));
    expect(await held()).toBe(isBind ? 0 : "");
  });
});

/** Changes the nickname, by a hub that dies behind D1's answer; the Worker asks again when `meanwhile` is over. */
async function nameTwice(
  { app, user }: Household,
  client: Client,
  meanwhile = async () => Promise.resolve(),
) {
  const fetch = await dieBehindBatch(app, user, "change", meanwhile);
  let answer: Answer | undefined;
  await logged(async () => {
    answer = await callBy(fetch, client, "POST", "/user/nickname", { query: { nick_name: "Wren" } });
  });
  expect(answer).toMatchObject({ code: 200 });
  return answer?.response.headers.get("idempotency-replayed");
}

describe("a change by an admin", () => {
  it("is recorded once, where the hub dies behind D1's answer and the call is made again", async () => {
    const home = await newHousehold();
    await nameTwice(home, home.app.actingFor(home.user));
    expect((await profileOf(home.laptop)).nick_name).toBe("Wren");
    expect(await auditOf(home.app, { operation: "setNickName" })).toHaveLength(1);
  });

  it("is written once as well, where its request has an Idempotency-Key", async () => {
    const home = await newHousehold();
    const { app, user, laptop } = home;
    const client = withKey(app.actingFor(user));
    const replayed = await nameTwice(home, client, async () => {
      await done(laptop.set("/user/nickname", { nick_name: "Owl" }));
    });
    expect([replayed, (await profileOf(laptop)).nick_name, await nameOf(user)]).toEqual([null, "Owl", "Owl"]);
    const again = await client.set("/user/nickname", { nick_name: "Wren" });
    expect([again.code, again.response.headers.get("idempotency-replayed")]).toEqual([200, "true"]);
    expect((await profileOf(laptop)).nick_name).toBe("Owl");
    expect(await auditOf(app, { operation: "setNickName" })).toHaveLength(1);
  });
});

describe("a hub of which D1 knows another generation", () => {
  it("writes all the same, and once", async () => {
    const { user, phone, laptop } = await newHousehold();
    for (const [nick_name, generation] of Object.entries({ Wren: 7, Owl: 2 })) {
      await env.DB.prepare("update users set hub_generation = ? where id = ?")
        .bind(generation, user.id)
        .run();
      await done(phone.set("/user/nickname", { nick_name }));
      expect([(await profileOf(laptop)).nick_name, await nameOf(user)]).toEqual([nick_name, nick_name]);
    }
  });
});
