import type { SQL } from "drizzle-orm";
import { Refusal } from "../domain/reasons.ts";
import { type App, believedFor, copyApp, readApp, selectApp } from "../store/apps.ts";
import {
  CopyFault,
  copyAdminTokens,
  copySlice,
  deleteSlice,
  firstPlace,
  forgetApp,
  shareOf,
} from "../store/copying.ts";
import { type Database, DatabaseFault, type Trips, databaseFor, directoryOf } from "../store/database.ts";
import { FULL } from "../store/databases.ts";
import {
  type Move,
  answerOfMove,
  closeApp,
  findMove,
  hasLedTo,
  hasMove,
  insertMove,
  keepMove,
  listUnderWay,
  noteFailedStep,
  reopenApp,
  selectMove,
  stopMove,
  switchApp,
  wasStopped,
} from "../store/moves.ts";
import { requireBound } from "./apps.ts";
import type { Scope } from "./scope.ts";

/** Most moves that one look of the cron trigger goes on with: a step takes up to nine trips, and a run has 1,000. */
const AT_ONCE = 10;

/** Trips to D1 after which a call says how far it is: the platform gives a call 1,000. */
const MOST_TRIPS = 600;

/** When who wants another move than the one under way may ask again (s). */
const AGAIN = 10;

/** What all others get between two steps (ms): on a local server the databases live in the Worker's own process. */
const REST = 5;

/** Where a move works. */
interface Places {
  directory: Database;
  source: Database;
  target: Database;
}

function placesOf(env: Env, { source, target }: Move, trips: Trips): Places {
  return {
    directory: directoryOf(env, trips),
    source: databaseFor(env, { database: source }, trips),
    target: databaseFor(env, { database: target }, trips),
  };
}

/**
 * Begins to move the app to another database, or goes on where one to there is under way: until it is over, has to wait, or
 * `until` (ms) has come. What is not done then is done by the next call or by the cron trigger.
 */
export async function moveApp(scope: Scope, target: number, until: number): Promise<Move> {
  const { directory, env, now, trips } = scope;
  const { app_id } = scope.app;
  requireBound(env, target);
  const app = await readApp(env, app_id, trips);
  if (!app) throw new Refusal("app_unknown");
  const last = await lookAt(scope, app.database === target ? hasMove(app_id, hasLedTo(target)) : undefined);
  const isUnderWay = last !== undefined && last.ended_at === null;
  if (isUnderWay && (last.target !== target || last.phase === "undoing")) {
    const message = `the app is being moved to ${last.target}: wait for the end of it`;
    throw new Refusal("parameter_wrong", message, AGAIN);
  }
  if (!isUnderWay && target === app.database && last?.target === target) return last;
  if (!isUnderWay) {
    if (target <= app.database) {
      throw new Refusal(
        "parameter_wrong",
        `database must be higher than ${app.database}, where the app stands: the ids of a database go on behind its highest`,
      );
    }
    await requireRoom(env, app, target, trips);
    const [[begun]] = await scope.writeDirectory(
      "the subject",
      [insertMove(directory, { app_id, source: app.database, target }, now)],
      answerOfMove(app_id),
    );
    const underWay = begun ?? (await findMove(directory, app_id));
    if (underWay?.target !== target || underWay.ended_at !== null) {
      throw new Refusal("parameter_wrong", "another call moves the app: look where it stands", AGAIN);
    }
  }
  return await goOn(scope, until);
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;

/** Refuses a target that the app would fill: copying would fail at the end of it, with the app closed all the while. */
async function requireRoom(env: Env, app: App, target: number, trips: Trips): Promise<void> {
  const [share, taken] = await Promise.all([
    shareOf(databaseFor(env, app, trips), app.app_id),
    databaseFor(env, { database: target }, trips).size(),
  ]);
  if (taken + share <= FULL) return;
  throw new Refusal(
    "parameter_wrong",
    `database must have room: ${target} holds ${gigabytes(taken)}, the app takes about ${gigabytes(share)}, and ${gigabytes(FULL)} are the most`,
  );
}

/** Stops the move of the app, which opens again where it stands. Refuses where it stands at the target already. */
export async function stopMoving(scope: Scope, until: number): Promise<Move> {
  const { app, directory } = scope;
  const { app_id } = app;
  await scope.writeDirectory("the subject", [stopMove(directory, app_id)], answerOfMove(app_id));
  const last = await lookAt(scope, hasMove(app_id, wasStopped));
  if (last?.phase === "undoing") return await goOn(scope, until);
  if (last?.phase === "undone") return last;
  throw new Refusal("parameter_wrong", "there must be a move, and the app must not stand at its target yet");
}

/** The move of the app that is under way, or its last one. Refuses where there was none. */
export async function readMove({ app, directory }: Scope): Promise<Move> {
  const move = await findMove(directory, app.app_id);
  if (!move) throw new Refusal("parameter_wrong", "the app was never moved");
  return move;
}

/** The move of the app, as it is answered where `isSure` says so: it is kept for who sends the request again. */
async function lookAt(scope: Scope, isSure: SQL | undefined): Promise<Move | undefined> {
  const { app, directory } = scope;
  const read = selectMove(directory, app.app_id);
  return (await scope.readKeeping(read, answerOfMove(app.app_id), isSure))[0];
}

/** Goes on with the move of an app until it is over, has to wait, or this call has done enough: `until` (ms) at the latest. */
async function goOn(scope: Scope, until: number): Promise<Move> {
  const { app, directory, env, trips } = scope;
  for (;;) {
    const move = await lookAt(scope, hasMove(app.app_id));
    if (!move) throw new Error("a move is gone");
    if (!isDue(move) || Date.now() >= until || trips.d1 >= MOST_TRIPS) return move;
    try {
      await step(env, move, trips);
    } catch (error) {
      // It is undone for that: the app opens again at once.
      const isUndone = (await findMove(directory, app.app_id))?.phase === "undoing";
      if (move.phase === "undoing" || !isUndone) throw error;
    }
    await scheduler.wait(REST);
  }
}

const isDue = ({ ended_at, open_at, phase }: Move) =>
  ended_at === null && (phase !== "waiting" || open_at === null || open_at <= Date.now());

/** A step of each move that is under way, for the cron trigger; true where there may be more to do. Says what failed. */
export async function moveOn(env: Env, trips: Trips, report: (error: unknown) => void): Promise<boolean> {
  const due = await listUnderWay(directoryOf(env, trips), Date.now(), AT_ONCE);
  const outcomes = await Promise.allSettled(due.map(async (move) => await step(env, move, trips)));
  for (const outcome of outcomes) if (outcome.status === "rejected") report(outcome.reason);
  return outcomes.some((outcome) => outcome.status === "fulfilled");
}

/**
 * One step of a move. What it is to do next is kept before it is done, and what is done a second time, or by two at once,
 * changes nothing: whoever comes next goes on where the machine died.
 */
async function step(env: Env, move: Move, trips: Trips): Promise<void> {
  try {
    await go(env, placesOf(env, move, trips), move);
  } catch (error) {
    // What is said of it holds nothing of a statement.
    const isPlain = error instanceof DatabaseFault || error instanceof CopyFault;
    const fault = isPlain ? error.message : "unknown";
    await noteFailedStep(directoryOf(env, trips), move, fault).catch(() => undefined);
    throw error;
  }
}

async function go(env: Env, places: Places, move: Move): Promise<void> {
  switch (move.phase) {
    case "closing":
      return await close(places, move);
    case "copying":
      return await copy(places, move);
    case "waiting":
      return await open(env, places, move);
    case "emptying":
      return await empty(places, move);
    case "undoing":
      return await undo(places, move);
    case "done":
    case "undone":
      return;
  }
}

/** From here on the source takes no write of the app, and the target takes none but the copies. */
async function close({ directory, source, target }: Places, move: Move): Promise<void> {
  const app = await selectApp(directory, move.app_id);
  // What a mover of an earlier move still forgets at the target, it forgets before this.
  await closeApp(target, move);
  if (app) await copyApp(target, app);
  await closeApp(source, move);
  await keepMove(directory, move, { phase: "copying", place: firstPlace, closed_at: Date.now() });
}

/** Copies a slice; behind the last one the app stands at the target, where nobody writes until all know that. */
async function copy({ directory, source, target }: Places, move: Move): Promise<void> {
  if (move.place) {
    const copied = await copySlice(source, target, move, move.place);
    if (!copied) return;
    const { auditUntil = move.audit_until, next, rows } = copied;
    const change = { place: next ?? null, copied: move.copied + rows, audit_until: auditUntil };
    await keepMove(directory, move, change);
    return;
  }
  await switchApp(directory, move, Date.now());
}

/**
 * Opens at the target. Admin tokens that were made or revoked meanwhile are known in the directory: before and after it. What was
 * revoked where the app stood is first of all: the directory may not know it yet.
 */
async function open(env: Env, { directory, source, target }: Places, move: Move): Promise<void> {
  if (move.open_at === null) {
    // The wait begins when the switch is known: whoever has read the app before it believes it for no longer.
    await keepMove(directory, move, { open_at: Date.now() + believedFor(env) });
    return;
  }
  await copyAdminTokens(source, target, move);
  await copyAdminTokens(directory, target, move);
  await reopenApp(target, move, "open");
  await copyAdminTokens(directory, target, move);
  await keepMove(directory, move, { phase: "emptying", opened_at: Date.now() });
}

/** Deletes a slice of what is left at the source, where the app stays closed. */
async function empty({ directory, source }: Places, move: Move): Promise<void> {
  if (await deleteSlice(source, move, "closed", move.audit_until)) return;
  await forgetApp(source, move);
  await keepMove(directory, move, { phase: "done", ended_at: Date.now() });
}

/** Opens at the source, and deletes a slice of what was copied. */
async function undo({ directory, source, target }: Places, move: Move): Promise<void> {
  await reopenApp(source, move, "open");
  await reopenApp(target, move, "undone");
  if (await deleteSlice(target, move, "undone", Number.MAX_SAFE_INTEGER)) return;
  await forgetApp(target, move);
  await keepMove(directory, move, { phase: "undone", ended_at: Date.now() });
}
