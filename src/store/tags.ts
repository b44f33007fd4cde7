import { type SQL, and, asc, eq, sql } from "drizzle-orm";
import { type Builder, type Database, writing } from "./database.ts";
import { type Slots, preparedRead } from "./prepared.ts";
import { pushTags } from "./schema.ts";
import { inList } from "./users.ts";

/** Most tags of one user. */
export const MAX_TAGS = 100;

/** The statement that adds tags to a user's set: all of them or, where the set would grow over its limit, none. */
export function addTags(db: Database, userId: number, tags: readonly string[]) {
  const list = JSON.stringify([...new Set(tags)]);
  // What is in both is counted once (USE TEMP B-TREE FOR ORDER BY): two lists of 100 tags at most.
  const grown = sql`(select ${pushTags.tag} from ${pushTags} where ${pushTags.user_id} = ${userId} union select value from json_each(${list}))`;
  const rows = db.query
    .select({ user_id: sql<number>`${userId}`.as("user_id"), tag: sql<string>`value`.as("tag") })
    .from(sql`json_each(${list})`)
    .where(sql`(select count(*) from ${grown}) <= ${MAX_TAGS}`);
  return writing(db.query.insert(pushTags).select(rows).onConflictDoNothing());
}

/** The condition that a user has all of these tags. */
export function hasTags(userId: number, tags: readonly string[]): SQL {
  const mine = sql`select 1 from ${pushTags} where ${pushTags.user_id} = ${userId} and ${pushTags.tag} = value`;
  return sql`not exists (select 1 from json_each(${JSON.stringify(tags)}) where not exists (${mine}))`;
}

/** The statement that takes tags out of a user's set; all of them where none is named. */
export function removeTags(db: Database, userId: number, tags?: readonly string[]) {
  return writing(
    db.query
      .delete(pushTags)
      .where(and(eq(pushTags.user_id, userId), tags === undefined ? undefined : inList(pushTags.tag, tags))),
  );
}

const selectingTags = preparedRead(tagsOfUser);

function tagsOfUser(query: Builder, given: Slots<{ user: number }>) {
  return query
    .select({ tag: pushTags.tag })
    .from(pushTags)
    .where(eq(pushTags.user_id, given.of("user")))
    .orderBy(asc(pushTags.tag));
}

/** The statement that reads a user's tags in code-point order, which is the order of their UTF-8 bytes. */
export const selectTags = (db: Database, user: number) => selectingTags(db, { user });
