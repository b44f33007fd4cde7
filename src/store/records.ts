import type { SQL } from "drizzle-orm";
import type { Origin } from "../domain/actors.ts";
import { Refusal } from "../domain/reasons.ts";
import { requireInForce } from "./admin-tokens.ts";
import { insertAudit, insertAuditForMany } from "./audit.ts";
import {
  type Database,
  DatabaseFault,
  type Read,
  type Statements,
  type Write,
  type Written,
} from "./database.ts";
import type { These } from "./users.ts";

/** Who writes on behalf of others, as the audit has it. */
export interface Writer {
  app_id: string;
  caller: string;
  operation: string;
  /** When the call was judged (ms). */
  at: number;
  from: Origin;
  /** What makes a repeated write the same one; absent where it is not repeated. */
  event_key?: string;
  /** The device that it is done to; absent where it is none. */
  device_sn?: number;
  /** The admin token that it is done with; absent for the root key. `expires_at` in ms, null for never. */
  token?: { id: number; expires_at: number | null };
}

/** Of whom a write is recorded: of one user or of none, where its last statement that writes changed anything; or of each of these. */
export type RecordedOf = { subject: number | null } | { users: SQL | These };

/** What keeps the answer of a write in its transaction. */
export interface Keeping {
  statement: Write;
  /** Hears what the statement has returned. */
  written?(rows: unknown): void;
}

/**
 * Writes as one transaction: the statements, the record of them, and the guard of the admin token. All hold, or none. It is
 * the one place that makes records: without a writer users write for themselves, and there is nothing to record. Refuses,
 * as if it had been judged now, where the admin token is not in force any more. So many calls `outwards` is who is named
 * where the database fails. `keeping` keeps the answer, where the caller may send the request again.
 */
export async function writeFor<U extends Read | Write, T extends Statements<U>>(
  db: Database,
  writer: Writer | undefined,
  of: RecordedOf,
  statements: T,
  outwards = 1,
  keeping?: Keeping,
): Promise<Written<T>> {
  try {
    const [record = [], guard = []] = writer === undefined ? [] : recordsOf(db, writer, of);
    // What is kept of the answer stands behind the record, which is made only where anything was changed.
    const keep = keeping ? [keeping.statement] : [];
    const written = await db.writeRecorded([record, keep, guard].flat(), statements, outwards + 1);
    keeping?.written?.(written.slice(statements.length).at(record.length));
    return written;
  } catch (error) {
    if (error instanceof DatabaseFault && error.isRevoked) throw outOfForce(writer);
    throw error;
  }
}

function recordsOf(db: Database, { token, ...writer }: Writer, of: RecordedOf): Write[][] {
  const { from, ...entry } = writer;
  const row = { ...entry, ...from };
  const record =
    "users" in of ? insertAuditForMany(db, of.users, row) : insertAudit(db, { ...row, subject: of.subject });
  return [[record], token === undefined ? [] : [requireInForce(db, token.id, Date.now())]];
}

/** Why an admin token that was good when the call was judged is not when it writes. */
function outOfForce(writer: Writer | undefined): Refusal {
  const expiresAt = writer?.token?.expires_at ?? null;
  return new Refusal(expiresAt !== null && expiresAt <= Date.now() ? "token_expired" : "token_invalid");
}

/** Writes, as one transaction, what nobody is to find in the audit: that what was to be done is done. */
export async function writeDone(db: Database, writes: readonly [Write, ...Write[]]): Promise<void> {
  await db.writeUnrecorded("bookkeeping", writes);
}

/** Reads what is answered, and keeps the answer in the same transaction. */
export async function readKept<R>(db: Database, keeping: Keeping, read: Read<R>): Promise<R> {
  const [rows, found] = await db.writeUnrecorded("bookkeeping", [keeping.statement, read] as const);
  keeping.written?.(rows);
  return found;
}
