import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createContext, runInContext } from "node:vm";
import type * as Client from "../../src/client/index.ts";

/** A runtime that has the language, the globals it is given, and nothing else. */
export class Runtime {
  readonly #context: object;
  readonly #cjs: string;
  readonly #loaded = new Map<string, unknown>();

  /** `cjs` is the folder of the package's CommonJS files. */
  constructor(cjs: string, globals: object) {
    this.#cjs = cjs;
    this.#context = createContext({ ...globals });
  }

  /** What a client is given there, by an expression that may `require` the package. */
  given(expression: string): object {
    const give: (load: (name: string) => unknown) => object = runInContext(
      `(require) => ${expression}`,
      this.#context,
    );
    return give((name) => this.require(name));
  }

  /** Runs a file that may `require` the package, by its name. */
  runFile(path: string): void {
    this.#execute(readFileSync(path, "utf8"), (name) => this.require(name), {});
  }

  /** A module of the package, by its name or a subpath. */
  require(name: string): unknown {
    const [, subpath = "index"] = /^@warbler\/client(?:\/([\w-]+))?$/.exec(name) ?? [];
    return this.#load(join(this.#cjs, `${subpath}.js`));
  }

  /** The package's own part. */
  get client(): typeof Client {
    const loaded = this.require("@warbler/client");
    if (!isClient(loaded)) throw new Error("the package has no client");
    return loaded;
  }

  #load(path: string): unknown {
    const known = this.#loaded.get(path);
    if (known !== undefined) return known;
    const exports: object = runInContext("({})", this.#context);
    this.#loaded.set(path, exports);
    this.#execute(readFileSync(path, "utf8"), (name) => this.#load(join(dirname(path), name)), exports);
    return exports;
  }

  #execute(text: string, load: (name: string) => unknown, exports: object): void {
    const body: (exports: object, load: (name: string) => unknown) => void = runInContext(
      `(function (exports, require) {${text}\n})`,
      this.#context,
    );
    body(exports, load);
  }
}

const isClient = (loaded: unknown): loaded is typeof Client =>
  typeof loaded === "object" && loaded !== null && "createClient" in loaded;

/** What a mini-program asks for a request. */
interface Asked {
  url: string;
  method: string;
  header: Record<string, string>;
  data?: string;
  success: (result: { data: unknown; statusCode: number; header: object }) => void;
  fail: (failed: { errMsg: string }) => void;
}

/** How hosts differ. */
export interface HostManner {
  /** Answers come as values, whatever was asked. */
  parses: boolean;
  /** In which case the names of headers come. */
  headerName: (name: string) => string;
  /** A socket is a promise of one where it is asked for without a callback. */
  promises: boolean;
}

/** A stand-in of `wx` or `uni`, over the network as it is. */
export function miniProgramHost({ parses, headerName, promises }: HostManner) {
  const shown = new Set<() => void>();
  return {
    /** Brings it to the foreground. */
    show: () => shown.forEach((hear) => hear()),
    onAppShow: (hear: () => void) => shown.add(hear),
    offAppShow: (hear: () => void) => shown.delete(hear),
    request({ url, method, header, data, success, fail }: Asked) {
      const aborter = new AbortController();
      const body = data === undefined ? {} : { body: data };
      fetch(url, { method, headers: header, signal: aborter.signal, ...body })
        .then(async (response) => {
          const text = await response.text();
          const names = [...response.headers].map(([name, value]) => [headerName(name), value]);
          const header: object = Object.fromEntries(names);
          const value: unknown = parses ? JSON.parse(text) : text;
          success({ data: value, statusCode: response.status, header });
        })
        .catch(() => fail({ errMsg: "request:fail" }));
      return { abort: () => aborter.abort() };
    },
    connectSocket(asked: { url: string; protocols: string[]; complete?: () => void }) {
      const socket = new WebSocket(asked.url, asked.protocols);
      const task = {
        onMessage: (hear: (event: { data: unknown }) => void) =>
          socket.addEventListener("message", ({ data }) => hear({ data })),
        onClose: (hear: (event: { code: number; reason: string }) => void) =>
          socket.addEventListener("close", ({ code, reason }) => hear({ code, reason })),
        onError: (hear: (event: { errMsg: string }) => void) =>
          socket.addEventListener("error", () => hear({ errMsg: "connectSocket:fail" })),
        send: ({ data }: { data: string }) => socket.send(data),
        close: ({ code }: { code?: number }) => socket.close(code),
      };
      return promises && asked.complete === undefined ? Promise.resolve(task) : task;
    },
  };
}

/** As much of a URL as React Native has: it cannot be set, and has no canParse. */
class PoorUrl {
  readonly href: string;
  constructor(href: string) {
    this.href = href;
  }
  get protocol(): never {
    throw new Error("not implemented");
  }
}

/** React Native, as far as the package could lean on it: no TextEncoder, no crypto, no AbortSignal that ends by itself. */
export const reactNativeGlobals = {
  URL: PoorUrl,
  fetch,
  WebSocket,
  AbortController,
  setTimeout,
  clearTimeout,
};

/** A mini-program: timers, and its host. */
export const miniProgramGlobals = { setTimeout, clearTimeout };
