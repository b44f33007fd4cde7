import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { serveBare } from "./bare.ts";
import { FrameSocket } from "./frames.ts";
import { fieldOf, quantile } from "./measure.ts";
import { serve } from "./server.ts";

/**
 * `npm run bench:devices`: how long it takes from the start of a kick's call to the close frame at the device, with 2,000
 * devices of 400 users connected and 50 kicks a second for a minute; and, in one run, the same of a bare Durable Object,
 * and of one that also writes one row, which is the least that a kick must do to outlive a crash. Data stays in memory
 * where the machine can keep files there, as what a local disk takes to sync says nothing of the platform; DATA names
 * another directory. USERS, RATE and SECONDS make another load of it.
 */
const USERS = Number(process.env["USERS"] ?? 400);
const DEVICES = 5;
const RATE = Number(process.env["RATE"] ?? 50);
const SECONDS = Number(process.env["SECONDS"] ?? 60);
/** Devices of a user that sign in: those of the start, and one for each kick that comes, to connect in its place. */
const SIGNED_IN = DEVICES + Math.ceil((RATE * SECONDS) / USERS);
const PING = 30_000;
const DATA = process.env["DATA"] ?? (existsSync("/dev/shm") ? "/dev/shm" : tmpdir());

/** What is measured: connects devices and kicks them. */
interface Subject {
  name: string;
  /** Opens the socket of a device. */
  connect(user: number, device: number): Promise<FrameSocket>;
  /** Kicks a device; true where the answer was a success. */
  kick(user: number, device: number): Promise<boolean>;
  stop(): Promise<void>;
}

async function warbler(): Promise<Subject> {
  // Passwords are no part of what is measured: their cost is low so that 2,000 sign-ins take seconds.
  const server = await serve({ PASSWORD_COST: "m=8,t=1", PASSWORD_CALLS: "address=9999999,app=9999999" });
  const post = async (path: string, headers: Record<string, string>, json?: unknown): Promise<unknown> => {
    const response = await fetch(server.origin + path, {
      method: "POST",
      headers: { app_id: "bench", "content-type": "application/json", ...headers },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    const answer: unknown = await response.json();
    if (fieldOf(answer, "code") !== "200") throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return Reflect.get(Object(answer), "data");
  };
  await post("/admin/apps", { "root-key": server.rootKey }, { app_id: "bench" });
  for (let user = 0; user < USERS; user++) {
    await post("/user/register/v2", {}, { username: `device_user_${user}`, password: "a password" });
  }
  const tokens = new Map<string, string>();
  const serials = new Map<string, string>();
  await atOnce(SIGNED_IN * USERS, async (index) => {
    const [user, device] = [index % USERS, Math.floor(index / USERS)];
    const json = {
      name: `device_user_${user}`,
      password: "a password",
      device_guid: `d${device}`,
      platform: 1,
    };
    const data = await post("/token/user", {}, json);
    tokens.set(`${user}/${device}`, fieldOf(data, "token"));
    serials.set(`${user}/${device}`, fieldOf(data, "device_sn"));
  });
  return {
    name: "warbler",
    async connect(user, device) {
      const url = new URL("/user/device/connect?app_id=bench", server.origin);
      return await FrameSocket.open(url, ["im.v1", `token.${tokens.get(`${user}/${device}`)}`]);
    },
    async kick(user, device) {
      // The user's first device does it: it is never kicked itself.
      const token = tokens.get(`${user}/0`) ?? "";
      await post(`/user/kick?device_sn=${serials.get(`${user}/${device}`)}`, { "access-token": token });
      return true;
    },
    stop: () => server.stop(),
  };
}

const query = (user: number, device: number) => `?user=${user}&device=${device}`;

async function bare(writes: boolean): Promise<Subject> {
  const server = await serveBare(writes);
  return {
    name: writes ? "with one write" : "bare object",
    connect: async (user, device) =>
      await FrameSocket.open(new URL(`/connect${query(user, device)}`, server.origin), []),
    kick: async (user, device) =>
      (await fetch(`${server.origin}/kick${query(user, device)}`, { method: "POST" })).ok,
    stop: () => server.stop(),
  };
}

/** Does something `count` times, eight at a time. */
async function atOnce(count: number, work: (index: number) => Promise<void>): Promise<void> {
  const all = Array.from({ length: count }, (_, index) => index).values();
  const worker = async () => {
    for (const index of all) await work(index);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

/** Kicks at the rate for the time; returns the median in ms. */
async function run(subject: Subject): Promise<number> {
  const sockets = new Map<string, FrameSocket>();
  const pings = setInterval(() => {
    for (const socket of sockets.values()) socket.ping();
  }, PING);
  await atOnce(USERS * DEVICES, async (index) => {
    const [user, device] = [index % USERS, Math.floor(index / USERS)];
    sockets.set(`${user}/${device}`, await subject.connect(user, device));
  });
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

// Where the runtime keeps what it stores.
process.env["TMPDIR"] = DATA;
console.log(
  `${USERS * DEVICES} devices of ${USERS} users, ${RATE} kicks a second for ${SECONDS} s, data in ${DATA}`,
);
console.log(
  `${"".padEnd(16)}${"kicks".padStart(6)}${"lost".padStart(6)}${"p50 ms".padStart(9)}${"p95".padStart(9)}${"p99".padStart(9)}`,
);
const least = await run(await bare(false));
const leastKept = await run(await bare(true));
const ours = await run(await warbler());
console.log(`ratio of the medians to the bare object: ${(ours / least).toFixed(2)}`);
console.log(`ratio of the medians to the one with one write: ${(ours / leastKept).toFixed(2)}`);
