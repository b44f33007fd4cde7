import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { flag, instant, number, word } from "./columns.ts";
import type { SignInPolicy } from "../domain/policy.ts";
import type { PushSchedule } from "../domain/push-hours.ts";
import { roleNames } from "../domain/roles.ts";
import type { Signal } from "../domain/signals.ts";

export * from "./schema-records.ts";

/** How far rows are copied: the part, by its place among all, and the keys of the last row that was. */
export interface CopyPlace {
  part: number;
  after: (number | string)[];
  /** Where the rows go on being written while they are copied: the last id that is copied. */
  until?: number;
}

/** All instants are ms since 1970; docs/storage.md says of each table who writes it and how long a row lives. */

/** The tenants. */
export const apps = sqliteTable(
  "apps",
  {
    app_id: text().primaryKey(),
    name: word(),
    /** 0 normal, 1 suspended. */
    status: number(),
    registration: text({ enum: ["open", "closed"] })
      .notNull()
      .default("open"),
    /** Seconds. */
    token_ttl: integer({ mode: "number" }).notNull(),
    sign_in_policy: text({ mode: "json" }).$type<SignInPolicy>().notNull(),
    /** "" where the app has none. */
    push_secret: word(),
    /** Seconds after which a device that was not heard of leaves the list; 0 for never. */
    device_ttl: integer({ mode: "number" }).notNull().default(0),
    /** Where events are sent; "" for nowhere. */
    webhook_url: word(),
    /** The key of the events' signatures, as `whsec_` and base64; "" where there is none. */
    webhook_secret: word(),
    /** Origins of browsers that may call; ["*"] for any. */
    allowed_origins: text({ mode: "json" }).$type<string[]>().notNull(),
    /** The zone of the hours of users who have set none. */
    time_zone: text().notNull().default("Asia/Shanghai"),
    /** Where its users stand: 0 for the directory, k for USERS_k. In a user database only the row's id counts. */
    database: number(),
    /** By which its users' tokens say whose they are: 12 random hex digits, and no other app's. Of the directory. */
    tag: word(),
    created_at: instant().notNull(),
    updated_at: instant().notNull(),
  },
  (table) => [
    uniqueIndex("apps_tag")
      .on(table.tag)
      .where(sql`tag <> ''`),
  ],
);

/**
 * The databases that are bound, by their numbers: how large each was last (bytes), and when the cron trigger began to visit it
 * last, for the signals owed there and for all else. Of the directory.
 */
export const databases = sqliteTable("databases", {
  number: integer({ mode: "number" }).primaryKey(),
  size: number(),
  signals_at: number(),
  swept_at: number(),
});

/** The users. AUTOINCREMENT, so that no id is ever used twice. */
export const users = sqliteTable(
  "users",
  {
    id: integer({ mode: "number" }).primaryKey({ autoIncrement: true }),
    app_id: text()
      .notNull()
      .references(() => apps.app_id),
    /** As given; unique by its folded form. */
    username: text().notNull(),
    username_key: text().notNull(),
    password: text().notNull(),
    /** How long comparing it takes at most (ms), where a wrong password must be told later for it; else 0. */
    hash_ms: number(),
    /** 0 normal, 1 disabled. */
    status: number(),
    /** When the ban lifts itself; null for never. */
    disabled_until: instant(),
    /** Counts the signals of this user. */
    epoch: number(),
    /** Counts how often the user's hub could not tell what had become of a write that it sent: see `generations`. */
    hub_generation: number(),
    avatar: word(),
    nick_name: word(),
    description: word(),
    mobile: word(),
    mobile_key: text(),
    email: word(),
    email_key: text(),
    public_info: word(),
    private_info: word(),
    /** What another system knows the user by; unique in the app. */
    external_id: text(),
    /** The signal that waits for the hub's first need of it, as the first of the user's; null where there is none. */
    arrival: text({ mode: "json" }).$type<Signal>(),
    /**
     * 1 where the hub cannot list a device of the user, who never signed in; 0 where it may. Triggers of `tokens`, `owed_signals`
     * and this table make it 0, so that no statement can forget it.
     */
    unlisted: number(),
    created_at: instant().notNull(),
    updated_at: instant().notNull(),
  },
  (table) => [
    uniqueIndex("users_username").on(table.app_id, table.username_key),
    uniqueIndex("users_mobile").on(table.app_id, table.mobile_key),
    uniqueIndex("users_email").on(table.app_id, table.email_key),
    // Of those who have moved in alone.
    uniqueIndex("users_external")
      .on(table.app_id, table.external_id)
      .where(sql`external_id is not null`),
    index("users_by_id").on(table.app_id, table.id),
    // Of those whose hashes are slow alone.
    index("users_slow")
      .on(table.app_id, table.hash_ms)
      .where(sql`hash_ms > 0`),
    // Of the disabled alone, so that a registration pays for neither.
    index("users_disabled")
      .on(table.app_id, table.id)
      .where(sql`status = 1`),
    index("users_disabled_until")
      .on(table.app_id, table.disabled_until)
      .where(sql`status = 1 and disabled_until is not null`),
  ],
);

/**
 * How many users of each status an app has. Triggers of `users` keep it, so that no statement can forget it; nothing else
 * writes it.
 */
export const userCounts = sqliteTable(
  "user_counts",
  {
    app_id: text().notNull(),
    status: integer({ mode: "number" }).notNull(),
    total: integer({ mode: "number" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.app_id, table.status] })],
);

const ofUser = () =>
  integer({ mode: "number" })
    .notNull()
    .references(() => users.id, { onDelete: "cascade" });

/** One row a user: the 17 settings less the ids, and what push keeps of the user. */
export const userSettings = sqliteTable(
  "user_settings",
  {
    user_id: ofUser().primaryKey(),
    app_id: text().notNull(),
    auth_mode: number(),
    auth_question: word(),
    auth_answer: word(),
    auto_download: flag(),
    group_confirm: flag(),
    no_push: flag(),
    no_push_detail: flag(),
    no_push_start_hour: number(),
    no_push_end_hour: number(),
    no_sounds: flag(),
    push_nick_name: word(),
    /** Null where there is none: it belongs to one user of the app at a time. */
    push_token: text(),
    /** Of the push token: what tells it from the one before, when it was written, until when it is held back. */
    push_nonce: word(),
    push_bound_at: instant().notNull().default(0),
    push_held_until: instant(),
    /** With what the push token goes; null where it stays until it is replaced. */
    push_session: text(),
    silence_start_time: number(),
    silence_end_time: number(),
    vibratory: flag(),
    /** The zone of all hours; "" for that of the app. */
    time_zone: word(),
    push_schedule: text({ mode: "json" }).$type<PushSchedule>().notNull().default([]),
    /** Until when nothing is pushed; 0 for none. */
    snooze_until: instant().notNull().default(0),
    alias: word(),
    badge: number(),
  },
  (table) => [uniqueIndex("user_settings_push_token").on(table.app_id, table.push_token)],
);

/** A user's push tags. */
export const pushTags = sqliteTable("push_tags", { user_id: ofUser(), tag: text().notNull() }, (table) => [
  primaryKey({ columns: [table.user_id, table.tag] }),
]);

/** The push token of a device: one a device, and one device a token in its app and notifier. */
export const pushBindings = sqliteTable(
  "push_bindings",
  {
    user_id: ofUser(),
    device_sn: integer({ mode: "number" }).notNull(),
    app_id: text().notNull(),
    notifier_name: text().notNull(),
    device_token: text().notNull(),
    bound_at: instant().notNull(),
    /** New with every bind. */
    nonce: word(),
    /** Until when it is held back, since a provider has refused it; null where none has. */
    held_until: instant(),
  },
  (table) => [
    primaryKey({ columns: [table.user_id, table.device_sn] }),
    uniqueIndex("push_bindings_token").on(table.app_id, table.notifier_name, table.device_token),
  ],
);

/** What providers made of the pushes that senders report on: how often what was told of an app's push tokens. */
export const pushFeedback = sqliteTable(
  "push_feedback",
  {
    app_id: text().notNull(),
    result: text().notNull(),
    total: integer({ mode: "number" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.app_id, table.result] })],
);

/** What a user's token says: by its SHA-256, never by itself. The user's hub knows whether its session lives. */
export const tokens = sqliteTable(
  "tokens",
  {
    hash: text().primaryKey(),
    app_id: text().notNull(),
    user_id: ofUser(),
    session_id: text().notNull(),
    expires_at: instant().notNull(),
    created_at: instant().notNull(),
  },
  (table) => [index("tokens_user").on(table.user_id), index("tokens_expiry").on(table.expires_at)],
);

/** Which devices users have named, by the `deviceKey` of the guid: their hubs know all else of them. */
export const seenDevices = sqliteTable(
  "seen_devices",
  {
    user_id: ofUser(),
    device: text().notNull(),
    app_id: text().notNull(),
    /** To the month. */
    seen_at: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.user_id, table.device] }),
    index("seen_devices_device").on(table.device, table.seen_at),
    index("seen_devices_age").on(table.seen_at),
  ],
);

/** Admin tokens, read at every admin call: a revocation holds from the next one on. */
export const adminTokens = sqliteTable(
  "admin_tokens",
  {
    id: integer({ mode: "number" }).primaryKey({ autoIncrement: true }),
    app_id: text()
      .notNull()
      .references(() => apps.app_id),
    hash: text().notNull(),
    name: text().notNull(),
    created_at: instant().notNull(),
    /** Null for never. */
    expires_at: instant(),
    revoked_at: instant(),
    role: text({ enum: roleNames }).notNull().default("owner"),
    /** To the minute; null for never. */
    last_used_at: instant(),
  },
  (table) => [
    uniqueIndex("admin_tokens_hash").on(table.hash),
    index("admin_tokens_app").on(table.app_id),
    uniqueIndex("admin_tokens_name")
      .on(table.app_id, table.name)
      .where(sql`revoked_at is null`),
  ],
);

/**
 * Never holds a row: a write that an admin token makes tries to put one here where the token is not in force at that
 * moment, and fails as a whole by the check.
 */
export const guards = sqliteTable("guards", { in_force: integer({ mode: "number" }).notNull() }, (table) => [
  check("token_in_force", sql`${table.in_force} = 1`),
]);

/**
 * Never holds a row: a write that a user's hub sends tries to put one here where it is not of the hub's generation any more,
 * and fails as a whole by the check.
 */
export const generations = sqliteTable(
  "generations",
  { is_current: integer({ mode: "number" }).notNull() },
  (table) => [check("hub_is_current", sql`${table.is_current} = 1`)],
);

/** Whom a group_id stands for. A group outlives its owner, so no foreign key. */
export const groups = sqliteTable(
  "groups",
  {
    app_id: text()
      .notNull()
      .references(() => apps.app_id),
    group_id: integer({ mode: "number" }).notNull(),
    owner_id: integer({ mode: "number" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.app_id, table.group_id] })],
);

/**
 * Which apps do not write here, by the triggers on the tables of users: those that are being moved, and those that stand
 * elsewhere. One row an app that was ever moved from or to here.
 */
export const closings = sqliteTable("closings", {
  app_id: text().primaryKey(),
  /** The move that wrote the row last; 0 where the app was placed elsewhere when it was made. */
  move_id: integer({ mode: "number" }).notNull(),
  /**
   * Closed; open again; undone, where a move to here was stopped; or lifted, which is within a batch of the move alone.
   */
  state: text({ enum: ["closed", "open", "undone", "lifted"] }).notNull(),
});

/** The last move of each app to another database: how far it is, so that whoever comes next goes on. Of the directory. */
export const moves = sqliteTable(
  "moves",
  {
    app_id: text().primaryKey(),
    /** Grows from move to move of an app. */
    id: integer({ mode: "number" }).notNull(),
    source: integer({ mode: "number" }).notNull(),
    target: integer({ mode: "number" }).notNull(),
    phase: text({
      enum: ["closing", "copying", "waiting", "emptying", "done", "undoing", "undone"],
    }).notNull(),
    /** The part that is copied, and the keys of its last row that was; null where none is. */
    place: text({ mode: "json" }).$type<CopyPlace>(),
    /** Rows copied so far. */
    copied: number(),
    /** The last record that was copied: what the directory has behind it stays there. */
    audit_until: number(),
    /** When it may be opened at the target: when no isolate takes it for where it was any more. */
    open_at: instant(),
    started_at: instant().notNull(),
    closed_at: instant(),
    opened_at: instant(),
    ended_at: instant(),
    /** How many of its steps failed one after another, and why the last one did; "" where none did. */
    failures: number(),
    fault: word(),
  },
  (table) => [index("moves_by_end").on(table.ended_at, table.started_at)],
);

/** Signals that a user's hub has not yet been seen to take. They outlive the user. */
export const owedSignals = sqliteTable(
  "owed_signals",
  {
    user_id: integer({ mode: "number" }).notNull(),
    epoch: integer({ mode: "number" }).notNull(),
    app_id: text().notNull(),
    signal: text({ mode: "json" }).$type<Signal>().notNull(),
    created_at: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.user_id, table.epoch] }),
    index("owed_signals_age").on(table.created_at),
  ],
);

/**
 * Push tokens that a user has no more, whose hub may not know it yet: it is told by what the user is owed up to `epoch`. Triggers of
 * `push_bindings`, `user_settings` and `owed_signals` keep it, so that no statement can forget it; nothing else writes it.
 */
export const owedTokens = sqliteTable(
  "owed_tokens",
  {
    app_id: text().notNull(),
    notifier_name: text().notNull(),
    device_token: text().notNull(),
    user_id: integer({ mode: "number" }).notNull(),
    epoch: integer({ mode: "number" }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.app_id, table.notifier_name, table.device_token, table.user_id] }),
    index("owed_tokens_user").on(table.user_id, table.epoch),
  ],
);
