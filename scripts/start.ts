import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * `npm start`: serves the whole service on this machine (local D1, KV and Durable Objects; no account), migrated, with a
 * demo app and an admin token of it. PORT changes the port.
 */
const port = Number(process.env["PORT"] ?? 8787);
const origin = `http://127.0.0.1:${port}`;
const app = "demo";
const tokenName = "npm start";
/** Nothing is asked of the network, nor of whoever sits before the terminal. */
const environment = {
  ...process.env,
  WRANGLER_SEND_METRICS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  CI: "true",
};

/** The root key in .dev.vars; made where there is none. */
function rootKey(): string {
  const file = ".dev.vars";
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const known = /^ROOT_KEY\s*=\s*"?([^"\n]+)"?\s*$/m.exec(text)?.[1];
  if (known !== undefined) return known;
  const key = randomBytes(32).toString("base64url");
  const before = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  writeFileSync(file, `${before}ROOT_KEY="${key}"\n`, { mode: 0o600 });
  return key;
}

interface Answer {
  code: number;
  message: string;
  data: unknown;
}

function isAnswer(value: unknown): value is Answer {
  return (
    typeof value === "object" && value !== null && "code" in value && "message" in value && "data" in value
  );
}

async function call(key: string, method: string, path: string, body?: object): Promise<Answer> {
  const response = await fetch(origin + path, {
    method,
    headers: { "root-key": key, app_id: app, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (!isAnswer(answer)) throw new Error(`${method} ${path} answered no envelope`);
  return answer;
}

function dataOf(answer: Answer): unknown {
  if (answer.code !== 200) throw new Error(`${answer.code}: ${answer.message}`);
  return answer.data;
}

/** A demo app and a fresh admin token of it; the tokens of earlier starts are revoked. */
async function demoToken(key: string): Promise<string> {
  const made = await call(key, "POST", "/admin/apps", { app_id: app, name: "Demo" });
  if (made.code !== 10004) dataOf(made);
  const tokens = dataOf(await call(key, "GET", "/admin/tokens"));
  for (const token of Array.isArray(tokens) ? tokens : []) {
    if (token.name === tokenName && token.revoked_at === null) {
      dataOf(await call(key, "DELETE", `/admin/tokens?id=${token.id}`));
    }
  }
  const token = dataOf(await call(key, "POST", "/admin/tokens", { name: tokenName }));
  if (typeof token === "object" && token !== null && "token" in token) return String(token.token);
  throw new Error("no admin token was made");
}

async function isServing(): Promise<boolean> {
  try {
    return (await fetch(origin)).ok;
  } catch {
    return false;
  }
}

/** Cron triggers do not fire by themselves on a local server: this fires them as the platform would. */
async function fireCron(): Promise<void> {
  await fetch(`${origin}/cdn-cgi/local/scheduled`).catch(() => undefined);
}

const key = rootKey();
const migrated = spawnSync("wrangler", ["d1", "migrations", "apply", "DB", "--local"], { env: environment });
if (migrated.status !== 0) {
  process.stderr.write(migrated.stdout);
  process.stderr.write(migrated.stderr);
  process.exit(1);
}
if (await isServing()) {
  console.error(`Port ${port} is taken: choose another with PORT=… npm start`);
  process.exit(1);
}
const options = [
  "--ip",
  "127.0.0.1",
  "--port",
  String(port),
  "--show-interactive-dev-session=false",
  "--inspector-port",
  "0",
  // The local runtime ends the connection of a socket that an object closed only ten seconds later.
  "--var",
  "SOCKETS:relay",
];
const server = spawn("wrangler", ["dev", ...options], {
  env: environment,
  stdio: ["ignore", "inherit", "inherit"],
});
server.on("exit", (code) => process.exit(code ?? 1));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => server.kill(signal));

while (!(await isServing())) await sleep(200);
const token = await demoToken(key);
const name = `alice_${randomBytes(3).toString("hex")}`;
const json = "-H 'content-type: application/json'";
console.log(`
Warbler serves ${origin}; the reference is at ${origin}/docs
  app          ${app}
  admin token  ${token}
  root key     in .dev.vars

Try:
  curl -s ${origin}/user/register/v2 -H 'app_id: ${app}' ${json} -d '{"username":"${name}","password":"wonderland"}'
  curl -s ${origin}/token/user -H 'app_id: ${app}' ${json} -d '{"name":"${name}","password":"wonderland","device_guid":"laptop-1"}'
  curl -s '${origin}/user/list?page_size=10' -H 'app_id: ${app}' -H 'access-token: ${token}'
`);
await fireCron();
setInterval(() => void fireCron(), 60_000);
