import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type Session, call, newApp, origin } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { codeOf, isOnline, listDevices, listed, serials } from "./kit/devices.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { eventsOf } from "./kit/heard.ts";
import { logged } from "./kit/log.ts";
import {
  type ProvisionFacts,
  commands,
  frame,
  provisionPayload,
  sdkConnect,
  sdkOpen,
} from "./kit/sdk-client.ts";
import { connect } from "./kit/socket.ts";

const setAhead = movableClock();

/** The status of a PROVISION on a socket of its own. */
async function statusOf(token: string, facts: ProvisionFacts = {}, headers: Record<string, string> = {}) {
  return (await (await sdkOpen(headers)).provision(token, facts)).code;
}

const strangers = { address: 0 };

/** The headers of a caller whose address no other test has. */
function fromElsewhere(): Record<string, string> {
  strangers.address++;
  return { "cf-connecting-ip": `10.9.0.${strangers.address}` };
}

describe("a PROVISION that is accepted", () => {
  it("is answered with status 1 and the device", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "here" });
    await app.signIn(user, { device_guid: "other" });
    const again = await app.signIn(user, { device_guid: "third" });
    expect(await (await sdkOpen()).provision(session.token, { uid: user.id, guid: "here" })).toEqual({
      code: 1,
      reason: "",
      uid: user.id,
      deviceSn: session.deviceSn,
    });
    expect(await (await sdkOpen()).provision(again.token)).toMatchObject({ code: 1, deviceSn: 3 });
  });

  it("makes a session without a device that of the device it tells of", async () => {
    const { session } = await (await newApp()).session();
    const client = await sdkOpen({ "user-agent": "Browser/1.0" });
    const { deviceSn } = await client.provision(session.token, { guid: "g", osType: 6, info: "Chrome" });
    expect(await listed(session, deviceSn)).toMatchObject({
      platform: 6,
      device_name: "Chrome",
      user_agent: "Browser/1.0",
      online: true,
    });
  });

  it.each([
    [0, 6],
    [1, 1],
    [5, 5],
    [7, 6],
    [99, 6],
  ])("takes os_type %i for the platform %i", async (osType, platform) => {
    const { session } = await (await newApp()).session();
    await sdkConnect(session, { osType });
    expect((await listDevices(session)).devices).toMatchObject([{ platform }]);
  });

  it("cuts what the device says of itself to 64 characters, and no character in two", async () => {
    const { session } = await (await newApp()).session();
    await sdkConnect(session, { info: `${"x".repeat(63)}🐦🐦` });
    expect((await listDevices(session)).devices).toMatchObject([{ device_name: `${"x".repeat(63)}🐦` }]);
  });

  it("makes a device of its own where device_guid is empty", async () => {
    const { session } = await (await newApp()).session();
    await sdkConnect(session, { guid: "", info: "" });
    expect((await listDevices(session)).devices).toMatchObject([{ device_sn: 1, device_name: "" }]);
  });

  it("leads to the token's own app, whatever app the page is of", async () => {
    const [one, other] = [await newApp(), await newApp()];
    const clients = [await one.session({ device_guid: "g" }), await other.session({ device_guid: "g" })];
    for (const { session } of clients) await sdkConnect(session, { guid: "g" });
    for (const { session } of clients) expect(await isOnline(session)).toBe(true);
  });

  it("replaces the older device of the same device_guid, native or not", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    const older = await connect(session);
    const second = await app.signIn(user);
    const client = await sdkConnect(second, { guid: "phone" });
    await older.notice("replaced");
    expect(await older.closed()).toMatchObject({ code: 4004 });

    const third = await app.signIn(user);
    const newest = await sdkConnect(third, { guid: "phone" });

    await client.notice(4);
    expect(await client.closed()).toMatchObject({ code: 4004 });
    expect([await codeOf(session), await codeOf(second), await codeOf(third)]).toEqual([10008, 10008, 200]);
    expect(await serials(third)).toEqual([session.deviceSn]);
    expect(await newest.unreadNotices()).toEqual([]);
  });

  it("of the same session again replaces the older socket; the session lives", async () => {
    const { session } = await (await newApp()).session();
    const older = await sdkConnect(session, { guid: "g" });
    const newer = await sdkConnect(session, { guid: "g" });
    await older.notice(4);
    expect(await older.closed()).toMatchObject({ code: 4004 });
    expect(await newer.unread()).toBe(1);
    expect(await codeOf(session)).toBe(200);
  });

  it("may follow a refused one on the same socket", async () => {
    const { session } = await (await newApp()).session();
    const client = await sdkOpen(fromElsewhere());
    expect(await client.provision("nonsense")).toMatchObject({ code: 7 });
    expect(await client.unread()).toBe(7);
    expect(await client.provision(session.token)).toMatchObject({ code: 1 });
    expect(await client.unread()).toBe(1);
  });

  it("is logged like a request, without the token", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const { texts, lines } = await logged(async () => {
      await sdkConnect(session, { guid: "the guid" });
    });
    expect(lines).toMatchObject([
      { operation: "sdkSocket" },
      { operation: "sdkProvision", app: app.id, caller: "user", subject: user.id, code: 1 },
    ]);
    expect(texts.join()).not.toMatch(new RegExp(`${session.token}|the guid`));
  });
});

describe("a PROVISION that is refused", () => {
  it.each([
    ["nothing", ""],
    ["no token's form", "nonsense"],
    ["an unknown token", `wu_${"A".repeat(43)}`],
    ["an unknown admin token", `wa_${"A".repeat(43)}`],
  ])("hears 7 with %s for a token", async (_, token) => {
    expect(await statusOf(token, {}, fromElsewhere())).toBe(7);
  });

  it("hears 7 with an admin's token", async () => {
    const app = await newApp();
    const { user } = await app.session();
    expect(await statusOf(app.admin.headers["access-token"] ?? "", { uid: user.id })).toBe(7);
  });

  it.each<[string, (session: Session) => Promise<unknown>]>([
    ["signed out", (session) => session.post("/token/logout")],
    ["kicked", (session) => session.set("/user/kick", {})],
    ["of a deleted user", (session) => session.post("/user/delete")],
  ])("hears 7 with a token that is %s", async (_, end) => {
    const { session } = await (await newApp()).session({ device_guid: "g" });
    await end(session);
    expect(await statusOf(session.token, { uid: session.userId, guid: "g" })).toBe(7);
  });

  it("hears 7 with a token whose life is over", async () => {
    const { session } = await (await newApp({ token_ttl: 60 })).session();
    setAhead(61_000);
    expect(await (await sdkOpen()).provision(session.token)).toMatchObject({
      code: 7,
      reason: expect.stringContaining("life is over"),
    });
  });

  it("hears 10 while the user is disabled, and 7 with the old token after that", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "g" });
    await app.disable(user);
    expect(await statusOf(session.token)).toBe(10);
    await app.admin.put("/user/enable", { list: [user.id] });
    expect(await statusOf(session.token)).toBe(7);
    expect(await statusOf((await app.signIn(user)).token)).toBe(1);
  });

  it("hears 7 with the token of another user than the one it names", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const { user: other } = await app.session();
    const { user: elsewhere } = await (await newApp()).session();
    for (const uid of [other.id, elsewhere.id, BigInt(session.userId) + 2n ** 60n]) {
      expect(await statusOf(session.token, { uid })).toBe(7);
    }
    expect(await isOnline(session)).toBe(false);
    expect(await statusOf(session.token, { uid: 0 })).toBe(1);
  });

  it("hears 13 where the policy has no place for one more device; its session lives", async () => {
    const app = await newApp({ sign_in_policy: { limits: { total: 1 }, overflow: "refuse_new" } });
    const { user, session } = await app.session({ device_guid: "first" });
    const first = await sdkConnect(session, { guid: "first" });
    const bare = await app.signIn(user);
    expect(await statusOf(bare.token, { guid: "second" })).toBe(13);
    expect(await codeOf(bare)).toBe(200);
    expect(await first.unreadNotices()).toEqual([]);
  });

  it("hears 15 with another device_guid than the session's, and with one that can be none", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "own" });
    expect(await statusOf(session.token, { guid: "other" })).toBe(15);
    const bare = await app.signIn(user);
    expect(await statusOf(bare.token, { guid: "g".repeat(129) })).toBe(15);
    expect(await serials(session)).toEqual([session.deviceSn]);
  });

  it("hears 19 while the app is suspended; a socket that is open stays", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "g" });
    const open = await sdkConnect(session, { guid: "g" });
    const other = await app.signIn(user);
    await app.root.put("/admin/app", { status: 1 });
    expect(await statusOf(other.token)).toBe(19);
    expect(await open.unread()).toBe(1);
    await app.root.put("/admin/app", { status: 0 });
    expect(await statusOf(other.token)).toBe(1);
  });

  it("hears 20 over its session's limit of calls, and no other session of the user does", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const counted: string[] = [];
    const limiter = {
      limit: async ({ key }: RateLimitOptions) => {
        counted.push(key);
        return { success: false };
      },
    };
    const worker = workerWith({ CALL_BLOCKS: limiter });
    for (let turn = 0; turn < 20; turn++) {
      await call("GET", "/user/profile", { headers: session.headers }, worker);
    }
    expect(await (await sdkOpen()).provision(session.token)).toMatchObject({ code: 20 });
    expect(counted).toHaveLength(1);
    expect(await statusOf((await app.signIn(user)).token)).toBe(1);
  });

  it("hears 7 from a page that the app does not allow, and not from the service's own", async () => {
    const { session } = await (await newApp({ allowed_origins: ["https://app.example"] })).session();
    expect(await statusOf(session.token, {}, { Origin: "https://other.example" })).toBe(7);
    expect(await statusOf(session.token, {}, { Origin: "https://app.example" })).toBe(1);
    expect(await statusOf(session.token, {}, { Origin: origin })).toBe(1);
  });

  it("disturbs no other device of the user", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    const phone = await connect(session);
    const other = await app.signIn(user, { device_guid: "laptop" });
    await app.signIn(user, { device_guid: "laptop" });
    expect(await statusOf(other.token, { guid: "laptop" })).toBe(7);
    expect(await eventsOf(phone)).toEqual(["device_added"]);
  });
});

describe("a PROVISION that cannot be answered", () => {
  it("closes the socket with 1011, so that the device comes back", async () => {
    const { session } = await (await newApp()).session();
    const HUB = new Proxy(env.HUB, {
      get() {
        throw new Error("the hub cannot be reached");
      },
    });
    const client = await sdkOpen({}, workerWith({ HUB }));
    client.sendFrame(frame(commands.provision, provisionPayload(session.token)));
    expect(await client.closed()).toMatchObject({ code: 1011 });
    expect(client.heard).toEqual([]);
  });

  it("leaves no device online where the client is gone before the answer", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    const phone = await connect(session);
    const other = await app.signIn(user);
    const client = await sdkOpen();
    client.sendFrame(frame(commands.provision, provisionPayload(other.token)));
    client.close();
    await phone.notice("device_added");
    await phone.notice("device_login");
    await phone.notice("device_logout");
    expect(await eventsOf(phone)).toEqual([]);
  });
});
