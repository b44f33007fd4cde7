import { fieldOf, quantile } from "./measure.ts";
import { type Server, serve } from "./server.ts";

/**
 * `npm run bench:requests`: the milliseconds of each kind of request against the local runtime, one at a time, so that
 * what is measured is the way of one request and not a queue.
 */
const RUNS = 200;
const app = "bench";

let server: Server;

interface Sent {
  headers?: Record<string, string>;
  json?: unknown;
}

async function call(method: string, path: string, { headers = {}, json }: Sent = {}) {
  const response = await fetch(server.origin + path, {
    method,
    headers: { app_id: app, "content-type": "application/json", ...headers },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
  const answer: unknown = await response.json();
  if (typeof answer !== "object" || answer === null || !("code" in answer) || answer.code !== 200) {
    throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
  }
  return "data" in answer ? answer.data : undefined;
}

/** The round trips of the last request, as the Worker counted them. */
function tripsOf(log: string[]): string {
  const line = log.findLast((each) => each.includes('"trips"')) ?? "{}";
  const trips: Record<string, number> = JSON.parse(line).trips ?? {};
  const made = Object.entries(trips).filter(([, count]) => count > 0);
  return made.map(([where, count]) => `${count} ${where}`).join(", ") || "none";
}

async function measure(name: string, work: (run: number) => Promise<unknown>, runs = RUNS) {
  const times: number[] = [];
  server.takeLog();
  for (let run = -10; run < runs; run++) {
    const start = performance.now();
    await work(run);
    if (run >= 0) times.push(performance.now() - start);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const show = (q: number) => quantile(sorted, q).toFixed(1).padStart(7);
  console.log(
    `${name.padEnd(44)}${tripsOf(server.takeLog()).padEnd(24)}${show(0.5)}${show(0.95)}${show(0.99)}`,
  );
}

const newUsers = (count: number) =>
  Array.from({ length: count }, (_, row) => ({ username: `batch_${row}_a`, password: "a password" }));

server = await serve({ PASSWORD_CALLS: "address=9999999,app=9999999" });
try {
  const root = { "root-key": server.rootKey };
  await call("POST", "/admin/apps", { headers: root, json: { app_id: app } });
  const admin = {
    "access-token": fieldOf(
      await call("POST", "/admin/tokens", { headers: root, json: { name: "bench" } }),
      "token",
    ),
  };
  const user = { username: "bench_user", password: "a password" };
  const id = fieldOf(await call("POST", "/user/register/v2", { json: user }), "user_id");
  const signIn = { name: user.username, password: user.password, device_guid: "bench" };
  const own = { "access-token": fieldOf(await call("POST", "/token/user", { json: signIn }), "token") };
  const cold = async () => ({
    "access-token": fieldOf(await call("POST", "/token/user", { json: signIn }), "token"),
  });

  console.log(
    `${"request".padEnd(44)}${"round trips".padEnd(24)}${"p50 ms".padStart(7)}${"p95".padStart(7)}${"p99".padStart(7)}`,
  );
  await measure("GET / (none)", () => call("GET", "/"));
  await measure("GET /user/profile, warm", () => call("GET", "/user/profile", { headers: own }));
  await measure("GET /user/settings, warm", () => call("GET", "/user/settings", { headers: own }));
  await measure("GET /user/device/list, warm", () => call("GET", "/user/device/list", { headers: own }));
  await measure("GET /user/online_status, warm", () => call("GET", "/user/online_status", { headers: own }));
  await measure("POST /user/nickname, warm", (run) =>
    call("POST", `/user/nickname?nick_name=n${run}`, { headers: own }),
  );
  await measure("POST /user/settings, warm", (run) =>
    call("POST", "/user/settings", { headers: own, json: { no_push_start_hour: Math.abs(run) % 24 } }),
  );
  await measure("GET /user/profile by an admin", () =>
    call("GET", "/user/profile", { headers: { ...admin, user_id: id } }),
  );
  await measure("GET /user/list by an admin", () => call("GET", "/user/list", { headers: admin }));
  await measure("POST /user/kick, one device", () =>
    call("POST", "/user/kick?device_sn=1", { headers: { ...admin, user_id: id } }),
  );
  await measure("PUT /user/disable, one user", () =>
    call("PUT", "/user/disable", { headers: admin, json: { list: [Number(id)] } }),
  );
  await call("PUT", "/user/enable", { headers: admin, json: { list: [Number(id)] } });
  await measure("POST /token/user (one hash)", cold, 30);
  await measure(
    "POST /user/register/v2 (one hash)",
    (run) =>
      call("POST", "/user/register/v2", {
        json: { username: `new_user_${run + 10}_a`, password: "a password" },
      }),
    30,
  );
  const start = performance.now();
  await call("POST", "/user/register/batch", { headers: admin, json: { list: newUsers(100) } });
  console.log(
    `POST /user/register/batch, 100 users: ${((performance.now() - start) / 1000).toFixed(1)} s, once`,
  );
} finally {
  await server.stop();
}
