import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from "node:fs";
import {
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
  createServer,
  request as ask,
} from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import type { Service } from "../service.ts";

/** How a run of the command ended. */
export interface Ran {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

/** Rows of an export. */
export const Exported = z.looseObject({ username: z.string(), external_id: z.string().optional() });

/** What the tests of a file share: an app of their own at the service that all share. */
export interface Shared {
  checkout: Service;
  warbler: Warbler;
}

const bin = "src/cli/warbler.mjs";

/** The command, as it is told where the service is and which app. */
export class Warbler {
  static readonly #folders: string[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), "command-"));
  readonly environment: Record<string, string>;

  constructor(environment: Record<string, string>) {
    Warbler.#folders.push(this.folder);
    this.environment = { WARBLER_PROFILE: join(this.folder, "profile.json"), ...environment };
  }

  /** Removes the files of all commands. */
  static cleanUp(): void {
    for (const folder of this.#folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  }

  /** All that a process is told: none of what tells the tests' own. */
  get whole() {
    const told = Object.keys(process.env).filter((name) => name.startsWith("WARBLER_"));
    return {
      ...process.env,
      ...Object.fromEntries(told.map((name) => [name, undefined])),
      HOME: this.folder,
      ...this.environment,
    };
  }

  /** A path of a file of its own. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** What a file of its own says, by lines; none where it is not there. */
  lines(name: string): string[] {
    const path = this.path(name);
    return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
  }

  start(...args: string[]): ChildProcess {
    return spawn(process.execPath, [bin, ...args], { env: this.whole });
  }

  async run(...args: string[]): Promise<Ran> {
    return await this.fed("", ...args);
  }

  /** Runs with something on stdin. */
  async fed(stdin: string | Buffer, ...args: string[]): Promise<Ran> {
    const child = this.start(...args);
    // One that does not read what it is given has its reasons.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(stdin);
    return await ended(child);
  }

  /** Runs, and expects that all is done. */
  async does(...args: string[]): Promise<string> {
    const { code, out, err } = await this.run(...args);
    if (code !== 0) throw new Error(`warbler ${args.join(" ")}: ${code}\n${out}${err}`);
    return out;
  }

  /** Runs with --json, and reads the lines that it prints. */
  async reads<S extends z.ZodType>(schema: S, ...args: string[]): Promise<z.output<S>[]> {
    const lines = (await this.does(...args, "--json")).split("\n").slice(0, -1);
    return lines.map((line) => schema.parse(JSON.parse(line)));
  }

  /** What an export has of users whose names begin so, by their names. */
  async exported(prefix: string): Promise<z.output<typeof Exported>[]> {
    const lines = (await this.does("export", "--quiet")).split("\n").slice(0, -1);
    return lines
      .map((line) => Exported.parse(JSON.parse(line)))
      .filter(({ username }) => username.startsWith(prefix));
  }
}

/** How a process ends, and what it has printed by then. */
export async function ended(child: ChildProcess): Promise<Ran> {
  let out = "";
  let err = "";
  child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString()));
  return await new Promise((done) => child.on("close", (code, signal) => done({ code, signal, out, err })));
}

/** Waits until a file has so many whole lines. */
export async function hasLines(path: string, count: number): Promise<void> {
  const enough = () => existsSync(path) && readFileSync(path, "utf8").split("\n").length > count;
  if (enough()) return;
  const watcher = watch(dirname(path));
  await new Promise<void>((done) =>
    watcher.on("change", (_event, name) => {
      if (name === basename(path) && enough()) done();
    }),
  );
  watcher.close();
}

/** A service in the place of the real one. `origin` is where it listens. */
export async function serving(answer: RequestListener): Promise<{ origin: string; close(): void }> {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = z.object({ port: z.int() }).parse(server.address());
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Passes a request on to the real service, and its answer back; `change` may do something else with the answer. */
export function passOn(
  checkout: Service,
  request: IncomingMessage,
  response: ServerResponse,
  change?: (status: number, body: Buffer) => void,
): void {
  const { method, url } = request;
  // What is passed back is what was said, not how it was packed.
  const { "accept-encoding": _packed, ...headers } = request.headers;
  const onward = ask(checkout.origin + (url ?? ""), { method, headers }, (answer) => {
    const chunks: Buffer[] = [];
    answer.on("data", (chunk: Buffer) => chunks.push(chunk));
    answer.on("end", () => {
      const body = Buffer.concat(chunks);
      if (change) return change(answer.statusCode ?? 0, body);
      response.writeHead(answer.statusCode ?? 0, { "content-type": answer.headers["content-type"] ?? "" });
      response.end(body);
    });
  });
  onward.on("error", () => response.destroy());
  request.pipe(onward);
}

/** Rows of users whose names begin with a prefix, as lines of JSON. Without an external_id a repeat would fail. */
export const rowsOf = (prefix: string, count: number, more: object = {}) =>
  Array.from({ length: count }, (_, at) => `${JSON.stringify({ username: `${prefix}${at}`, ...more })}\n`);
