import { type SQL, sql } from "drizzle-orm";
import { type Database, writing } from "./database.ts";
import { audit, users } from "./schema.ts";
import { sweepSlice } from "./slice.ts";

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
  /** What makes a repeated write the same one, of which there is one record; absent where a write is not repeated. */
  event_key?: string;
  /** The device that it was done to; absent where it is none. */
  device_sn?: number;
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
  return writing(db.query.insert(audit).select(row).onConflictDoNothing());
}

/** The statement that records a write for many users: a row for each. */
export function insertAuditForMany(db: Database, whichUsers: SQL, entry: AuditEntry) {
  const row = db.query.select(columnsOf(entry, users.id)).from(users).where(whichUsers);
  return writing(db.query.insert(audit).select(row).onConflictDoNothing());
}

function columnsOf<S>(entry: AuditEntry, subject: S) {
  return {
    id: sql<number>`null`.as("id"),
    app_id: sql<string>`${entry.app_id}`.as("app_id"),
    caller: sql<string>`${entry.caller}`.as("caller"),
    subject,
    device_sn: sql<number | null>`${entry.device_sn ?? null}`.as("device_sn"),
    operation: sql<string>`${entry.operation}`.as("operation"),
    reason: sql<string>`''`.as("reason"),
    at: sql<number>`${entry.at}`.as("at"),
    address: sql<string>`${entry.address}`.as("address"),
    request_id: sql<string>`${entry.request_id}`.as("request_id"),
    event_key: sql<string | null>`${entry.event_key ?? null}`.as("event_key"),
  };
}

/** Forgets a slice of the records that have been kept long enough; true where there may be more. */
export async function sweepAudit(db: Database, now: number): Promise<boolean> {
  return await sweepSlice(db, audit, audit.at, now - AUDIT_KEPT);
}
