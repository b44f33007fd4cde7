import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { dataDirectory } from "./server.ts";
import { type Subject, bare, connectAll, warbler } from "./subjects.ts";

/**
 * `npm run bench:memory`: what a connected device that says nothing takes of the runtime: by how much the resident memory of
 * workerd grows while 2,000 devices of 400 users connect, beside the same of a bare object. Linux only. It is read when
 * every object has been idle for longer than the ten seconds after which the runtime puts it to sleep.
 */
const USERS = Number(process.env["USERS"] ?? 400);
const DEVICES = 5;
const IDLE_MS = 20_000;

/** The program and the parent of a process; undefined where it has ended. */
function processOf(pid: string): { program: string; parent: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { program: stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")")), parent: Number(parent) };
  } catch {
    return undefined;
  }
}

/** The resident memory (bytes) of the runtime that this process has started. */
function resident(): number {
  const pids = readdirSync("/proc").filter((name) => {
    const found = /^\d+$/.test(name) ? processOf(name) : undefined;
    return found?.program === "workerd" && found.parent === process.pid;
  });
  if (pids.length !== 1) throw new Error(`${pids.length} runtimes are there`);
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pids[0]}/status`, "utf8"))?.[1];
  return Number(kilobytes) * 1024;
}

const show = (bytes: number) => (bytes / 2 ** 20).toFixed(1).padStart(10);

async function run(subject: Subject): Promise<number> {
  await sleep(IDLE_MS);
  const before = resident();
  const sockets = await connectAll(subject, USERS, DEVICES);
  const connected = resident();
  await sleep(IDLE_MS);
  const idle = resident();
  for (const socket of sockets.values()) socket.destroy();
  await subject.stop();
  const each = (idle - before) / sockets.size;
  console.log(
    `${subject.name.padEnd(16)}${show(before)}${show(connected)}${show(idle)}${(each / 1024).toFixed(1).padStart(14)}`,
  );
  return each;
}

console.log(
  `${USERS * DEVICES} devices of ${USERS} users, data in ${dataDirectory}; resident memory of workerd, MiB`,
);
console.log(
  `${"".padEnd(16)}${["before", "connected", "idle"].map((each) => each.padStart(10)).join("")}${"kB a socket".padStart(14)}`,
);
const least = await run(await bare(true, USERS));
const ours = await run(await warbler(USERS, DEVICES));
console.log(`ratio to the bare object: ${(ours / least).toFixed(2)}`);
