import { and, eq } from "drizzle-orm";
import { type Database, writing } from "./database.ts";
import { groups } from "./schema.ts";

/** The statement that says whom a group_id stands for. That there is such a user is for its caller to see to. */
export function putGroup(directory: Database, appId: string, groupId: number, ownerId: number) {
  return writing(
    directory.query
      .insert(groups)
      .values({ app_id: appId, group_id: groupId, owner_id: ownerId })
      .onConflictDoUpdate({ target: [groups.app_id, groups.group_id], set: { owner_id: ownerId } }),
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
