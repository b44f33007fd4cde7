import { and, eq, notExists, sql } from "drizzle-orm";
import { type Database, writing } from "./database.ts";
import type { Owner } from "./own.ts";
import { generations, users } from "./schema.ts";

/**
 * The statement that fails its whole batch, as `DatabaseFault.isOvertaken`, where the user's hub is of another generation: what
 * a hub has sent and lost sight of is not written once the next generation has begun.
 */
export function requireGeneration(db: Database, { app_id, user_id }: Owner, generation: number) {
  const current = db.query
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, user_id), eq(users.app_id, app_id), eq(users.hub_generation, generation)));
  const row = db.query
    .select({ is_current: sql<number>`0`.as("is_current") })
    .from(sql`(select 1)`)
    .where(notExists(current));
  return writing(db.query.insert(generations).select(row));
}

/** Begins the next generation of a user's hub; undefined where there is no such user. */
export async function nextGeneration(db: Database, { app_id, user_id }: Owner): Promise<number | undefined> {
  const [row] = await db.runUnrecorded(
    "bookkeeping",
    writing(
      db.query
        .update(users)
        .set({ hub_generation: sql`${users.hub_generation} + 1` })
        .where(and(eq(users.id, user_id), eq(users.app_id, app_id)))
        .returning({ generation: users.hub_generation }),
    ),
  );
  return row?.generation;
}
