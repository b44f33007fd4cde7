import { and, asc, inArray, lt, not, sql } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import { type Database, writing } from "./database.ts";
import { isClosed } from "./moves.ts";

/**
 * Most rows that one statement of a sweep changes: D1 does one thing at a time, and every call waits while it does. With
 * 400,000 rows of each kind due, on a machine of two cores that others used as well, a slice of 100 took 6 ms and 23 ms at
 * most; of 250 it took 19 ms and 180 ms at most, of 1,000 it took 180 ms. On an idle one, reads beside slices of 100 took as
 * long as without them.
 */
const SLICE = 100;

/**
 * Forgets a slice of the rows of a table whose instant (ms) is before another, the oldest first, but for those of apps that are
 * being moved; true where there may be more.
 */
export async function sweepSlice(
  db: Database,
  table: SQLiteTable & { app_id: SQLiteColumn },
  instant: SQLiteColumn,
  before: number,
): Promise<boolean> {
  const old = db.query
    .select({ row: sql<number>`rowid`.as("row") })
    .from(table)
    .where(and(lt(instant, before), not(isClosed(table.app_id))))
    .orderBy(asc(instant))
    .limit(SLICE);
  const { meta } = await db.runUnrecorded(
    "time",
    writing(db.query.delete(table).where(inArray(sql`rowid`, old))),
  );
  return meta.changes >= SLICE;
}
