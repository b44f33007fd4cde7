import { and, desc, eq, gte, or, sql } from "drizzle-orm";
import type { Own } from "../domain/own.ts";
import type { PicturedBan } from "../domain/picture.ts";
import type { AuditPlace } from "./audit-list.ts";
import { selectBans } from "./bans.ts";
import type { Database } from "./database.ts";
import { LOOK, type Page, cutLook } from "./look.ts";
import { type OwedRow, owedBy } from "./owed.ts";
import { type Owner, ownOf, selectOwn } from "./own.ts";
import { audit, users } from "./schema.ts";
import { isDisabled } from "./user-list.ts";

/** Most bans of a picture. */
const MOST_BANS = 20;

/** How far back ends of sessions are shown (ms): 90 days. */
const ENDS_SHOWN = 90 * 24 * 3600 * 1000;

/**
 * A page of the ends of a user's sessions; `before` is the place of the last one of the page before. Where `limit` is 0 nothing is
 * looked through: a look goes through up to `LOOK` records.
 */
export interface EndsPage {
  before: AuditPlace | undefined;
  limit: number;
}

/** The record of a session's end. */
export type EndRow = AuditPlace &
  Pick<
    typeof audit.$inferSelect,
    "event_key" | "device_sn" | "operation" | "reason" | "caller" | "address" | "request_id"
  >;

/** What D1 has of a user. */
export interface Kept {
  own: Own;
  standing: { status: number; external_id: string | null; created_at: number };
  bans: PicturedBan[];
  ends: Page<EndRow>;
  owed: OwedRow[];
}

/** Reads all that D1 has of a user, in one trip; undefined where there is no such user. */
export async function readKept(
  db: Database,
  owner: Owner,
  page: EndsPage,
  now: number,
): Promise<Kept | undefined> {
  const { app_id, user_id } = owner;
  const [profiles, settings, tags, bound, standings, banned, ends, owed] = await db.batch([
    ...selectOwn(db, owner),
    db.query
      .select({
        status: isDisabled(now).as("status_now"),
        external_id: users.external_id,
        created_at: users.created_at,
      })
      .from(users)
      .where(and(eq(users.app_id, app_id), eq(users.id, user_id))),
    selectBans(db, app_id, { before: undefined, limit: MOST_BANS, user_id }),
    selectEnds(db, owner, page, now),
    owedBy(db, sql`(select ${user_id})`),
  ]);
  const own = ownOf(profiles, settings, tags, bound);
  const [standing] = standings;
  if (!own || !standing) return undefined;
  const bans = banned.map(({ user_id: _user, ...ban }) => ban);
  return { own, standing, bans, ends: cutLook(ends, page.limit), owed };
}

/** The statement that looks through a user's records for ends of sessions; `cutLook` reads its rows. */
function selectEnds(db: Database, { app_id, user_id }: Owner, { before, limit }: EndsPage, now: number) {
  const isBehind = before && sql`(${audit.at}, ${audit.id}) < (${before.at}, ${before.id})`;
  const looked = db.query
    .select({
      id: audit.id,
      at: audit.at,
      event_key: audit.event_key,
      device_sn: audit.device_sn,
      operation: audit.operation,
      reason: audit.reason,
      caller: audit.caller,
      address: audit.address,
      request_id: audit.request_id,
      place: sql<number>`row_number() over (order by ${audit.at} desc, ${audit.id} desc)`.as("place"),
    })
    .from(audit)
    .where(
      and(eq(audit.app_id, app_id), eq(audit.subject, user_id), gte(audit.at, now - ENDS_SHOWN), isBehind),
    )
    .orderBy(desc(audit.at), desc(audit.id))
    .limit(limit === 0 ? 0 : LOOK)
    .as("looked");
  const fits = sql`${looked.operation} glob 'session.*'`;
  const isLast = eq(looked.place, LOOK);
  const { place: _place, ...shown } = looked._.selectedFields;
  // In the order in which they were looked at, as in every list that is looked through.
  return db.query
    .select({
      ...shown,
      fits: sql<number>`${fits}`.as("fits"),
      isLast: sql<number>`${isLast}`.as("is_last"),
    })
    .from(looked)
    .where(or(fits, isLast))
    .limit(limit + 1);
}
