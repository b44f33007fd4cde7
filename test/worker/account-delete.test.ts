import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { dataOf, newApp } from "./kit/client.ts";
import { connect } from "./kit/socket.ts";
import {
  Settings,
  Token,
  aliasOf,
  boundDevicesOf,
  devicesOf,
  newSettings,
  profileOf,
  settingsOf,
  tagsOf,
  usersOf,
} from "./kit/wire.ts";

describe("delete", () => {
  it.each(["POST", "DELETE"])(
    "needs no body at %s: the user is gone and every token dead",
    async (method) => {
      const app = await newApp();
      const { user, session } = await app.session();
      const other = await app.signIn(user, { device_guid: "phone" });

      expect(await session.call(method, "/user/delete")).toMatchObject({ code: 200, data: true });

      for (const dead of [session, other]) {
        expect((await dead.get("/user/profile")).code).toBe(10008);
        expect((await dead.get("/user/device/list")).code).toBe(10008);
        expect((await dead.post("/user/settings", { vibratory: true })).code).toBe(10008);
      }
      expect((await app.actingFor(user).get("/user/profile")).code).toBe(10000);
      expect((await app.nobody.post("/token/user", { name: user.name, password: user.password })).code).toBe(
        11001,
      );
      expect((await app.nobody.post("/token/id", { user_id: user.id, password: user.password })).code).toBe(
        11001,
      );
      expect(await usersOf(app.admin)).toEqual([]);
    },
  );

  it.each([
    ["POST", true],
    ["DELETE", true],
    ["POST", false],
    ["DELETE", false],
  ])("at %s, takes a right password: %s", async (method, isRight) => {
    const app = await newApp();
    const { user, session } = await app.session();
    const password = isRight ? user.password : `${user.password}!`;
    const answer = await session.call(method, "/user/delete", { json: { password } });
    expect(answer).toMatchObject(isRight ? { code: 200, data: true } : { code: 11001, data: null });
    expect((await session.get("/user/profile")).code).toBe(isRight ? 10008 : 200);
    expect(await usersOf(app.admin)).toHaveLength(isRight ? 0 : 1);
  });

  it("leaves all as it was where the password is wrong", async () => {
    const app = await newApp();
    const { session } = await app.session({ device_guid: "phone" });
    await session.post("/user/push/tag", { tags: ["one"] });
    await session.post("/user/token/bind", { device_sn: 1, device_token: "token", notifier_name: "apns" });
    const socket = await connect(session);

    expect((await session.post("/user/delete", { password: "not the word" })).code).toBe(11001);

    expect(await tagsOf(session)).toEqual(["one"]);
    expect(await boundDevicesOf(session)).toEqual([1]);
    await socket.ping();
    expect(socket.unread).toEqual([]);
  });

  it.each([[""], [7], [true], [["secret word"]]])(
    "takes the password %j for no right one",
    async (password) => {
      const app = await newApp();
      const { session } = await app.session();
      const { code } = await session.post("/user/delete", { password });
      expect([10002, 11001]).toContain(code);
      expect(await usersOf(app.admin)).toHaveLength(1);
    },
  );

  it("takes a null for a password left out", async () => {
    const app = await newApp();
    const { session } = await app.session();
    expect((await session.post("/user/delete", { password: null })).code).toBe(200);
    expect(await usersOf(app.admin)).toEqual([]);
  });

  it("lets the name be taken anew, by a user who has nothing of the old one and never the old id", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone", platform: 1 });
    await session.post("/user/push/tag", { tags: ["one", "two"] });
    await session.post("/user/push/alias", { alias: "annie", push_token: "push-1" });
    await session.post("/user/push/badge", { badge: 4 });
    await session.post("/user/settings", { vibratory: true, auth_mode: 2 });
    await session.post("/user/profile", { nick_name: "Annie", email: "ann@example.com", public_info: "old" });
    await session.set("/user/mobile", { mobile: "13800138000" });
    await session.post("/user/delete");

    const answer = await app.nobody.post("/user/register/v2", {
      username: user.name,
      password: user.password,
    });

    const settings = dataOf(answer, Settings);
    expect(settings.user_id).toBeGreaterThan(user.id);
    const anew = await app.signIn({ ...user, id: settings.user_id }, { device_guid: "phone" });
    expect(anew.userId).toBe(settings.user_id);
    expect(await settingsOf(anew)).toEqual({ ...newSettings, id: anew.userId, user_id: anew.userId });
    expect(await tagsOf(anew)).toEqual([]);
    expect(await aliasOf(anew)).toEqual({ alias: "", push_token: "" });
    expect((await anew.get("/user/push/badge")).data).toBe(0);
    expect(await profileOf(anew)).toMatchObject({ nick_name: "", email: "", mobile: "", public_info: "" });
    expect(await devicesOf(anew)).toMatchObject([{ device_sn: 1, platform: 6 }]);
    expect((await session.get("/user/profile")).code).toBe(10008);
    expect((await anew.set("/user/mobile", { mobile: "+8613800138000" })).code).toBe(200);
    expect((await anew.post("/user/profile", { email: "ann@example.com" })).code).toBe(200);
    expect((await app.nobody.post("/token/id", { user_id: user.id, password: user.password })).code).toBe(
      11001,
    );
  });

  it("never gives an id twice, however often the last user is deleted", async () => {
    const app = await newApp();
    const ids = [];
    for (let round = 0; round < 4; round++) {
      const { user, session } = await app.session();
      ids.push(user.id);
      await session.post("/user/delete");
    }
    expect(new Set(ids).size).toBe(4);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  });

  it("leaves no row of the user in any table of accounts", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    await session.post("/user/push/tag", { tags: ["one"] });
    await session.post("/user/token/bind", { device_sn: 1, device_token: "token", notifier_name: "apns" });
    const rowsOf = async (table: string) => {
      const count = env.DB.prepare(`select count(*) as rows from ${table} where user_id = ?`).bind(user.id);
      return await count.first<number>("rows");
    };
    const tables = ["user_settings", "push_tags", "push_bindings", "tokens", "seen_devices"];
    expect(await Promise.all(tables.map(rowsOf))).toEqual([1, 1, 1, 1, 1]);
    await session.post("/user/delete");
    expect(await Promise.all(tables.map(rowsOf))).toEqual([0, 0, 0, 0, 0]);
  });

  it("closes every socket with the notice deleted, and releases push tokens for others", async () => {
    const app = await newApp();
    const { user, session: phone } = await app.session({ device_guid: "phone" });
    const laptop = await app.signIn(user, { device_guid: "laptop" });
    const sockets = [await connect(phone), await connect(laptop)];
    await sockets[0]?.notice("device_login");
    const binding = { device_token: "token", notifier_name: "apns" };
    await phone.post("/user/token/bind", { device_sn: phone.deviceSn, ...binding });

    await laptop.post("/user/delete");

    for (const socket of sockets) {
      expect(await socket.notice("deleted")).toMatchObject({
        notice_type: 3,
        retry: false,
        by: { user_id: user.id, device_sn: laptop.deviceSn },
      });
      expect(await socket.closed()).toMatchObject({ code: 4003 });
    }
    const { session: heir } = await app.session({ device_guid: "phone" });
    expect((await heir.post("/user/token/bind", { device_sn: 1, ...binding })).code).toBe(200);
    expect(await boundDevicesOf(heir)).toEqual([1]);
  });

  it("is open to an admin on the user's behalf, and touches nobody else", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const bystander = await app.session();
    expect((await app.actingFor(user).post("/user/delete")).code).toBe(200);
    expect((await session.get("/user/profile")).code).toBe(10008);
    expect((await bystander.session.get("/user/profile")).code).toBe(200);
    expect(await usersOf(app.admin)).toMatchObject([{ user_id: bystander.user.id }]);
    expect((await app.actingFor(user).post("/user/delete")).code).toBe(10000);
  });

  it("leaves no session behind that signs in while the user is being deleted", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const credentials = { name: user.name, password: user.password };
    const [gone, ...tries] = await Promise.all([
      session.post("/user/delete"),
      ...Array.from({ length: 4 }, () => app.nobody.post("/token/user", credentials)),
    ]);
    expect(gone.code).toBe(200);
    for (const { code, data } of tries) {
      expect([200, 11001]).toContain(code);
      const token = Token.safeParse(data).data?.token ?? "none";
      const late = app.nobody.with({ "access-token": token });
      expect((await late.get("/user/profile")).code).toBe(10008);
    }
  });
});
