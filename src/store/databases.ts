import { asc, inArray, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { type Database, writing } from "./database.ts";
import { databases } from "./schema.ts";
import { listed } from "./listed.ts";

/** How full a database may be made by a move (bytes): nine tenths of the 10 GB that the platform gives it. */
export const FULL = 9_000_000_000;

/** Which databases a run of the cron trigger is to visit, by their numbers. */
export interface Turns {
  /** For signals that are owed there. */
  signals: number[];
  /** For all else. */
  rest: number[];
}

const numberOf = (row: { number: number }) => row.number;

/**
 * Takes the turn of the databases that were visited the longest ago, so many `most` of those that are bound. It is noted before
 * they are visited: one at which a run dies keeps no other from its turn.
 */
export async function takeTurns(
  directory: Database,
  bound: readonly number[],
  most: { signals: number; rest: number },
  now: number,
): Promise<Turns> {
  const [, signals, rest] = await directory.writeUnrecorded("bookkeeping", [
    knowDatabases(directory, bound),
    // Of 1,024 rows at most, in the order of a mark that each run sets (USE TEMP B-TREE FOR ORDER BY).
    takeTurn(directory, bound, "signals_at", most.signals, now),
    // Likewise (USE TEMP B-TREE FOR ORDER BY).
    takeTurn(directory, bound, "swept_at", most.rest, now),
  ]);
  return { signals: signals.map(numberOf), rest: rest.map(numberOf) };
}

function knowDatabases(directory: Database, bound: readonly number[]) {
  const rows = directory.query
    .select({
      number: sql<number>`value`.as("number"),
      size: sql<number>`0`.as("size"),
      signals_at: sql<number>`0`.as("signals_at"),
      swept_at: sql<number>`0`.as("swept_at"),
    })
    .from(sql`json_each(${JSON.stringify(bound)})`)
    .where(sql`true`);
  return writing(directory.query.insert(databases).select(rows).onConflictDoNothing());
}

function takeTurn(
  directory: Database,
  bound: readonly number[],
  column: "signals_at" | "swept_at",
  most: number,
  now: number,
) {
  const at: SQLiteColumn = databases[column];
  const next = directory.query
    .select({ number: databases.number })
    .from(databases)
    .where(inArray(databases.number, listed(bound)))
    .orderBy(asc(at), asc(databases.number))
    .limit(most);
  return writing(
    directory.query
      .update(databases)
      .set({ [column]: now })
      .where(inArray(databases.number, next))
      .returning({ number: databases.number }),
  );
}

/** Keeps how large databases are by now (bytes, by their numbers), for who places an app. */
export async function keepSizes(directory: Database, sizes: ReadonlyMap<number, number>): Promise<void> {
  if (sizes.size === 0) return;
  const rows = directory.query
    .select({
      number: sql<number>`value ->> 0`.as("number"),
      size: sql<number>`value ->> 1`.as("size"),
      signals_at: sql<number>`0`.as("signals_at"),
      swept_at: sql<number>`0`.as("swept_at"),
    })
    .from(sql`json_each(${JSON.stringify([...sizes])})`)
    .where(sql`true`);
  await directory.runUnrecorded(
    "bookkeeping",
    writing(
      directory.query
        .insert(databases)
        .select(rows)
        .onConflictDoUpdate({ target: databases.number, set: { size: sql`excluded.size` } }),
    ),
  );
}

/** How large each database was when it was visited last (bytes, by its number). One that is new is not among them. */
export async function keptSizes(directory: Database, bound: readonly number[]): Promise<Map<number, number>> {
  const rows = await directory.run(
    directory.query
      .select({ number: databases.number, size: databases.size })
      .from(databases)
      .where(inArray(databases.number, listed(bound))),
  );
  return new Map(rows.map(({ number, size }) => [number, size]));
}
