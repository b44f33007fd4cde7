import { giveNumber, isNumbered } from "../../src/store/numbering.ts";
import type { Bound } from "./bindings.ts";
import { Failure } from "./failure.ts";

/** What a statement found: its rows, and how large the database is (bytes) where that is told. */
export interface Found {
  rows: Record<string, unknown>[];
  size: number | undefined;
}

/** Where databases are: on this machine, or in the account. */
export interface Place {
  readonly isLocal: boolean;
  /** Sends a statement to a database. */
  execute(database: Bound, sql: string): Promise<Found>;
  /** Applies what a database has not of the migrations, each file as one transaction with the note of it. */
  migrate(database: Bound): Promise<void>;
  /** Lets go of what was opened. */
  close(): Promise<void>;
}

/** Brings the tables of a database up to date and gives a user database its number. Migrations of an account are asked about. */
export async function prepare(place: Place, database: Bound): Promise<void> {
  await place.migrate(database);
  if (database.number > 0) await giveItsNumber(place, database);
}

/** Gives a user database its number, if it has none: the last that is done to it. Refuses one that has another. */
export async function giveItsNumber(place: Place, database: Bound): Promise<void> {
  await place.execute(database, giveNumber(database.number));
  if (await isReady(place, database)) return;
  throw new Failure(
    `${database.binding} is bound to a database that is not number ${database.number}: ids would be given twice.`,
  );
}

/** True for a user database that has its number. */
export async function isReady(place: Place, database: Bound): Promise<boolean> {
  const found = await ifMigrated(place.execute(database, isNumbered(database.number)));
  return found?.rows[0]?.["is_numbered"] === 1;
}

/** What was found, or undefined where the database has no tables yet. */
export async function ifMigrated(found: Promise<Found>): Promise<Found | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Error && error.message.includes("no such table")) return undefined;
    throw error;
  }
}
