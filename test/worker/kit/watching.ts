import { vi } from "vitest";
import type { z } from "zod";
import { exports } from "cloudflare:workers";
import { WatchFrame } from "../../wire-staff.ts";
import { type Client, origin } from "./client.ts";
import { patience } from "./heard.ts";
import { Device } from "./socket.ts";

/** Asks to watch a user by the headers of a client. */
export async function askToWatch(headers: Record<string, string>, query = ""): Promise<Response> {
  const url = `${origin}/admin/user/watch${query}`;
  return await exports.default.fetch(new Request(url, { headers: { Upgrade: "websocket", ...headers } }));
}

type Told = z.infer<typeof WatchFrame>;

function isOf<Type extends Told["type"]>(frame: Told, type: Type): frame is Extract<Told, { type: Type }> {
  return frame.type === type;
}

/** Who watches a user: what it is told comes out in order. */
export class Watcher extends Device {
  /** The next frame, which must be of that type. */
  async told<Type extends Told["type"]>(type: Type): Promise<Extract<Told, { type: Type }>> {
    const frame = WatchFrame.parse(JSON.parse(await this.text()));
    if (!isOf(frame, type)) throw new Error(`${JSON.stringify(frame)} came in place of ${type}`);
    return frame;
  }

  /** Reads on until a change tells of a part what a test waits for. */
  async until(holds: (parts: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    for (;;) {
      const frame = WatchFrame.parse(JSON.parse(await this.text()));
      if (frame.type === "changed" && holds(frame.parts)) return frame.parts;
    }
  }
}

/** Watches a user; the picture is the next frame. */
export async function watch(admin: Client, query = ""): Promise<Watcher> {
  const response = await askToWatch(admin.headers, query);
  if (!response.webSocket) throw new Error(`no socket: ${await response.text()}`);
  return new Watcher(response.webSocket);
}

/** Waits until something is there. */
export async function eventually<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  const found = await vi.waitUntil(look, patience);
  return found;
}
