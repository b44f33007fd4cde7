import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type App, dataOf, newApp } from "./kit/client.ts";
import { Settings, aliasOf, devicesOf, newSettings, settingsOf, usersOf } from "./kit/wire.ts";

const password = "secret word";
const push_secret = "the app's push secret";

function register(app: App, more: Record<string, unknown> = {}) {
  return app.nobody.post("/user/register/push", { username: "ann", password, ...more });
}

function sign(text: string, secret = push_secret): string {
  return createHmac("sha256", secret).update(text).digest("hex");
}

describe("push registration", () => {
  it("makes the user, the device, the alias and the push token in one step", async () => {
    const app = await newApp();

    const answer = await register(app, {
      device_guid: "phone",
      platform: 2,
      alias: "annie",
      push_token: "push-1",
    });

    const settings = dataOf(answer, Settings);
    const { user_id } = settings;
    expect(settings).toEqual({ ...newSettings, id: user_id, user_id, push_token: "push-1" });
    const acting = app.actingFor({ id: user_id, name: "ann", password });
    expect(await settingsOf(acting)).toEqual(settings);
    expect(await aliasOf(acting)).toEqual({ alias: "annie", push_token: "push-1" });
    expect(await devicesOf(acting)).toMatchObject([{ device_sn: 1, platform: 2, user_id, online: false }]);
  });

  it("makes the device that the first sign-in with its guid finds", async () => {
    const app = await newApp();
    const { user_id: id } = dataOf(await register(app, { device_guid: "phone", platform: 1 }), Settings);
    const session = await app.signIn({ id, name: "ann", password }, { device_guid: "phone" });
    expect(session.deviceSn).toBe(1);
    expect(await devicesOf(session)).toMatchObject([{ device_sn: 1, platform: 1 }]);
  });

  it("takes the platform to be the web where none is named", async () => {
    const app = await newApp();
    const { user_id: id } = dataOf(await register(app, { device_guid: "browser" }), Settings);
    expect(await devicesOf(app.actingFor({ id, name: "ann", password }))).toMatchObject([{ platform: 6 }]);
  });

  it("makes no device without a device_guid, and needs nothing but name and password", async () => {
    const app = await newApp();
    const settings = dataOf(await register(app, { push_token: null, alias: null }), Settings);
    const user = { id: settings.user_id, name: "ann", password };
    expect(settings).toEqual({ ...newSettings, id: user.id, user_id: user.id });
    expect(await devicesOf(app.actingFor(user))).toEqual([]);
    expect(await aliasOf(app.actingFor(user))).toEqual({ alias: "", push_token: "" });
    expect((await app.signIn(user)).userId).toBe(user.id);
  });

  it("takes the push token from the user of the app who had it, and from nobody elsewhere", async () => {
    const [app, elsewhere] = await Promise.all([newApp(), newApp()]);
    const held = { push_token: "push-1" };
    const before = dataOf(await register(app, { ...held, alias: "before" }), Settings);
    const abroad = dataOf(await register(elsewhere, held), Settings);
    const after = dataOf(await register(app, { ...held, username: "bob" }), Settings);
    const tokenOf = async (of: App, id: number) =>
      (await settingsOf(of.actingFor({ id, name: "", password }))).push_token;
    expect(await tokenOf(app, before.user_id)).toBe("");
    expect(await tokenOf(app, after.user_id)).toBe("push-1");
    expect(await tokenOf(elsewhere, abroad.user_id)).toBe("push-1");
    expect((await aliasOf(app.actingFor({ id: before.user_id, name: "", password }))).alias).toBe("before");
  });

  it.each([["ann"], ["ANN"]])("changes nothing at all where the name %s is taken", async (username) => {
    const app = await newApp();
    const { user_id: id } = dataOf(await register(app, { push_token: "hers", alias: "hers" }), Settings);
    const other = dataOf(await register(app, { username: "bob", push_token: "his" }), Settings);

    const answer = await register(app, {
      username,
      password: "another word",
      device_guid: "thief",
      alias: "stolen",
      push_token: "his",
    });

    expect(answer).toMatchObject({ code: 10004, data: null });
    const ann = app.actingFor({ id, name: "ann", password });
    expect(await aliasOf(ann)).toEqual({ alias: "hers", push_token: "hers" });
    expect(await devicesOf(ann)).toEqual([]);
    const bob = app.actingFor({ id: other.user_id, name: "bob", password });
    expect(await aliasOf(bob)).toEqual({ alias: "", push_token: "his" });
    expect(await usersOf(app.admin)).toHaveLength(2);
    expect((await app.nobody.post("/token/user", { name: "ann", password: "another word" })).code).toBe(
      11001,
    );
    expect((await app.nobody.post("/token/user", { name: "ann", password })).code).toBe(200);
  });

  it.each([
    ["username", { username: "mta_ann" }],
    ["password", { password: "12345" }],
    ["device_guid", { device_guid: "" }],
    ["device_guid", { device_guid: "g".repeat(129) }],
    ["platform", { device_guid: "phone", platform: 7 }],
    ["platform", { device_guid: "phone", platform: 0 }],
    ["alias", { alias: "é".repeat(33) }],
    ["push_token", { push_token: "p".repeat(513) }],
    ["push_token", { push_token: 7 }],
  ])("refuses a wrong %s and makes nobody", async (name, wrong) => {
    const app = await newApp();
    const answer = await register(app, wrong);
    expect(answer.code).toBe(10002);
    expect(answer.message).toContain(name);
    expect(await usersOf(app.admin)).toEqual([]);
  });

  it("takes values as long as they may be", async () => {
    const app = await newApp();
    const longest = { alias: "é".repeat(32), push_token: "p".repeat(512) };
    const answer = await register(app, { ...longest, device_guid: "g".repeat(128) });
    const { user_id: id } = dataOf(answer, Settings);
    expect(await aliasOf(app.actingFor({ id, name: "ann", password }))).toEqual(longest);
  });
});

describe("the sign of a push registration", () => {
  it("is not asked for where the app has no push secret", async () => {
    const app = await newApp();
    expect((await register(app)).code).toBe(200);
    expect((await register(app, { username: "bob", sign: "whatever" })).code).toBe(200);
    await app.root.put("/admin/app", { registration: "closed" });
    expect((await register(app, { username: "cid" })).code).toBe(40001);
    const forged = sign(`${app.id}:cid:`, "");
    expect((await register(app, { username: "cid", sign: forged })).code).toBe(40001);
    expect(await usersOf(app.admin)).toHaveLength(2);
  });

  it.each(["open", "closed"])(
    "lets a user in where it is right and registration is %s",
    async (registration) => {
      const app = await newApp({ push_secret, registration });
      const right = { device_guid: "phone", sign: sign(`${app.id}:ann:phone`) };
      const { user_id: id } = dataOf(await register(app, right), Settings);
      expect(await devicesOf(app.actingFor({ id, name: "ann", password }))).toHaveLength(1);
    },
  );

  it("covers the empty string in place of a device_guid that is not given", async () => {
    const app = await newApp({ push_secret, registration: "closed" });
    expect((await register(app, { sign: sign(`${app.id}:ann:`) })).code).toBe(200);
  });

  it("covers text beyond ASCII as UTF-8", async () => {
    const app = await newApp({ push_secret: "秘密", registration: "closed" });
    const right = { username: "安娜", device_guid: "手机", sign: sign(`${app.id}:安娜:手机`, "秘密") };
    expect((await register(app, right)).code).toBe(200);
  });

  it.each([
    ["missing", () => undefined],
    ["null", () => null],
    ["empty", () => ""],
    ["made with another secret", (app: App) => sign(`${app.id}:ann:phone`, "another secret")],
    ["in capitals", (app: App) => sign(`${app.id}:ann:phone`).toUpperCase()],
    ["cut short", (app: App) => sign(`${app.id}:ann:phone`).slice(0, -1)],
    ["too long", (app: App) => `${sign(`${app.id}:ann:phone`)}0`],
    ["of another username", (app: App) => sign(`${app.id}:bob:phone`)],
    ["of another device", (app: App) => sign(`${app.id}:ann:laptop`)],
    ["of no device", (app: App) => sign(`${app.id}:ann:`)],
    ["of another app", () => sign("another-app:ann:phone")],
    [
      "a letter off",
      (app: App) => sign(`${app.id}:ann:phone`).replace(/^./, (first) => (first === "0" ? "1" : "0")),
    ],
  ])(
    "is refused with 10010 where it is %s, open registration or closed, and nothing is written",
    async (_how, made) => {
      const app = await newApp({ push_secret });
      await register(app, { username: "holder", push_token: "push-1", sign: sign(`${app.id}:holder:`) });
      for (const registration of ["open", "closed"]) {
        await app.root.put("/admin/app", { registration });
        const wrong = { device_guid: "phone", push_token: "push-1", sign: made(app) };
        expect(await register(app, wrong)).toMatchObject({ code: 10010, data: null });
      }
      const [holder, ...others] = await usersOf(app.admin);
      expect(others).toEqual([]);
      const { push_token } = await settingsOf(app.admin.with({ user_id: String(holder?.user_id) }));
      expect(push_token).toBe("push-1");
    },
  );

  it("changes nothing for plain registration, which stays closed", async () => {
    const app = await newApp({ push_secret, registration: "closed" });
    const answer = await app.nobody.post("/user/register/v2", {
      username: "ann",
      password,
      sign: sign(`${app.id}:ann:`),
    });
    expect(answer.code).toBe(40001);
  });

  it("is held against the secret of this moment", async () => {
    const app = await newApp({ push_secret });
    const old = sign(`${app.id}:ann:`);
    await app.root.put("/admin/app", { push_secret: "a newer secret" });
    expect((await register(app, { sign: old })).code).toBe(10010);
    expect((await register(app, { sign: sign(`${app.id}:ann:`, "a newer secret") })).code).toBe(200);
    await app.root.put("/admin/app", { push_secret: "" });
    expect((await register(app, { username: "bob" })).code).toBe(200);
  });
});
