import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { LAST_DATABASE, bindingOf, isNumbered } from "../src/store/numbering.ts";
import { account, createdId } from "./databases/account.ts";
import { type Bound, bind, boundDatabases, nameOf, unbound } from "./databases/bindings.ts";
import { Failure } from "./databases/failure.ts";
import { moveApp } from "./databases/move.ts";
import { type Place, ifMigrated, isReady, giveItsNumber, prepare } from "./databases/place.ts";

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

async function list(place: Place, bound: readonly Bound[]): Promise<void> {
  const [directory] = bound;
  if (!directory) throw new Failure("wrangler.toml binds no DB.");
  const perDatabase = "select database, count(*) as apps from apps group by database";
  const placed = await ifMigrated(place.execute(directory, perDatabase));
  if (!placed) throw new Failure("DB has no tables yet: npm start and npm run deploy make them.");
  const apps = new Map(placed.rows.map((row) => [row["database"], row["apps"]]));
  const lines: string[][] = [];
  for (const database of bound) {
    const { binding, number } = database;
    const count = `select users, (${isNumbered(number)}) as is_numbered from (select count(*) as users from (select 1 from users limit ${COUNTED + 1}))`;
    const found = await ifMigrated(place.execute(database, count));
    const [row] = found?.rows ?? [];
    const users = Number(row?.["users"] ?? 0);
    const size = found?.size;
    lines.push([
      binding,
      `${Number(apps.get(number) ?? 0)} apps`,
      users > COUNTED ? `more than ${COUNTED} users` : `${users} users`,
      size === undefined ? "size unknown" : `${(size / 1e6).toFixed(1)} MB`,
      number === 0 || row?.["is_numbered"] === 1 ? "ready" : "has not its number: run add",
    ]);
  }
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

/** The first that an earlier `add` did not come to the end of, of those on this machine. */
async function unfinishedHere(place: Place, bound: readonly Bound[]): Promise<Bound | undefined> {
  for (const each of bound) if (!(await isReady(place, each))) return each;
  return undefined;
}

/** The same of the account: the last that was created, as no other is begun before it is at its end; or one that is here alone. */
async function unfinishedThere(place: Place, bound: readonly Bound[]): Promise<Bound | undefined> {
  const last = bound.findLast((each) => !each.isLocal);
  if (last && !(await isReady(place, last))) return last;
  return bound.find((each) => each.isLocal);
}

/**
 * Makes one more, or finishes one that an earlier call of this did not come to the end of: it has its number last, so that
 * whatever was not done before is done by the next call.
 */
async function add(place: Place, databases: readonly Bound[]): Promise<void> {
  const bound = databases.filter(({ number }) => number > 0);
  const unfinished = await (place.isLocal ? unfinishedHere : unfinishedThere)(place, bound);
  const number = unfinished?.number ?? nextOf(databases);
  if (number > LAST_DATABASE) throw new Failure(`There are ${LAST_DATABASE} databases at most.`);
  if (!place.isLocal) bind(number, createdId(nameOf(number)));
  else if (!unfinished) bind(number);
  const made = boundDatabases().find((each) => each.number === number);
  if (!made) throw new Failure(`${bindingOf(number)} could not be bound in wrangler.toml.`);
  const types = writeTypes();
  await place.migrate(made);
  await types;
  await giveItsNumber(place, made);
  console.log(`Database ${number} is bound as ${bindingOf(number)} and ready.`);
  console.log(place.isLocal ? "The next npm start uses it." : "npm run deploy has the service use it.");
}

const nextOf = (bound: readonly Bound[]) => (bound.at(-1)?.number ?? 0) + 1;

/** Writes the types of the bindings. */
async function writeTypes(): Promise<void> {
  const child = spawn("npm", ["run", "--silent", "types"], { stdio: ["ignore", "ignore", "inherit"] });
  const code = await new Promise((done, fail) => child.on("error", fail).on("close", done));
  if (code !== 0) throw new Failure("The types of the bindings were not written: npm run types says why.");
}

async function migrate(place: Place, bound: readonly Bound[]): Promise<void> {
  for (const database of bound) await prepare(place, database);
}

function rootKey(): string {
  const secrets = existsSync(".dev.vars") ? readFileSync(".dev.vars", "utf8") : "";
  const key = process.env["ROOT_KEY"] ?? /^ROOT_KEY\s*=\s*"?([^"\n]+)"?$/m.exec(secrets)?.[1];
  if (!key) throw new Failure("The root key is needed: ROOT_KEY=… npm run databases -- move …");
  return key;
}

/** Works at the databases that are bound: on this machine in a runtime that knows the next one as well. */
async function at(
  isLocal: boolean,
  work: (place: Place, bound: readonly Bound[]) => Promise<void>,
): Promise<void> {
  const bound = boundDatabases();
  // Loaded where it is used: it takes a second.
  const place = isLocal
    ? new (await import("./databases/local.ts")).Local([...bound, unbound(nextOf(bound))])
    : account;
  try {
    await work(place, bound);
  } finally {
    await place.close();
  }
}

async function run(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { local: { type: "boolean", default: false }, origin: { type: "string" } },
  });
  const [command, app, to, ...more] = positionals;
  const isBare = app === undefined;
  if (command === undefined) return await at(values.local, list);
  if (command === "add" && isBare) return await at(values.local, add);
  if (command === "migrate" && isBare) return await at(values.local, migrate);
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
