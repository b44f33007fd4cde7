import { type SQL, and, asc, eq, getTableColumns, isNotNull, lt, ne, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/sqlite-core";
import { z } from "zod";
import { type ChangedSignal, Signal } from "../domain/signals.ts";
import { type Builder, type Database, writing } from "./database.ts";
import { listed } from "./listed.ts";
import { type Slots, preparedRead, preparedWrite } from "./prepared.ts";
import { owedSignals, owedTokens, users } from "./schema.ts";
import { type These, areThese, idsOf } from "./users.ts";

/** A signal as it stands in the ledger. */
export const OwedRow = z.object({
  user_id: z.int(),
  epoch: z.int(),
  app_id: z.string(),
  signal: Signal,
  created_at: z.int(),
});

export type OwedRow = z.infer<typeof OwedRow>;

/** What `owedBy` returned as a statement of a batch. */
export function owedRows(result: unknown): OwedRow[] {
  return z.array(OwedRow).parse(result);
}

interface Told {
  signal: string;
  now: number;
}

const owingThese = preparedWrite(oweThese);

function oweThese(query: Builder, given: Slots<These & Told>) {
  return owing(query, areThese(given), given.of("signal"), given.of("now"));
}

function owing(query: Builder, whichUsers: SQL, signal: SQL, now: SQL) {
  const row = query
    .select({
      user_id: users.id,
      epoch: users.epoch,
      app_id: users.app_id,
      signal: sql<Signal>`${signal}`.as("signal"),
      created_at: sql<number>`${now}`.as("created_at"),
    })
    .from(users)
    .where(whichUsers);
  return query.insert(owedSignals).select(row).onConflictDoNothing();
}

/** The statement that writes the same signal into the ledger of users whose epoch the same batch has just raised. */
export function oweSignal(db: Database, whichUsers: SQL | These, signal: Signal, now: number) {
  const text = JSON.stringify(Signal.parse(signal));
  if ("users" in whichUsers) return owingThese(db, { ...whichUsers, signal: text, now });
  return writing(owing(db.query, whichUsers, sql`${text}`, sql`${now}`));
}

const readingOwed = preparedRead(owedToThese);

function owedToThese(query: Builder, given: Slots<Pick<These, "users">>) {
  return owedBy({ query }, idsOf(given));
}

/** The same as `owedBy`, of users by their ids. */
export const owedTo = (db: Database, ids: readonly number[]) =>
  readingOwed(db, { users: JSON.stringify(ids) });

/**
 * The statement that reads what is owed to users, in the order in which their hubs must take it: what waits for a hub's first
 * need of it is the first of its signals.
 */
export function owedBy(db: Pick<Database, "query">, userIds: SQL) {
  const arrived = db.query
    .select({
      user_id: users.id,
      epoch: sql<number>`1`.as("epoch"),
      app_id: users.app_id,
      signal: sql<Signal>`${users.arrival}`.as("signal"),
      created_at: users.created_at,
    })
    .from(users)
    .where(and(sql`${users.id} in ${userIds}`, isNotNull(users.arrival)));
  const owed = db.query
    .select(getTableColumns(owedSignals))
    .from(owedSignals)
    .where(sql`${owedSignals.user_id} in ${userIds}`);
  return unionAll(owed, arrived).orderBy(sql`1`, sql`2`);
}

/** Signals that have waited since before `before` (ms), oldest first: those whose call did not live to deliver them. */
export async function listOverdue(db: Database, before: number, limit: number): Promise<OwedRow[]> {
  const late = db.query
    .select({ user_id: owedSignals.user_id })
    .from(owedSignals)
    .where(lt(owedSignals.created_at, before))
    .orderBy(asc(owedSignals.created_at))
    .limit(limit);
  return await db.run(owedBy(db, sql`(${late})`));
}

/** Has what is overdue to these users wait since `before` (ms) only: behind all else that is overdue. */
export async function putOff(db: Database, userIds: readonly number[], before: number): Promise<void> {
  const list = listed(userIds);
  await db.runUnrecorded(
    "bookkeeping",
    writing(
      db.query
        .update(owedSignals)
        .set({ created_at: before })
        .where(and(sql`${owedSignals.user_id} in ${list}`, lt(owedSignals.created_at, before))),
    ),
  );
}

const crossingOff = preparedWrite(crossOffTaken);

function crossOffTaken(query: Builder, given: Slots<{ taken: string }>) {
  // The join is crossed, so that the ledger is looked up for each of the list and never gone through.
  const rows = sql`(select owed.rowid from json_each(${given.of("taken")}) as taken cross join ${owedSignals} as owed on owed.user_id = taken.value ->> 'user_id' and owed.epoch <= taken.value ->> 'epoch')`;
  return query.delete(owedSignals).where(sql`rowid in ${rows}`);
}

/** The statement that crosses off what users' hubs have taken: of each all up to that epoch. */
export const crossOff = (db: Database, taken: readonly { user_id: number; epoch: number }[]) =>
  crossingOff(db, { taken: JSON.stringify(taken) });

/** The statement that forgets what waited for the hubs of these users, which have taken it. */
export function crossOffArrivals(db: Database, userIds: readonly number[]) {
  const list = listed(userIds);
  const taken = and(sql`${users.id} in ${list}`, isNotNull(users.arrival));
  return writing(db.query.update(users).set({ arrival: null }).where(taken));
}

/** The statement that raises the epochs of users: a signal of it follows in the same batch. */
export function raiseEpochs(db: Database, whichUsers: SQL) {
  return writing(
    db.query
      .update(users)
      .set({ epoch: sql`${users.epoch} + 1` })
      .where(whichUsers)
      .returning({ id: users.id }),
  );
}

/** The statements that tell the users of these ids that what is theirs is changed past their hubs, whatever else their batch does. */
export function signalTo(db: Database, userIds: SQL, signal: ChangedSignal) {
  const whichUsers = sql`${users.id} in ${userIds}`;
  return [raiseEpochs(db, whichUsers), oweSignal(db, whichUsers, signal, signal.at)] as const;
}

/** Push tokens that users of an app may still be taken to have: of a notifier, and not of the user who has come to have them. */
export interface Left {
  app_id: string;
  notifier_name: string;
  /** What stands behind `in`. */
  device_tokens: SQL;
  /** 0 for none. */
  owner: number;
}

/** The condition of the rows of those who had these push tokens, whose hubs may not know yet that they have not. */
const hadOne = ({ app_id, notifier_name, device_tokens, owner }: Left) =>
  and(
    eq(owedTokens.app_id, app_id),
    eq(owedTokens.notifier_name, notifier_name),
    sql`${owedTokens.device_token} in ${device_tokens}`,
    ne(owedTokens.user_id, owner),
  );

/**
 * The statement that reads what is owed to all who had these push tokens, whoever took or released them and when: who has come to have
 * one has it for itself once they have all been told.
 */
export function owedToFormer(db: Database, left: Left) {
  return owedBy(db, sql`(select ${owedTokens.user_id} from ${owedTokens} where ${hadOne(left)})`);
}

/**
 * The same users, each with the epoch up to which it is to be told, as a `KeptAnswer` has them; with those who are owed what was
 * written at `at` (ms).
 */
export function tellFormer(left: Left, at?: number): SQL {
  const former = sql`select ${owedTokens.user_id} as id, ${owedTokens.epoch} as epoch from ${owedTokens} where ${hadOne(left)}`;
  return told(at === undefined ? former : sql`${former} union ${owed(left.app_id, writtenAt(at))}`);
}

/** Those of an app who are owed such signals, in the same form. */
export const tellOwed = (appId: string, which: SQL): SQL => told(owed(appId, which));

/** The condition of signals that were written at `at` (ms). */
export const writtenAt = (at: number): SQL => eq(owedSignals.created_at, at);

const owed = (appId: string, which: SQL) =>
  sql`select ${owedSignals.user_id} as id, ${owedSignals.epoch} as epoch from ${owedSignals} where ${which} and ${owedSignals.app_id} = ${appId}`;

const told = (pairs: SQL) => sql`(select json_group_array(json_array(id, epoch)) from (${pairs}))`;

const FormerRows = z.array(z.object({ user_id: z.int(), device_token: z.string() }));

/** What `selectFormer` returned as a statement of a batch. */
export const formerRows = (result: unknown) => FormerRows.parse(result);

/** The statement that reads who had which of these push tokens, and may not know yet that it has not. */
export function selectFormer(db: Database, left: Left) {
  return db.query
    .select({ user_id: owedTokens.user_id, device_token: owedTokens.device_token })
    .from(owedTokens)
    .where(hadOne(left));
}
