import { and, eq, notExists, sql } from "drizzle-orm";
import { type Builder, type Database, writing } from "./database.ts";
import type { Owner } from "./own.ts";
import { type Slots, preparedWrite } from "./prepared.ts";
import { generations, users } from "./schema.ts";

const requiring = preparedWrite(requiringCurrent);

function requiringCurrent(query: Builder, given: Slots<{ app: string; user: number; generation: number }>) {
  const current = query
    .select({ id: users.id })
    .from(users)
    .where(
      and(
        eq(users.id, given.of("user")),
        eq(users.app_id, given.of("app")),
        eq(users.hub_generation, given.of("generation")),
      ),
    );
  const row = query
    .select({ is_current: sql<number>`0`.as("is_current") })
    .from(sql`(select 1)`)
    .where(notExists(current));
  return query.insert(generations).select(row);
}

/**
 * The statement that fails its whole batch, as `DatabaseFault.isOvertaken`, where the user's hub is of another generation: what
 * a hub has sent and lost sight of is not written once the next generation has begun.
 */
export function requireGeneration(db: Database, { app_id: app, user_id: user }: Owner, generation: number) {
  return requiring(db, { app, user, generation });
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
