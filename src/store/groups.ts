import { and, eq, sql } from "drizzle-orm";
import { type Database, writing } from "./database.ts";
import { groups, users } from "./schema.ts";

/** The statement that says whom a group_id stands for; it returns nothing where there is no such user. */
export function putGroup(db: Database, appId: string, groupId: number, ownerId: number) {
  const row = db.query
    .select({ app_id: users.app_id, group_id: sql<number>`${groupId}`.as("group_id"), owner_id: users.id })
    .from(users)
    .where(and(eq(users.app_id, appId), eq(users.id, ownerId)));
  return writing(
    db.query
      .insert(groups)
      .select(row)
      .onConflictDoUpdate({
        target: [groups.app_id, groups.group_id],
        set: { owner_id: sql`excluded.owner_id` },
      })
      .returning({ group_id: groups.group_id }),
  );
}

/** The statement that forgets a group; it returns nothing where there is none. */
export function deleteGroup(db: Database, appId: string, groupId: number) {
  return writing(
    db.query
      .delete(groups)
      .where(and(eq(groups.app_id, appId), eq(groups.group_id, groupId)))
      .returning({ group_id: groups.group_id }),
  );
}
