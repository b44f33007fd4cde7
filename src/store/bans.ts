import { and, desc, eq, getTableColumns, isNull, lt, sql } from "drizzle-orm";
import { nameActor } from "../domain/actors.ts";
import { type Builder, type Database, writing } from "./database.ts";
import { type Slots, preparedWrite } from "./prepared.ts";
import { bans, users } from "./schema.ts";
import { type These, areThese, idsOf } from "./users.ts";
import { type Webhook, insertUserEvents } from "./webhooks.ts";

/** A ban as an admin orders it. */
export interface BanOrder {
  /** Shown to the user. */
  reason: string;
  /** For staff. */
  note: string;
  /** When it lifts itself (ms); null for never. */
  until: number | null;
}

interface Standing {
  status: 0 | 1;
  until: number | null;
}

interface Judged {
  by: string;
  now: number;
}

const settingStatus = preparedWrite(statusOfThese);
const liftingBans = preparedWrite(liftedOfThese);
const insertingBans = preparedWrite(bansOfThese);

function statusOfThese(query: Builder, given: Slots<These & Standing>) {
  return query
    .update(users)
    .set({
      status: given.of("status"),
      disabled_until: given.of("until"),
      epoch: sql`${users.epoch} + 1`,
    })
    .where(areThese(given))
    .returning({ id: users.id });
}

function liftedOfThese(query: Builder, given: Slots<These & Judged>) {
  return query
    .update(bans)
    .set({ lifted_at: given.of("now"), lifted_by: given.of("by") })
    .where(
      and(eq(bans.app_id, given.of("app")), sql`${bans.user_id} in ${idsOf(given)}`, isNull(bans.lifted_at)),
    );
}

function bansOfThese(query: Builder, given: Slots<These & BanOrder & Judged>) {
  const row = query
    .select({
      id: sql<number>`null`.as("id"),
      app_id: users.app_id,
      user_id: users.id,
      reason: sql<string>`${given.of("reason")}`.as("reason"),
      note: sql<string>`${given.of("note")}`.as("note"),
      until: sql<number | null>`${given.of("until")}`.as("until"),
      banned_at: sql<number>`${given.of("now")}`.as("banned_at"),
      banned_by: sql<string>`${given.of("by")}`.as("banned_by"),
      lifted_at: sql<number | null>`null`.as("lifted_at"),
      lifted_by: sql<string | null>`null`.as("lifted_by"),
    })
    .from(users)
    .where(areThese(given));
  return query.insert(bans).select(row);
}

/** The statement that sets users' status and raises their epochs. */
export const setStatus = (db: Database, whichUsers: These, status: 0 | 1, until: number | null) =>
  settingStatus(db, { ...whichUsers, status, until });

/** The statement that ends the bans in force of these users, for the history. */
export const liftBans = (db: Database, whichUsers: These, by: string, now: number) =>
  liftingBans(db, { ...whichUsers, by, now });

/** The statement that writes a ban for each of these users. */
export function insertBans(
  db: Database,
  whichUsers: These,
  { reason, note, until }: BanOrder,
  by: string,
  now: number,
) {
  return insertingBans(db, { ...whichUsers, reason, note, until, by, now });
}

/**
 * The statements that end a ban whose time has come, unless an admin has lifted or prolonged it since, and keep the event
 * of it for the app's webhook.
 */
export function liftExpiredBan(db: Database, app: Webhook, userId: number, until: number) {
  const still = and(eq(users.id, userId), eq(users.status, 1), eq(users.disabled_until, until));
  const wasLifted = sql`${users.id} = ${userId} and changes() > 0`;
  const about = { by: nameActor(undefined), at: until };
  return [
    writing(
      db.query
        .update(bans)
        .set({ lifted_at: until, lifted_by: "expiry" })
        .where(and(eq(bans.user_id, userId), isNull(bans.lifted_at), eq(bans.until, until))),
    ),
    writing(db.query.update(users).set({ status: 0, disabled_until: null }).where(still)),
    insertUserEvents(db, app, wasLifted, "user.enabled", about, until),
  ] as const;
}

/** Which bans to list; `before` is the last id of the page before, newest first. */
export interface BanFilter {
  before: number | undefined;
  limit: number;
  user_id: number | undefined;
}

/** The statement that reads an app's bans, newest first. */
export function selectBans(db: Database, appId: string, filter: BanFilter) {
  const { app_id: _app, ...columns } = getTableColumns(bans);
  return db.query
    .select(columns)
    .from(bans)
    .where(
      and(
        eq(bans.app_id, appId),
        filter.before === undefined ? undefined : lt(bans.id, filter.before),
        filter.user_id === undefined ? undefined : eq(bans.user_id, filter.user_id),
      ),
    )
    .orderBy(desc(bans.id))
    .limit(filter.limit);
}

/** An app's bans, newest first. */
export async function listBans(db: Database, appId: string, filter: BanFilter) {
  return await db.run(selectBans(db, appId, filter));
}
