import {
  DeviceClient,
  type DeviceClientOptions,
  type DeviceEvents,
  type SocketLike,
  noticeEvents,
} from "../../src/client/index.ts";

type OnMessage = (event: { data: unknown }) => void;
type OnClose = (event: { code: number; reason: string }) => void;

/** A socket whose other end is the test. */
export class FakeSocket implements SocketLike {
  readonly url: URL;
  readonly protocols: string[];
  readonly sent: string[] = [];
  /** The code that the client closed it with. */
  closedWith: number | undefined;
  readonly #onMessage = new Set<OnMessage>();
  readonly #onClose = new Set<OnClose>();

  constructor(url: string, protocols: string[]) {
    this.url = new URL(url);
    this.protocols = protocols;
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(code = 1005): void {
    this.closedWith = code;
  }

  addEventListener(...[type, listener]: ["message", OnMessage] | ["close", OnClose]): void {
    if (type === "message") this.#onMessage.add(listener);
    else this.#onClose.add(listener);
  }

  removeEventListener(...[type, listener]: ["message", OnMessage] | ["close", OnClose]): void {
    if (type === "message") this.#onMessage.delete(listener);
    else this.#onClose.delete(listener);
  }

  get listeners(): number {
    return this.#onMessage.size + this.#onClose.size;
  }

  says(frame: object | string): void {
    const data = typeof frame === "string" ? frame : JSON.stringify(frame);
    for (const listener of this.#onMessage) listener({ data });
  }

  welcomes(): void {
    this.says({ type: "welcome", device_sn: 3, expire: 1000 });
  }

  notices(event: string, notice_type: number, retry: boolean): void {
    this.says({ type: "notice", event, notice_type, reason: "why", by: { user_id: 1 }, at: 5, retry });
  }

  ends(code: number, reason = ""): void {
    for (const listener of this.#onClose) listener({ code, reason });
  }
}

/** Timers whose time the test lets pass. */
export class Clock {
  #now = 0;
  readonly #timers = new Set<{ at: number; run: () => void }>();

  readonly schedule = (run: () => void, ms: number): (() => void) => {
    const timer = { at: this.#now + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  get pending(): number {
    return this.#timers.size;
  }

  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
      if (!next) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.run();
    }
    this.#now = end;
  }
}

const names: (keyof DeviceEvents)[] = [
  "welcome",
  "notice",
  "server_restart",
  "reconnecting",
  "ended",
  ...noticeEvents,
];

/** A client whose sockets, time and chance are the test's, and all that it tells, in order. */
export function fakeDevice(options: Partial<DeviceClientOptions> = {}) {
  const clock = new Clock();
  const sockets: FakeSocket[] = [];
  class Socket extends FakeSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  const client = new DeviceClient({
    url: "https://im.example",
    appId: "demo",
    token: "wu_token",
    random: () => 0.5,
    schedule: clock.schedule,
    WebSocket: Socket,
    ...options,
  });
  const heard: [string, unknown][] = [];
  for (const name of names) client.on(name, (event) => heard.push([name, event]));
  /** The socket made last. */
  const socket = (): FakeSocket => {
    const last = sockets.at(-1);
    if (!last) throw new Error("no socket was made");
    return last;
  };
  /** What was heard since the last look. */
  const news = () => heard.splice(0);
  return { client, clock, sockets, socket, news };
}

/** The same, connected and welcomed. */
export function welcomed(options: Partial<DeviceClientOptions> = {}) {
  const faked = fakeDevice(options);
  faked.client.connect();
  faked.socket().welcomes();
  faked.news();
  return faked;
}
