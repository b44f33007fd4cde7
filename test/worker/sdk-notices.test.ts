import { abortAllDurableObjects, runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { type App, type Session, type User, newApp } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { codeOf, isOnline, listed } from "./kit/devices.ts";
import { hubOf } from "./kit/faults.ts";
import { eventsOf } from "./kit/heard.ts";
import { bySession, bySn } from "./kit/household.ts";
import { type SdkClient, sdkConnect, sdkOpen } from "./kit/sdk-client.ts";
import { type Device, connect } from "./kit/socket.ts";

const setAhead = movableClock();

/** A user with a phone on a native socket and a browser on the SDK's, who have nothing left to read. */
interface Home {
  app: App;
  user: User;
  phone: Session;
  phoneSocket: Device;
  browser: Session;
  client: SdkClient;
}

async function newHome(settings: Record<string, unknown> = {}): Promise<Home> {
  const app = await newApp(settings);
  const { user, session: phone } = await app.session({ device_guid: "phone", platform: 1 });
  const browser = await app.signIn(user, { device_guid: "browser" });
  const phoneSocket = await connect(phone);
  const client = await sdkConnect(browser, { guid: "browser" });
  await phoneSocket.notice("device_login");
  return { app, user, phone, phoneSocket, browser, client };
}

const xidOf = (session: Session) => ({ uid: session.userId, deviceSn: session.deviceSn });
const noXid = { uid: 0, deviceSn: 0 };

/** Ways for the browser's session to come to its end, what it hears of it, from whom, and what its next PROVISION hears. */
const endings: {
  what: string;
  type: number;
  from: (home: Home) => { uid: number; deviceSn: number | undefined };
  next: number;
  end: (home: Home) => Promise<unknown>;
}[] = [
  {
    what: "another session changes the password",
    type: 1,
    from: ({ phone }) => xidOf(phone),
    next: 7,
    end: ({ phone, user }) =>
      phone.post("/user/change_password", { old_password: user.password, new_password: "a new word" }),
  },
  {
    what: "an admin sets the password",
    type: 1,
    from: () => noXid,
    next: 7,
    end: ({ app, user }) =>
      app.actingFor(user).post("/user/change_password_admin", { password: "a new word" }),
  },
  {
    what: "an admin disables the user",
    type: 2,
    from: () => noXid,
    next: 10,
    end: ({ app, user }) => app.disable(user),
  },
  {
    what: "another session deletes the user",
    type: 3,
    from: ({ phone }) => xidOf(phone),
    next: 7,
    end: ({ phone }) => phone.post("/user/delete"),
  },
  {
    what: "the device signs in again elsewhere",
    type: 4,
    from: ({ browser }) => xidOf(browser),
    next: 7,
    end: ({ app, user }) => app.signIn(user, { device_guid: "browser" }),
  },
  {
    what: "the device connects again elsewhere",
    type: 4,
    from: ({ browser }) => xidOf(browser),
    next: 1,
    end: ({ browser }) => sdkConnect(browser, { guid: "browser" }),
  },
  {
    what: "another session kicks it",
    type: 5,
    from: ({ phone }) => xidOf(phone),
    next: 7,
    end: ({ phone, browser }) => phone.set("/user/kick", bySn(browser)),
  },
  {
    what: "an admin kicks every device",
    type: 5,
    from: () => noXid,
    next: 7,
    end: ({ app, user }) => app.actingFor(user).set("/user/kick", {}),
  },
  {
    what: "the device is removed",
    type: 10,
    from: ({ phone }) => xidOf(phone),
    next: 7,
    end: ({ phone, browser }) => phone.set("/user/device/remove", bySn(browser)),
  },
];

describe("the end of a session", () => {
  it.each(endings)("is heard as $type before the close where $what", async (ending) => {
    const home = await newHome();
    const before = Date.now();

    await ending.end(home);

    const notice = await home.client.notice(ending.type);
    expect(notice).toEqual({
      type: ending.type,
      id: expect.any(Number),
      at: expect.any(Number),
      from: ending.from(home),
      to: xidOf(home.browser),
      about: { uid: home.user.id, deviceSn: 0 },
    });
    expect(notice.at).toBeGreaterThanOrEqual(before);
    expect(notice.at).toBeLessThanOrEqual(Date.now());
    expect(await home.client.closed()).toMatchObject({ code: 4000 + ending.type });
    expect(home.client.heard).toEqual([]);
    const back = await (await sdkOpen()).provision(home.browser.token, { guid: "browser" });
    expect(back.code).toBe(ending.next);
  });

  it("is heard as kicked where the sign-in policy makes room", async () => {
    const app = await newApp({ sign_in_policy: { limits: { total: 1 }, overflow: "kick_oldest" } });
    const { user, session } = await app.session();
    const older = await sdkConnect(session, { guid: "older" });
    await sdkConnect(await app.signIn(user), { guid: "newer" });
    await older.notice(5);
    expect(await older.closed()).toMatchObject({ code: 4005 });
  });

  it("is no notice but a close where the session signs itself out", async () => {
    const { phoneSocket, browser, client } = await newHome();
    await browser.post("/token/logout");
    expect(await client.closed()).toMatchObject({ code: 4000 });
    expect(client.heard).toEqual([]);
    await phoneSocket.notice("device_logout");
  });

  it("is a close with 4402 where the token's life ends", async () => {
    const app = await newApp({ token_ttl: 2 });
    const { session } = await app.session({ device_guid: "g" });
    const client = await sdkConnect(session, { guid: "g" });
    expect(await client.closed()).toMatchObject({ code: 4402 });
    expect(client.heard).toEqual([]);
    expect((await (await sdkOpen()).provision(session.token)).code).toBe(7);
  });
});

describe("what ends no session", () => {
  it("is heard of the user's other devices: added, login, logout, and logout where one is removed", async () => {
    const { app, user, phone, client } = await newHome();
    const other = await app.signIn(user, { device_guid: "other" });
    const socket = await connect(other);
    expect(await client.notice(9)).toMatchObject({ from: xidOf(other) });
    expect(await client.notice(7)).toMatchObject({ from: xidOf(other) });
    socket.close();
    expect(await client.notice(8)).toMatchObject({ from: xidOf(other) });
    await phone.set("/user/device/remove", bySn(other));
    // The published SDK throws its own token away at a 10.
    expect(await client.notice(8)).toMatchObject({ from: xidOf(phone) });
    expect(await client.unread()).toBe(1);
    expect(client.heard).toEqual([]);
  });

  it("is heard of the profile and the settings, but not by the device that changed them", async () => {
    const { phone, phoneSocket, browser, client } = await newHome();
    await phone.set("/user/nickname", { nick_name: "Robin" });
    expect(await client.notice(6)).toMatchObject({ from: xidOf(phone) });
    await browser.set("/user/sounds", { value: "true" });
    await phoneSocket.notice("info_updated");
    expect(await client.unreadNotices()).toEqual([]);
  });

  it("has ids that grow and are given once, whatever comes in one moment", async () => {
    const { phone, client } = await newHome();
    vi.spyOn(Date, "now").mockReturnValue(Date.now());
    await Promise.all(["a", "b", "c"].map((nick_name) => phone.set("/user/nickname", { nick_name })));
    const ids = [await client.notice(6), await client.notice(6), await client.notice(6)].map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
  });
});

describe("two dialects of one hub", () => {
  it("hear each other's login and logout, side by side", async () => {
    const { phoneSocket, phone, browser, client } = await newHome();
    client.close();
    expect(await phoneSocket.notice("device_logout")).toMatchObject({ by: bySession(browser) });
    const again = await sdkConnect(browser, { guid: "browser" });
    expect(await phoneSocket.notice("device_login")).toMatchObject({ by: bySession(browser) });
    phoneSocket.close();
    expect(await again.notice(8)).toMatchObject({ from: xidOf(phone), to: xidOf(browser) });
    const second = await connect(phone);
    expect(await again.notice(7)).toMatchObject({ from: xidOf(phone) });
    expect(await again.unreadNotices()).toEqual([]);
    expect(await eventsOf(second)).toEqual([]);
  });

  it("are told of the end of one and go on themselves", async () => {
    const { app, user, phone, phoneSocket, browser, client } = await newHome();
    await app.actingFor(user).set("/user/kick", bySn(phone));
    await phoneSocket.notice("kicked");
    await client.notice(8);
    expect(await client.unread()).toBe(1);
    expect([await codeOf(phone), await codeOf(browser)]).toEqual([10008, 200]);
  });

  it("know nothing of another user's devices", async () => {
    const home = await newHome();
    const other = await newHome();
    await home.app.disable(home.user);
    await home.client.notice(2);
    expect(await other.client.unreadNotices()).toEqual([]);
    expect(await eventsOf(other.phoneSocket)).toEqual([]);
  });
});

describe("a hub that drops its sockets", () => {
  it("is a close with 1012, after which the device may come back", async () => {
    const { browser, client } = await newHome();
    await abortAllDurableObjects();
    expect(await client.closed()).toMatchObject({ code: 1012 });
    expect(client.heard).toEqual([]);
    expect(await isOnline(browser)).toBe(false);
    const back = await sdkConnect(browser, { guid: "browser" });
    expect(await back.unread()).toBe(1);
  });

  it("closes a socket whose client has not pinged for 95 s, with 1001", async () => {
    const { app, user, browser, client } = await newHome();
    setAhead(96_000);
    await runDurableObjectAlarm(hubOf(app, user));
    expect(await client.closed()).toMatchObject({ code: 1001 });
    expect(await listed(browser, browser.deviceSn)).toMatchObject({ online: false });
  });
});
