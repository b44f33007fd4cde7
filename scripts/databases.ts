import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { LAST_DATABASE, bindingOf } from "../src/store/numbering.ts";
import { type Bound, bind, boundDatabases, nameOf } from "./databases/bindings.ts";
import { moveApp } from "./databases/move.ts";
import { Failure, type Where, execute, isReady, prepare, wrangler } from "./databases/wrangler.ts";

/**
 * `npm run databases`: what there is, one more, all of them up to date, an app to another. `--local` means those of this
 * checkout, else those of the account.
 */
const usage = `npm run databases                      lists the databases and what each holds
npm run databases -- add               makes one more: creates it, binds it, migrates it, gives it its number
npm run databases -- migrate           migrates all of them; npm start and npm run deploy do that
npm run databases -- move <app> <k>    moves an app to database k, with the root key of ROOT_KEY or .dev.vars

  --local            those of this checkout, without an account
  --origin <url>     the service that moves the app; http://127.0.0.1:8787 where it is left out`;

/** Users are counted up to so many: a longer count would hold up the calls of all. */
const COUNTED = 100_000;

function list(where: Where): void {
  const bound = boundDatabases();
  const [directory] = bound;
  if (!directory) throw new Failure("wrangler.toml binds no DB.");
  const { rows } = execute(directory, where, "select database, count(*) as apps from apps group by database");
  const apps = new Map(rows.map((row) => [row["database"], row["apps"]]));
  const count = `select count(*) as users from (select 1 from users limit ${COUNTED + 1})`;
  const lines = bound.map((database) => {
    const { number, binding } = database;
    const { rows, size } = execute(database, where, count);
    const users = Number(rows[0]?.["users"]);
    return [
      binding,
      `${Number(apps.get(number) ?? 0)} apps`,
      users > COUNTED ? `more than ${COUNTED} users` : `${users} users`,
      size === undefined ? "size unknown" : `${(size / 1e6).toFixed(1)} MB`,
      number === 0 || isReady(database, where) ? "ready" : "has not its number: run add",
    ];
  });
  const widths = lines.reduce(
    (widest, line) => line.map((cell, at) => Math.max(cell.length, widest[at] ?? 0)),
    Array.from({ length: 0 }, () => 0),
  );
  for (const line of lines)
    console.log(
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("   ")
        .trimEnd(),
    );
}

const Listed = z.array(z.object({ name: z.string(), uuid: z.string() }));

/** The id of a database of the account, which is created where it is not there. */
function createdId(name: string): string {
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

/** Makes one more, or finishes one that an earlier call of this did not come to the end of. */
function add(where: Where): void {
  const bound = boundDatabases().filter(({ number }) => number > 0);
  const isUnfinished = (each: Bound) => (where === "--remote" && each.isLocal) || !isReady(each, where);
  const number = bound.find(isUnfinished)?.number ?? (bound.at(-1)?.number ?? 0) + 1;
  if (number > LAST_DATABASE) throw new Failure(`There are ${LAST_DATABASE} databases at most.`);
  if (where === "--remote") bind(number, createdId(nameOf(number)));
  else if (!bound.some((each) => each.number === number)) bind(number);
  const made = boundDatabases().find((each) => each.number === number);
  if (!made) throw new Failure(`${bindingOf(number)} could not be bound in wrangler.toml.`);
  prepare(made, where);
  if (existsSync("src/worker-configuration.d.ts")) spawnSync("npm", ["run", "--silent", "types"]);
  console.log(`Database ${number} is bound as ${bindingOf(number)} and ready.`);
  console.log(
    where === "--remote" ? "npm run deploy has the service use it." : "The next npm start uses it.",
  );
}

function migrate(where: Where): void {
  for (const database of boundDatabases()) prepare(database, where);
}

function rootKey(): string {
  const secrets = existsSync(".dev.vars") ? readFileSync(".dev.vars", "utf8") : "";
  const key = process.env["ROOT_KEY"] ?? /^ROOT_KEY\s*=\s*"?([^"\n]+)"?$/m.exec(secrets)?.[1];
  if (!key) throw new Failure("The root key is needed: ROOT_KEY=… npm run databases -- move …");
  return key;
}

async function run(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { local: { type: "boolean", default: false }, origin: { type: "string" } },
  });
  const [command, app, to, ...more] = positionals;
  const where = values.local ? "--local" : "--remote";
  const isBare = app === undefined;
  if (command === undefined) return list(where);
  if (command === "add" && isBare) return add(where);
  if (command === "migrate" && isBare) return migrate(where);
  if (command === "move" && app !== undefined && /^[0-9]+$/.test(to ?? "") && more.length === 0) {
    const origin = values.origin ?? "http://127.0.0.1:8787";
    return await moveApp({ origin, rootKey: rootKey() }, app, Number(to));
  }
  throw new Failure(usage);
}

try {
  await run();
} catch (error) {
  const isTold =
    error instanceof Failure ||
    (error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));
  console.error(isTold && error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
