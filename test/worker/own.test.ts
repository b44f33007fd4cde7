import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type Client, type User, call, newApp } from "./kit/client.ts";
import { codeOf } from "./kit/devices.ts";
import { workerWith } from "./kit/elsewhere.ts";
import {
  atNextBatch,
  databaseWhoseBatches,
  giveDatabase,
  holdBatches,
  hubOf,
  hubsWhere,
  owedTo,
  refuseWrites,
  runCron,
  unreached,
} from "./kit/faults.ts";
import { patience } from "./kit/heard.ts";
import { bySn, newHousehold } from "./kit/household.ts";
import { logged } from "./kit/log.ts";
import { aliasOf, boundDevicesOf, done, profileOf, settingsOf, tagsOf } from "./kit/wire.ts";

/** A database that is gone. */
const gone = new Proxy(env.DB, {
  get() {
    return () => {
      throw new Error("D1_ERROR: the database is gone");
    };
  },
});

/** The reads of what is a user's own. */
const reads = [
  "/user/profile",
  "/user/settings",
  "/user/push/alias",
  "/user/push/badge",
  "/user/push/tag",
  "/user/device/list",
];

/** A read without the database: the Worker's and the hub's are gone. */
async function readWithout(client: Client, path: string) {
  return await call("GET", path, { headers: client.headers }, workerWith({ DB: gone }));
}

/** What D1 has of a user's name and picture. */
async function rowOf(user: User) {
  return await env.DB.prepare("select nick_name, avatar, email from users where id = ?")
    .bind(user.id)
    .first();
}

describe("a read of what is the user's own", () => {
  it.each(reads)("is one trip to the hub, and none to a database that is gone: %s", async (path) => {
    const { app, user, phone } = await newHousehold();
    const first = await phone.get(path);
    const restore = await giveDatabase(hubOf(app, user), gone);
    const { lines } = await logged(async () => {
      expect((await readWithout(phone, path)).body).toEqual(first.body);
    });
    restore();
    expect(lines).toMatchObject([{ code: 200, trips: { d1: 0, hub: 1, kv: 0 } }]);
  });

  it("needs no database where the hub has slept meanwhile", async () => {
    const { app, user, phone } = await newHousehold();
    await done(phone.set("/user/nickname", { nick_name: "Wren" }));
    await evictDurableObject(hubOf(app, user));
    const restore = await giveDatabase(hubOf(app, user), gone);
    expect((await readWithout(phone, "/user/profile")).data).toMatchObject({ nick_name: "Wren" });
    restore();
  });

  it("waits for the hub beside nothing but the admin's token", async () => {
    const { app, user } = await newHousehold();
    await profileOf(app.actingFor(user));
    const { lines } = await logged(async () => profileOf(app.actingFor(user)));
    expect(lines).toMatchObject([{ trips: { d1: 1, hub: 1 } }]);
  });

  it("of a user who is not there says so to an admin, again and again", async () => {
    const app = await newApp();
    const nobody = app.admin.with({ user_id: "9000000000" });
    for (const path of [...reads, ...reads]) expect((await nobody.get(path)).code).toBe(10_000);
  });

  it("is of a session that lives when the database has answered", async () => {
    const { app, user, phone, laptop } = await newHousehold();
    const held = await holdBatches(hubOf(app, user));
    const reading = phone.get("/user/profile");
    await held.reached;
    await done(laptop.set("/user/kick", bySn(phone)));
    held.letGo();
    expect((await reading).code).toBe(10_008);
    expect((await laptop.get("/user/profile")).code).toBe(200);
  });
});

describe("a write of what is the user's own", () => {
  it("is one trip to the hub, and what the next read says on every device", async () => {
    const { user, phone, laptop } = await newHousehold();
    await profileOf(laptop);
    const { lines } = await logged(async () => {
      await done(phone.set("/user/nickname", { nick_name: "Wren" }));
      await done(phone.post("/user/settings", { no_push: true }));
      await done(phone.post("/user/push/tag", { tags: ["b", "a"] }));
    });
    expect(lines.map(({ trips }) => trips)).toEqual(lines.map(() => ({ d1: 0, hub: 1, kv: 0 })));
    expect(await profileOf(laptop)).toMatchObject({ nick_name: "Wren" });
    expect(await settingsOf(laptop)).toMatchObject({ no_push: true });
    expect(await tagsOf(laptop)).toEqual(["a", "b"]);
    expect(await rowOf(user)).toMatchObject({ nick_name: "Wren" });
  });

  it("that D1 refuses leaves copy and row alike", async () => {
    const { app, user, phone, laptop } = await newHousehold();
    const { session: other } = await app.session();
    await done(other.put("/user/profile", { email: "taken@example.com" }));
    await done(phone.put("/user/profile", { email: "own@example.com", nick_name: "Wren" }));
    const before = await profileOf(laptop);

    const refused = await phone.put("/user/profile", { email: "taken@example.com", nick_name: "Owl" });

    expect(refused.code).toBe(10_015);
    const restore = await giveDatabase(hubOf(app, user), gone);
    expect(await profileOf(laptop)).toEqual(before);
    restore();
    await evictDurableObject(hubOf(app, user));
    expect(await profileOf(laptop)).toEqual(before);
    expect(await rowOf(user)).toMatchObject({ email: "own@example.com", nick_name: "Wren" });
  });

  it("that fails in D1 leaves what D1 has, whichever that is", async () => {
    const { app, user, phone, laptop } = await newHousehold();
    await profileOf(phone);
    for (const isWritten of [false, true]) {
      const broken = databaseWhoseBatches(async (send) => {
        if (isWritten) await send();
        throw new Error("D1_ERROR: Network connection lost");
      });
      const restore = await giveDatabase(hubOf(app, user), broken);
      await logged(async () => {
        expect((await phone.set("/user/nickname", { nick_name: String(isWritten) })).code).toBe(500);
      });
      restore();
      expect(await profileOf(laptop)).toMatchObject({ nick_name: isWritten ? "true" : "" });
    }
  });

  it("is not forgotten by a hub that dies between D1's answer and its copy", async () => {
    const { app, user, phone, laptop } = await newHousehold();
    await profileOf(phone);
    await atNextBatch(hubOf(app, user), async (send, die) => {
      const results = await send();
      die();
      return results;
    });
    await logged(async () => phone.set("/user/nickname", { nick_name: "Wren" }));
    expect(await profileOf(laptop)).toMatchObject({ nick_name: "Wren" });
    expect(await rowOf(user)).toMatchObject({ nick_name: "Wren" });
  });

  it("has come to its end before the kick of its session is answered", async () => {
    const { app, user, phone, laptop } = await newHousehold();
    const held = await holdBatches(hubOf(app, user));
    const writing = phone.set("/user/nickname", { nick_name: "Wren" });
    await held.reached;
    const order: string[] = [];
    const kicking = laptop.set("/user/kick", bySn(phone)).then(() => order.push("kicked"));
    await expect.poll(() => codeOf(phone), patience).toBe(10_008);
    const later = phone.set("/user/nickname", { nick_name: "Owl" });
    order.push("let go");
    held.letGo();
    await kicking;
    expect(order).toEqual(["let go", "kicked"]);
    expect(await rowOf(user)).toMatchObject({ nick_name: "Wren" });
    expect([(await writing).code, (await later).code]).toEqual([200, 10_008]);
    expect(await profileOf(laptop)).toMatchObject({ nick_name: "Wren" });
  });

  it("of one user keeps its order, whatever else the hub is asked meanwhile", async () => {
    const { user, phone, laptop } = await newHousehold();
    const names = Array.from({ length: 20 }, (_, index) => `n${index}`);
    const seen: string[] = [];
    const reading = (async () => {
      while (seen.at(-1) !== names.at(-1)) seen.push((await profileOf(laptop)).nick_name);
    })();
    for (const nick_name of names) await done(phone.set("/user/nickname", { nick_name }));
    await reading;
    const places = seen.map((name) => names.indexOf(name));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(await rowOf(user)).toMatchObject({ nick_name: names.at(-1) });
  });

  it("is refused as busy where a hundred wait for a database that does not answer", async () => {
    const { app, user, phone } = await newHousehold();
    const held = await holdBatches(hubOf(app, user));
    await logged(async () => {
      const writes = Array.from({ length: 105 }, () => phone.set("/user/sounds", { value: "true" }));
      await held.reached;
      const refused = await Promise.any(
        writes.map(async (write) => {
          const answer = await write;
          if (answer.code !== 503) throw new Error("not refused");
          return answer;
        }),
      );
      expect(refused.response.headers.get("retry-after")).toBe("1");
      held.letGo();
      const codes = (await Promise.all(writes)).map((answer) => answer.code);
      expect(codes.filter((code) => code === 200)).toHaveLength(100);
      expect(codes.filter((code) => code === 503)).toHaveLength(5);
    });
  });
});

describe("what others change of a user's own", () => {
  it("is what the user's next read says, of each of a hundred avatars", async () => {
    const app = await newApp();
    const json = {
      list: Array.from({ length: 100 }, (_, row) => ({ username: `bird_${row}_x`, password: "secret word" })),
    };
    const made = await app.admin.post("/user/register/batch", json);
    const ids =
      JSON.stringify(made.data)
        .match(/(?<="user_id":)\d+/g)
        ?.map(Number) ?? [];
    expect(ids).toHaveLength(100);
    const clients = ids.map((id) => app.admin.with({ user_id: String(id) }));
    for (const client of clients) await profileOf(client);
    const avatar = "https://a.example/new.png";
    let isAnswered = false;
    const seen = clients.map(async (client) => {
      const avatars: string[] = [];
      do {
        const was = isAnswered;
        const { avatar: now } = await profileOf(client);
        avatars.push(now);
        if (was) return avatars;
      } while (avatars.length < 1000);
      return avatars;
    });
    const answer = await app.admin.post("/user/avatar/batch", {
      list: ids.map((user_id) => ({ user_id, avatar })),
    });
    isAnswered = true;
    expect(answer.code).toBe(200);
    for (const avatars of await Promise.all(seen)) {
      expect(avatars.at(-1)).toBe(avatar);
      // Once it has been seen, the old one is not seen again.
      expect(avatars.indexOf(avatar)).toBe(avatars.filter((each) => each !== avatar).length);
    }
  });

  it("is what the next read says where the call died before the hub heard, once the cron trigger has run", async () => {
    const { app, user, phone, phoneSocket } = await newHousehold();
    await profileOf(phone);
    const json = { list: [{ user_id: user.id, nick_name: "Wren" }] };
    const sent = { headers: app.admin.headers, json };
    const deaf = workerWith({ HUB: hubsWhere("take", unreached) });
    const { data } = await call("POST", "/user/profile/batch", sent, deaf);
    expect(data).toMatchObject([{ user_id: user.id, success: false }]);
    expect(await owedTo(user)).toBe(1);
    await runCron();
    expect(await owedTo(user)).toBe(0);
    expect(await profileOf(phone)).toMatchObject({ nick_name: "Wren" });
    await phoneSocket.notice("info_updated");
  });

  it("is not covered by a read of D1 that began before it", async () => {
    const { app, user, phone } = await newHousehold();
    const read = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const slow = databaseWhoseBatches(async (send) => {
      const results = await send();
      read.resolve();
      await gate.promise;
      return results;
    });
    const restore = await giveDatabase(hubOf(app, user), slow);
    const early = profileOf(phone);
    await read.promise;
    restore();
    await done(app.admin.put("/user/enable", { list: [user.id] }));
    const changed = await app.admin.post("/user/profile/batch", {
      list: [{ user_id: user.id, nick_name: "Wren" }],
    });
    expect(changed.data).toMatchObject([{ success: true }]);
    gate.resolve();
    await early;
    expect(await profileOf(phone)).toMatchObject({ nick_name: "Wren" });
  });

  it("a push token of the settings that another user takes is gone at the next read", async () => {
    const app = await newApp();
    const push_token = "wanted";
    const { session: loser } = await app.session();
    const { session: winner } = await app.session();
    await done(loser.post("/user/settings", { push_token }));
    expect(await settingsOf(loser)).toMatchObject({ push_token });

    await done(winner.post("/user/push/alias", { alias: "a", push_token }));
    expect(await settingsOf(loser)).toMatchObject({ push_token: "" });
    expect(await aliasOf(winner)).toEqual({ alias: "a", push_token });

    const json = { username: "new_comer_x", password: "secret word", push_token };
    expect((await app.nobody.post("/user/register/push", json)).code).toBe(200);
    expect(await aliasOf(winner)).toEqual({ alias: "a", push_token: "" });
  });

  it("a device's push token that another user takes is gone at the next read", async () => {
    const app = await newApp();
    const { session: loser } = await app.session({ device_guid: "a" });
    const { session: winner } = await app.session({ device_guid: "b" });
    const token = { device_sn: 1, device_token: "wanted", notifier_name: "fcm" };
    await done(loser.post("/user/token/bind", token));
    expect(await boundDevicesOf(loser)).toEqual([1]);
    await done(winner.post("/user/token/bind", token));
    expect(await boundDevicesOf(loser)).toEqual([]);
    expect(await boundDevicesOf(winner)).toEqual([1]);
  });

  it("a push token is taken by nobody where its owner cannot be told in the same transaction", async () => {
    const app = await newApp();
    const push_token = "wanted";
    const { session: loser } = await app.session();
    const { session: winner } = await app.session();
    await done(loser.post("/user/settings", { push_token }));
    const restore = await refuseWrites(app, "insert", "owed_signals");
    await logged(async () => {
      expect((await winner.post("/user/settings", { push_token })).code).toBe(500);
    });
    await restore();
    expect(await settingsOf(loser)).toMatchObject({ push_token });
    expect(await settingsOf(winner)).toMatchObject({ push_token: "" });
  });
});
