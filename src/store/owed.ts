import { type SQL, and, asc, getTableColumns, isNotNull, lt, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/sqlite-core";
import { z } from "zod";
import { type ChangedSignal, Signal } from "../domain/signals.ts";
import { type Database, writing } from "./database.ts";
import { owedSignals, users } from "./schema.ts";
import { listed } from "./listed.ts";

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

/** The statement that writes the same signal into the ledger of users whose epoch the same batch has just raised. */
export function oweSignal(db: Database, whichUsers: SQL, signal: Signal, now: number) {
  const row = db.query
    .select({
      user_id: users.id,
      epoch: users.epoch,
      app_id: users.app_id,
      signal: sql<Signal>`${JSON.stringify(Signal.parse(signal))}`.as("signal"),
      created_at: sql<number>`${now}`.as("created_at"),
    })
    .from(users)
    .where(whichUsers);
  return writing(db.query.insert(owedSignals).select(row).onConflictDoNothing());
}

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

/** The statement that crosses off what users' hubs have taken: of each all up to that epoch. */
export function crossOff(db: Database, taken: readonly { user_id: number; epoch: number }[]) {
  // The join is crossed, so that the ledger is looked up for each of the list and never gone through.
  const rows = sql`(select owed.rowid from json_each(${JSON.stringify(taken)}) as taken cross join ${owedSignals} as owed on owed.user_id = taken.value ->> 'user_id' and owed.epoch <= taken.value ->> 'epoch')`;
  return writing(db.query.delete(owedSignals).where(sql`rowid in ${rows}`));
}

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

/**
 * The statements that tell the users of these ids that somebody takes a push token from them, whatever else their batch does; the
 * third of them reads what they are owed, and what all are from whom the same taker took one before: a call that could not tell
 * them is sent again, and finds nobody then to take it from.
 */
export function signalTo(db: Database, userIds: SQL, signal: ChangedSignal) {
  const whichUsers = sql`${users.id} in ${userIds}`;
  const { taker } = signal;
  const ofTaker = sql`${owedSignals.signal} ->> '$.taker' = ${taker}`;
  const losers = sql`(select ${owedSignals.user_id} from ${owedSignals} where ${ofTaker})`;
  return [
    raiseEpochs(db, whichUsers),
    oweSignal(db, whichUsers, signal, signal.at),
    owedBy(db, taker === undefined ? userIds : losers),
  ] as const;
}
