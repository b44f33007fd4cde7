import { describe, expect, it } from "vitest";
import { fakeDevice, welcomed } from "./fake-device.ts";

describe("a client that lost its connection", () => {
  it.each([1001, 1006, 1012])("tells %i after a welcome as a restart, and comes back by itself", (code) => {
    const { clock, sockets, socket, news } = welcomed();
    const lost = socket();
    lost.ends(code, "gone");
    expect(news()).toEqual([
      ["server_restart", { code, reason: "gone" }],
      ["reconnecting", { attempt: 0, waitMs: 500 }],
    ]);
    expect(lost.listeners).toBe(0);
    clock.pass(499);
    expect(sockets).toHaveLength(1);
    clock.pass(1);
    expect(sockets).toHaveLength(2);
    socket().welcomes();
    expect(news()).toEqual([["welcome", { deviceSn: 3, expiresAt: 1000 }]]);
  });

  it.each([1000, 1005, 1011, 1013, 4011, 4500])("comes back after %i too, which is no restart", (code) => {
    const { clock, sockets, socket, news } = welcomed();
    socket().ends(code);
    expect(news().map(([name]) => name)).toEqual(["reconnecting"]);
    clock.pass(500);
    expect(sockets).toHaveLength(2);
  });

  it("waits twice as long at the most with every try, up to 30 s, and tells no restart without a welcome", () => {
    const { client, clock, sockets, socket, news } = fakeDevice();
    client.connect();
    const waits = [500, 1000, 2000, 4000, 8000, 15_000, 15_000];
    for (const [attempt, waitMs] of waits.entries()) {
      socket().ends(1006);
      expect(news()).toEqual([["reconnecting", { attempt, waitMs }]]);
      clock.pass(waitMs);
      expect(sockets).toHaveLength(attempt + 2);
    }
  });

  it("counts its tries on until a connection has proved itself: by a pong, not by a welcome", () => {
    const { client, clock, socket, news } = welcomed();
    const attempts: unknown[] = [];
    const lose = () => {
      socket().ends(1012);
      attempts.push(news().at(-1)?.[1]);
      client.connect();
      socket().welcomes();
    };
    lose();
    lose();
    lose();
    clock.pass(30_000);
    socket().says("pong");
    lose();
    expect(attempts).toMatchObject([{ attempt: 0 }, { attempt: 1 }, { attempt: 2 }, { attempt: 0 }]);
  });

  it("tries at once when it is told to connect while it waits", () => {
    const { client, clock, sockets, socket } = welcomed();
    socket().ends(1006);
    client.connect();
    expect(sockets).toHaveLength(2);
    clock.pass(5000);
    expect(sockets).toHaveLength(2);
  });

  it("stays away where a listener of the loss closes it", () => {
    const { client, clock, sockets, socket, news } = welcomed();
    client.on("server_restart", () => client.close());
    socket().ends(1012);
    expect(news().map(([name]) => name)).toEqual(["server_restart"]);
    clock.pass(60_000);
    expect(sockets).toHaveLength(1);
  });
});

describe("the end", () => {
  it.each([
    [4000, undefined, 0],
    [4001, "password_changed", 1],
    [4002, "disabled", 2],
    [4003, "deleted", 3],
    [4004, "replaced", 4],
    [4005, "kicked", 5],
    [4010, "device_removed", 10],
    [4400, undefined, 0],
    [4401, undefined, 0],
    [4402, undefined, 0],
  ])("is %i: the client stops and leaves nothing behind", (code, event, type) => {
    const { clock, sockets, socket, news } = welcomed();
    if (event !== undefined) socket().notices(event, type, false);
    news();
    socket().ends(code, "the frame's reason");
    const ended = {
      code,
      reason: event === undefined ? "the frame's reason" : "why",
      ...(event !== undefined && { event }),
      signInAgain: code === 4402,
    };
    expect(news()).toEqual([["ended", ended]]);
    expect(socket().listeners).toBe(0);
    expect(clock.pending).toBe(0);
    clock.pass(600_000);
    expect(sockets).toHaveLength(1);
    expect(news()).toEqual([]);
  });

  it("is told by the notice alone where the wire breaks before the close frame", () => {
    const { clock, socket, news } = welcomed();
    socket().notices("replaced", 4, false);
    news();
    socket().ends(1006);
    expect(news()).toEqual([["ended", { code: 4004, reason: "why", event: "replaced", signInAgain: false }]]);
    expect(clock.pending).toBe(0);
  });

  it("is told by the notice alone where the close never comes", () => {
    const { clock, socket, news } = welcomed();
    socket().notices("kicked", 5, false);
    news();
    clock.pass(40_000);
    expect(socket().closedWith).toBe(1000);
    expect(news()).toMatchObject([["ended", { code: 4005, event: "kicked" }]]);
  });

  it("is believed where its event is not known yet", () => {
    const { clock, socket, news } = welcomed();
    socket().notices("expelled", 11, false);
    socket().ends(4011);
    expect(news().map(([name]) => name)).toEqual(["notice", "ended"]);
    expect(clock.pending).toBe(0);
  });

  it("is not that of another device: a notice that allows to come back ends nothing", () => {
    const { socket, news } = welcomed();
    socket().notices("device_removed", 10, true);
    news();
    socket().ends(1006);
    expect(news().map(([name]) => name)).toEqual(["server_restart", "reconnecting"]);
  });

  it("is over when connect is called again: the first try counts anew, and the old notice is forgotten", () => {
    const { client, socket, news } = welcomed();
    socket().ends(1006);
    client.connect();
    socket().welcomes();
    socket().notices("replaced", 4, false);
    socket().ends(4004);
    news();
    client.connect();
    socket().welcomes();
    socket().ends(1012);
    expect(news()).toMatchObject([
      ["welcome", {}],
      ["server_restart", { code: 1012 }],
      ["reconnecting", { attempt: 0 }],
    ]);
  });

  it("may be answered by connect within the listener", () => {
    const { client, sockets, socket } = welcomed();
    client.on("ended", () => client.connect());
    socket().ends(4004);
    expect(sockets).toHaveLength(2);
  });
});
