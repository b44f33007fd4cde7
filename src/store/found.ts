import { type SQL, and, eq, isNull, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { Database } from "./database.ts";
import { type OwedRow, owedBy, owedToFormer, selectFormer } from "./owed.ts";
import { leftUnnamed } from "./push.ts";
import { bans, pushTags, userSettings, users } from "./schema.ts";
import { inList } from "./users.ts";

/** A user as an import finds it. */
export interface FoundUser {
  user: typeof users.$inferSelect;
  settings: typeof userSettings.$inferSelect;
  tags: string[];
  ban: { reason: string; note: string; until: number | null } | undefined;
  /** What the user's hub has still to take, in order. */
  owed: OwedRow[];
}

/** Whose a key is that is unique in the app. */
export interface Holder {
  id: number;
  key: string;
}

/** What of the rows of an import is there already. */
export interface Found {
  byExternalId: Map<string, FoundUser>;
  username: Holder[];
  mobile: Holder[];
  email: Holder[];
  former: Former;
}

/** Those who had push tokens that rows give, and may not know yet that they have not; and what they are owed. */
export interface Former {
  who: { user_id: number; device_token: string }[];
  owed: OwedRow[];
}

/** The keys that are asked for: of the users themselves, and of who has what they are to have. */
export interface Wanted {
  externalIds: string[];
  usernames: string[];
  mobiles: string[];
  emails: string[];
  pushTokens: string[];
}

/** The statement that says whose keys of a column are, that are unique in the app. */
function selectHolders(db: Database, appId: string, column: SQLiteColumn, keys: string[]) {
  return db.query
    .select({ id: users.id, key: sql<string>`${column}`.as("key") })
    .from(users)
    .where(and(eq(users.app_id, appId), inList(column, keys)));
}

/** Reads what of an import's rows is there already, in one trip. */
export async function findForImport(db: Database, appId: string, wanted: Wanted): Promise<Found> {
  const theirs = and(eq(users.app_id, appId), inList(users.external_id, wanted.externalIds));
  const ids = db.query.select({ id: users.id }).from(users).where(theirs);
  const left = leftUnnamed(appId, wanted.pushTokens, 0);
  const [found, settings, tags, inForce, owed, username, mobile, email, who, owedToThem] = await db.batch([
    db.query.select().from(users).where(theirs),
    ...selectBeside(db, sql`(${ids})`),
    selectHolders(db, appId, users.username_key, wanted.usernames),
    selectHolders(db, appId, users.mobile_key, wanted.mobiles),
    selectHolders(db, appId, users.email_key, wanted.emails),
    selectFormer(db, left),
    owedToFormer(db, left),
  ]);
  const beside = { settings, tags, bans: inForce, owed };
  const former = { who, owed: owedToThem };
  return { byExternalId: byExternalId(found, beside), username, mobile, email, former };
}

/** What else is read of users. */
interface Beside {
  settings: (typeof userSettings.$inferSelect)[];
  tags: (typeof pushTags.$inferSelect)[];
  bans: (typeof bans.$inferSelect)[];
  owed: OwedRow[];
}

/** The statements that read it. */
function selectBeside(db: Database, ids: SQL) {
  return [
    db.query
      .select()
      .from(userSettings)
      .where(sql`${userSettings.user_id} in ${ids}`),
    db.query
      .select()
      .from(pushTags)
      .where(sql`${pushTags.user_id} in ${ids}`)
      .orderBy(pushTags.user_id, pushTags.tag),
    db.query
      .select()
      .from(bans)
      .where(and(sql`${bans.user_id} in ${ids}`, isNull(bans.lifted_at))),
    owedBy(db, ids),
  ] as const;
}

/** Puts together what was read of users. One whose settings are not there is being deleted. */
function whole(found: readonly (typeof users.$inferSelect)[], beside: Beside): FoundUser[] {
  const settings = new Map(beside.settings.map((row) => [row.user_id, row]));
  const tags = Map.groupBy(beside.tags, (row) => row.user_id);
  const inForce = new Map(beside.bans.map((row) => [row.user_id, row]));
  const owed = Map.groupBy(beside.owed, (row) => row.user_id);
  return found.flatMap((user) => {
    const own = settings.get(user.id);
    const named = (tags.get(user.id) ?? []).map((row) => row.tag);
    const ban = inForce.get(user.id);
    return own ? [{ user, settings: own, tags: named, ban, owed: owed.get(user.id) ?? [] }] : [];
  });
}

function byExternalId(found: readonly (typeof users.$inferSelect)[], beside: Beside): Map<string, FoundUser> {
  return new Map(whole(found, beside).map((each) => [each.user.external_id ?? "", each]));
}

/** A page of an app's users, by id, after `after`; in one trip. */
export async function readUsers(
  db: Database,
  appId: string,
  after: number,
  limit: number,
): Promise<FoundUser[]> {
  const page = and(eq(users.app_id, appId), sql`${users.id} > ${after}`);
  const ids = db.query.select({ id: users.id }).from(users).where(page).orderBy(users.id).limit(limit);
  const [found, settings, tags, inForce, owed] = await db.batch([
    db.query.select().from(users).where(page).orderBy(users.id).limit(limit),
    ...selectBeside(db, sql`(${ids})`),
  ]);
  return whole(found, { settings, tags, bans: inForce, owed });
}
