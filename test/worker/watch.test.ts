import { describe, expect, it } from "vitest";
import { z } from "zod";
import { NewAdminToken } from "../wire.ts";
import { type App, type User, dataOf, newApp } from "./kit/client.ts";
import { connect } from "./kit/socket.ts";
import { askToWatch, watch } from "./kit/watching.ts";

async function watched() {
  const app = await newApp();
  const user = await app.user();
  const watcher = await watch(app.actingFor(user));
  const { picture } = await watcher.told("picture");
  return { app, user, watcher, picture };
}

async function watchBy(app: App, user: User) {
  const made = await app.root.post("/admin/tokens", { name: "another" });
  const { id, token } = dataOf(made, NewAdminToken);
  const admin = app.actingFor(user).with({ "access-token": token });
  const watcher = await watch(admin);
  await watcher.told("picture");
  return { id, watcher };
}

async function refused(headers: Record<string, string>): Promise<number> {
  return z.object({ code: z.int() }).parse(await (await askToWatch(headers)).json()).code;
}

describe("who watches a user", () => {
  it("sees the picture, then each change as it happens", async () => {
    const { app, user, watcher, picture } = await watched();
    expect(picture).toMatchObject({ user_id: user.id, sessions: [], devices: [] });

    const phone = await app.signIn(user, { device_guid: "phone", platform: 1 });
    expect(await watcher.told("changed")).toMatchObject({ parts: { sessions: [{ device_sn: 1 }] } });
    await connect(phone);
    await watcher.until(({ online }) => online === true);
    await phone.post("/user/profile", { nick_name: "Wren" });
    expect(await watcher.told("changed")).toMatchObject({ parts: { profile: { nick_name: "Wren" } } });
    await phone.post("/user/token/bind", {
      device_sn: 1,
      device_token: "a".repeat(40),
      notifier_name: "fcm",
    });
    const { push } = await watcher.until(({ push }) => push !== undefined);
    expect(push).toMatchObject({ bindings: [{ device_token: "aaaaa…aaaaa" }] });
    await app.disable(user, { reason: "spam" });
    expect(await watcher.told("ended")).toMatchObject({
      sessions: [{ device_sn: 1, event: "disabled", reason: "spam", by: "admin:test" }],
    });
    const parts = await watcher.until(({ status }) => status !== undefined);
    expect(parts).toMatchObject({ status: { status: 1, ban: { reason: "spam" } } });
  });

  it("is no device: the user is not online by it, and it hears no notice", async () => {
    const { app, user, watcher } = await watched();
    const { session } = { session: await app.signIn(user) };
    expect((await session.get("/user/online_status")).data).toEqual({ online: false });
    expect((await session.get("/user/device/list")).data).toEqual([]);
    await watcher.told("changed");
    await app.actingFor(user).post("/user/kick");
    await watcher.told("ended");
    await watcher.told("changed");
    await watcher.ping();
    expect(watcher.unread).toEqual([]);
  });

  it("hears of no other user", async () => {
    const { app, watcher } = await watched();
    const { session } = await app.session({ device_guid: "phone" });
    await connect(session);
    await session.post("/user/profile", { nick_name: "Wren" });
    await watcher.ping();
    expect(watcher.unread).toEqual([]);
  });

  it("is told that the user was deleted, and is closed", async () => {
    const { app, user, watcher } = await watched();
    expect((await app.actingFor(user).post("/user/delete")).code).toBe(200);
    await watcher.told("deleted");
    expect(await watcher.closed()).toEqual({ code: 4410, reason: "deleted" });
    expect((await askToWatch(app.actingFor(user).headers)).status).toBe(200);
  });

  it("is shown nothing behind a revocation of its token, and others go on", async () => {
    const { app, user, watcher } = await watched();
    const other = await watchBy(app, user);
    expect((await app.root.call("DELETE", "/admin/tokens", { query: { id: String(other.id) } })).code).toBe(
      200,
    );
    await app.signIn(user);
    expect(await other.watcher.closed()).toEqual({ code: 4401, reason: "token_invalid" });
    expect(other.watcher.unread).toEqual([]);
    await watcher.told("changed");
  });

  it("is shown nothing behind the suspension of the app", async () => {
    const { app, user, watcher } = await watched();
    const session = await app.signIn(user, { device_guid: "phone" });
    const device = await connect(session);
    await watcher.until(({ online }) => online === true);
    await app.root.put("/admin/app", { status: 1 });
    device.close();
    expect(await watcher.closed()).toEqual({ code: 4403, reason: "app_suspended" });
    expect(watcher.unread).toEqual([]);
  });

  it("may be a browser: the token is offered as a subprotocol, the app and the user stand in the query", async () => {
    const { app, user } = await watched();
    const offered = `im.v1, token.${app.admin.headers["access-token"]}`;
    const response = await askToWatch(
      { "Sec-WebSocket-Protocol": offered },
      `?app_id=${app.id}&user_id=${user.id}`,
    );
    expect(response.headers.get("Sec-WebSocket-Protocol")).toBe("im.v1");
    response.webSocket?.accept();
    response.webSocket?.close();
  });

  it("makes room where ten watch already, and ends where it says anything but ping", async () => {
    const { app, user, watcher } = await watched();
    const others = [];
    for (let n = 0; n < 10; n++) others.push(await watch(app.actingFor(user)));
    expect(await watcher.closed()).toEqual({ code: 4409, reason: "displaced" });
    const [one] = others;
    await one?.told("picture");
    one?.send("anything");
    expect(await one?.closed()).toEqual({ code: 4400, reason: "bad_frame" });
  });

  it("is refused to users, to other apps' admins, and without an upgrade", async () => {
    const [app, other] = [await newApp(), await newApp()];
    const { user, session } = await app.session();
    expect(await refused(other.actingFor(user).headers)).toBe(10000);
    expect(await refused(session.headers)).toBe(10010);
    expect((await app.actingFor(user).get("/admin/user/watch")).response.status).toBe(426);
  });
});
