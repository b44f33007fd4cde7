import { type SQL, sql } from "drizzle-orm";
import { type Builder, type Database, writing } from "./database.ts";
import { type Slots, preparedWrite } from "./prepared.ts";
import { audit, users } from "./schema.ts";
import { sweepSlice } from "./slice.ts";
import { type These, areThese } from "./users.ts";

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

/** A record of a write that is repeated or not, to a device or to none. */
interface Row extends Omit<AuditEntry, "event_key" | "device_sn"> {
  event_key: string | null;
  device_sn: number | null;
}

const rowOf = (entry: AuditEntry): Row => ({
  ...entry,
  device_sn: entry.device_sn ?? null,
  event_key: entry.event_key ?? null,
});

const inserting = preparedWrite(insertingRow);

function insertingRow(query: Builder, given: Slots<Row & { subject: number | null }>) {
  const subject = sql<number | null>`${given.of("subject")}`.as("subject");
  const row = query
    .select(columnsOf((name) => given.of(name), subject))
    .from(sql`(select 1)`)
    .where(sql`changes() > 0`);
  return query.insert(audit).select(row).onConflictDoNothing();
}

/**
 * The statement that records a write for one user, or for none, and stands behind it in its batch: where the last write
 * before it changed nothing, there is nothing to record.
 */
export function insertAudit(db: Database, { subject, ...entry }: AuditEntry & { subject: number | null }) {
  return inserting(db, { ...rowOf(entry), subject });
}

const insertingForThese = preparedWrite(rowsOfThese);

function rowsOfThese(query: Builder, given: Slots<Row & These>) {
  return insertingRows(query, areThese(given), (name) => given.of(name));
}

function insertingRows(query: Builder, whichUsers: SQL, value: (name: keyof Row) => SQL) {
  const row = query.select(columnsOf(value, users.id)).from(users).where(whichUsers);
  return query.insert(audit).select(row).onConflictDoNothing();
}

/** The statement that records a write for many users: a row for each. */
export function insertAuditForMany(db: Database, whichUsers: SQL | These, entry: AuditEntry) {
  const values = rowOf(entry);
  if ("users" in whichUsers) return insertingForThese(db, { ...values, ...whichUsers });
  return writing(insertingRows(db.query, whichUsers, (name) => sql`${values[name]}`));
}

function columnsOf<S>(value: (name: keyof Row) => SQL, subject: S) {
  return {
    id: sql<number>`null`.as("id"),
    app_id: sql<string>`${value("app_id")}`.as("app_id"),
    caller: sql<string>`${value("caller")}`.as("caller"),
    subject,
    device_sn: sql<number | null>`${value("device_sn")}`.as("device_sn"),
    operation: sql<string>`${value("operation")}`.as("operation"),
    reason: sql<string>`''`.as("reason"),
    at: sql<number>`${value("at")}`.as("at"),
    address: sql<string>`${value("address")}`.as("address"),
    request_id: sql<string>`${value("request_id")}`.as("request_id"),
    event_key: sql<string | null>`${value("event_key")}`.as("event_key"),
  };
}

/** Forgets a slice of the records that have been kept long enough; true where there may be more. */
export async function sweepAudit(db: Database, now: number): Promise<boolean> {
  return await sweepSlice(db, audit, audit.at, now - AUDIT_KEPT);
}
