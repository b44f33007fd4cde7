import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenSocket } from "../../src/client/index.ts";
import { composeAddress } from "../../src/client/address.ts";
import { Clock, FakeSocket } from "./fake-device.ts";

type Client = typeof import("../../src/client/index.ts") & typeof import("../../src/client/wechat.ts");

const directory = mkdtempSync(join(tmpdir(), "client-"));

beforeAll(() => {
  const options =
    "--ignoreConfig --target es2022 --lib es2023,dom --module commonjs --moduleResolution bundler";
  const paths = [
    "--rewriteRelativeImportExtensions",
    "--outDir",
    directory,
    "src/client/index.ts",
    "src/client/wechat.ts",
  ];
  execFileSync("tsc", [...options.split(" "), ...paths]);
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** The client in a runtime that has the language and nothing but these globals. */
function clientIn(globals: object) {
  const context = createContext({ ...globals });
  const missing: unknown = runInContext("typeof queueMicrotask + typeof fetch + typeof process", context);
  expect(missing).toBe("undefinedundefinedundefined");
  const load = (path: string): Client => {
    const text = readFileSync(join(directory, path), "utf8");
    const exports: Client = runInContext("({})", context);
    runInContext(`(function (exports, require) {${text}\n})`, context)(exports, load);
    return exports;
  };
  return { ...load("index.js"), load };
}

/** The timers of a runtime, whose time the test lets pass. */
function timers() {
  const clock = new Clock();
  return { clock, setTimeout: clock.schedule, clearTimeout: (cancel: () => void) => cancel() };
}

const device = {
  appId: "demo",
  token: "wu_token",
  deviceGuid: "phone 1",
  deviceName: "Ann's 電話",
  random: () => 0.5,
};

describe("the client where a URL cannot be set and has no canParse, as in React Native", () => {
  /** As much of a URL as React Native has of it. */
  class PoorUrl {
    readonly #text: string;
    constructor(text: string) {
      this.#text = text;
    }
    get href() {
      return this.#text;
    }
    get protocol(): string {
      throw new Error("not implemented");
    }
    get searchParams(): never {
      throw new Error("not implemented");
    }
  }

  it("connects by the WebSocket there is, pings, comes back, and lets an error of a listener out", () => {
    const sockets: FakeSocket[] = [];
    class Socket extends FakeSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    }
    const { clock, ...runtime } = timers();
    const { DeviceClient } = clientIn({ ...runtime, URL: PoorUrl, WebSocket: Socket });
    const client = new DeviceClient({ ...device, url: "https://im.example/api/", platform: 1 });
    const welcomes: number[] = [];
    client.on("welcome", () => {
      throw new Error("the app's own");
    });
    client.on("welcome", ({ deviceSn }) => welcomes.push(deviceSn));
    client.connect();
    expect(sockets[0]?.url.href).toBe(
      "wss://im.example/api/user/device/connect?app_id=demo&device_guid=phone%201&platform=1&device_name=Ann%27s%20%E9%9B%BB%E8%A9%B1",
    );
    expect(sockets[0]?.protocols).toEqual(["im.v1", "token.wu_token"]);
    sockets[0]?.welcomes();
    expect(welcomes).toEqual([3]);
    expect(() => clock.pass(0)).toThrow("the app's own");
    clock.pass(30_000);
    expect(sockets[0]?.sent).toEqual(["ping"]);
    sockets[0]?.ends(1006);
    clock.pass(500);
    expect(sockets).toHaveLength(2);
  });
});

/** A task of `wx.connectSocket`, whose other end is the test. */
class Task {
  readonly asked: { url: string; protocols: string[] };
  readonly sent: unknown[] = [];
  readonly closedWith: unknown[] = [];
  message: (event: { data: string }) => void = () => undefined;
  closed: (event: { code?: number; reason?: string }) => void = () => undefined;
  failed: (event: { errMsg: string }) => void = () => undefined;

  constructor(asked: { url: string; protocols: string[] }) {
    this.asked = asked;
  }

  onMessage(hear: typeof this.message): void {
    this.message = hear;
  }

  onClose(hear: typeof this.closed): void {
    this.closed = hear;
  }

  onError(hear: typeof this.failed): void {
    this.failed = hear;
  }

  send(what: unknown): void {
    this.sent.push(what);
  }

  close(how: unknown): void {
    this.closedWith.push(how);
  }
}

/** A client with the adapter of WeChat, and what `wx` was asked for. */
function miniProgram() {
  const { clock, ...runtime } = timers();
  const tasks: Task[] = [];
  const state = { refuses: false };
  const wx = {
    connectSocket(asked: { url: string; protocols: string[] }) {
      if (state.refuses) throw new Error("too many sockets");
      const task = new Task(asked);
      tasks.push(task);
      return task;
    },
  };
  const { DeviceClient, load } = clientIn(runtime);
  const { openSocket } = load("wechat.js").wechat({
    ...wx,
    request: () => {
      throw new Error("nothing is called here");
    },
  });
  const client = new DeviceClient({ ...device, url: "https://im.example", openSocket });
  const told: unknown[] = [];
  client.on("notice", ({ event }) => told.push(event));
  client.on("reconnecting", ({ attempt }) => told.push(attempt));
  client.on("ended", ({ code }) => told.push(code));
  client.connect();
  const task = (): Task => {
    const last = tasks.at(-1);
    if (!last) throw new Error("no socket was opened");
    return last;
  };
  task().message({ data: JSON.stringify({ type: "welcome", device_sn: 1, expire: 1000 }) });
  return { client, clock, tasks, task, told, state };
}

describe("the client where there is neither a URL nor a WebSocket, as in a WeChat mini-program", () => {
  it("connects, pings and hears its end through the adapter", () => {
    const { clock, tasks, task, told } = miniProgram();
    expect(new URL(task().asked.url).searchParams.get("device_name")).toBe("Ann's 電話");
    expect(task().asked.protocols).toEqual(["im.v1", "token.wu_token"]);
    clock.pass(30_000);
    expect(task().sent).toEqual([{ data: "ping" }]);
    task().message({ data: "pong" });
    task().message({
      data: JSON.stringify({ type: "notice", event: "kicked", notice_type: 5, at: 1, retry: false }),
    });
    task().closed({ code: 4005, reason: "kicked" });
    clock.pass(600_000);
    expect(told).toEqual(["kicked", 4005]);
    expect(tasks).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it("comes back once after an error, whether a close follows or not, and after a try that throws", () => {
    const { clock, tasks, task, told, state } = miniProgram();
    task().failed({ errMsg: "connectSocket:fail" });
    task().closed({});
    expect(told).toEqual([0]);
    state.refuses = true;
    clock.pass(500);
    expect(told).toEqual([0, 1]);
    state.refuses = false;
    clock.pass(1_000);
    expect(tasks).toHaveLength(2);
    task().closed({ code: 1006 });
    expect(told).toEqual([0, 1, 2]);
  });

  it("leaves the socket when it is closed", () => {
    const { client, clock, task, told } = miniProgram();
    client.close();
    expect(task().closedWith).toEqual([{ code: 1000 }]);
    task().closed({ code: 1000 });
    expect(told).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it("refuses to be made without the adapter, and takes an address that is made for it", () => {
    const { DeviceClient } = clientIn(timers());
    expect(() => new DeviceClient({ ...device, url: "https://im.example" })).toThrow(
      "there is no WebSocket here: give openSocket in the options",
    );
    const opened: string[] = [];
    const openSocket: OpenSocket = (address, protocols) => {
      opened.push(address);
      return new FakeSocket(address, protocols);
    };
    new DeviceClient({
      ...device,
      url: "wss://im.example",
      openSocket,
      makeAddress: ({ url, appId }) => `${url}/by/${appId}`,
    }).connect();
    expect(opened).toEqual(["wss://im.example/by/demo"]);
  });
});

describe("the address that is put together without a URL", () => {
  it("says to a URL what it was made of", () => {
    // A path with steps up, or nowhere, is another path by the time that a URL has it.
    const paths = fc.webPath().filter((path) => !/\/(?:\.|%2e){1,2}(?:\/|$)/i.test(path));
    const urls = fc
      .tuple(fc.constantFrom("http://127.0.0.1:8787", "https://im.example", "wss://[::1]"), paths)
      .map(([origin, path]) => `${origin}${path}?a=b#c`);
    const text = fc.string({ unit: "binary", minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(urls, text, (url, deviceName) => {
        const address = new URL(composeAddress({ url, appId: "a", deviceName }));
        const wanted = new URL(url);
        expect(address.host).toBe(wanted.host);
        expect(address.protocol).toBe(wanted.protocol.replace("http", "ws"));
        expect(address.pathname).toBe(`${wanted.pathname.replace(/\/+$/, "")}/user/device/connect`);
        expect([...address.searchParams]).toEqual([
          ["app_id", "a"],
          ["device_name", deviceName.toWellFormed()],
        ]);
        expect(address.hash).toBe("");
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ["HTTPS://Im.example:8443", "wss://Im.example:8443"],
    ["http://[::1]:8787/a b/%41/", "ws://[::1]:8787/a%20b/%41"],
    ["wss://user:pass@im.example?x=/y", "wss://user:pass@im.example"],
  ])("is of %s", (url, base) => {
    expect(composeAddress({ url, appId: "a" })).toBe(`${base}/user/device/connect?app_id=a`);
  });

  it.each([
    "",
    "http:",
    "http://",
    "http://:80",
    "http:///a",
    "http://a b",
    "http://a:65536",
    "http://a:b",
    "http://[::1",
    "ftp://a",
  ])("is not of %j", (url) => {
    expect(() => composeAddress({ url, appId: "a" })).toThrow(TypeError);
  });

  it("has U+FFFD for half a surrogate pair, as a name that was cut ends with", () => {
    const { searchParams } = new URL(
      composeAddress({ url: "ws://a", appId: "a", deviceName: "😀".slice(0, 1) }),
    );
    expect(searchParams.get("device_name")).toBe("\uFFFD");
  });
});
