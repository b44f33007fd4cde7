import { afterEach, describe, expect, it, vi } from "vitest";
import { DeviceClient, noticeEvents } from "../../src/client/index.ts";
import { fakeDevice, welcomed } from "./fake-device.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("a client that is made", () => {
  it("connects to the device's address with the token as a subprotocol", () => {
    const { client, sockets, socket } = fakeDevice({
      url: "https://im.example:8443/api/?a=b#c",
      deviceGuid: "phone & 1",
      platform: 2,
      deviceName: "Ann's 電話",
    });
    expect(sockets).toEqual([]);
    client.connect();
    const { url, protocols } = socket();
    expect(url.origin + url.pathname).toBe("wss://im.example:8443/api/user/device/connect");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      app_id: "demo",
      device_guid: "phone & 1",
      platform: "2",
      device_name: "Ann's 電話",
    });
    expect(protocols).toEqual(["im.v1", "token.wu_token"]);
  });

  it.each([
    ["http://127.0.0.1:8787", "ws://127.0.0.1:8787"],
    ["ws://im.example/", "ws://im.example"],
    ["wss://im.example/a/b", "wss://im.example/a/b"],
  ])("turns %s into %s and says no more of the device than it was told", (url, base) => {
    const { client, socket } = fakeDevice({ url });
    client.connect();
    expect(socket().url.href).toBe(`${base}/user/device/connect?app_id=demo`);
  });

  it.each([
    ["a token that is none", { token: "" }],
    ["a token with a comma", { token: "a,b" }],
    ["a token with a space", { token: "a b" }],
    ["a token with a line's end", { token: "a\n" }],
    ["a URL that is none", { url: "im.example" }],
    ["a URL of another kind", { url: "file:///im" }],
    ["an app id that is none", { appId: "a b" }],
    ["an empty device id", { deviceGuid: "" }],
    ["a device id that is too long", { deviceGuid: "g".repeat(129) }],
    ["a device name that is too long", { deviceName: "n".repeat(65) }],
  ])("refuses %s", (_, options) => {
    expect(() => fakeDevice(options)).toThrow(TypeError);
  });

  it.each(["pingEveryMs", "pongWithinMs", "welcomeWithinMs", "backoffBaseMs", "backoffCapMs"])(
    "refuses a %s that no timer can wait for",
    (name) => {
      for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
        expect(() => fakeDevice({ [name]: value })).toThrow(RangeError);
      }
    },
  );

  it("refuses to be made where there is no WebSocket, and names no token in what it throws", () => {
    vi.stubGlobal("WebSocket", undefined);
    expect(() => new DeviceClient({ url: "ws://a", appId: "a", token: "wu_secret" })).toThrow(
      /^there is no WebSocket here: give openSocket in the options$/,
    );
    expect(() => new DeviceClient({ url: "ws://a", appId: "a", token: "wu secret" })).toThrow(
      /^token must be one that a sign-in gave: URL-safe characters only$/,
    );
  });
});

describe("a connected client", () => {
  it("tells the welcome and every notice, each under its own name after its general one", () => {
    const { client, socket, news } = fakeDevice();
    client.connect();
    socket().welcomes();
    expect(news()).toEqual([["welcome", { deviceSn: 3, expiresAt: 1000 }]]);
    for (const event of noticeEvents) {
      socket().notices(event, 6, true);
      const notice = { event, noticeType: 6, reason: "why", by: { userId: 1 }, at: 5, retry: true };
      expect(news()).toEqual([
        ["notice", notice],
        [event, notice],
      ]);
    }
  });

  it("tells whose push token is dead", () => {
    const { socket, news } = welcomed();
    const token = { device_sn: 0, notifier_name: "apns" };
    socket().says({ type: "notice", event: "push_token_dead", notice_type: 0, at: 5, retry: true, ...token });
    const told = expect.objectContaining({ deviceSn: 0, notifierName: "apns" });
    expect(news()).toEqual([
      ["notice", told],
      ["push_token_dead", told],
    ]);
  });

  it("tells an event it does not know as a notice only, and nothing of a frame it does not know", () => {
    const { socket, news } = welcomed();
    socket().notices("ended", 11, true);
    expect(news()).toEqual([["notice", expect.objectContaining({ event: "ended", noticeType: 11 })]]);
    socket().says({ type: "from the future" });
    socket().says("nonsense");
    socket().welcomes();
    expect(news()).toEqual([]);
    expect(socket().closedWith).toBeUndefined();
  });

  it("pings every 30 s, and stays while it is answered within 10 s", () => {
    const { clock, sockets, socket, news } = welcomed();
    for (const pings of [1, 2, 3, 4]) {
      clock.pass(29_999);
      expect(socket().sent).toHaveLength(pings - 1);
      clock.pass(1);
      expect(socket().sent).toEqual(Array.from({ length: pings }, () => "ping"));
      socket().says("pong");
    }
    expect(sockets).toHaveLength(1);
    expect(clock.pending).toBe(1);
    expect(news()).toEqual([]);
  });

  it("comes back where a socket that is given up throws at its close", () => {
    const { clock, sockets, socket, news } = welcomed();
    socket().close = () => {
      throw new Error("not open");
    };
    clock.pass(40_000);
    expect(news()).toEqual([["reconnecting", { attempt: 0, waitMs: 500 }]]);
    clock.pass(500);
    expect(sockets).toHaveLength(2);
  });

  it("gives a socket up that does not answer within 10 s, listens to it no more, and comes back", () => {
    const { clock, sockets, socket, news } = welcomed();
    const silent = socket();
    clock.pass(39_999);
    expect(silent.closedWith).toBeUndefined();
    clock.pass(1);
    expect(silent).toMatchObject({ closedWith: 1000, listeners: 0 });
    expect(news()).toEqual([["reconnecting", { attempt: 0, waitMs: 500 }]]);
    silent.says("pong");
    silent.ends(4005);
    clock.pass(500);
    expect(sockets).toHaveLength(2);
    expect(news()).toEqual([]);
  });

  it("gives a socket up that does not welcome it within 10 s", () => {
    const { client, clock, socket, news } = fakeDevice();
    client.connect();
    clock.pass(9_999);
    expect(socket().closedWith).toBeUndefined();
    clock.pass(1);
    expect(socket()).toMatchObject({ closedWith: 1000, listeners: 0, sent: [] });
    expect(news()).toEqual([["reconnecting", { attempt: 0, waitMs: 500 }]]);
  });

  it("takes a pong before the welcome for nothing: the welcome is still waited for", () => {
    const { client, clock, socket } = fakeDevice();
    client.connect();
    clock.pass(5_000);
    socket().says("pong");
    clock.pass(5_000);
    expect(socket()).toMatchObject({ closedWith: 1000, sent: [] });
  });

  it("is pinged at once when it is woken, once until it has answered, and given up where it does not", () => {
    const { client, clock, sockets, socket, news } = welcomed();
    clock.pass(5_000);
    client.wake();
    client.wake();
    expect(socket().sent).toEqual(["ping"]);
    socket().says("pong");
    client.wake();
    expect(socket().sent).toEqual(["ping", "ping"]);
    clock.pass(10_000);
    expect(news()).toEqual([["reconnecting", { attempt: 0, waitMs: 500 }]]);
    expect(sockets).toHaveLength(1);
    client.wake();
    expect(sockets).toHaveLength(2);
    client.close();
    client.wake();
    expect(sockets).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  it("stays as it is when it is connected again", () => {
    const { client, sockets } = welcomed();
    client.connect();
    client.connect();
    expect(sockets).toHaveLength(1);
  });
});

describe("closing", () => {
  it("closes the socket, leaves no timer and no listener, tells nothing, and may be done again", () => {
    const { client, clock, sockets, socket, news } = welcomed();
    const left = socket();
    client.close();
    client.close();
    expect(left).toMatchObject({ closedWith: 1000, listeners: 0 });
    expect(clock.pending).toBe(0);
    left.notices("kicked", 5, false);
    left.ends(4005);
    clock.pass(600_000);
    expect(sockets).toHaveLength(1);
    expect(news()).toEqual([]);
  });

  it("ends a wait, and does nothing to a client that never connected", () => {
    const { client, clock, sockets, socket } = fakeDevice();
    client.close();
    client.connect();
    socket().ends(1006);
    expect(clock.pending).toBe(1);
    client.close();
    expect(clock.pending).toBe(0);
    expect(sockets).toHaveLength(1);
  });

  it("by a listener of a notice keeps the rest of it silent", () => {
    const { client, socket, news } = welcomed();
    client.on("notice", () => client.close());
    socket().notices("info_updated", 6, true);
    expect(news().map(([name]) => name)).toEqual(["notice"]);
  });

  it("is no end: connect makes a new socket", () => {
    const { client, sockets, socket, news } = welcomed();
    client.close();
    client.connect();
    expect(sockets).toHaveLength(2);
    socket().welcomes();
    expect(news()).toHaveLength(1);
  });
});

describe("a listener", () => {
  it("hears no more once it is taken off, and takes no other of its kind with it", () => {
    const { client, socket } = welcomed();
    const listener = vi.fn<() => void>();
    const off = client.on("info_updated", listener);
    client.on("info_updated", listener);
    socket().notices("info_updated", 6, true);
    expect(listener).toHaveBeenCalledTimes(2);
    off();
    off();
    socket().notices("info_updated", 6, true);
    expect(listener).toHaveBeenCalledTimes(3);
  });

  it("that is added by another does not hear the event at hand", () => {
    const { client, socket } = welcomed();
    const late = vi.fn<() => void>();
    client.on("info_updated", () => client.on("info_updated", late));
    socket().notices("info_updated", 6, true);
    expect(late).not.toHaveBeenCalled();
    socket().notices("info_updated", 6, true);
    expect(late).toHaveBeenCalledOnce();
  });

  it("that throws hinders neither the others nor the client, and its error is not swallowed", () => {
    const thrown: (() => void)[] = [];
    vi.stubGlobal("queueMicrotask", (run: () => void) => thrown.push(run));
    const { client, clock, sockets, socket } = welcomed();
    const after = vi.fn<() => void>();
    client.on("server_restart", () => {
      throw new Error("the app's own");
    });
    client.on("server_restart", after);
    socket().ends(1012);
    expect(after).toHaveBeenCalledOnce();
    expect(thrown).toHaveLength(1);
    expect(thrown[0]).toThrow("the app's own");
    clock.pass(500);
    expect(sockets).toHaveLength(2);
  });
});
