import { and, asc, eq, sql } from "drizzle-orm";
import { type Database, writing } from "./database.ts";
import { pushBindings, pushTags } from "./schema.ts";
import { inList } from "./users.ts";

/** Most tags of one user. */
export const MAX_TAGS = 100;

/**
 * The statement that adds tags to a user's set: all of them or, where the set would grow over its limit, none; and the one
 * that counts behind it how many of them are in the set. They are all there where it counts `wanted`.
 */
export function addTags(db: Database, userId: number, tags: readonly string[]) {
  const wanted = [...new Set(tags)];
  const list = JSON.stringify(wanted);
  const grown = sql`(select ${pushTags.tag} from ${pushTags} where ${pushTags.user_id} = ${userId} union select value from json_each(${list}))`;
  const rows = db.query
    .select({ user_id: sql<number>`${userId}`.as("user_id"), tag: sql<string>`value`.as("tag") })
    .from(sql`json_each(${list})`)
    .where(sql`(select count(*) from ${grown}) <= ${MAX_TAGS}`);
  const insert = writing(db.query.insert(pushTags).select(rows).onConflictDoNothing());
  const count = db.query
    .select({ present: sql<number>`count(*)`.as("present") })
    .from(pushTags)
    .where(and(eq(pushTags.user_id, userId), inList(pushTags.tag, wanted)));
  return { insert, count, wanted: wanted.length };
}

/** The statement that takes tags out of a user's set; all of them where none is named. */
export function removeTags(db: Database, userId: number, tags?: readonly string[]) {
  return writing(
    db.query
      .delete(pushTags)
      .where(and(eq(pushTags.user_id, userId), tags === undefined ? undefined : inList(pushTags.tag, tags))),
  );
}

/** A user's tags in code-point order, which is the order of their UTF-8 bytes. */
export async function listTags(db: Database, userId: number): Promise<string[]> {
  const rows = await db.run(
    db.query
      .select({ tag: pushTags.tag })
      .from(pushTags)
      .where(eq(pushTags.user_id, userId))
      .orderBy(asc(pushTags.tag)),
  );
  return rows.map((row) => row.tag);
}

/** A push token on its way to a device. */
export interface PushBinding {
  app_id: string;
  user_id: number;
  device_sn: number;
  notifier_name: string;
  device_token: string;
}

/** The statements that bind a push token to one device of one user, and take it from whoever had it. */
export function bindPushToken(db: Database, binding: PushBinding, now: number) {
  const held = { ...binding, bound_at: now };
  return [
    unbindPushTokens(db, binding.user_id, [binding.device_sn]),
    writing(
      db.query
        .insert(pushBindings)
        .values(held)
        .onConflictDoUpdate({
          target: [pushBindings.app_id, pushBindings.notifier_name, pushBindings.device_token],
          set: { user_id: held.user_id, device_sn: held.device_sn, bound_at: now },
        }),
    ),
  ] as const;
}

/** The statement that releases the push tokens of a user's devices. */
export function unbindPushTokens(db: Database, userId: number, deviceSns: readonly number[]) {
  return writing(
    db.query
      .delete(pushBindings)
      .where(and(eq(pushBindings.user_id, userId), inList(pushBindings.device_sn, deviceSns))),
  );
}

/** The serials of a user's devices that have a push token. */
export async function listBoundDevices(db: Database, userId: number): Promise<Set<number>> {
  const rows = await db.run(
    db.query
      .select({ device_sn: pushBindings.device_sn })
      .from(pushBindings)
      .where(eq(pushBindings.user_id, userId)),
  );
  return new Set(rows.map((row) => row.device_sn));
}
