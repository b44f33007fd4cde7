import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { NewAdminToken } from "../wire.ts";
import { EndedSession, Picture } from "../wire-staff.ts";
import { type App, type User, dataOf, newApp, newName } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { workerWith } from "./kit/elsewhere.ts";
import {
  callBy,
  changeHub,
  databaseWhoseBatches,
  giveDatabase,
  hubOf,
  hubsWhere,
  owedTo,
  refuseWrites,
  runCron,
  unreached,
} from "./kit/faults.ts";
import { auditOf } from "./kit/records.ts";
import { connect } from "./kit/socket.ts";
import { type Watcher, askToWatch, watch } from "./kit/watching.ts";

const setForward = movableClock();

async function watched() {
  const app = await newApp();
  const user = await app.user();
  const watcher = await watch(app.actingFor(user));
  const { picture } = await watcher.told("picture");
  return { app, user, watcher, picture };
}

async function newAdmin(app: App, user: User) {
  const made = await app.root.post("/admin/tokens", { name: newName() });
  const { id, token } = dataOf(made, NewAdminToken);
  return { id, admin: app.actingFor(user).with({ "access-token": token }) };
}

async function watchBy(app: App, user: User) {
  const { id, admin } = await newAdmin(app, user);
  const watcher = await watch(admin);
  await watcher.told("picture");
  return { id, watcher };
}

/** A queue that takes what hubs tell, and whose consumer never comes to it. */
const slowQueue = { sendBatch: async () => undefined };

/** How many rows each read of a hub's D1 looks at, from here on. */
async function rowsReadBy(app: App, user: User): Promise<{ reads: number[]; restore: () => void }> {
  const reads: number[] = [];
  const DB = databaseWhoseBatches(async (send) => {
    const results = await send();
    reads.push(results.reduce((sum, { meta }) => sum + meta.rows_read, 0));
    return results;
  });
  return { reads, restore: await giveDatabase(hubOf(app, user), DB) };
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

  it("is shown nothing behind the end of its token's life", async () => {
    const { app, user } = await watched();
    const made = await app.root.post("/admin/tokens", { name: newName(), expire: Date.now() + 60_000 });
    const { token } = dataOf(made, NewAdminToken);
    const watcher = await watch(app.actingFor(user).with({ "access-token": token }));
    await watcher.told("picture");
    setForward(60_000);
    await app.signIn(user);
    expect(await watcher.closed()).toEqual({ code: 4402, reason: "token_expired" });
    expect(watcher.unread).toEqual([]);
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

  it("makes room where ten watch already, by the token that has the most, and ends where it says anything but ping", async () => {
    const { app, user, watcher } = await watched();
    const others = [];
    for (let n = 0; n < 10; n++) others.push(await watch(app.actingFor(user)));
    expect(await watcher.closed()).toEqual({ code: 4409, reason: "displaced" });
    const [one] = others;
    await one?.told("picture");
    one?.send("anything");
    expect(await one?.closed()).toEqual({ code: 4400, reason: "bad_frame" });
  });

  it("loses its place to none who has more of them", async () => {
    const { app, user, watcher } = await watched();
    const { admin } = await newAdmin(app, user);
    const theirs: Watcher[] = [];
    for (let n = 0; n < 15; n++) theirs.push(await watch(admin));
    for (const each of theirs.slice(0, 6))
      expect(await each.closed()).toEqual({ code: 4409, reason: "displaced" });
    const mine = await watch(app.actingFor(user));
    expect(await theirs[6]?.closed()).toEqual({ code: 4409, reason: "displaced" });
    for (const each of [watcher, mine, ...theirs.slice(7)]) await each.ping();
  });

  it("is not shown as owed what the hub has taken, though the ledger still has it", async () => {
    const { app, user, watcher } = await watched();
    const recover = await refuseWrites(app, "delete", "owed_signals");
    await app.disable(user);
    const parts = await watcher.until(({ status }) => status !== undefined);
    expect(await owedTo(user)).toBe(1);
    expect(parts).not.toHaveProperty("owed");
    const picture = dataOf(await app.actingFor(user).get("/admin/user"), Picture);
    expect(picture).toMatchObject({ status: { status: 1 }, owed: [] });
    await recover();
  });

  it("is shown what the hub could not be told, until it has heard of it", async () => {
    const { app, user } = await watched();
    await app.signIn(user);
    const fetch = workerWith({ HUB: hubsWhere("take", unreached) });
    await callBy(fetch, app.admin, "PUT", "/user/disable", { json: { list: [user.id] } });
    const other = await watch(app.actingFor(user));
    const { picture } = await other.told("picture");
    expect(picture.owed).toMatchObject([{ kind: "disabled" }]);
    await runCron();
    expect(await other.until(({ owed }) => owed !== undefined)).toMatchObject({ owed: [] });
  });

  it("is shown at first what has just ended, as it is later: before D1 has heard of it", async () => {
    const { app, user } = await watched();
    const [phone, laptop] = [
      await app.signIn(user, { device_guid: "phone" }),
      await app.signIn(user, { device_guid: "laptop" }),
    ];
    await phone.post("/token/logout");
    const read = async (limit: string) => {
      const { body } = await app.actingFor(user).get("/admin/user", { limit });
      return z.object({ sessions_ended: z.array(EndedSession) }).parse(body).sessions_ended;
    };
    await auditOf(app, { operation: "session.logout" });
    const restore = await changeHub(hubOf(app, user), { EVENTS: slowQueue });
    await app.actingFor(user).post("/user/kick");
    expect((await laptop.get("/user/profile")).code).toBe(10008);

    const { sessions_ended } = await (await watch(app.actingFor(user))).told("picture");
    expect(sessions_ended).toMatchObject([
      { device_sn: 2, event: "kicked", reason: "kicked", by: "admin:test", request_id: expect.any(String) },
      { device_sn: 1, event: "logout", by: `user:${user.id}` },
    ]);
    expect(await read("50")).toEqual(sessions_ended);
    expect(await read("1")).toEqual(sessions_ended);
    restore();
  });

  it("costs no look through the records, but for the first frame", async () => {
    const { app, user, watcher } = await watched();
    await app.signIn(user);
    await watcher.told("changed");
    await env.DB.prepare(
      "insert into audit (app_id, at, caller, operation, subject, address, request_id) select ?, ?, 'root', 'setProfile', ?, '', '' from json_each(?)",
    )
      .bind(app.id, Date.now(), user.id, JSON.stringify(Array.from({ length: 500 })))
      .run();
    const { reads, restore } = await rowsReadBy(app, user);
    await app.actingFor(user).post("/user/profile", { nick_name: "Wren" });
    await watcher.told("changed");
    expect(reads.length).toBeGreaterThan(0);
    expect(Math.max(...reads)).toBeLessThan(100);
    await (await watch(app.actingFor(user))).told("picture");
    restore();
    expect(Math.max(...reads)).toBeGreaterThan(500);
  });

  it("that has not pinged for 95 s is closed with 1001 when there is something to show, and others go on", async () => {
    const { app, user, watcher } = await watched();
    setForward(60_000);
    const { watcher: other } = await watchBy(app, user);
    setForward(96_000);
    await app.actingFor(user).post("/user/profile", { nick_name: "Wren" });
    await other.told("changed");
    expect(await watcher.closed()).toEqual({ code: 1001, reason: "silent" });
    expect(watcher.unread).toEqual([]);
  });

  it("is refused to users, to other apps' admins, and without an upgrade", async () => {
    const [app, other] = [await newApp(), await newApp()];
    const { user, session } = await app.session();
    expect(await refused(other.actingFor(user).headers)).toBe(10000);
    expect(await refused(session.headers)).toBe(10010);
    expect((await app.actingFor(user).get("/admin/user/watch")).response.status).toBe(426);
  });
});
