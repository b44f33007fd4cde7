import { exports } from "cloudflare:workers";
import type { z } from "zod";
import { Frame, type Notice, type Welcome } from "../../wire.ts";
import { type Fetch, type Session, origin } from "./client.ts";

/** How a socket ended. */
export interface Closed {
  code: number;
  reason: string;
}

/** A device's socket: what it hears comes out in order, each waited for. */
export class Device {
  readonly #socket: WebSocket;
  readonly #heard: string[] = [];
  #listener: (() => void) | undefined;
  #closed: Closed | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", (event) => {
      this.#heard.push(String(event.data));
      this.#listener?.();
    });
    socket.addEventListener("close", (event) => {
      this.#closed = { code: event.code, reason: event.reason };
      this.#listener?.();
    });
    socket.accept();
  }

  /** The next frame as text; fails where the socket closes first. */
  async text(): Promise<string> {
    for (;;) {
      const heard = this.#heard.shift();
      if (heard !== undefined) return heard;
      if (this.#closed) throw new Error(`closed with ${this.#closed.code} while a frame was waited for`);
      await this.#change();
    }
  }

  /** The next frame. */
  async frame(): Promise<z.infer<typeof Frame>> {
    return Frame.parse(JSON.parse(await this.text()));
  }

  /** The welcome, which must come next. */
  async welcome(): Promise<z.infer<typeof Welcome>> {
    const frame = await this.frame();
    if (frame.type !== "welcome") throw new Error(`a ${frame.type} came in place of the welcome`);
    return frame;
  }

  /** The next notice, which must be of that event. */
  async notice(event: string): Promise<z.infer<typeof Notice>> {
    const frame = await this.frame();
    if (frame.type !== "notice" || frame.event !== event) {
      throw new Error(`${JSON.stringify(frame)} came in place of the notice ${event}`);
    }
    return frame;
  }

  /** How the socket ends, once it has; frames before that stay to be read. */
  async closed(): Promise<Closed> {
    while (!this.#closed) await this.#change();
    return this.#closed;
  }

  /** What was heard and not yet read. */
  get unread(): readonly string[] {
    return this.#heard;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** A round trip: all that was sent to the device before is heard when it returns. */
  async ping(): Promise<void> {
    this.send("ping");
    const frames: string[] = [];
    for (;;) {
      const text = await this.text();
      if (text === "pong") break;
      frames.push(text);
    }
    this.#heard.unshift(...frames);
  }

  close(code = 1000): void {
    this.#socket.close(code, "");
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#listener = resolve;
    });
  }
}

/** Asks for a socket; the response tells whether there is one. */
export async function upgrade(
  headers: Record<string, string>,
  query: Record<string, string> = {},
  fetch: Fetch = async (request) => exports.default.fetch(request),
): Promise<Response> {
  const url = new URL("/user/device/connect", origin);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return await fetch(new Request(url, { headers: { Upgrade: "websocket", ...headers } }));
}

/** Opens a session's socket without reading its welcome. */
export async function open(session: Session, query: Record<string, string> = {}): Promise<Device> {
  const response = await upgrade(session.headers, query);
  if (!response.webSocket) throw new Error(`no socket: ${await response.text()}`);
  return new Device(response.webSocket);
}

/** Connects a session's device: it has read its welcome when this returns. */
export async function connect(session: Session, query: Record<string, string> = {}): Promise<Device> {
  const device = await open(session, query);
  await device.welcome();
  return device;
}
