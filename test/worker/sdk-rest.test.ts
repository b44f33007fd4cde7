import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type App, type Client, Session, type User, dataOf, newApp, origin } from "./kit/client.ts";
import { codeOf, isOnline, listDevices, listed } from "./kit/devices.ts";
import { sdkConnect } from "./kit/sdk-client.ts";
import { Token, boundDevicesOf, profileOf, settingsOf } from "./kit/wire.ts";

/** Signs a user in as the SDK does: with no word of a device. */
async function signIn(app: App, path: string, given: Record<string, unknown>): Promise<Session> {
  const answer = await app.nobody.post(path, given);
  const { token, user_id } = dataOf(answer, Token);
  return new Session(app.id, { token, user_id });
}

/** A write of the SDK with its parameter in the query: a POST, with a body of `{}`. */
async function setInQuery(client: Client, path: string, query: Record<string, string>): Promise<void> {
  expect((await client.call("POST", path, { query, json: {} })).body).toEqual({
    code: 200,
    message: "",
    data: true,
  });
}

/** A write of the SDK with its parameters in the body. */
async function setInBody(client: Client, path: string, json: unknown): Promise<void> {
  expect((await client.call("POST", path, { json })).body).toMatchObject({ code: 200, message: "" });
}

describe("the SDK's sign-in", () => {
  it.each([
    ["by name", "/token/user", (user: User) => ({ name: user.name })],
    ["by mobile", "/token/user", () => ({ mobile: "13800138000" })],
    ["by id", "/token/id", (user: User) => ({ user_id: user.id })],
  ])("goes its whole way %s", async (_, path, who) => {
    const app = await newApp();
    const user = await app.user();
    await app.actingFor(user).set("/user/mobile", { mobile: "13800138000" });

    const session = await signIn(app, path, { ...who(user), password: user.password });

    expect(session.userId).toBe(user.id);
    expect((await session.get("/app/config?platform=6")).response.status).toBe(200);
    expect((await session.call("GET", "/roster/list?")).data).toEqual([]);
    expect((await session.call("GET", "/group/user_joined?")).data).toEqual([]);
    const socket = await sdkConnect(session, { guid: "browser", info: "a browser" });
    expect(await socket.unread()).toBe(1);
    expect((await session.post("/roster/list", { list: [user.id] })).data).toEqual([]);
    expect((await profileOf(session)).user_id).toBe(user.id);
    expect(await isOnline(session)).toBe(true);
  });

  it("reads a public key that may be empty", async () => {
    const app = await newApp();
    const { name, password } = await app.user();
    expect(dataOf(await app.nobody.post("/token/user", { name, password }), Token).public_key).toBe("");
  });

  it("is answered on HTTP 200 where it is refused", async () => {
    const app = await newApp();
    const { name } = await app.user();
    const refused = await app.nobody.post("/token/user", { name, password: "not the word" });
    expect(refused.response.status).toBe(200);
    expect(refused.code).toBe(11001);
  });
});

describe("the SDK's calls", () => {
  it("set what stands in the query beside a body of {}", async () => {
    const { session } = await (await newApp()).session();
    await setInQuery(session, "/user/authmode", { value: "2" });
    await setInQuery(session, "/user/mobile", { mobile: "+8613900139000" });
    await setInQuery(session, "/user/nickname", { nick_name: "Robin" });
    expect(await settingsOf(session)).toMatchObject({ auth_mode: 2 });
    expect(await profileOf(session)).toMatchObject({ mobile: "+8613900139000", nick_name: "Robin" });
  });

  it("set in the body what the table has in the query", async () => {
    const { session } = await (await newApp()).session();
    await setInBody(session, "/user/push", { value: true });
    await setInBody(session, "/user/push/detail", { value: true });
    await setInBody(session, "/user/push/limit", { no_push_start_hour: 22, no_push_end_hour: 7 });
    await setInBody(session, "/user/push/nickname", { value: "Wren" });
    await setInBody(session, "/user/sounds", { value: true });
    await setInBody(session, "/user/vibratory", { value: true });
    expect(await settingsOf(session)).toMatchObject({
      no_push: true,
      no_push_detail: true,
      no_push_start_hour: 22,
      no_push_end_hour: 7,
      push_nick_name: "Wren",
      no_sounds: true,
      vibratory: true,
    });
  });

  it("set avatar, profile, settings and password in the body", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    await setInBody(session, "/user/avatar", { avatar: "https://pictures.example/1" });
    await setInBody(session, "/user/profile", { description: "a bird", public_info: "{}" });
    await setInBody(session, "/user/settings", { user_id: user.id, auth_question: "which bird?" });
    await setInBody(session, "/user/change_password", {
      old_password: user.password,
      new_password: "another word",
    });
    expect(await profileOf(session)).toMatchObject({
      avatar: "https://pictures.example/1",
      description: "a bird",
      public_info: "{}",
    });
    expect(await settingsOf(session)).toMatchObject({ auth_question: "which bird?" });
    await signIn(app, "/token/id", { user_id: user.id, password: "another word" });
  });

  it("kick the one device that the body names, and no other", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "here" });
    const other = await app.signIn(user, { device_guid: "other" });
    await setInBody(session, "/user/kick", { device_sn: other.deviceSn });
    expect([await codeOf(session), await codeOf(other)]).toEqual([200, 10008]);
  });

  it("bind a push token in the body and take it off by the query", async () => {
    const { session } = await (await newApp()).session();
    await sdkConnect(session, { guid: "browser" });
    const { devices } = await listDevices(session);
    const device_sn = devices[0]?.device_sn;
    await setInBody(session, "/user/token/bind", {
      device_sn,
      device_token: "a token",
      notifier_name: "a notifier",
    });
    expect(await boundDevicesOf(session)).toEqual([device_sn]);
    await setInQuery(session, "/user/token/unbind", { deviceSn: String(device_sn) });
    expect(await boundDevicesOf(session)).toEqual([]);
  });

  it("register, list devices and delete the user", async () => {
    const app = await newApp();
    await setInBody(app.nobody, "/user/register/v2", { username: "newcomer", password: "secret word" });
    const session = await signIn(app, "/token/user", { name: "newcomer", password: "secret word" });
    await sdkConnect(session, { guid: "browser" });
    expect(await listed(session, 1)).toMatchObject({ platform: 6, online: true });
    await setInBody(session, "/user/delete", { password: "secret word" });
    expect(await codeOf(session)).toBe(10008);
  });

  it("may come from any page: a preflight allows app_id and access-token", async () => {
    const headers = {
      Origin: "https://app.example",
      "Access-Control-Request-Method": "POST",
      "Access-Control-Request-Headers": "access-token,app_id,content-type",
    };
    const response = await exports.default.fetch(
      new Request(`${origin}/user/settings`, { method: "OPTIONS", headers }),
    );
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-methods")?.split(",")).toContain("POST");
    const allowed = response.headers.get("access-control-allow-headers")?.toLowerCase().split(",");
    expect(allowed).toEqual(expect.arrayContaining(["app_id", "access-token", "content-type"]));
  });
});
