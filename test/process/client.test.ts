import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  DeviceClient,
  type DeviceClientOptions,
  type KnownNotice,
  type NoticeEvent,
} from "../../src/client/index.ts";
import { Device } from "../wire.ts";
import { Ear, earOf } from "./ear.ts";
import { type Checkout, type SignedIn, app, password } from "./kit.ts";
import { migratedCheckout } from "./shared.ts";

const Nothing = z.unknown();

let users = 0;
let checkout: Checkout;
const clients: DeviceClient[] = [];

/** Registers a user; returns the username. */
async function newUser(appId = app): Promise<string> {
  const username = `user_${++users}`;
  await checkout.register(username, appId);
  return username;
}

/** A call by the session of a token. */
async function call(by: SignedIn, method: string, path: string, body: object = {}): Promise<unknown> {
  return await checkout.call(Nothing, method, path, { app_id: app, "access-token": by.token }, body);
}

/** A call by the admin, on behalf of a token's user. */
async function callForUser(of: SignedIn, method: string, path: string, body: object = {}): Promise<unknown> {
  const headers = { app_id: app, "access-token": checkout.adminToken, user_id: String(of.user_id) };
  return await checkout.call(Nothing, method, path, headers, body);
}

/** A client of a session's device; its sockets and timers are counted, and what it hears is kept. */
function device(token: SignedIn, options: Partial<DeviceClientOptions> = {}) {
  const sockets: WebSocket[] = [];
  const timers = new Set<NodeJS.Timeout>();
  class Socket extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  const schedule = (run: () => void, ms: number) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
    return () => {
      timers.delete(timer);
      clearTimeout(timer);
    };
  };
  const client = new DeviceClient({
    url: checkout.origin,
    appId: app,
    token: token.token,
    backoffBaseMs: 100,
    backoffCapMs: 1000,
    schedule,
    WebSocket: Socket,
    ...options,
  });
  clients.push(client);
  const names: string[] = [];
  for (const name of ["welcome", "notice", "server_restart", "reconnecting", "ended"] as const) {
    client.on(name, () => names.push(name));
  }
  const welcome = earOf(client, "welcome");
  const ended = earOf(client, "ended");
  return { client, welcome, ended, names, sockets, timers };
}

/** The same, connected and welcomed. */
async function connected(token: SignedIn, options: Partial<DeviceClientOptions> = {}) {
  const connecting = device(token, options);
  connecting.client.connect();
  await connecting.welcome.next();
  return connecting;
}

/** A user with a phone and a laptop, both signed in. */
async function household() {
  const user = await newUser();
  return { user, phone: await checkout.signIn(user, "phone"), laptop: await checkout.signIn(user, "laptop") };
}

type Household = Awaited<ReturnType<typeof household>>;

const bySn = ({ device_sn }: SignedIn) => `device_sn=${device_sn}`;

beforeAll(async () => {
  checkout = await migratedCheckout();
  checkout.cheapenPasswords();
  await checkout.start();
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

afterAll(async () => {
  await checkout.remove();
});

describe("a device client against the service", () => {
  it("hears the welcome with its serial and the end of its token's life", async () => {
    const { phone } = await household();
    const { client, welcome } = device(phone, {
      deviceGuid: "phone",
      platform: 2,
      deviceName: "Ann's phone",
    });
    client.connect();
    const { deviceSn, expiresAt } = await welcome.next();
    expect(deviceSn).toBe(phone.device_sn);
    expect(expiresAt).toBeGreaterThan(Date.now());
    const list = await checkout.call(z.array(Device), "GET", "/user/device/list", {
      app_id: app,
      "access-token": phone.token,
    });
    expect(list[0]).toMatchObject({ platform: 2, device_name: "Ann's phone", online: true });
  });

  it("has its pings answered, one after another, on one socket", async () => {
    const { phone } = await household();
    const { sockets, names } = await connected(phone, { pingEveryMs: 20 });
    const pongs = new Ear<unknown>("pong");
    sockets[0]?.addEventListener("message", (event) => pongs.hear(event.data));
    expect([await pongs.next(), await pongs.next(), await pongs.next()]).toEqual(["pong", "pong", "pong"]);
    expect(names).toEqual(["welcome"]);
    expect(sockets).toHaveLength(1);
  });

  it("may be closed while it connects, and connected again", async () => {
    const { phone } = await household();
    const { client, welcome, names, sockets } = device(phone);
    client.connect();
    client.close();
    client.connect();
    await welcome.next();
    expect(sockets).toHaveLength(2);
    expect(names).toEqual(["welcome"]);
  });

  it("hears the coming and going of the user's other devices, and what they change", async () => {
    const { user, phone, laptop } = await household();
    const { client } = await connected(laptop);
    const [login, logout] = [earOf(client, "device_login"), earOf(client, "device_logout")];
    const [added, updated] = [earOf(client, "device_added"), earOf(client, "info_updated")];
    const by = { userId: phone.user_id, deviceSn: phone.device_sn };

    const other = await connected(phone);
    expect(await login.next()).toMatchObject({ noticeType: 7, by, retry: true });
    await call(phone, "PUT", "/user/profile", { nick_name: "Ann" });
    expect(await updated.next()).toMatchObject({ noticeType: 6, by });
    other.client.close();
    expect(await logout.next()).toMatchObject({ noticeType: 8, by, retry: true });
    const tablet = await checkout.signIn(user, "tablet");
    expect(await added.next()).toMatchObject({ noticeType: 9, by: { deviceSn: tablet.device_sn } });
  });
});

/** Ways for the phone's connection to come to its end, and what it hears. */
const endings: {
  what: string;
  code: number;
  event?: NoticeEvent;
  end: (home: Household) => Promise<unknown>;
}[] = [
  {
    what: "an admin kicks it",
    code: 4005,
    event: "kicked",
    end: ({ phone }) => callForUser(phone, "POST", `/user/kick?${bySn(phone)}`),
  },
  {
    what: "another session kicks every device",
    code: 4005,
    event: "kicked",
    end: ({ laptop }) => call(laptop, "PUT", "/user/kick"),
  },
  {
    what: "an admin disables the user",
    code: 4002,
    event: "disabled",
    end: ({ phone }) => callForUser(phone, "PUT", "/user/disable", { list: [phone.user_id], reason: "spam" }),
  },
  {
    what: "an admin deletes the user",
    code: 4003,
    event: "deleted",
    end: ({ phone }) => callForUser(phone, "DELETE", "/user/delete"),
  },
  {
    what: "an admin sets the password",
    code: 4001,
    event: "password_changed",
    end: ({ phone }) => callForUser(phone, "POST", "/user/change_password_admin", { password: "a new word" }),
  },
  {
    what: "another session changes the password",
    code: 4001,
    event: "password_changed",
    end: ({ laptop }) =>
      call(laptop, "POST", "/user/change_password", { old_password: password, new_password: "a new word" }),
  },
  {
    what: "another session removes the device",
    code: 4010,
    event: "device_removed",
    end: ({ laptop, phone }) => call(laptop, "DELETE", `/user/device/remove?${bySn(phone)}`),
  },
  {
    what: "the device signs in again",
    code: 4004,
    event: "replaced",
    end: ({ user }) => checkout.signIn(user, "phone"),
  },
  {
    what: "the token connects a second time",
    code: 4004,
    event: "replaced",
    end: ({ phone }) => connected(phone),
  },
  {
    what: "its own session signs out",
    code: 4000,
    end: ({ phone }) => call(phone, "POST", "/token/logout"),
  },
];

describe("the end of a device client", () => {
  it.each(endings)("is heard, and is for good, where $what", async ({ code, event, end }) => {
    const home = await household();
    const { client, ended, names, sockets, timers } = await connected(home.phone);
    const notices: KnownNotice[] = [];
    if (event) client.on(event, (notice) => notices.push(notice));

    await end(home);

    const heard = await ended.next();
    const last = { event, noticeType: code - 4000, retry: false };
    expect(notices).toMatchObject(event ? [last] : []);
    expect(heard).toMatchObject({ code, signInAgain: false });
    expect(heard.event).toBe(event);
    // Without a timer and with its socket closed there is nothing left that could bring it back.
    expect(timers.size).toBe(0);
    expect(sockets.map((socket) => socket.readyState)).toEqual([WebSocket.CLOSED]);
    expect(names).toEqual(["welcome", ...(event ? ["notice"] : []), "ended"]);
  });

  it("carries the reason of a ban", async () => {
    const { phone } = await household();
    const { ended } = await connected(phone);
    await callForUser(phone, "PUT", "/user/disable", { list: [phone.user_id], reason: "spam" });
    expect(await ended.next()).toMatchObject({ code: 4002, reason: "spam" });
  });

  it("as replaced is undone by connecting again, which replaces the newcomer", async () => {
    const { phone } = await household();
    const first = await connected(phone);
    const second = await connected(phone);
    expect(await first.ended.next()).toMatchObject({ code: 4004, event: "replaced" });
    first.client.connect();
    expect(await first.welcome.next()).toMatchObject({ deviceSn: phone.device_sn });
    expect(await second.ended.next()).toMatchObject({ code: 4004, event: "replaced" });
  });

  it("is 4401 at once with a token that is no good", async () => {
    const { phone } = await household();
    await call(phone, "POST", "/token/logout");
    for (const token of [phone, { ...phone, token: `wu_${"A".repeat(43)}` }]) {
      const { client, ended, names, timers } = device(token);
      client.connect();
      expect(await ended.next()).toMatchObject({ code: 4401, signInAgain: false });
      expect(names).toEqual(["ended"]);
      expect(timers.size).toBe(0);
    }
  });

  it("is 4402, and asks to sign in again, when the token's life is over", async () => {
    const root = { "root-key": checkout.rootKey };
    await checkout.call(Nothing, "POST", "/admin/apps", root, { app_id: "brief", token_ttl: 2 });
    const phone = await checkout.signIn(await newUser("brief"), "phone", "brief");
    const { client, ended, names, timers } = await connected(phone, { appId: "brief" });
    expect(await ended.next()).toEqual({
      code: 4402,
      reason: expect.any(String),
      signInAgain: true,
    });
    expect(names).toEqual(["welcome", "ended"]);
    client.connect();
    expect(await ended.next()).toMatchObject({ code: 4402, signInAgain: true });
    expect(timers.size).toBe(0);
  });

  it("is 4400 for a frame that no client may send", async () => {
    const { phone } = await household();
    const { ended, sockets, timers } = await connected(phone);
    sockets[0]?.send("hello");
    expect(await ended.next()).toMatchObject({ code: 4400, signInAgain: false });
    expect(timers.size).toBe(0);
  });
});

describe("a crash of the server", () => {
  it("is survived: the client comes back by itself with its token, and hears a kick; a dead session stays dead", async () => {
    const { phone, laptop } = await household();
    const gone = await connected(laptop);
    await call(phone, "POST", `/user/kick?${bySn(laptop)}`);
    await gone.ended.next();
    const { client, welcome, ended, names } = await connected(phone);
    const [restart, reconnecting] = [earOf(client, "server_restart"), earOf(client, "reconnecting")];
    const kicked = earOf(client, "kicked");

    await checkout.stop("SIGKILL");

    expect(await restart.next()).toMatchObject({ code: 1006 });
    expect((await reconnecting.next()).attempt).toBe(0);
    expect((await reconnecting.next()).attempt).toBe(1);
    expect(names.slice(0, 3)).toEqual(["welcome", "server_restart", "reconnecting"]);

    await checkout.start();

    expect(await welcome.next()).toMatchObject({ deviceSn: phone.device_sn });
    gone.client.connect();
    expect(await gone.ended.next()).toMatchObject({ code: 4401 });
    await callForUser(phone, "POST", `/user/kick?${bySn(phone)}`);
    expect(await kicked.next()).toMatchObject({ noticeType: 5, by: { admin: "npm start" } });
    expect(await ended.next()).toMatchObject({ code: 4005, event: "kicked" });
  });
});
