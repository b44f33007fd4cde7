import { type SQL, and, asc, desc, eq, getTableColumns, gte, inArray, lt, sql } from "drizzle-orm";
import { type Database, writing } from "./database.ts";
import { staysInDirectory } from "./moves.ts";
import { audit, users } from "./schema.ts";
import { SLICE } from "./slice.ts";

/** How long a record is kept (ms): 180 days. */
export const AUDIT_KEPT = 180 * 24 * 3600 * 1000;

/** A record of a write: who did what, and from where. */
export interface AuditEntry {
  app_id: string;
  caller: string;
  operation: string;
  at: number;
  address: string;
  request_id: string;
}

/**
 * The statement that records a write for one user, or for none, and stands behind it in its batch: where the last write
 * before it changed nothing, there is nothing to record.
 */
export function insertAudit(db: Database, entry: AuditEntry & { subject: number | null }) {
  const row = db.query
    .select(columnsOf(entry, sql<number | null>`${entry.subject}`.as("subject")))
    .from(sql`(select 1)`)
    .where(sql`changes() > 0`);
  return writing(db.query.insert(audit).select(row));
}

/** The statement that records a write for many users: a row for each. */
export function insertAuditForMany(db: Database, whichUsers: SQL, entry: AuditEntry) {
  const row = db.query.select(columnsOf(entry, users.id)).from(users).where(whichUsers);
  return writing(db.query.insert(audit).select(row));
}

function columnsOf<S>(entry: AuditEntry, subject: S) {
  return {
    id: sql<number>`null`.as("id"),
    app_id: sql<string>`${entry.app_id}`.as("app_id"),
    caller: sql<string>`${entry.caller}`.as("caller"),
    subject,
    device_sn: sql<number | null>`null`.as("device_sn"),
    operation: sql<string>`${entry.operation}`.as("operation"),
    reason: sql<string>`''`.as("reason"),
    at: sql<number>`${entry.at}`.as("at"),
    address: sql<string>`${entry.address}`.as("address"),
    request_id: sql<string>`${entry.request_id}`.as("request_id"),
    event_key: sql<string | null>`null`.as("event_key"),
  };
}

/** Which records to list; `before` is the last id of the page before, newest first. Instants in ms. */
export interface AuditFilter {
  /** Those that the directory has of an app whose users stand elsewhere, and no copies of which are there. */
  ofDirectory?: boolean;
  before: number | undefined;
  limit: number;
  user_id: number | undefined;
  caller: string | undefined;
  operation: string | undefined;
  since: number | undefined;
  until: number | undefined;
}

/** An app's records, newest first. */
export async function listAudit(db: Database, appId: string, filter: AuditFilter) {
  const { event_key: _key, app_id: _app, ...columns } = getTableColumns(audit);
  return await db.run(
    db.query
      .select(columns)
      .from(audit)
      .where(
        and(
          eq(audit.app_id, appId),
          filter.ofDirectory ? staysInDirectory(audit.app_id, audit.id) : undefined,
          filter.before === undefined ? undefined : lt(audit.id, filter.before),
          filter.user_id === undefined ? undefined : eq(audit.subject, filter.user_id),
          filter.caller === undefined ? undefined : eq(audit.caller, filter.caller),
          filter.operation === undefined ? undefined : eq(audit.operation, filter.operation),
          filter.since === undefined ? undefined : gte(audit.at, filter.since),
          filter.until === undefined ? undefined : lt(audit.at, filter.until),
        ),
      )
      .orderBy(desc(audit.id))
      .limit(filter.limit),
  );
}

/** Forgets a slice of the records that have been kept long enough; true where there may be more. */
export async function sweepAudit(db: Database, now: number): Promise<boolean> {
  const old = db.query
    .select({ id: audit.id })
    .from(audit)
    .where(lt(audit.at, now - AUDIT_KEPT))
    .orderBy(asc(audit.at))
    .limit(SLICE);
  const { meta } = await db.runUnrecorded(
    "time",
    writing(db.query.delete(audit).where(inArray(audit.id, old))),
  );
  return meta.changes >= SLICE;
}
