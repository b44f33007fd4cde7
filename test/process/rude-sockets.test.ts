import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Notice, True } from "../wire.ts";
import { RawSocket } from "./raw-socket.ts";
import { type Service, app } from "./service.ts";
import { sharedService } from "./shared.ts";

const sdkPath = "/socket.io/?EIO=3&transport=websocket";

/** The next frame, which must be a notice: its event. */
async function heard(socket: RawSocket): Promise<string> {
  return Notice.parse(JSON.parse(await socket.text())).event;
}

describe("a WebSocket that no library would be", () => {
  let checkout: Service;
  const sockets: RawSocket[] = [];

  beforeAll(async () => {
    checkout = await sharedService();
    await checkout.register("rude");
  });

  afterAll(() => {
    for (const socket of sockets) socket.destroy();
  });

  function open(path: string, headers: Record<string, string> = {}): RawSocket {
    const socket = new RawSocket(new URL(path, checkout.origin), headers);
    sockets.push(socket);
    return socket;
  }

  async function signIn(guid: string): Promise<Record<string, string>> {
    return { app_id: app, "access-token": (await checkout.signIn("rude", guid)).token };
  }

  it("is offline for the user's devices whatever code it closes with", async () => {
    const watch = open("/user/device/connect", await signIn("watch"));
    await watch.text();
    const phone = await signIn("phone");
    expect(await heard(watch)).toBe("device_added");
    // RFC 6455 lets no peer send these; with 1005 a reason is a breach of its own.
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 5000, 65_535]) {
      const socket = open("/user/device/connect", phone);
      await socket.text();
      expect(await heard(watch)).toBe("device_login");
      socket.close(code, "bye");
      expect(await heard(watch)).toBe("device_logout");
    }
  });

  it("is ended within seconds of its notice, where its device has connected again or was kicked", async () => {
    const twice = await signIn("twice");
    const older = open("/user/device/connect", twice);
    await older.text();
    const newer = open("/user/device/connect", twice);
    await newer.text();
    expect(await older.closedWith()).toBe(4004);
    await checkout.call(True, "POST", "/user/kick", twice);
    expect(await newer.closedWith()).toBe(4005);
    await Promise.all([older.ended(), newer.ended()]);
  });

  it("is ended within seconds of its close, though it answers none", async () => {
    const leaving = await signIn("leaving");
    await checkout.call(True, "POST", "/token/logout", leaving);
    const garbling = open(sdkPath);
    expect(await garbling.status).toBe(101);
    garbling.send("no packet");
    const unknown = { app_id: app, "access-token": `wu_${"B".repeat(43)}` };
    const rude: [RawSocket, number][] = [
      [garbling, 4400],
      [open("/user/device/connect", unknown), 4401],
      [open("/user/device/connect", leaving), 4401],
    ];
    await Promise.all(
      rude.map(async ([socket, code]) => {
        expect(await socket.closedWith()).toBe(code);
        await socket.ended();
      }),
    );
  });
});
