import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  createReadStream,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeSync,
} from "node:fs";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { Checkout, app } from "../test/process/kit.ts";

/*
 * Moves rows in by the command, against an `npm start`, and counts by an export what is there.
 *   npm run bench:moving -- [rows]               how quickly it goes, first and last, and in how much memory
 *   npm run bench:moving -- [rows] command [n]   the command is killed n times meanwhile (10)
 *   npm run bench:moving -- [rows] server [n]    the server is, and started again
 */
const [count = "1000000", killed, times = "10"] = process.argv.slice(2);
const rows = Number(count);
const kills = killed === undefined ? 0 : Number(times);

/** Rows of a part at the beginning and at the end, whose rate is told. */
const PART = Math.min(10_000, Math.floor(rows / 4));

/** The ids of a process and of all that it started. */
function treeOf(pid: number): number[] {
  const parents = readdirSync("/proc").flatMap((name): [number, number][] => {
    try {
      const stat = /^\d+$/.test(name) ? readFileSync(`/proc/${name}/stat`, "utf8") : "";
      const parent = /\) \S (\d+)/.exec(stat)?.[1];
      return parent === undefined ? [] : [[Number(name), Number(parent)]];
    } catch {
      return [];
    }
  });
  const found = [pid];
  for (const each of found)
    found.push(...parents.filter(([, parent]) => parent === each).map(([child]) => child));
  return found;
}

/** What processes have of the memory (MB). */
function memoryOf(pids: readonly number[]): number {
  const sizes = pids.map((pid) => {
    try {
      return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1024);
}

function writeRows(path: string): void {
  const fd = openSync(path, "w");
  for (let from = 0; from < rows; from += 1000) {
    const lines = Array.from({ length: Math.min(1000, rows - from) }, (_, at) => {
      const number = from + at;
      // Without an external_id a row that was done twice would fail.
      return JSON.stringify({
        username: `user_${number}`,
        password_hash: "$2b$10$ZfBpjhdd8uSSykoGW59scO66sUAEkYk30ODkMoC/4Wz5Mv5d7SQdK",
        nick_name: `User ${number}`,
        settings: { no_push: true, auth_mode: 1 },
        push: { tags: ["one", "two"], badge: 1 },
        devices: [{ device_guid: `phone-${number}`, platform: 1, device_name: "Phone" }],
      });
    });
    writeSync(fd, `${lines.join("\n")}\n`);
  }
  closeSync(fd);
}

const Done = z.object({ rows: z.int(), failed: z.int() });

/** How many rows a log has as done. */
function doneIn(path: string): number {
  try {
    const lines = readFileSync(path, "utf8").split("\n").slice(1, -1);
    return lines.reduce((sum, line) => sum + Done.parse(JSON.parse(line)).rows, 0);
  } catch {
    return 0;
  }
}

const checkout = await Checkout.make();
await checkout.start();
const folder = mkdtempSync(join(tmpdir(), "moving-"));
const file = join(folder, "users.ndjson");
const log = `${file}.import-log`;
// A start revokes the token of the one before.
const Made = z.object({ token: z.string() });
const root = { app_id: app, "root-key": checkout.rootKey };
const { token } = await checkout.call(Made, "POST", "/admin/tokens", root, { name: "moving in" });
writeRows(file);

const run = (...args: string[]): ChildProcess =>
  spawn(process.execPath, ["src/cli/warbler.mjs", ...args], {
    env: { ...process.env, WARBLER_URL: checkout.origin, WARBLER_APP: app, WARBLER_TOKEN: token },
    stdio: ["ignore", "inherit", "inherit"],
  });

const endOf = async (child: ChildProcess) =>
  await new Promise<number | null>((done) => child.on("close", (code) => done(code)));

function tellMemory(command: ChildProcess, done: number): void {
  const server = checkout.processes.filter((pid) => pid !== command.pid);
  console.log(
    `${done} rows: ${memoryOf(treeOf(command.pid ?? 0))} MB command, ${memoryOf(server)} MB server`,
  );
}

/** Looks at the log as it grows, until the command ends. */
async function watching(
  command: ChildProcess,
  onRows: (done: number) => Promise<void> | void,
): Promise<number | null> {
  const end = endOf(command);
  const isOver = () => command.exitCode !== null || command.signalCode !== null;
  while (!isOver()) {
    await onRows(doneIn(log));
    await sleep(rows > 200_000 ? 500 : 50);
  }
  return await end;
}

const began = performance.now();
const marks = { first: 0, tenth: false, last: 0 };
let left = kills;
const isDue = (done: number) => left > 0 && done >= ((kills - left + 1) * rows) / (kills + 2);
let code: number | null;
do {
  const command = run("import", file, "--quiet");
  code = await watching(command, async (done) => {
    if (marks.first === 0 && done >= PART) marks.first = performance.now();
    if (marks.last === 0 && done >= rows - PART) {
      marks.last = performance.now();
      tellMemory(command, done);
    }
    if (!marks.tenth && done >= rows / 10) {
      marks.tenth = true;
      tellMemory(command, done);
    }
    if (!isDue(done)) return;
    left--;
    console.log(`${done} rows: the ${killed} is killed`);
    if (killed === "command") command.kill("SIGKILL");
    else {
      await checkout.stop("SIGKILL");
      await checkout.start();
    }
  });
} while (code === null);
const ended = performance.now();
if (kills === 0) {
  console.log(`first ${PART}: ${Math.round(PART / ((marks.first - began) / 1000))} rows/s`);
  console.log(`last ${PART}: ${Math.round(PART / ((ended - marks.last) / 1000))} rows/s`);
}
console.log(`${rows} rows in ${Math.round((ended - began) / 1000)} s; the command ended with ${code}`);

await endOf(run("export", join(folder, "all.ndjson"), "--quiet"));
const seen = new Uint8Array(rows);
for await (const line of createInterface({ input: createReadStream(join(folder, "all.ndjson")) })) {
  const number = Number(/"username":"user_(\d+)"/.exec(line)?.[1]);
  seen[number] = (seen[number] ?? 0) + 1;
}
const missing = seen.reduce((sum, times) => sum + (times === 0 ? 1 : 0), 0);
const doubled = seen.reduce((sum, times) => sum + (times > 1 ? 1 : 0), 0);
console.log(`${missing} rows are missing, ${doubled} are there twice`);
rmSync(folder, { recursive: true });
await checkout.remove();
if (code !== 0 || missing + doubled > 0) process.exit(1);
