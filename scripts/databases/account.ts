import { spawnSync } from "node:child_process";
import { z } from "zod";
import type { Bound } from "./bindings.ts";
import { Failure } from "./failure.ts";
import type { Found, Place } from "./place.ts";

const env = { ...process.env, WRANGLER_SEND_METRICS: "false" };

/** Runs wrangler and gives what it printed; fails with what it said. */
function wrangler(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("wrangler", args, {
    encoding: "utf8",
    env: { ...env, CI: "true" },
  });
  if (status !== 0) throw new Failure(`wrangler ${args.slice(0, 2).join(" ")} failed:\n${stdout}${stderr}`);
  return stdout;
}

const Executed = z.array(
  z.object({
    results: z.array(z.record(z.string(), z.unknown())),
    meta: z.object({ size_after: z.number().optional() }).optional(),
  }),
);

/** The databases of the account, as wrangler reaches them. */
export const account: Place = {
  isLocal: false,
  async execute({ binding }: Bound, sql: string): Promise<Found> {
    const printed = wrangler("d1", "execute", binding, "--remote", "--json", "--yes", "--command", sql);
    const [answer] = Executed.parse(JSON.parse(printed.slice(printed.indexOf("["))));
    return { rows: answer?.results ?? [], size: answer?.meta?.size_after };
  },
  async migrate({ binding }: Bound): Promise<void> {
    const args = ["d1", "migrations", "apply", binding, "--remote"];
    if (spawnSync("wrangler", args, { stdio: "inherit", env }).status !== 0) {
      throw new Failure(`The migrations of ${binding} were not applied.`);
    }
  },
  async close() {
    // Nothing is open between two commands.
  },
};

const Listed = z.array(z.object({ name: z.string(), uuid: z.string() }));

/** The id of a database of the account, which is created where it is not there. */
export function createdId(name: string): string {
  const find = () => {
    const printed = wrangler("d1", "list", "--json");
    return Listed.parse(JSON.parse(printed.slice(printed.indexOf("[")))).find((each) => each.name === name)
      ?.uuid;
  };
  const known = find();
  if (known !== undefined) return known;
  wrangler("d1", "create", name);
  const made = find();
  if (made === undefined) throw new Failure(`${name} was created, but is not listed: run this again.`);
  return made;
}
