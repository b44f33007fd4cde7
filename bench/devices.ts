import { setTimeout as sleep } from "node:timers/promises";
import { quantile } from "./measure.ts";
import { dataDirectory } from "./server.ts";
import { type Subject, bare, connectAll, warbler } from "./subjects.ts";

/**
 * `npm run bench:devices`: how long it takes from the start of a kick's call to the close frame at the device, with 2,000
 * devices of 400 users connected and 50 kicks a second for a minute; and, in one run, the same of a bare Durable Object,
 * and of one that also writes one row, which is the least that a kick must do to outlive a crash. USERS, RATE and SECONDS
 * make another load of it.
 */
const USERS = Number(process.env["USERS"] ?? 400);
const DEVICES = 5;
const RATE = Number(process.env["RATE"] ?? 50);
const SECONDS = Number(process.env["SECONDS"] ?? 60);
/** Devices of a user that sign in: those of the start, and one for each kick that comes, to connect in its place. */
const SIGNED_IN = DEVICES + Math.ceil((RATE * SECONDS) / USERS);
const PING = 30_000;

/** Kicks at the rate for the time; returns the median in ms. */
async function run(subject: Subject): Promise<number> {
  const sockets = await connectAll(subject, USERS, DEVICES);
  const pings = setInterval(() => {
    for (const socket of sockets.values()) socket.ping();
  }, PING);
  const times: number[] = [];
  let lost = 0;
  const kickOne = async (turn: number) => {
    // In its turn, each device of a user but the first, the longest connected before the others.
    const [user, device] = [turn % USERS, 1 + Math.floor(turn / USERS)];
    const socket = sockets.get(`${user}/${device}`);
    if (!socket) throw new Error("no socket to kick");
    const closed = socket.closed();
    const start = performance.now();
    const answered = subject.kick(user, device);
    const code = await Promise.race([closed, sleep(10_000, 0)]);
    if (code === 4005) times.push(performance.now() - start);
    else lost++;
    await answered;
    sockets.delete(`${user}/${device}`);
    const next = device + DEVICES - 1;
    sockets.set(`${user}/${next}`, await subject.connect(user, next));
  };
  const turns: Promise<void>[] = [];
  const start = performance.now();
  for (let turn = 0; turn < RATE * SECONDS; turn++) {
    const due = start + (turn * 1000) / RATE;
    if (due > performance.now()) await sleep(due - performance.now());
    turns.push(kickOne(turn));
  }
  await Promise.all(turns);
  clearInterval(pings);
  for (const socket of sockets.values()) socket.destroy();
  await subject.stop();
  const sorted = times.toSorted((a, b) => a - b);
  const show = (q: number) => quantile(sorted, q).toFixed(2).padStart(9);
  const counts = `${String(times.length).padStart(6)}${String(lost).padStart(6)}`;
  if (lost > 0) process.exitCode = 1;
  console.log(`${subject.name.padEnd(16)}${counts}${show(0.5)}${show(0.95)}${show(0.99)}`);
  return quantile(sorted, 0.5);
}

console.log(
  `${USERS * DEVICES} devices of ${USERS} users, ${RATE} kicks a second for ${SECONDS} s, data in ${dataDirectory}`,
);
console.log(
  `${"".padEnd(16)}${"kicks".padStart(6)}${"lost".padStart(6)}${"p50 ms".padStart(9)}${"p95".padStart(9)}${"p99".padStart(9)}`,
);
const least = await run(await bare(false, USERS));
const leastKept = await run(await bare(true, USERS));
const ours = await run(await warbler(USERS, SIGNED_IN));
console.log(`ratio of the medians to the bare object: ${(ours / least).toFixed(2)}`);
console.log(`ratio of the medians to the one with one write: ${(ours / leastKept).toFixed(2)}`);
