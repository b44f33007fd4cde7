import {
  type Ours,
  USERS,
  Victims,
  oursToKick,
  registerOf,
  serveBareWorker,
  serveOurs,
  signInOf,
} from "./contestants.ts";
import { type Took, duel } from "./duel.ts";
import { FrameSocket } from "./frames.ts";
import { quantile } from "./measure.ts";
import { dataDirectory } from "./server.ts";
import type { Sent } from "./wire.ts";

/**
 * `npm run bench:requests`: each kind of request, beside a bare Worker that does the least the request can be (see
 * `bench/bare-worker.ts`): one at a time, and 16 at a time, each of them of a user of its own. Both are served by the local
 * runtime, and take turns. ROUNDS sets how often, KINDS which kinds: those whose name it matches.
 */
interface Kind {
  name: string;
  /** Requests of a round, one at a time; four times as many where 16 are asked at a time. */
  count: number;
  ours: (lane: number, turn: number) => Sent;
  bare: (lane: number, turn: number) => Sent;
  /** What each needs before a round. */
  before?: { ours: () => Promise<void>; bare: () => Promise<void> };
  /** How many are asked in a round of 16 at a time, where that is not four times as many. */
  countOf16?: number;
}

const get = (path: string, headers: Record<string, string> = {}): Sent => ({ method: "GET", path, headers });
const post = (path: string, headers: Record<string, string> = {}, json?: unknown): Sent => ({
  method: "POST",
  path,
  headers,
  ...(json !== undefined && { json }),
});

/** The kinds without a password. */
function plainKinds(served: Ours, bareOrigin: string): Kind[] {
  const count = 40;
  const { admin } = served;
  const own = (lane: number) => served.user(lane).own;
  const behalf = (lane: number) => ({ ...admin, user_id: served.user(lane).id });
  const everyone = Array.from({ length: USERS }, (_, user) => Number(served.user(user).id));
  const toKick = oursToKick(served);
  const { victims } = toKick;
  const bareVictims = new Victims(async (index) =>
    FrameSocket.open(new URL(`/connect?user=${index}&device=victim`, bareOrigin), []),
  );
  return [
    { name: "GET /", count, ours: () => get("/"), bare: () => get("/") },
    {
      name: "GET /user/profile",
      count,
      ours: (lane) => get("/user/profile", own(lane)),
      bare: (lane) => get(`/profile?user=${lane}`),
    },
    {
      name: "GET /user/settings",
      count,
      ours: (lane) => get("/user/settings", own(lane)),
      bare: (lane) => get(`/settings?user=${lane}`),
    },
    {
      name: "GET /user/online_status",
      count,
      ours: (lane) => get("/user/online_status", own(lane)),
      bare: (lane) => get(`/online?user=${lane}`),
    },
    {
      name: "POST /user/nickname",
      count,
      ours: (lane, turn) => post(`/user/nickname?nick_name=n${turn}`, own(lane)),
      bare: (lane, turn) => post(`/nickname?user=${lane}&name=n${turn}`),
    },
    {
      name: "POST /user/settings",
      count,
      ours: (lane, turn) => post("/user/settings", own(lane), { no_push_start_hour: turn % 24 }),
      bare: (lane, turn) => post(`/set?user=${lane}&hour=${turn % 24}`),
    },
    {
      name: "GET /user/profile by an admin",
      count,
      ours: (lane) => get("/user/profile", behalf(lane)),
      bare: (lane) => get(`/admin/profile?user=${lane}`),
    },
    {
      name: "GET /user/list, 50 of 1,000",
      count,
      ours: () => get("/user/list?page_size=50", admin),
      bare: () => get("/admin/list"),
    },
    {
      name: "POST /user/kick, a connected device",
      count: 48,
      countOf16: 48,
      ours: () => {
        const victim = victims.next();
        return post(`/user/kick?device_sn=${toKick.sn(victim)}`, own(victim));
      },
      bare: () => post(`/kick?user=${bareVictims.next()}&device=victim`),
      before: { ours: () => victims.connect(), bare: () => bareVictims.connect() },
    },
    {
      name: "POST /admin/push/route, 1 user",
      count,
      ours: (lane) => post("/admin/push/route", admin, { list: [Number(served.user(lane).id)] }),
      bare: (lane) => get(`/admin/route?users=${lane}`),
    },
    {
      name: "POST /admin/push/route, 100 users",
      count: 10,
      ours: () => post("/admin/push/route", admin, { list: everyone }),
      bare: () => get(`/admin/route?users=${Array.from({ length: USERS }, (_, user) => user).join()}`),
    },
    {
      name: "PUT /user/disable, one user",
      count,
      ours: (lane) => ({
        method: "PUT",
        path: "/user/disable",
        headers: admin,
        json: { list: [Number(served.user(lane).id)] },
      }),
      bare: (lane) => post(`/disable?user=${lane}`),
    },
  ];
}

/** The kinds with a password: one hash each. */
const hashKinds: Kind[] = [
  {
    name: "POST /token/user",
    count: 4,
    ours: (lane) => signInOf(lane, "bench"),
    bare: (lane) => post(`/sign-in?user=${lane}`),
  },
  {
    name: "POST /user/register/v2",
    count: 4,
    ours: (_lane, turn) => registerOf(`new_${turn}_a`),
    bare: (_lane, turn) => post(`/register?name=new_${turn}`),
  },
];

/** The round trips of the last request, as the Worker counted them. */
function tripsOf(log: string[]): string {
  const line = log.findLast((each) => each.includes('"trips"')) ?? "{}";
  const trips: Record<string, number> = JSON.parse(line).trips ?? {};
  const made = Object.entries(trips).filter(([, count]) => count > 0);
  return made.map(([where, count]) => `${count} ${where}`).join(", ") || "none";
}

const number = (value: number, digits: number) => value.toFixed(digits).padStart(8);

function show({ times, rate }: Took): string {
  return number(quantile(times, 0.5), 1) + number(quantile(times, 0.99), 1) + number(rate, 0);
}

/** What a line of the log costs (ms), by how many ask at a time. */
type LogCosts = Map<number, number>;

/** Says what the log costs: the bare Worker that writes a line as long as ours, beside itself without one. */
async function weighLog(bareOrigin: string): Promise<LogCosts> {
  const costs: LogCosts = new Map();
  for (const lanes of [1, 16]) {
    const [logging, silent] = ["/?log=1", "/"].map((path) => ({
      origin: bareOrigin,
      request: () => get(path),
    }));
    if (!logging || !silent) continue;
    const { took, ratio } = await duel([logging, silent], { lanes, count: 40 * lanes });
    const cost = 1000 / took[0].rate - 1000 / took[1].rate;
    costs.set(lanes, cost);
    console.log(
      `a log line, in the bare Worker's GET / at ${lanes}: ${cost.toFixed(2)} ms a request, ratio ${ratio.toFixed(2)}`,
    );
  }
  return costs;
}

async function compare(kind: Kind, ours: Ours, bareOrigin: string, log: LogCosts): Promise<void> {
  const { name, count, before } = kind;
  for (const lanes of [1, 16]) {
    ours.server.takeLog();
    const { took, ratio, rounds } = await duel(
      [
        { origin: ours.server.origin, request: kind.ours, ...(before && { before: before.ours }) },
        { origin: bareOrigin, request: kind.bare, ...(before && { before: before.bare }) },
      ],
      { lanes, count: lanes === 1 ? count : (kind.countOf16 ?? count * 4) },
    );
    const logging = (1000 / took[1].rate + (log.get(lanes) ?? 0)) / (1000 / took[0].rate);
    const slowest = quantile(took[0].times, 0.99) / quantile(took[1].times, 0.99);
    const trips = lanes === 1 ? tripsOf(ours.server.takeLog()) : "";
    const lead = (lanes === 1 ? name : "").padEnd(36) + trips.padEnd(20) + String(lanes).padStart(3);
    console.log(
      lead +
        show(took[0]) +
        show(took[1]) +
        number(ratio, 2) +
        number(logging, 2) +
        number(slowest, 2) +
        number(rounds, 0),
    );
  }
}

const asked = new RegExp(process.env["KINDS"] ?? "");
const isAsked = ({ name }: Kind) => asked.test(name);

const start = performance.now();
console.log(
  `data in ${dataDirectory}; milliseconds, and requests a second; ratio: ours / bare, of requests a second; logged: the same, were the bare Worker to write a line of the log for each`,
);
console.log(
  `${"request".padEnd(36)}${"our round trips".padEnd(20)} at${["p50", "p99", "ours/s", "p50", "p99", "bare/s", "ratio", "logged", "p99 ×", "rounds"].map((each) => each.padStart(8)).join("")}`,
);
const bare = await serveBareWorker();
try {
  const log = await weighLog(bare.origin);
  const cheap = await serveOurs({ PASSWORD_COST: "m=8,t=1" });
  try {
    for (const kind of plainKinds(cheap, bare.origin).filter(isAsked))
      await compare(kind, cheap, bare.origin, log);
  } finally {
    await cheap.server.stop();
  }
  const real = await serveOurs({}, 16);
  try {
    for (const kind of hashKinds.filter(isAsked)) await compare(kind, real, bare.origin, log);
  } finally {
    await real.server.stop();
  }
} finally {
  await bare.stop();
}
console.log(`${((performance.now() - start) / 1000).toFixed(0)} s in all`);
