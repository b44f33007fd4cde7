import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { KeptAnswer } from "../domain/answers.ts";
import { flag, instant, word } from "./columns.ts";

/** What callers were answered to requests with an Idempotency-Key, for those who send one again. */
export const keptAnswers = sqliteTable(
  "kept_answers",
  {
    /** "" for what is done in the directory: it does not move with the app. */
    app_id: text().notNull(),
    caller: text().notNull(),
    key: text().notNull(),
    /** The SHA-256 of the request. */
    fingerprint: text().notNull(),
    /** The request that took the key; commands of hubs are known by it. */
    request_id: text().notNull(),
    at: instant().notNull(),
    /** Null until the request has taken effect or has been refused. */
    answer: text({ mode: "json" }).$type<KeptAnswer>(),
  },
  (table) => [
    primaryKey({ columns: [table.app_id, table.caller, table.key] }),
    index("kept_answers_age").on(table.at),
  ],
);

/** Every ban there was; the one in force has no `lifted_at`. */
export const bans = sqliteTable(
  "bans",
  {
    id: integer({ mode: "number" }).primaryKey({ autoIncrement: true }),
    app_id: text().notNull(),
    user_id: integer({ mode: "number" }).notNull(),
    /** Shown to the user. */
    reason: word(),
    /** For staff. */
    note: word(),
    until: instant(),
    banned_at: instant().notNull(),
    banned_by: text().notNull(),
    lifted_at: instant(),
    lifted_by: text(),
  },
  (table) => [
    index("bans_app").on(table.app_id, table.id),
    index("bans_user").on(table.app_id, table.user_id, table.id),
    uniqueIndex("bans_in_force")
      .on(table.user_id)
      .where(sql`lifted_at is null`),
  ],
);

/** True of records whose caller is an admin or the root key: an index has them, and serves who says just this. */
export const ofStaff = sql.raw("(caller glob 'admin:*' or caller = 'root')");

/** True of records that are not the end of a session: likewise. */
export const noSession = sql.raw("operation not glob 'session.*'");

/** Who did what for whom: one row each write that somebody made on another's behalf, and each session's end. */
export const audit = sqliteTable(
  "audit",
  {
    id: integer({ mode: "number" }).primaryKey({ autoIncrement: true }),
    app_id: text().notNull(),
    /** "admin:<name>", "user:<id>", "root" or "system". */
    caller: text().notNull(),
    /** The user whom it was done to; null where it is none. */
    subject: integer({ mode: "number" }),
    device_sn: integer({ mode: "number" }),
    /** The operation's id, or `session.` and what ended it. */
    operation: text().notNull(),
    reason: word(),
    at: instant().notNull(),
    address: text().notNull(),
    request_id: text().notNull(),
    /** What makes a repeated row the same row; null where the row is part of the write itself. */
    event_key: text(),
  },
  (table) => [
    index("audit_app").on(table.app_id, table.at),
    index("audit_subject").on(table.app_id, table.subject, table.at),
    // Of what staff do alone: most records are ends of sessions, and pay for neither.
    index("audit_caller").on(table.app_id, table.caller, table.at).where(ofStaff),
    index("audit_operation").on(table.app_id, table.operation, table.at).where(noSession),
    index("audit_age").on(table.at),
    uniqueIndex("audit_event").on(table.event_key),
  ],
);

/** Events on their way to an app's webhook, until they are delivered; dead ones stay to be read. */
export const webhookEvents = sqliteTable(
  "webhook_events",
  {
    id: text().primaryKey(),
    app_id: text().notNull(),
    type: text().notNull(),
    data: text({ mode: "json" }).$type<Record<string, unknown>>().notNull(),
    created_at: instant().notNull(),
    /** When the queue took it; null until it has. */
    queued_at: instant(),
    /** When it was given up; null while it is tried. */
    dead_at: instant(),
    last_error: word(),
  },
  (table) => [
    index("webhook_events_waiting")
      .on(table.queued_at, table.created_at)
      .where(sql`dead_at is null`),
    index("webhook_events_of_app")
      .on(table.app_id, table.queued_at, table.created_at)
      .where(sql`dead_at is null`),
    index("webhook_events_dead")
      .on(table.app_id, table.id)
      .where(sql`dead_at is not null`),
    index("webhook_events_dead_age")
      .on(table.dead_at)
      .where(sql`dead_at is not null`),
    index("webhook_events_dead_of_app")
      .on(table.app_id, table.dead_at)
      .where(sql`dead_at is not null`),
  ],
);

/** Tries to deliver events, of the last days. */
export const webhookDeliveries = sqliteTable(
  "webhook_deliveries",
  {
    app_id: text().notNull(),
    at: instant().notNull(),
    id: text().notNull(),
    event_id: text().notNull(),
    type: text().notNull(),
    /** Which of the event's tries it was: from 1. */
    try: integer({ mode: "number" }).notNull(),
    delivered: flag(),
    /** The HTTP status of the answer; 0 where there was none. */
    status: integer({ mode: "number" }).notNull(),
    error: word(),
    ms: integer({ mode: "number" }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.app_id, table.at, table.id] }),
    index("webhook_deliveries_age").on(table.at),
  ],
);
