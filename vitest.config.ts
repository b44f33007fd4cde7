import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type Reporter, type TestSpecification } from "vitest/node";

const migrations = await readD1Migrations("migrations");

/** Where this machine keeps files in memory; Linux does here. */
const MEMORY = "/dev/shm";
const disk = tmpdir();

/** True where there is room for what the runtimes of the tests keep (bytes). */
function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize > 2_000_000_000;
  } catch {
    return false;
  }
}

// The runtimes of the tests keep their databases here: a disk would have each write wait until it is synced.
if (hasRoom()) process.env["TMPDIR"] = MEMORY;

// Programs that a test starts are compiled once, not by each of hundreds of processes.
const compiled = mkdtempSync(join(disk, "compiled-"));
process.on("exit", () => rmSync(compiled, { recursive: true, force: true }));
process.env["NODE_COMPILE_CACHE"] = compiled;

/** Ends the run with its counts on a line of their own, for machines to read. */
const counts: Reporter = {
  onTestRunEnd(modules) {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    const broken = modules.filter((module) => module.errors().length > 0).length;
    console.log(`${count("passed")} passed, ${count("failed") + broken} failed`);
  },
};

/** The files that take longest, those of each project longest first. */
const long = [
  "process/crash-run",
  "process/console",
  "process/command",
  "process/reference",
  "process/databases",
  "process/start-ends",
  "process/command-rows",
  "process/command-stops",
  "worker/moving-crash",
  "worker/idempotency-trips",
  "worker/records-all",
  "worker/push-route-exact",
  "worker/races-sessions",
  "worker/contract.gate",
  "worker/idempotency-all",
  "worker/contention",
  "worker/contract.parameters",
  "worker/own.property",
];

/** The place of a file among those that take long; behind all of them for any other. */
function rankOf({ moduleId }: TestSpecification): number {
  const at = long.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
  return at === -1 ? long.length : at;
}

/** Has the longest files begin first: one that begins last is alone at the end, and a core idle. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- it is no array's
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    reporters: ["default", counts],
    silent: "passed-only",
    // Pages that are made are written by `npm run pages` and by nothing else, not even where one is missing.
    update: "none",
    projects: [
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "wrangler.toml" },
            miniflare: {
              // Beside the directory, which is bound as where it is deployed.
              d1Databases: ["USERS_1", "USERS_2"],
              bindings: {
                MIGRATIONS: migrations,
                // How many calls are held against the document: `FUZZ_CALLS=5000 npm test` makes more.
                FUZZ_CALLS: process.env["FUZZ_CALLS"] ?? "200",
                ROOT_KEY: "the-root-key-of-the-tests",
                // The default cost takes 50 ms a password; the tests of the process run with it.
                PASSWORD_COST: "m=8,t=1",
                PASSWORD_CALLS: "address=100000,app=100000",
                WRONG_PASSWORD_MS: "0",
              },
              // As in wrangler.toml, but for the wait: what a test looks for is there as soon as it can be.
              queueConsumers: {
                "warbler-events": {
                  maxBatchSize: 100,
                  maxBatchTimeout: 0.02,
                  maxRetries: 10,
                  deadLetterQueue: "warbler-events-dead",
                },
              },
            },
          }),
        ],
        test: {
          name: "worker",
          include: ["test/worker/**/*.test.ts"],
          setupFiles: ["test/worker/kit/setup.ts"],
          testTimeout: 30_000,
          // A test waits for timers and queues as well. As a part of the cores it would be no more than there are.
          maxWorkers: availableParallelism() + 1,
          // A runtime takes a second to start, so files share one: each has its own apps, users and addresses there.
          isolate: false,
          // After the other project: a runtime goes from file to file only where none of another project comes between.
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "process",
          include: ["test/process/**/*.test.ts"],
          // Its tests wait for programs to start more than they work.
          maxWorkers: availableParallelism() * 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // A process takes a second to begin, so files share some.
          isolate: false,
          globalSetup: ["test/process/shared.ts"],
        },
      },
    ],
  },
});
