import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Miniflare, convertV4MiniflareOptions } from "miniflare";
import { unstable_getMiniflareWorkerOptions as optionsOf } from "wrangler";
import { z } from "zod";
import { buildConsole } from "../scripts/console.ts";

/** The bundle that `wrangler deploy` would upload, served by the local runtime without wrangler's proxy before it. */
export interface Server {
  origin: string;
  rootKey: string;
  /** The bundle's text. */
  program: string;
  /** The lines the Worker has logged since the last call. */
  takeLog(): string[];
  stop(): Promise<void>;
}

/** What is served in place of Warbler as it is. */
export interface Served {
  /** The entry of another Worker, which has the same bindings and an empty database. */
  entry?: string;
  /** Variables in place of those of wrangler.toml. */
  settings?: Record<string, string>;
  /** On which port of this machine the runtime can be inspected; on none, where it is left out. */
  inspectorPort?: number;
}

const rootKey = "the-root-key-of-the-bench";

/**
 * Where the runtime keeps what it stores: in memory where the machine can keep files there, as what a local disk takes to
 * sync says nothing of the platform. DATA names another directory.
 */
export const dataDirectory = process.env["DATA"] ?? (existsSync("/dev/shm") ? "/dev/shm" : tmpdir());

/** Statements of the migrations, in order. */
function migrations(): string[] {
  const files = readdirSync("migrations").filter((file) => file.endsWith(".sql"));
  return files
    .toSorted()
    .flatMap((file) => readFileSync(join("migrations", file), "utf8").split("--> statement-breakpoint"))
    .map((statement) => statement.replaceAll("\n", " ").trim());
}

/** What the built bundle is made of, its main module first. */
function modulesOf(out: string, entry: string) {
  const wasm = readdirSync(out).filter((file) => file.endsWith(".wasm"));
  return [
    { type: "ESModule" as const, path: join(out, basename(entry).replace(/ts$/, "js")) },
    ...wasm.map((file) => ({ type: "CompiledWasm" as const, path: join(out, file) })),
  ];
}

const Configured = z.object({
  bindings: z.record(z.string(), z.string()),
  d1Databases: z.record(z.string(), z.unknown()),
});

/** The Worker as wrangler.toml has it, but for its program and what it serves of files. */
function configured() {
  // Where wrangler looks for the secret that wrangler.toml requires, and what it is to say of that.
  process.env["ROOT_KEY"] = rootKey;
  process.env["WRANGLER_LOG"] = "error";
  const { modulesRules: _, assets: __, ...options } = optionsOf("wrangler.toml").workerOptions;
  const { bindings, d1Databases } = Configured.parse(options);
  return { options, variables: bindings, databases: Object.keys(d1Databases) };
}

/** Builds and serves a Worker on a free port of this machine. Nobody is limited there. */
export async function serve({
  entry = "src/index.ts",
  settings = {},
  inspectorPort,
}: Served = {}): Promise<Server> {
  process.env["TMPDIR"] = dataDirectory;
  const out = mkdtempSync(join(tmpdir(), "bench-"));
  await buildConsole();
  const build = ["deploy", entry, "--dry-run", "--outdir", out];
  const built = spawnSync("wrangler", build, { encoding: "utf8" });
  if (built.status !== 0) throw new Error(built.stdout + built.stderr);
  const lines: string[] = [];
  const { options, variables, databases } = configured();
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...options,
      host: "127.0.0.1",
      ...(inspectorPort !== undefined && { inspectorPort }),
      modules: modulesOf(out, entry),
      modulesRoot: out,
      ratelimits: {
        CALLS: { namespace_id: "1", simple: { limit: 1_000_000, period: 10 } },
        CALL_BLOCKS: { namespace_id: "2", simple: { limit: 1_000_000, period: 10 } },
      },
      bindings: { ...variables, ROOT_KEY: rootKey, ...settings },
      cf: false,
      handleStructuredLogs: ({ message }: { message: string }) => {
        lines.push(message);
      },
    }),
  );
  const url = await miniflare.ready;
  if (entry === "src/index.ts") {
    for (const binding of databases) {
      const db = await miniflare.getD1Database(binding);
      for (const statement of migrations()) await db.exec(statement);
    }
  }
  return {
    origin: url.origin,
    rootKey,
    program: readFileSync(join(out, basename(entry).replace(/ts$/, "js")), "utf8"),
    takeLog: () => lines.splice(0),
    async stop() {
      await miniflare.dispose();
      rmSync(out, { recursive: true });
    },
  };
}
