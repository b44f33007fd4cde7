import { spawnSync } from "node:child_process";
import { z } from "zod";
import { giveNumber, isNumbered } from "../../src/store/numbering.ts";
import type { Bound } from "./bindings.ts";

/** What cannot go on, for a reason that its reader can mend: the message is all there is to say. */
export class Failure extends Error {
  override readonly name = "Failure";
}

/** Which databases are meant: those on this machine, or those of the account. */
export type Where = "--local" | "--remote";

const env = { ...process.env, WRANGLER_SEND_METRICS: "false" };

/** Runs wrangler and gives what it printed; fails with what it said. */
export function wrangler(...args: string[]): string {
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

/** Sends SQL to a database: its rows, and how large the database is (bytes) where that is told. */
export function execute({ binding }: Bound, where: Where, sql: string) {
  const printed = wrangler("d1", "execute", binding, where, "--json", "--yes", "--command", sql);
  const [answer] = Executed.parse(JSON.parse(printed.slice(printed.indexOf("["))));
  return { rows: answer?.results ?? [], size: answer?.meta?.size_after };
}

/**
 * Brings the tables of a database up to date and gives a user database its number, if it has none. The migrations of an account
 * are shown and asked about. Refuses a user database that has another number.
 */
export function prepare(database: Bound, where: Where): void {
  const { binding, number } = database;
  const args = ["d1", "migrations", "apply", binding, where];
  if (where === "--local") wrangler(...args);
  else if (spawnSync("wrangler", args, { stdio: "inherit", env }).status !== 0) {
    throw new Failure(`The migrations of ${binding} were not applied.`);
  }
  if (number === 0) return;
  execute(database, where, giveNumber(number));
  if (!isReady(database, where)) {
    throw new Failure(
      `${binding} is bound to a database that is not number ${number}: ids would be given twice.`,
    );
  }
}

/** True for a user database that has its number. */
export function isReady(database: Bound, where: Where): boolean {
  return execute(database, where, isNumbered(database.number)).rows[0]?.["is_numbered"] === 1;
}
