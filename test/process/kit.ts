import { type ChildProcess, spawn } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { Service } from "./service.ts";

export { type SignedIn, app, password } from "./service.ts";

/** How an `npm start` ended that was not stopped by the kit. */
export interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
  printed: string;
}

const parts = ["package.json", "wrangler.toml", "tsconfig.json", "migrations", "scripts", "src", "dist"];

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** A checkout of its own, fresh but for the installed packages, in which `npm start` can run again and again. */
export class Checkout extends Service {
  readonly #port: number;
  #server: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();

  private constructor(port: number) {
    super(mkdtempSync(join(tmpdir(), "start-")), `http://127.0.0.1:${port}`);
    this.#port = port;
    for (const part of parts) cpSync(part, join(this.directory, part), { recursive: true });
    symlinkSync(resolve("node_modules"), join(this.directory, "node_modules"));
  }

  static async make(): Promise<Checkout> {
    return new Checkout(await freePort());
  }

  /** Where all that is local is kept. */
  get store(): string {
    return join(this.directory, ".wrangler");
  }

  /** Takes a copy of what another checkout's store was, before the first start. */
  takeStore(path: string): void {
    cpSync(path, this.store, { recursive: true });
  }

  /** Changes what the checkout's copy of a file says, which must be there. */
  #change(file: string, what: RegExp, to: string): void {
    const path = join(this.directory, file);
    const before = readFileSync(path, "utf8");
    const after = before.replace(what, to);
    if (after === before) throw new Error(`${file} has no ${what}`);
    writeFileSync(path, after);
  }

  /** Makes passwords cheap and not counted, for who makes many: what is tried is something else then. */
  cheapenPasswords(): void {
    this.#change("wrangler.toml", /^PASSWORD_COST = .*$/m, 'PASSWORD_COST = "m=8,t=1"');
    this.#change(
      "scripts/start.ts",
      /PASSWORD_CALLS: "[^"]*"/,
      'PASSWORD_CALLS: "address=100000,app=100000"',
    );
  }

  /** Has a move wait for a second and a half only. */
  shortenMoves(): void {
    this.#change("wrangler.toml", /^APP_CACHE_MS = .*$/m, 'APP_CACHE_MS = "1000"');
  }

  /** Spawns `npm start`, as the head of a process group. */
  #spawn(port: string) {
    return spawn("npm", ["start"], {
      cwd: this.directory,
      env: { ...process.env, PORT: port },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
  }

  /**
   * Runs an `npm start` that is to end by itself, on another port than the checkout's unless one is given, and returns
   * when it and all that prints for it have ended. `onSpawn` hears of npm.
   */
  async runToEnd(port?: string, onSpawn?: (npm: ChildProcess) => void): Promise<End> {
    const npm = this.#spawn(port ?? String(await freePort()));
    let printed = "";
    const read = (chunk: Buffer) => {
      printed += chunk.toString();
    };
    npm.stdout.on("data", read);
    npm.stderr.on("data", read);
    onSpawn?.(npm);
    return await new Promise((done) => npm.on("close", (code, signal) => done({ code, signal, printed })));
  }

  /** Spawns `npm run databases` with these arguments, as the head of a process group. */
  #spawnDatabases(args: readonly string[]) {
    return spawn("npm", ["run", "--silent", "databases", "--", ...args], {
      cwd: this.directory,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
  }

  /**
   * Runs `npm run databases` and kills it, with all that it started, as soon as something changes under `folder` after which
   * `isThere`. Fails where it ends before.
   */
  async killDatabases(folder: string, isThere: () => boolean, ...args: string[]): Promise<void> {
    const watcher = watch(join(this.directory, folder));
    const child = this.#spawnDatabases(args);
    const ended = new Promise<NodeJS.Signals | null>((done) => child.on("exit", (_, signal) => done(signal)));
    const look = () => {
      if (isThere()) process.kill(-(child.pid ?? 0), "SIGKILL");
    };
    watcher.on("change", look);
    const signal = await ended;
    watcher.close();
    if (signal !== "SIGKILL") throw new Error("npm run databases ended before it could be killed");
  }

  /** What the checkout's copy of a file says; "" where it is not there. */
  read(file: string): string {
    try {
      return readFileSync(join(this.directory, file), "utf8");
    } catch {
      return "";
    }
  }

  /** Runs `npm run databases` with these arguments, and returns what it prints; `isRight` is that it says so. */
  async databases(...args: string[]): Promise<{ printed: string; isRight: boolean }> {
    const child = this.#spawnDatabases(args);
    let printed = "";
    const read = (chunk: Buffer) => {
      printed += chunk.toString();
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    return await new Promise((done) => child.on("close", (code) => done({ printed, isRight: code === 0 })));
  }

  /** The processes that work in the checkout, but those that have ended and wait to be taken note of. As Linux tells it. */
  get processes(): number[] {
    const isHere = (pid: number) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`) === this.directory;
      } catch {
        return false;
      }
    };
    return readdirSync("/proc").map(Number).filter(isHere);
  }

  /** Runs `npm start`: it serves when this returns. */
  async start(): Promise<void> {
    this.printed = "";
    const server = this.#spawn(String(this.#port));
    this.#server = server;
    this.#ended = new Promise<void>((done) => {
      server.on("close", () => {
        this.#server = undefined;
        done();
      });
    });
    await new Promise<void>((ready, fail) => {
      let isReady = false;
      const read = (chunk: Buffer) => {
        this.printed += chunk.toString();
        // What it prints from then on is long: a line or two of each call.
        if (isReady || !this.printed.includes("user/list")) return;
        isReady = true;
        ready();
      };
      server.stdout.on("data", read);
      server.stderr.on("data", read);
      server.on("close", () => fail(new Error(`npm start ended:\n${this.printed}`)));
    });
  }

  /** Ends `npm start` and all that it has started: SIGKILL is the end of a machine. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const group = this.#server?.pid;
    if (group === undefined) return;
    // A machine ends all at once: nothing works on until it is told.
    const all = signal === "SIGKILL" ? this.processes : [-group];
    for (const pid of all) {
      try {
        process.kill(pid, signal);
      } catch {
        // The end of another was its end.
      }
    }
    await this.#ended;
  }

  /** The start, and all that prints for it, has ended. */
  get ended(): Promise<unknown> {
    return this.#ended;
  }

  /** Signals npm alone, and returns when it and all that prints for it have ended. */
  async signalNpm(signal: NodeJS.Signals): Promise<void> {
    this.#server?.kill(signal);
    await this.#ended;
  }

  /** Stops, and leaves nothing behind. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true });
  }

  /** Where the local runtime keeps D1. */
  get databaseDirectory(): string {
    return join(this.store, "state/v3/d1/miniflare-D1DatabaseObject");
  }

  /** D1 as a file, while nothing runs; to be closed. */
  openDatabase(): DatabaseSync {
    const files = readdirSync(this.databaseDirectory);
    const name = files.find((file) => /^[0-9a-f]+\.sqlite$/.test(file));
    return new DatabaseSync(join(this.databaseDirectory, name ?? ""));
  }

  /** How many signals D1 owes to hubs, while nothing runs. */
  owedSignals(): number {
    const database = this.openDatabase();
    try {
      return z
        .object({ owed: z.int() })
        .parse(database.prepare("select count(*) as owed from owed_signals").get()).owed;
    } finally {
      database.close();
    }
  }
}
