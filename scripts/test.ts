import { spawn } from "node:child_process";

/**
 * `npm test`: both projects of vitest.config.ts, side by side: the tests of programs mostly wait for them to start, while those
 * in the runtime work. Ends with the counts of both on a line of their own, as each project ends with its own. Arguments are
 * vitest's, and have it run once.
 */
const given = process.argv.slice(2);

interface Run {
  status: number;
  passed: number;
  failed: number;
}

async function vitest(args: readonly string[]): Promise<Run> {
  const child = spawn("vitest", ["run", ...args], { stdio: ["inherit", "pipe", "inherit"] });
  let last = "";
  child.stdout.on("data", (chunk: Buffer) => {
    process.stdout.write(chunk);
    last = (last + chunk.toString()).slice(-10_000);
  });
  const status = await new Promise<number>((ended) => child.on("close", (code) => ended(code ?? 1)));
  const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(last) ?? [];
  return { status, passed: Number(passed ?? 0), failed: Number(failed ?? 1) };
}

const runs = await Promise.all(
  given.length > 0
    ? [vitest(given)]
    : ["worker", "process"].map(async (project) => vitest(["--project", project])),
);
const total = (count: "passed" | "failed") => runs.reduce((sum, run) => sum + run[count], 0);
if (runs.length > 1) console.log(`${total("passed")} passed, ${total("failed")} failed`);
process.exitCode = Math.max(...runs.map(({ status }) => status), total("failed") > 0 ? 1 : 0);
