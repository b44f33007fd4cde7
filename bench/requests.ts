import { type Ours, serveBareWorker, serveOurs } from "./contestants.ts";
import { type Took, duel } from "./duel.ts";
import { type Kind, hashKinds, isAsked, plainKinds } from "./kinds.ts";
import { quantile } from "./measure.ts";
import { dataDirectory } from "./server.ts";

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
      request: () => ({ method: "GET", path }),
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

/**
 * `npm run bench:requests`: each kind of request, beside a bare Worker that does the least the request can be (see
 * `bench/bare-worker.ts`): one at a time, and 16 at a time, each of them of a user of its own. Both are served by the local
 * runtime, and take turns. ROUNDS sets how often, KINDS which kinds: those whose name it matches.
 */
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
