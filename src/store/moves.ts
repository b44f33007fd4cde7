import { type SQL, getTableName, and, asc, eq, isNotNull, isNull, lt, lte, ne, or, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { laterThan } from "./apps.ts";
import { type Database, writing } from "./database.ts";
import { DIRECTORY } from "./numbering.ts";
import { apps, closings, moves } from "./schema.ts";

/** A move as it stands in the directory. */
export type Move = typeof moves.$inferSelect;

/** The move of an app that is under way, or else its last one; undefined where it was never moved. */
export async function findMove(directory: Database, appId: string): Promise<Move | undefined> {
  return (await directory.run(selectMove(directory, appId)))[0];
}

/** The same as a statement, for a transaction that keeps `answerOfMove`. */
export function selectMove(directory: Database, appId: string) {
  return directory.query.select().from(moves).where(eq(moves.app_id, appId));
}

/** What callers are shown of a move. */
const shownOfMove = [
  "source",
  "target",
  "phase",
  "copied",
  "started_at",
  "closed_at",
  "open_at",
  "opened_at",
  "ended_at",
  "failures",
  "fault",
] as const satisfies readonly (keyof Move)[];

/** The answer that shows an app's move, as the database says it, to be kept. */
export function answerOfMove(appId: string): SQL {
  const shown = sql.raw(shownOfMove.map((name) => `'${name}', ${name}`).join(", "));
  const move = sql`(select json_object(${shown}) from ${moves} where ${eq(moves.app_id, appId)})`;
  return sql`json_object('status', 200, 'body', json_object('code', 200, 'message', '', 'data', json(${move})))`;
}

/** True in a statement where the app has a move of which that holds. */
export function hasMove(appId: string, which?: SQL): SQL {
  return sql`exists (select 1 from ${moves} where ${and(eq(moves.app_id, appId), which)})`;
}

/** True of a move that was stopped. */
export const wasStopped = sql`${moves.phase} in ('undoing', 'undone')`;

/** True of a move that is over and led to that database. */
export const hasLedTo = (target: number) =>
  sql`${moves.ended_at} is not null and ${moves.target} = ${target}`;

/** Moves that are under way and can go on at `now` (ms), oldest first. */
export async function listUnderWay(directory: Database, now: number, limit: number): Promise<Move[]> {
  return await directory.run(
    directory.query
      .select()
      .from(moves)
      .where(
        and(
          isNull(moves.ended_at),
          or(ne(moves.phase, "waiting"), isNull(moves.open_at), lte(moves.open_at, now)),
        ),
      )
      .orderBy(asc(moves.started_at))
      .limit(limit),
  );
}

const nothing = (name: string) => sql<null>`null`.as(name);

/** The statement that begins a move, where none is under way and the app stands at the source; it returns the move, or nothing. */
export function insertMove(
  directory: Database,
  { app_id, source, target }: Pick<Move, "app_id" | "source" | "target">,
  now: number,
) {
  const begun = {
    source,
    target,
    phase: "closing" as const,
    place: null,
    copied: 0,
    audit_until: 0,
    open_at: null,
    started_at: now,
    closed_at: null,
    opened_at: null,
    ended_at: null,
    failures: 0,
    fault: "",
  };
  const row = directory.query
    .select({
      app_id: apps.app_id,
      id: sql<number>`1`.as("id"),
      source: sql<number>`${source}`.as("source"),
      target: sql<number>`${target}`.as("target"),
      phase: sql<typeof begun.phase>`${begun.phase}`.as("phase"),
      place: nothing("place"),
      copied: sql<number>`0`.as("copied"),
      audit_until: sql<number>`0`.as("audit_until"),
      open_at: nothing("open_at"),
      started_at: sql<number>`${now}`.as("started_at"),
      closed_at: nothing("closed_at"),
      opened_at: nothing("opened_at"),
      ended_at: nothing("ended_at"),
      failures: sql<number>`0`.as("failures"),
      fault: sql<string>`''`.as("fault"),
    })
    .from(apps)
    .where(and(eq(apps.app_id, app_id), eq(apps.database, source)));
  return writing(
    directory.query
      .insert(moves)
      .select(row)
      .onConflictDoUpdate({
        target: moves.app_id,
        set: { ...begun, id: sql`${moves.id} + 1` },
        setWhere: isNotNull(moves.ended_at),
      })
      .returning(),
  );
}

/** What a step that succeeded says of those before it. */
const wentOn = { failures: 0, fault: "" };

/** The statement that stops a move which has not come to its target yet; it returns the move, or nothing. */
export function stopMove(directory: Database, appId: string) {
  return writing(
    directory.query
      .update(moves)
      .set({ phase: "undoing", ...wentOn })
      .where(
        and(eq(moves.app_id, appId), sql`${moves.phase} in ('closing', 'copying')`, isNull(moves.ended_at)),
      )
      .returning(),
  );
}

/** A move where it is still as it was read: of two who go on with it, one gets further. */
function asRead(move: Move): SQL | undefined {
  return and(
    eq(moves.app_id, move.app_id),
    eq(moves.id, move.id),
    eq(moves.phase, move.phase),
    sql`${moves.place} is ${move.place === null ? null : JSON.stringify(move.place)}`,
  );
}

/** Keeps how far a move is by now; gives it back, or undefined where another has come further. */
export async function keepMove(
  directory: Database,
  move: Move,
  change: Partial<Omit<Move, "app_id" | "id">>,
): Promise<Move | undefined> {
  // Why a move was undone is told to its end.
  const told = move.phase === "undoing" ? {} : wentOn;
  const [kept] = await directory.runUnrecorded(
    "bookkeeping",
    writing(
      directory.query
        .update(moves)
        .set({ ...told, ...change })
        .where(asRead(move))
        .returning(),
    ),
  );
  return kept;
}

/** Most steps of a move that may fail one after another before it is undone: its app writes nothing meanwhile. */
const MOST_FAILURES = 10;

/**
 * Notes that a step of a move failed, and why. One that has failed so often that it may never succeed is undone, where the app
 * does not stand at the target yet.
 */
export async function noteFailedStep(directory: Database, move: Move, fault: string): Promise<void> {
  const isHopeless = sql`${moves.failures} + 1 >= ${MOST_FAILURES} and ${moves.phase} in ('closing', 'copying')`;
  await directory.runUnrecorded(
    "bookkeeping",
    writing(
      directory.query
        .update(moves)
        .set({
          failures: sql`${moves.failures} + 1`,
          fault,
          phase: sql`case when ${isHopeless} then 'undoing' else ${moves.phase} end`,
        })
        .where(
          and(
            eq(moves.app_id, move.app_id),
            eq(moves.id, move.id),
            eq(moves.phase, move.phase),
            isNull(moves.ended_at),
          ),
        ),
    ),
  );
}

/**
 * Has the app stand at the target from now on, and the move wait, in one transaction. The place of all that isolates remember
 * changes with it.
 */
export async function switchApp(directory: Database, move: Move, now: number): Promise<Move | undefined> {
  const isMoving = sql`exists (select 1 from ${moves} where ${asRead(move)})`;
  const [, [kept]] = await directory.writeUnrecorded("bookkeeping", [
    writing(
      directory.query
        .update(apps)
        .set({ database: move.target, updated_at: laterThan(now) })
        .where(and(eq(apps.app_id, move.app_id), eq(apps.database, move.source), isMoving)),
    ),
    writing(
      directory.query
        .update(moves)
        .set({ phase: "waiting", place: null, open_at: null, ...wentOn })
        .where(asRead(move))
        .returning(),
    ),
  ]);
  return kept;
}

/** Closes an app in a database for a move, unless a later one has been there. */
export async function closeApp(db: Database, { app_id, id }: Pick<Move, "app_id" | "id">): Promise<void> {
  const closed = { move_id: id, state: "closed" as const };
  await db.runUnrecorded(
    "bookkeeping",
    writing(
      db.query
        .insert(closings)
        .values({ app_id, ...closed })
        .onConflictDoUpdate({ target: closings.app_id, set: closed, setWhere: lt(closings.move_id, id) }),
    ),
  );
}

/**
 * Opens an app where the move closes it, or marks a move that was stopped where it led to. It holds against one that comes to
 * close it late.
 */
export async function reopenApp(
  db: Database,
  { app_id, id }: Pick<Move, "app_id" | "id">,
  state: "open" | "undone",
): Promise<void> {
  const isOurs = sql`${closings.move_id} < ${id} or (${closings.move_id} = ${id} and ${closings.state} = 'closed')`;
  await db.runUnrecorded(
    "bookkeeping",
    writing(
      db.query
        .insert(closings)
        .values({ app_id, move_id: id, state })
        .onConflictDoUpdate({ target: closings.app_id, set: { move_id: id, state }, setWhere: isOurs }),
    ),
  );
}

/** The statement that closes an app in the directory where its users stand elsewhere. It changes nothing where they do not. */
export function closeInDirectory(directory: Database, appId: string) {
  const row = directory.query
    .select({
      app_id: apps.app_id,
      move_id: sql<number>`0`.as("move_id"),
      state: sql<"closed">`'closed'`.as("state"),
    })
    .from(apps)
    .where(and(eq(apps.app_id, appId), sql`${apps.database} <> ${DIRECTORY}`));
  return writing(directory.query.insert(closings).select(row).onConflictDoNothing());
}

/** A column by its table's name too: a statement of one table leaves it out, and the name would be another's further in. */
function named({ table, name }: SQLiteColumn): SQL {
  return sql`${sql.identifier(getTableName(table))}.${sql.identifier(name)}`;
}

/** True in a statement where an app does not write in that database: what a sweep meets there waits. */
export function isClosed(appId: SQLiteColumn): SQL<number> {
  return sql<number>`exists (select 1 from ${closings} as closing where closing.app_id = ${named(appId)} and closing.state <> 'open')`;
}

/** Which of an app's records, by their ids, the directory still has to show: those that were not copied to where its users stand by now. */
export function staysInDirectory(appId: string, id: SQL): SQL {
  return sql`${id} > coalesce((select move.audit_until from ${moves} as move where move.app_id = ${appId} and move.source = ${DIRECTORY}), 0)`;
}
