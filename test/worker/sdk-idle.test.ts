import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { UserHub } from "../../src/hub/user-hub.ts";
import { newApp } from "./kit/client.ts";
import { hubOf } from "./kit/faults.ts";
import { logged } from "./kit/log.ts";
import { sdkConnect } from "./kit/sdk-client.ts";

/** The handlers of a hub that wake it: its methods for calls, sockets and alarms. */
type Handler =
  | "fetch"
  | "webSocketMessage"
  | "webSocketClose"
  | "webSocketError"
  | "alarm"
  | "check"
  | "take"
  | "kick";

const handlers: readonly Handler[] = [
  "fetch",
  "webSocketMessage",
  "webSocketClose",
  "webSocketError",
  "alarm",
  "check",
  "take",
  "kick",
];

/** Counts what hubs do from here on: how often one is made, as each is when it wakes, and how often one handles anything. */
function watchHubs() {
  let made = 0;
  const Pair = WebSocketRequestResponsePair;
  vi.stubGlobal(
    "WebSocketRequestResponsePair",
    class extends Pair {
      constructor(request: string, response: string) {
        super(request, response);
        made++;
      }
    },
  );
  const spies: { mock: { calls: unknown[] } }[] = handlers.map((name) => vi.spyOn(UserHub.prototype, name));
  return {
    made: () => made,
    handled: () => spies.flatMap((spy) => spy.mock.calls).length,
  };
}

describe("an idle socket of the SDK", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  it("costs the hub nothing: pings are answered and noted while it sleeps", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "g" });
    const client = await sdkConnect(session, { guid: "g" });
    const hub = hubOf(app, user);
    await evictDurableObject(hub);
    const watched = watchHubs();
    const before = Date.now();

    const { lines } = await logged(async () => {
      for (let ping = 0; ping < 20; ping++) await client.ping();
      for (let heartbeat = 0; heartbeat < 10; heartbeat++) expect(await client.unread()).toBe(1);
    });

    expect(lines).toEqual([]);
    expect({ made: watched.made(), handled: watched.handled() }).toEqual({ made: 0, handled: 0 });
    await expect
      .poll(
        async () =>
          await runInDurableObject(hub, (_, state) =>
            state.getWebSockets().map((socket) => state.getWebSocketAutoResponseTimestamp(socket)?.getTime()),
          ),
      )
      .toEqual([expect.toSatisfy((at: number) => at >= before)]);
    expect({ made: watched.made(), handled: watched.handled() }).toEqual({ made: 1, handled: 0 });
  });

  it("wakes the hub for what happens, and hears it", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "g" });
    const client = await sdkConnect(session, { guid: "g" });
    await evictDurableObject(hubOf(app, user));
    const watched = watchHubs();
    await client.ping();
    await session.set("/user/kick", {});
    await client.notice(5);
    expect(await client.closed()).toMatchObject({ code: 4005 });
    expect(watched.made()).toBe(1);
  });

  it("shows the hub that the client is gone, though the hub slept", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "g" });
    const other = await sdkConnect(await app.signIn(user), { guid: "other" });
    const client = await sdkConnect(session, { guid: "g" });
    await other.notice(7);
    await evictDurableObject(hubOf(app, user));
    client.close();
    expect(await other.notice(8)).toMatchObject({ from: { uid: user.id, deviceSn: session.deviceSn } });
  });
});
