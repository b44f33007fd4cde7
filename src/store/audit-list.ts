import { type SQL, and, desc, eq, getTableColumns, gte, lt, or, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { staysInDirectory } from "./moves.ts";
import { LOOK, type Page, cutLook, cutPage } from "./look.ts";
import { audit, noSession, ofStaff } from "./schema.ts";

/** Where a record stands in the list: by its instant (ms), and by its id among those of one instant. */
export interface AuditPlace {
  at: number;
  id: number;
}

/** Which records to list; `before` is the place of the last one of the page before. Instants in ms. */
export interface AuditFilter {
  /** Those that the directory has of an app whose users stand elsewhere, and no copies of which are there. */
  ofDirectory?: boolean;
  before: AuditPlace | undefined;
  limit: number;
  user_id: number | undefined;
  caller: string | undefined;
  operation: string | undefined;
  since: number | undefined;
  until: number | undefined;
}

const { event_key: _key, app_id: _app, ...columns } = getTableColumns(audit);

/** A record as listed. */
export type AuditRecord = { [K in keyof typeof columns]: (typeof audit.$inferSelect)[K] };

/** Whom a caller "user:<id>" is: what users do, they do to themselves. */
function userOf(caller: string | undefined): number | undefined {
  const [, id] = /^user:([1-9][0-9]{0,15})$/.exec(caller ?? "") ?? [];
  return id === undefined ? undefined : Number(id);
}

/** What the filter asks for, as a range of one index, and what is left of it to be looked for there. */
function rangeOf(appId: string, filter: AuditFilter) {
  const { before, since, until, user_id, caller, operation } = filter;
  const isBehind =
    before !== undefined && (until === undefined || before.at < until)
      ? sql`(${audit.at}, ${audit.id}) < (${before.at}, ${before.id})`
      : until === undefined
        ? undefined
        : lt(audit.at, until);
  const subject = user_id ?? userOf(caller);
  const isOfStaff = caller !== undefined && /^(admin:|root$)/.test(caller);
  const isNoSession = operation !== undefined && !operation.startsWith("session.");
  // Looked for like what has no index: until a move has deleted them, all that it copied stands between.
  const left = { caller, operation, stays: filter.ofDirectory ?? false };
  let indexed: SQL | undefined;
  if (subject !== undefined) indexed = eq(audit.subject, subject);
  else if (isOfStaff) {
    indexed = and(eq(audit.caller, caller), ofStaff);
    left.caller = undefined;
  } else if (isNoSession) {
    indexed = and(eq(audit.operation, operation), noSession);
    left.operation = undefined;
  }
  const inTime = since === undefined ? undefined : gte(audit.at, since);
  return { range: and(eq(audit.app_id, appId), indexed, isBehind, inTime), left };
}

/** An app's records, newest first. */
export async function listAudit(
  db: Database,
  appId: string,
  filter: AuditFilter,
): Promise<Page<AuditRecord>> {
  const { range, left } = rangeOf(appId, filter);
  const { limit } = filter;
  if (left.caller === undefined && left.operation === undefined && !left.stays) {
    const rows = db.query
      .select(columns)
      .from(audit)
      .where(range)
      .orderBy(desc(audit.at), desc(audit.id))
      .limit(limit + 1);
    return cutPage(await db.run(rows), limit);
  }
  const place = sql<number>`row_number() over (order by ${audit.at} desc, ${audit.id} desc)`.as("place");
  const looked = db.query
    .select({ ...columns, place })
    .from(audit)
    .where(range)
    .orderBy(desc(audit.at), desc(audit.id))
    .limit(LOOK)
    .as("looked");
  const fits = and(
    left.caller === undefined ? undefined : eq(looked.caller, left.caller),
    left.operation === undefined ? undefined : eq(looked.operation, left.operation),
    left.stays ? staysInDirectory(appId, sql`looked.id`) : undefined,
  );
  const isLast = eq(looked.place, LOOK);
  const { place: _place, ...shown } = looked._.selectedFields;
  // In the order in which they were looked at: to sort them here would look at all of them for every page.
  const rows = db.query
    .select({
      ...shown,
      fits: sql<number>`${fits}`.as("fits"),
      isLast: sql<number>`${isLast}`.as("is_last"),
    })
    .from(looked)
    .where(or(fits, isLast))
    .limit(limit + 1);
  return cutLook(await db.run(rows), limit);
}
