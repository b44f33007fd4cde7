import { abortAllDurableObjects } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type Answer, newApp, newName } from "./kit/client.ts";
import { codeOf, isOnline, listDevices, listed, serials } from "./kit/devices.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { eventsOf } from "./kit/heard.ts";
import { bySn } from "./kit/household.ts";
import { Device, connect, open, upgrade } from "./kit/socket.ts";

/** The socket that an upgrade gave. */
function socketOf(response: Response): Device {
  if (!response.webSocket) throw new Error(`no socket: HTTP ${response.status}`);
  return new Device(response.webSocket);
}

/** The envelope of an upgrade that was refused. */
async function refusalOf(response: Response): Promise<Pick<Answer, "code" | "message">> {
  expect(response.webSocket).toBeNull();
  return await response.json();
}

const unknownToken = `wu_${"A".repeat(43)}`;

describe("connecting", () => {
  it("opens a socket whose first frame is the welcome", async () => {
    const app = await newApp();
    const before = Date.now();
    const { session } = await app.session({ device_guid: "g" });
    const socket = await open(session);
    const welcome = await socket.frame();
    expect(welcome).toEqual({ type: "welcome", device_sn: session.deviceSn, expire: expect.any(Number) });
    const ninetyDays = 90 * 24 * 3600 * 1000;
    if (welcome.type !== "welcome") throw new Error("no welcome");
    expect(welcome.expire).toBeGreaterThanOrEqual(before + ninetyDays);
    expect(welcome.expire).toBeLessThanOrEqual(Date.now() + ninetyDays);
    expect(await eventsOf(socket)).toEqual([]);
  });

  it("takes app and token from a browser, which cannot set headers", async () => {
    const app = await newApp();
    const { session } = await app.session({ device_guid: "g" });
    const response = await upgrade(
      { "Sec-WebSocket-Protocol": `im.v1, token.${session.token}` },
      { app_id: app.id },
    );
    expect(response.status).toBe(101);
    expect(response.headers.get("sec-websocket-protocol")).toBe("im.v1");
    expect(await socketOf(response).welcome()).toMatchObject({ device_sn: session.deviceSn });
  });

  it("names no subprotocol where none was offered", async () => {
    const app = await newApp();
    const { session } = await app.session({ device_guid: "g" });
    const response = await upgrade(session.headers);
    expect(response.headers.get("sec-websocket-protocol")).toBeNull();
    await socketOf(response).welcome();
  });

  it("needs an upgrade: 426 without", async () => {
    const app = await newApp();
    const { session } = await app.session({ device_guid: "g" });
    const answer = await session.get("/user/device/connect");
    expect(answer.response.status).toBe(426);
    expect(answer).toMatchObject({ code: 426, data: null });
    expect(await isOnline(session)).toBe(false);
  });

  it.each([
    ["an unknown token", () => unknownToken],
    ["no token's form", () => "nonsense"],
  ])("closes with 4401 on %s", async (_, token) => {
    const app = await newApp();
    const socket = socketOf(await upgrade({ app_id: app.id, "access-token": token() }));
    expect(await socket.closed()).toMatchObject({ code: 4401 });
    expect(socket.unread).toEqual([]);
  });

  it("closes with 4401 and still names the subprotocol where a browser's token is bad", async () => {
    const app = await newApp();
    const offered = { "Sec-WebSocket-Protocol": `im.v1, token.${unknownToken}` };
    const response = await upgrade(offered, { app_id: app.id });
    expect(response.headers.get("sec-websocket-protocol")).toBe("im.v1");
    expect(await socketOf(response).closed()).toMatchObject({ code: 4401 });
  });

  it("closes with 4401 on the token of another app, a kicked one, and one that was signed out", async () => {
    const app = await newApp();
    const elsewhere = await newApp();
    const { user, session } = await app.session({ device_guid: "g" });
    const strange = await upgrade({ ...session.headers, app_id: elsewhere.id });
    expect(await socketOf(strange).closed()).toMatchObject({ code: 4401 });

    await session.set("/user/kick", {});
    expect(await (await open(session)).closed()).toMatchObject({ code: 4401 });
    const signedOut = await app.signIn(user, { device_guid: "g" });
    await signedOut.post("/token/logout");
    expect(await (await open(signedOut)).closed()).toMatchObject({ code: 4401 });
    expect(await isOnline(app.actingFor(user))).toBe(false);
  });

  it("is refused without a token, with an admin's, for an app that is unknown or suspended", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "g" });
    expect(await refusalOf(await upgrade({ app_id: app.id }))).toMatchObject({ code: 10003 });
    const admin = app.actingFor(user).headers;
    expect(await refusalOf(await upgrade(admin))).toMatchObject({ code: 10010 });
    const unknown = { ...session.headers, app_id: newName("nowhere") };
    expect(await refusalOf(await upgrade(unknown))).toMatchObject({ code: 40000 });
    await app.root.put("/admin/app", { status: 1 });
    expect(await refusalOf(await upgrade(session.headers))).toMatchObject({ code: 40003 });
  });

  it("is not ended by the suspension of the app, for a socket that is open", async () => {
    const app = await newApp();
    const { session } = await app.session({ device_guid: "g" });
    const socket = await connect(session);
    await app.root.put("/admin/app", { status: 1 });
    expect(await codeOf(session)).toBe(40003);
    expect(await eventsOf(socket)).toEqual([]);
  });

  it.each(["0", "7", "web", "1.5", ""])("refuses the platform %j", async (platform) => {
    const app = await newApp();
    const { session } = await app.session();
    expect(await refusalOf(await upgrade(session.headers, { platform }))).toMatchObject({ code: 10002 });
    expect(await serials(session)).toEqual([]);
  });
});

describe("a frame from the device", () => {
  it("is answered with pong where it is ping, each time", async () => {
    const app = await newApp();
    const { session } = await app.session({ device_guid: "g" });
    const socket = await connect(session);
    for (const _ of [1, 2, 3]) socket.send("ping");
    expect([await socket.text(), await socket.text(), await socket.text()]).toEqual(["pong", "pong", "pong"]);
  });

  it.each(["", "Ping", "ping ", "pong", "{}", '{"type":"ping"}', "x".repeat(100_000)])(
    "closes its own socket with 4400 where it is %.20j, and no other",
    async (text) => {
      const app = await newApp();
      const { user, session: phone } = await app.session({ device_guid: "phone" });
      const laptop = await connect(await app.signIn(user, { device_guid: "laptop" }));
      const socket = await connect(phone);
      await laptop.notice("device_login");

      socket.send(text);

      expect(await socket.closed()).toMatchObject({ code: 4400 });
      expect(socket.unread).toEqual([]);
      await laptop.notice("device_logout");
      expect(await eventsOf(laptop)).toEqual([]);
      expect(await listed(phone, phone.deviceSn)).toMatchObject({ online: false });
      expect(await eventsOf(await connect(phone))).toEqual([]);
    },
  );

  it("closes with 4400 where it is binary, be it a ping", async () => {
    const app = await newApp();
    const { session } = await app.session({ device_guid: "g" });
    const { webSocket } = await upgrade(session.headers);
    if (!webSocket) throw new Error("no socket");
    const socket = new Device(webSocket);
    await socket.welcome();
    webSocket.send(new TextEncoder().encode("ping"));
    expect(await socket.closed()).toMatchObject({ code: 4400 });
  });
});

describe("a second socket", () => {
  it("of one session takes the place of the older, which hears replaced; the session lives", async () => {
    const app = await newApp();
    const { user, session: phone } = await app.session({ device_guid: "phone" });
    const laptop = await connect(await app.signIn(user, { device_guid: "laptop" }));
    const older = await connect(phone);
    await laptop.notice("device_login");

    const newer = await connect(phone);

    expect(await older.notice("replaced")).toMatchObject({
      notice_type: 4,
      by: { user_id: user.id, device_sn: phone.deviceSn },
      retry: false,
    });
    expect(await older.closed()).toMatchObject({ code: 4004 });
    expect(await codeOf(phone)).toBe(200);
    expect(await eventsOf(newer)).toEqual([]);
    expect(await listed(phone, phone.deviceSn)).toMatchObject({ online: true });
    expect(await eventsOf(laptop)).toEqual([]);
  });

  it("of the same device_guid signing in again: the older session is dead, the serial stays", async () => {
    const app = await newApp();
    const { user, session: older } = await app.session({ device_guid: "phone" });
    const socket = await connect(older);

    const newer = await app.signIn(user, { device_guid: "phone" });

    expect(newer.deviceSn).toBe(older.deviceSn);
    await socket.notice("replaced");
    expect(await socket.closed()).toMatchObject({ code: 4004 });
    expect([await codeOf(older), await codeOf(newer)]).toEqual([10008, 200]);
    expect(await serials(newer)).toEqual([newer.deviceSn]);
    expect(await eventsOf(await connect(newer))).toEqual([]);
  });

  it("of another user with the same device_guid disturbs nobody", async () => {
    const app = await newApp();
    const { session: one } = await app.session({ device_guid: "shared" });
    const { session: other } = await app.session({ device_guid: "shared" });
    const sockets = [await connect(one), await connect(other)];
    for (const socket of sockets) expect(await eventsOf(socket)).toEqual([]);
  });
});

describe("a session without a device", () => {
  it("becomes a device of its own when it connects: a web browser unless it says", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const welcome = await (await open(session)).welcome();
    const other = await app.signIn(user);
    await connect(other, { platform: "4", device_name: "Desk" });
    expect((await listDevices(session)).devices).toMatchObject([
      { device_sn: welcome.device_sn, platform: 6, device_name: "", online: true },
      { device_sn: welcome.device_sn + 1, platform: 4, device_name: "Desk", online: true },
    ]);
  });

  it("keeps its device when it connects again", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const first = await (await open(session)).welcome();
    const second = await (await open(session)).welcome();
    expect(second.device_sn).toBe(first.device_sn);
    expect(await serials(session)).toEqual([first.device_sn]);
  });

  it("becomes the device whose device_guid it gives, as that device signing in again", async () => {
    const app = await newApp();
    const { user, session: older } = await app.session({ device_guid: "phone", platform: 2 });
    const socket = await connect(older);
    const bare = await app.signIn(user);

    const welcome = await (await open(bare, { device_guid: "phone" })).welcome();

    expect(welcome.device_sn).toBe(older.deviceSn);
    await socket.notice("replaced");
    expect(await socket.closed()).toMatchObject({ code: 4004 });
    expect([await codeOf(older), await codeOf(bare)]).toEqual([10008, 200]);
    expect((await listDevices(bare)).devices).toMatchObject([{ platform: 2, online: true }]);
  });

  it("is refused with 10031 where the policy has no place for a device, and lives on", async () => {
    const app = await newApp({ sign_in_policy: { limits: { total: 1 }, overflow: "refuse_new" } });
    const { user, session } = await app.session({ device_guid: "first" });
    const socket = await connect(session);
    const bare = await app.signIn(user);
    expect(await refusalOf(await upgrade(bare.headers))).toMatchObject({ code: 10031 });
    expect(await codeOf(bare)).toBe(200);
    expect(await serials(bare)).toEqual([session.deviceSn]);
    expect(await eventsOf(socket)).toEqual([]);
  });

  it("makes room for itself by ending the oldest device where the policy says so", async () => {
    const app = await newApp({ sign_in_policy: { limits: { total: 1 }, overflow: "kick_oldest" } });
    const { user, session } = await app.session({ device_guid: "first" });
    const socket = await connect(session);
    const bare = await app.signIn(user);
    await socket.ping();
    await connect(bare);
    await socket.notice("kicked");
    expect(await socket.closed()).toMatchObject({ code: 4005 });
    expect([await codeOf(session), await codeOf(bare)]).toEqual([10008, 200]);
  });
});

describe("a session of a device", () => {
  it("may give its own device_guid again, but no other", async () => {
    const app = await newApp();
    const { session } = await app.session({ device_guid: "own" });
    const socket = await connect(session, { device_guid: "own" });
    const response = await upgrade(session.headers, { device_guid: "other" });
    const refusal = await refusalOf(response);
    expect(refusal).toMatchObject({ code: 10002 });
    expect(refusal.message).toContain("device_guid");
    expect(await eventsOf(socket)).toEqual([]);
    expect(await serials(session)).toEqual([session.deviceSn]);
  });
});

describe("a socket that the Worker relays", () => {
  it("hears what any other does, and is closed with 1012 when its hub is dropped: the device may come back", async () => {
    const app = await newApp();
    const { session } = await app.session({ device_guid: "phone" });
    const fetch = workerWith({ SOCKETS: "relay" });
    const relayed = async () => {
      const socket = socketOf(await upgrade(session.headers, {}, fetch));
      await socket.welcome();
      return socket;
    };
    const socket = await relayed();
    await socket.ping();

    await abortAllDurableObjects();

    expect(await socket.closed()).toMatchObject({ code: 1012 });
    const back = await relayed();
    await session.set("/user/kick", bySn(session));
    await back.notice("kicked");
    expect(await back.closed()).toMatchObject({ code: 4005 });
  });
});
