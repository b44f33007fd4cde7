import { and, eq, isNull, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { owedBy } from "./owed.ts";
import { bans, closings, users } from "./schema.ts";

/** How a user stands in D1, for who asks why something is refused; instants in ms. */
export type Standing = Awaited<ReturnType<typeof findStanding>>;

/**
 * Reads how a user stands: the row, the ban in force, what the hub is owed, and whether the app takes writes here; in one trip, and
 * nothing is changed by it.
 */
export async function findStanding(db: Database, appId: string, userId: number) {
  const [found, inForce, owed, closed] = await db.batch([
    db.query
      .select({
        id: users.id,
        username: users.username,
        mobile: users.mobile,
        email: users.email,
        status: users.status,
        until: users.disabled_until,
        has_password: sql<number>`${users.password} <> ''`.as("has_password"),
      })
      .from(users)
      .where(and(eq(users.app_id, appId), eq(users.id, userId))),
    db.query
      .select({ reason: bans.reason, banned_at: bans.banned_at, banned_by: bans.banned_by })
      .from(bans)
      .where(and(eq(bans.app_id, appId), eq(bans.user_id, userId), isNull(bans.lifted_at))),
    owedBy(
      db,
      sql`(select ${users.id} from ${users} where ${users.app_id} = ${appId} and ${users.id} = ${userId})`,
    ),
    db.query.select({ state: closings.state }).from(closings).where(eq(closings.app_id, appId)),
  ]);
  const state = closed[0]?.state;
  return {
    user: found[0],
    ban: inForce[0],
    owed,
    isMoving: state === "closed" || state === "undone",
  };
}
