import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Miniflare, convertV4MiniflareOptions } from "miniflare";

/** The bundle that `wrangler deploy` would upload, served by the local runtime without wrangler's proxy before it. */
export interface Server {
  origin: string;
  rootKey: string;
  /** The lines the Worker has logged since the last call. */
  takeLog(): string[];
  stop(): Promise<void>;
}

const rootKey = "the-root-key-of-the-bench";

/** Statements of the migrations, in order. */
function migrations(): string[] {
  const files = readdirSync("migrations").filter((file) => file.endsWith(".sql"));
  return files
    .toSorted()
    .flatMap((file) => readFileSync(join("migrations", file), "utf8").split("--> statement-breakpoint"))
    .map((statement) => statement.replaceAll("\n", " ").trim());
}

/** The variables that wrangler.toml sets, the last part of it. */
function variables(): Record<string, string> {
  const [, vars = ""] = readFileSync("wrangler.toml", "utf8").split("[vars]\n");
  return Object.fromEntries([...vars.matchAll(/^(\w+) = "(.*)"$/gm)].map(([, name, value]) => [name, value]));
}

/** What the built bundle is made of, its main module first. */
function modulesOf(out: string) {
  const wasm = readdirSync(out).filter((file) => file.endsWith(".wasm"));
  return [
    { type: "ESModule" as const, path: join(out, "index.js") },
    ...wasm.map((file) => ({ type: "CompiledWasm" as const, path: join(out, file) })),
  ];
}

/** Builds and serves the Worker on a free port of this machine, with the settings given in place of wrangler.toml's. */
export async function serve(settings: Record<string, string> = {}): Promise<Server> {
  const out = mkdtempSync(join(tmpdir(), "bench-"));
  const built = spawnSync("wrangler", ["deploy", "--dry-run", "--outdir", out], { encoding: "utf8" });
  if (built.status !== 0) throw new Error(built.stdout + built.stderr);
  const lines: string[] = [];
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      modules: modulesOf(out),
      modulesRoot: out,
      compatibilityDate: "2026-11-01",
      // As wrangler.toml has it.
      compatibilityFlags: ["no_web_socket_compression"],
      d1Databases: ["DB"],
      kvNamespaces: ["TOKENS"],
      // As wrangler.toml has it.
      queueProducers: { EVENTS: "warbler-events", WEBHOOKS: "warbler-webhooks" },
      queueConsumers: {
        "warbler-events": { maxBatchSize: 100, maxBatchTimeout: 1 },
        "warbler-webhooks": { maxBatchSize: 10, maxBatchTimeout: 1 },
      },
      durableObjects: { HUB: { className: "UserHub", useSQLite: true } },
      ratelimits: {
        CALLS: { namespace_id: "1", simple: { limit: 1_000_000, period: 10 } },
        CALL_BLOCKS: { namespace_id: "2", simple: { limit: 1_000_000, period: 10 } },
      },
      bindings: { ...variables(), SOCKETS: "direct", ROOT_KEY: rootKey, ...settings },
      cf: false,
      handleStructuredLogs: ({ message }: { message: string }) => {
        lines.push(message);
      },
    }),
  );
  const url = await miniflare.ready;
  const db = await miniflare.getD1Database("DB");
  for (const statement of migrations()) await db.exec(statement);
  return {
    origin: url.origin,
    rootKey,
    takeLog: () => lines.splice(0),
    async stop() {
      await miniflare.dispose();
      rmSync(out, { recursive: true });
    },
  };
}
