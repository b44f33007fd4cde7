import { type SQL, and, eq, getTableColumns, isNull, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { UNNAMED } from "../domain/bindings.ts";
import type { Signal } from "../domain/signals.ts";
import { type Database, DatabaseFault, writing } from "./database.ts";
import { signalTo } from "./owed.ts";
import { bans, owedSignals, pushBindings, pushTags, userSettings, users, webhookEvents } from "./schema.ts";
import { noPushToken } from "./settings.ts";
import { type Webhook, hasWebhook, waiting } from "./webhooks.ts";
import { inList } from "./users.ts";

/** Longest list of one statement (UTF-16 units): D1 takes parameters of 2 MB. */
const LONGEST_LIST = 300_000;

/** What an import gives of a user, by the columns of its row. */
export type UserColumns = Omit<typeof users.$inferSelect, "id" | "app_id" | "updated_at">;

/** The settings, alias and badge that an import gives; what is left out stays. */
export type SettingsColumns = Partial<Omit<typeof userSettings.$inferSelect, "user_id" | "app_id">>;

/** The names of those columns. */
const { user_id: _userId, app_id: _appId, ...settingsColumns } = getTableColumns(userSettings);
const settingsNames = Object.keys(settingsColumns);
const userColumns = getTableColumns(users);

/** What a column has of itself, as SQL; undefined where it has nothing. */
function defaultOf({ default: value }: SQLiteColumn): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "object") return `'${JSON.stringify(value)}'`;
  return typeof value === "string" ? `'${value}'` : String(Number(value));
}

/** A row without what its columns have of themselves: what is read out of a list is what costs. */
function sparse(columns: Record<string, SQLiteColumn>, row: object): object {
  const isGiven = ([name, value]: [string, unknown]) => value !== null && value !== columns[name]?.default;
  return Object.fromEntries(Object.entries(row).filter(isGiven));
}

/** Cuts a list into such as a statement can be given. */
function listsOf(rows: readonly object[]): string[] {
  const lists: string[][] = [];
  let length = LONGEST_LIST;
  for (const row of rows) {
    const text = JSON.stringify(row);
    if (length + text.length >= LONGEST_LIST) {
      lists.push([]);
      length = 0;
    }
    lists.at(-1)?.push(text);
    length += text.length;
  }
  return lists.map((list) => `[${list.join(",")}]`);
}

/** A field of the list's rows. */
const field = (name: string) => sql.raw(`j.value ->> '${name}'`);

/** The statements that make users; one whose name, number, address or external id is another's is passed over. */
export function insertImported(db: Database, appId: string, rows: readonly UserColumns[], now: number) {
  const given = Object.entries(userColumns).map(([name, column]) => {
    if (name === "id") return sql`null`;
    if (name === "app_id") return sql`${appId}`;
    if (name === "updated_at") return sql`${now}`;
    const instead = defaultOf(column);
    return instead === undefined ? field(name) : sql.raw(`coalesce(j.value ->> '${name}', ${instead})`);
  });
  return listsOf(rows.map((row) => sparse(userColumns, row))).map((list) =>
    writing(
      db.query
        .insert(users)
        .select(sql`select ${sql.join(given, sql`, `)} from json_each(${list}) as j where true`)
        .onConflictDoNothing()
        .returning({ id: users.id, key: users.username_key }),
    ),
  );
}

/**
 * The statement that changes a user whom an import has found, and raises its epoch where the hub is to hear of it: the signal
 * follows in the same batch. Returns the id.
 */
export function updateImported(
  db: Database,
  appId: string,
  userId: number,
  change: Partial<UserColumns>,
  { now, isHeard }: { now: number; isHeard: boolean },
) {
  return writing(
    db.query
      .update(users)
      .set({ ...change, ...(isHeard && { epoch: sql`${users.epoch} + 1` }), updated_at: now })
      .where(and(eq(users.app_id, appId), eq(users.id, userId)))
      .returning({ id: users.id }),
  );
}

/** What is given beside the row of a user, who is known by the name. */
export type Beneath<T> = T & { username_key: string };

/** Which users a batch has made or changed. */
export interface Touched {
  appId: string;
  now: number;
}

/** The users of a list's rows, as far as the batch has made or changed them; a row that failed has not touched its user. */
function touchedBy({ appId, now }: Touched, list: string): SQL {
  return sql`json_each(${list}) as j cross join users on users.app_id = ${appId} and users.username_key = j.value ->> 'username_key' and users.updated_at = ${now}`;
}

/** The condition that is true of the users with these names, as far as the batch has made or changed them. */
export function whichTouched({ appId, now }: Touched, keys: readonly string[]): SQL {
  return sql`${users.app_id} = ${appId} and ${inList(users.username_key, keys)} and ${users.updated_at} = ${now}`;
}

/** The statements that write settings: what is left out stays, and of a new user is what the column has of itself. */
export function putSettings(db: Database, touched: Touched, rows: readonly Beneath<SettingsColumns>[]) {
  const columns = Object.entries(settingsColumns).map(([name, column]) => {
    const instead = defaultOf(column) ?? "null";
    const value = sql.raw(`coalesce(j.value ->> '${name}', s.${name}, ${instead})`);
    // "" is how a row says that there is none.
    if (name === "push_token") return sql`nullif(${value}, '')`;
    // A new token goes with no session, and nothing holds it back.
    const isReset = name === "push_session" || name === "push_held_until";
    return isReset ? sql`iif(j.value ->> 'push_token' is null, ${value}, null)` : value;
  });
  const set = Object.fromEntries(settingsNames.map((name) => [name, sql.raw(`excluded.${name}`)]));
  return listsOf(rows).map((list) =>
    writing(
      db.query
        .insert(userSettings)
        .select(
          sql`select users.id, users.app_id, ${sql.join(columns, sql`, `)} from ${touchedBy(touched, list)} left join user_settings as s on s.user_id = users.id where true`,
        )
        .onConflictDoUpdate({ target: userSettings.user_id, set }),
    ),
  );
}

/** The statements that take push tokens from whoever else has them in the app, and signal it to those. */
export function takePushTokens(
  db: Database,
  touched: Touched,
  rows: readonly Beneath<{ push_token: string }>[],
) {
  const list = JSON.stringify(rows);
  const ofSettings = sql`${touchedBy(touched, list)} cross join user_settings as s on s.app_id = users.app_id and s.push_token = j.value ->> 'push_token' and s.user_id <> users.id`;
  const ofDevices = sql`${touchedBy(touched, list)} cross join push_bindings as b on b.app_id = users.app_id and b.notifier_name = ${UNNAMED} and b.device_token = j.value ->> 'push_token' and b.user_id <> users.id`;
  const losers = sql`(select s.user_id from ${ofSettings} union all select b.user_id from ${ofDevices})`;
  return [
    ...signalTo(db, losers, { kind: "changed", at: touched.now }),
    writing(
      db.query
        .delete(pushBindings)
        .where(
          sql`(${pushBindings.user_id}, ${pushBindings.device_sn}) in (select b.user_id, b.device_sn from ${ofDevices})`,
        ),
    ),
    writing(
      db.query
        .update(userSettings)
        .set(noPushToken)
        .where(sql`${userSettings.user_id} in (select s.user_id from ${ofSettings})`),
    ),
  ] as const;
}

/** The statements that replace users' tags. */
export function replaceTags(db: Database, touched: Touched, rows: readonly Beneath<{ tags: string[] }>[]) {
  const lists = listsOf(rows);
  const removals = lists.map((list) =>
    writing(
      db.query
        .delete(pushTags)
        .where(sql`${pushTags.user_id} in (select users.id from ${touchedBy(touched, list)})`),
    ),
  );
  const inserts = lists.map((list) =>
    writing(
      db.query
        .insert(pushTags)
        .select(
          sql`select users.id, t.value from ${touchedBy(touched, list)} cross join json_each(j.value ->> 'tags') as t where true`,
        )
        .onConflictDoNothing(),
    ),
  );
  return [...removals, ...inserts];
}

/** A ban for the history; one that is over has been lifted by time. */
export interface BanRow {
  reason: string;
  note: string;
  until: number | null;
  lifted_at: number | null;
}

/** The statements that end the bans in force of these users, and write those given. */
export function putBans(
  db: Database,
  touched: Touched,
  rows: readonly Beneath<{ ban: BanRow | null }>[],
  by: string,
) {
  const { appId, now } = touched;
  const lifted = JSON.stringify(rows.map(({ username_key }) => ({ username_key })));
  const given = rows.flatMap(({ username_key, ban }) => (ban ? [{ username_key, ...ban }] : []));
  return [
    writing(
      db.query
        .update(bans)
        .set({ lifted_at: now, lifted_by: by })
        .where(
          and(
            sql`${bans.user_id} in (select users.id from ${touchedBy(touched, lifted)})`,
            isNull(bans.lifted_at),
          ),
        ),
    ),
    ...listsOf(given).map((list) =>
      writing(
        db.query
          .insert(bans)
          .select(
            sql`select null, ${appId}, users.id, ${field("reason")}, ${field("note")}, ${field("until")}, ${now}, ${by}, ${field("lifted_at")}, iif(${field("lifted_at")} is null, null, 'expiry') from ${touchedBy(touched, list)} where true`,
          ),
      ),
    ),
  ];
}

/** The statements that owe these users' hubs a signal each: their epochs have been raised in the same batch. */
export function oweImported(db: Database, touched: Touched, rows: readonly Beneath<{ signal: Signal }>[]) {
  return listsOf(rows).map((list) =>
    writing(
      db.query
        .insert(owedSignals)
        .select(
          sql`select users.id, users.epoch, users.app_id, ${field("signal")}, ${touched.now} from ${touchedBy(touched, list)} where true`,
        )
        .onConflictDoNothing(),
    ),
  );
}

/** The statement that keeps one event for all users whom a batch has made or changed; none where those are none. */
export function insertImportedEvent(
  db: Database,
  app: Webhook,
  touched: Touched,
  keys: readonly string[],
  by: string,
) {
  const { appId, now } = touched;
  const { queued_at: _queued, dead_at: _dead, last_error: _error } = waiting;
  const which = hasWebhook(app) ? whichTouched(touched, keys) : sql`${users.id} = 0`;
  return writing(
    db.query
      .insert(webhookEvents)
      .select(
        sql`select 'evt_' || lower(hex(randomblob(16))), ${appId}, 'users.imported', json_object('count', count(*), 'by', ${by}, 'at', ${now}), ${now}, null, null, '' from ${users} where ${which} having count(*) > 0`,
      ),
  );
}

/** True for a write that failed as another has made a name, number, address, external id or push token its own meanwhile. */
export function wasOvertaken(error: unknown): boolean {
  return error instanceof DatabaseFault && error.unique !== undefined;
}
