import { getTableColumns } from "drizzle-orm";
import { z } from "zod";
import type { Database, RawStatement } from "./database.ts";
import { DIRECTORY } from "./numbering.ts";
import * as schema from "./schema.ts";
import type { CopyPlace } from "./schema.ts";

/** Most rows of one slice that is copied: each is one statement, for which all others wait. */
const AT_ONCE = 500;
/** Most users whose rows one statement deletes. */
const USERS_AT_ONCE = 50;
/** Longest list that one statement is given (UTF-16 units): D1 takes parameters of 2 MB. */
const LONGEST_LIST = 300_000;

/** Rows that are copied together, in the order of their keys. */
interface Part {
  table: string;
  columns: readonly string[];
  keys: readonly [string, ...string[]];
  /**
   * How an app's rows are found: by an index that begins with the app; by its users; or, in tables that are short as their
   * rows do not stay, among the rows of all.
   */
  by: "app" | "user" | "key";
}

function part(table: string, columns: object, by: Part["by"], ...keys: Part["keys"]): Part {
  return { table, columns: Object.keys(columns), by, keys };
}

const {
  users,
  userSettings,
  pushTags,
  pushBindings,
  pushFeedback,
  keptAnswers,
  tokens,
  seenDevices,
  bans,
  audit,
  owedSignals,
  owedTokens,
  webhookEvents,
  webhookDeliveries,
} = schema;

/** All that is of an app's users, those first to whom the others refer. */
const parts: readonly Part[] = [
  part("users", getTableColumns(users), "app", "id"),
  part("user_settings", getTableColumns(userSettings), "user", "user_id"),
  part("push_tags", getTableColumns(pushTags), "user", "user_id", "tag"),
  part("push_bindings", getTableColumns(pushBindings), "user", "user_id", "device_sn"),
  part("tokens", getTableColumns(tokens), "user", "user_id", "hash"),
  part("seen_devices", getTableColumns(seenDevices), "user", "user_id", "device"),
  part("bans", getTableColumns(bans), "app", "user_id", "id"),
  part("kept_answers", getTableColumns(keptAnswers), "app", "caller", "key"),
  part("webhook_events", getTableColumns(webhookEvents), "key", "id"),
  part("webhook_deliveries", getTableColumns(webhookDeliveries), "app", "at", "id"),
  part("owed_signals", getTableColumns(owedSignals), "key", "user_id", "epoch"),
  // Behind the signals, with which they go.
  part("owed_tokens", getTableColumns(owedTokens), "app", "notifier_name", "device_token", "user_id"),
  // Late, as the directory goes on to write records.
  part("audit", getTableColumns(audit), "app", "at", "id"),
  part("push_feedback", getTableColumns(pushFeedback), "app", "result"),
];

/** The tables that are copied; of those that it does not name, the rows of an app are in the directory alone. */
export const copiedTables: readonly string[] = parts.map(({ table }) => table);

/** The part whose rows go on being written while they are copied. */
const AUDIT = parts.findIndex(({ table }) => table === "audit");

/** A slice that does not stand at the target as it stands at the source. */
export class CopyFault extends Error {
  override readonly name = "CopyFault";
}

/** Where copying begins. */
export const firstPlace: CopyPlace = { part: 0, after: [] };

const Line = z.object({ line: z.string(), place: z.string(), is_ours: z.int() });
const Keys = z.array(z.union([z.string(), z.number()]));

const marks = (count: number) => `(${Array.from({ length: count }, () => "?").join(", ")})`;

/** The rows of a part behind the keys `after`, up to `upTo` where that is given, `limit` at most: each as a JSON array. */
function selectSlice(
  { table, columns, keys, by }: Part,
  appId: string,
  after: CopyPlace["after"],
  upTo: CopyPlace["after"] | undefined,
  until: number | undefined,
  limit: number,
): RawStatement {
  const own = keys.map((key) => (by === "user" && key === "user_id" ? "users.id" : `${table}.${key}`));
  const row = `(${own.join(", ")})`;
  const from = by === "user" ? `users cross join ${table} on ${table}.user_id = users.id` : table;
  const app = by === "user" ? "users.app_id" : `${table}.app_id`;
  // A signal that is put off meanwhile is the same signal.
  const compared = columns.filter((column) => table !== "owed_signals" || column !== "created_at");
  const list = (upTo ? compared : columns).map((column) => `${table}.${column}`).join(", ");
  const conditions = [
    ...(by === "key" && !upTo ? [] : [`${app} = ?`]),
    ...(after.length > 0 ? [`${own[0]} >= ?`, `${row} > ${marks(keys.length)}`] : []),
    ...(upTo ? [`${row} <= ${marks(keys.length)}`] : []),
    ...(until === undefined ? [] : [`${table}.id <= ?`]),
    "true",
  ];
  const sql = `select json_array(${list}) as line, json_array(${own.join(", ")}) as place, ${app} = ? as is_ours from ${from} where ${conditions.join(" and ")} order by ${own.join(", ")} limit ?`;
  const params = [
    appId,
    ...(by === "key" && !upTo ? [] : [appId]),
    ...(after.length > 0 ? [after[0], ...after] : []),
    ...(upTo ?? []),
    ...(until === undefined ? [] : [until]),
    limit,
  ];
  return { sql, params };
}

/** Cuts lines into lists that a statement can be given. */
function listsOf(lines: readonly string[]): string[] {
  const lists: string[][] = [];
  let length = LONGEST_LIST;
  for (const line of lines) {
    if (length + line.length >= LONGEST_LIST) {
      lists.push([]);
      length = 0;
    }
    lists.at(-1)?.push(line);
    length += line.length;
  }
  return lists.map((list) => `[${list.join(",")}]`);
}

/** By which move an app is closed in a database. */
export interface Fence {
  app_id: string;
  id: number;
}

const isLifted = "exists (select 1 from closings where app_id = ? and move_id = ? and state = 'lifted')";

/**
 * Writes for a move where the app is closed by it, and nowhere else: a mover that was held up until another has come further
 * finds the door shut. False where it did.
 */
async function writeBehind(
  db: Database,
  { app_id, id }: Fence,
  state: "closed" | "undone",
  statements: readonly RawStatement[],
): Promise<D1Result[] | undefined> {
  const set = "update closings set state = ? where app_id = ? and move_id = ? and state = ?";
  const [lifted, ...results] = await db.sendAsIs([
    { sql: set, params: ["lifted", app_id, id, state] },
    ...statements,
    { sql: set, params: [state, app_id, id, "lifted"] },
  ]);
  return lifted?.meta.changes === 1 ? results : undefined;
}

/**
 * About how much an app takes of a database (bytes): as much of it as its users are of all users there. It looks at the
 * counts of all apps there, which are two rows each.
 */
export async function shareOf(db: Database, appId: string): Promise<number> {
  const [counted] = await db.sendAsIs([
    {
      sql: "select coalesce(sum(iif(app_id = ?, total, 0)), 0) as own, coalesce(sum(total), 0) as every from user_counts",
      params: [appId],
    },
  ]);
  const [count] = z.array(z.object({ own: z.int(), every: z.int() })).parse(counted?.results);
  return count && counted ? (counted.meta.size_after * count.own) / Math.max(count.every, 1) : 0;
}

/** What became of a slice: where the next begins, undefined where nothing is left, and how many rows it had. */
export interface Copied {
  next: CopyPlace | undefined;
  rows: number;
  /** The last record of the audit that is copied, where that is known. */
  auditUntil: number | undefined;
}

/**
 * Copies the slice at a place, and compares it: each row must stand at the target as it stands at the source. A repeat does
 * no harm. Throws where a row does not; undefined where another mover has come further.
 */
export async function copySlice(
  source: Database,
  target: Database,
  fence: Fence,
  { part: index, after, until }: CopyPlace,
): Promise<Copied | undefined> {
  const part = parts[index];
  if (!part) throw new Error("a place of no part");
  const { table, columns } = part;
  const [read] = await source.sendAsIs([selectSlice(part, fence.app_id, after, undefined, until, AT_ONCE)]);
  const lines = z.array(Line).parse(read?.results);
  const ours = lines.filter((line) => line.is_ours === 1);
  const last = Keys.optional().parse(lines.length > 0 ? JSON.parse(lines.at(-1)?.place ?? "") : undefined);
  if (last !== undefined && ours.length > 0) {
    const values = columns.map((_column, at) => `value ->> ${at}`).join(", ");
    const insert = `insert into ${table} (${columns.join(", ")}) select ${values} from json_each(?) where ${isLifted} on conflict do nothing`;
    const results = await writeBehind(target, fence, "closed", [
      ...listsOf(ours.map(({ line }) => line)).map((list) => ({
        sql: insert,
        params: [list, fence.app_id, fence.id],
      })),
      selectSlice(part, fence.app_id, after, last, until, AT_ONCE * 2),
    ]);
    if (!results) return undefined;
    const [there] = z.array(z.array(Line)).parse([results.at(-2)?.results]);
    compare(part, ours, there ?? []);
  }
  const isOver = lines.length < AT_ONCE;
  const next = isOver
    ? await beginPart(source, index + 1)
    : { part: index, after: last ?? [], ...end(until) };
  return { next: next.part < parts.length ? next : undefined, rows: ours.length, auditUntil: until };
}

const end = (until: number | undefined) => (until === undefined ? {} : { until });

/** Where a part begins. Of the audit only what there is now is copied: ids grow, so that nothing comes in between. */
async function beginPart(source: Database, index: number): Promise<CopyPlace> {
  const place = { part: index, after: [] };
  if (index !== AUDIT) return place;
  const [last] = await source.sendAsIs([{ sql: "select coalesce(max(id), 0) as id from audit", params: [] }]);
  const [row] = z.array(z.object({ id: z.int() })).parse(last?.results);
  return { ...place, until: row?.id ?? 0 };
}

/** Fails where the target has not just what the source has. What is owed may have been crossed off at the source since. */
function compare(
  { table, columns }: Part,
  ours: readonly z.infer<typeof Line>[],
  there: readonly z.infer<typeof Line>[],
): void {
  if (table === "owed_signals" || table === "owed_tokens") {
    const at = columns.indexOf("created_at");
    const found = new Set(there.map(({ line }) => line));
    const without = (line: string) =>
      at === -1 ? line : JSON.stringify(z.array(z.unknown()).parse(JSON.parse(line)).toSpliced(at, 1));
    if (ours.every(({ line }) => found.has(without(line)))) return;
  } else if (ours.length === there.length && ours.every(({ line }, index) => line === there[index]?.line)) {
    return;
  }
  throw new CopyFault(`a copied slice of ${table} is not what was copied`);
}

/**
 * Deletes a slice of an app's rows in a database that it has left or never came to; true where there may be more. Records
 * behind `auditUntil` stay.
 */
export async function deleteSlice(
  db: Database,
  fence: Fence,
  state: "closed" | "undone",
  auditUntil: number,
): Promise<boolean> {
  const { app_id, id } = fence;
  const remove = (table: string, which: string, ...params: unknown[]) => ({
    sql: `delete from ${table} where rowid in (select rowid from ${table} where app_id = ? and ${which}) and ${isLifted}`,
    params: [app_id, ...params, app_id, id],
  });
  const results = await writeBehind(db, fence, state, [
    remove("users", "true order by id limit ?", USERS_AT_ONCE),
    remove("push_feedback", "true limit ?", AT_ONCE),
    remove("bans", "true limit ?", AT_ONCE),
    remove("audit", "id <= ? limit ?", auditUntil, AT_ONCE),
    remove("kept_answers", "true limit ?", AT_ONCE),
    remove("owed_signals", "true limit ?", AT_ONCE),
    remove("webhook_events", "dead_at is null limit ?", AT_ONCE),
    remove("webhook_events", "dead_at is not null limit ?", AT_ONCE),
    remove("webhook_deliveries", "true limit ?", AT_ONCE),
  ]);
  return results?.slice(0, -1).some(({ meta }) => meta.changes > 0) ?? false;
}

/** Forgets an app in a user database where it has no users any more. */
export async function forgetApp(db: Database, { app_id, id }: Fence): Promise<void> {
  if (db.number === DIRECTORY) return;
  const isLeft = "exists (select 1 from closings where app_id = ? and move_id = ? and state <> 'open')";
  await db.sendAsIs(
    ["admin_tokens", "apps"].map((table) => ({
      sql: `delete from ${table} where app_id = ? and ${isLeft}`,
      params: [app_id, app_id, id],
    })),
  );
}

const Tokens = z.array(z.object({ line: z.string(), id: z.int() }));

/**
 * Has a user database know an app's admin tokens as another does. One that either knows as revoked is revoked: a revocation
 * begins where the users stand, and may have come no further.
 */
export async function copyAdminTokens(from: Database, db: Database, { app_id }: Fence): Promise<void> {
  const columns = Object.keys(getTableColumns(schema.adminTokens));
  const read = `select json_array(${columns.join(", ")}) as line, id from admin_tokens where app_id = ? and id > ? order by id limit ?`;
  const values = columns.map((_column, at) => `value ->> ${at}`).join(", ");
  const write = `insert into admin_tokens (${columns.join(", ")}) select ${values} from json_each(?) where true on conflict (id) do update set revoked_at = coalesce(revoked_at, excluded.revoked_at)`;
  for (let after = 0; ;) {
    const [found] = await from.sendAsIs([{ sql: read, params: [app_id, after, AT_ONCE] }]);
    const rows = Tokens.parse(found?.results);
    const lists = listsOf(rows.map(({ line }) => line));
    if (lists.length > 0) await db.sendAsIs(lists.map((list) => ({ sql: write, params: [list] })));
    if (rows.length < AT_ONCE) return;
    after = rows.at(-1)?.id ?? after;
  }
}
