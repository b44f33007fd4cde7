import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { buildConsole } from "./console.ts";
import { areUpToDate } from "./databases/applied.ts";
import { boundDatabases } from "./databases/bindings.ts";
import { demoToken, greeting } from "./start/demo.ts";
import { StartFailure } from "./start/failure.ts";
import { ProcessGroup } from "./start/process-group.ts";
import { checkSettings, portOf } from "./start/settings.ts";
import { type HeldStore, holdStore } from "./start/store.ts";

/**
 * `npm start`: serves the whole service on this machine (local D1, KV and Durable Objects; no account), migrated, with a
 * demo app and an admin token of it. PORT changes the port. Whatever ends it, or npm before it, ends all that it started.
 */

/** How long the server may take until it answers (ms). A Worker that cannot be built never does. */
const PATIENCE = 180_000;
/** What a deploy has otherwise, for the sake of the local runtime: docs/decisions.md says why. */
const localSettings = { SOCKETS: "relay", ADDRESSES: "local", PASSWORD_CALLS: "address=200,app=600" };

// The settings are those of the top level of wrangler.toml, whichever environment a deploy may be for.
delete process.env["CLOUDFLARE_ENV"];
/** Nothing is asked of the network, nor of whoever sits before the terminal. */
const environment = {
  ...process.env,
  WRANGLER_SEND_METRICS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  CI: "true",
};

const npm = process.ppid;
const isOfNpm = process.env["npm_lifecycle_event"] === "start";
const groups: ProcessGroup[] = [];
const leaving = new AbortController();
let store: HeldStore | undefined;

function run(command: string[], isSilent = false): ProcessGroup {
  const group = new ProcessGroup(command, environment, isSilent);
  groups.push(group);
  return group;
}

/** Ends all that was started, then this process: by the signal that asked for it, or with an exit code. */
async function leave(how: NodeJS.Signals | number): Promise<void> {
  if (leaving.signal.aborted) return;
  leaving.abort();
  await Promise.allSettled(groups.map((group) => group.end()));
  store?.release();
  if (typeof how === "number") process.exit(how);
  process.removeAllListeners(how);
  process.kill(process.pid, how);
}

async function requireFree(port: number): Promise<void> {
  const server = createServer();
  const refused = await new Promise<Error | undefined>((done) => {
    server.once("error", done);
    server.listen(port, "127.0.0.1", () => done(undefined));
  });
  if (refused) {
    const why =
      "code" in refused && refused.code === "EADDRINUSE" ? "is taken" : `cannot be used (${refused.message})`;
    throw new StartFailure(`Port ${port} ${why}: choose another with PORT=… npm start`);
  }
  await new Promise((done) => server.close(done));
}

async function migrate(): Promise<void> {
  if (areUpToDate(boundDatabases())) return;
  const migrations = run(["node", "scripts/databases.ts", "migrate", "--local"], true);
  if ((await migrations.ended) !== 0) throw new StartFailure(migrations.printed);
}

function startServer(port: number): ProcessGroup {
  const settings = Object.entries(localSettings).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  const address = ["--ip", "127.0.0.1", "--port", String(port), "--inspector-port", "0"];
  return run(["wrangler", "dev", ...address, "--show-interactive-dev-session=false", ...settings]);
}

async function isServing(origin: string): Promise<boolean> {
  try {
    return (await fetch(origin, { signal: leaving.signal })).ok;
  } catch {
    return false;
  }
}

async function untilServing(origin: string): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!(await isServing(origin))) {
    if (Date.now() > deadline)
      throw new StartFailure(`${origin} did not answer within ${PATIENCE / 1000} s.`);
    await sleep(200, undefined, { signal: leaving.signal });
  }
}

/** Cron triggers do not fire by themselves on a local server: this fires them as the platform would. */
async function fireCron(origin: string): Promise<void> {
  await fetch(`${origin}/cdn-cgi/local/scheduled`, { signal: leaving.signal }).catch(() => undefined);
}

async function start(): Promise<void> {
  const port = portOf(process.env);
  const origin = `http://127.0.0.1:${port}`;
  store = holdStore(origin);
  await requireFree(port);
  const key = await checkSettings();
  await Promise.all([migrate(), buildConsole()]);
  leaving.signal.throwIfAborted();
  const server = startServer(port);
  void server.ended.then((code) => leave(code || 1));
  await untilServing(origin);
  console.log(greeting(origin, await demoToken(origin, key, leaving.signal)));
  await fireCron(origin);
  setInterval(() => void fireCron(origin), 60_000);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void leave(signal));
// npm passes on no other signal than SIGINT and SIGTERM, and can be killed: its end is the end of this.
if (isOfNpm) setInterval(() => process.ppid === npm || void leave("SIGTERM"), 250);

try {
  await start();
} catch (error) {
  if (!leaving.signal.aborted) {
    console.error(error instanceof StartFailure ? error.message : error);
    await leave(1);
  }
}
