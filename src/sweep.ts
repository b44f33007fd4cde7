import { reportFailure } from "./platform/log.ts";
import { HubClient } from "./hub/client.ts";
import { hubName } from "./hub/contract.ts";
import { deliver } from "./services/deliver.ts";
import { moveOn } from "./services/moving.ts";
import { sweepAudit } from "./store/audit.ts";
import {
  type Database,
  type Trips,
  type Write,
  boundNumbers,
  databaseFor,
  directoryOf,
  noTrips,
} from "./store/database.ts";
import { sweepAnswers } from "./store/kept-answers.ts";
import { type Turns, keepSizes, takeTurns } from "./store/databases.ts";
import { writeDone } from "./store/records.ts";
import { type OwedRow, listOverdue, putOff } from "./store/owed.ts";
import { sweepDeliveries } from "./store/deliveries.ts";
import { sweepSeenDevices } from "./store/seen-devices.ts";
import { sweepTokens } from "./store/tokens.ts";
import { queueEvents, requeueEvents, sweepEvents } from "./store/webhooks.ts";

/**
 * How long a run goes on where there is so much to do, and how long a hub may take for its signals (ms). The next run starts
 * a minute after it: were all the hubs of the last look so slow, six at a time, this one would just be done.
 */
const WAITS = { run: 40_000, hub: 4_000 };
/** Trips to D1 after which a lane ends, which are less than 1,000 with the last step of each: so many the platform gives a run. */
const MOST_TRIPS = { paying: 300, forgetting: 400, moving: 150 };
/** Calls of hubs after which signals are left to the next run: the platform gives a run 10,000 subrequests in all. */
const MOST_CALLS = 8_000;
/**
 * Most databases that a run visits: one trip each for signals and seven for all else, and one more where an isolate uses a
 * database first. What is left has its turn in the next run.
 */
const MOST_VISITED = { signals: 140, rest: 43 };

/** How old an owed signal is before the sweep takes it for abandoned by its call (ms). */
const ABANDONED = 5_000;
/** Most signals looked up at once. */
const AT_ONCE = 30;
/** What all other work gets between two rounds of hubs (ms): on a local server they live in the Worker's own process. */
const REST = 10;
/** The longest that a chore leaves D1 to others (ms). */
const LONGEST_REST = 50;

/** A slice of work; true where there may be more of it. */
type Chore = () => Promise<boolean>;

/** Chores that take turns, and the trips that they make. */
interface Lane {
  trips: Trips;
  /** Trips to D1 after which it ends. */
  most: number;
  chores: readonly Chore[];
}

/**
 * What the cron trigger does: pays the signals whose calls died, queues events whose calls died, and forgets what has long
 * expired. All of it goes by slices, as long as there is anything to do and time for it; what is left then is the next run's.
 */
export async function sweep(env: Env, now: number, waits = WAITS): Promise<void> {
  const end = Date.now() + waits.run;
  // Signals are somebody's live sessions: they wait for nothing else, and nothing waits for a hub that does not answer.
  const turns = await nextTurns(env, now);
  const sizes = new Map<number, number>();
  const lanes = [
    payingLane(env, turns.signals, now, waits.hub),
    forgettingLane(env, turns.rest, now, sizes),
    movingLane(env),
  ];
  const failures = (await Promise.all(lanes.map((lane) => inTurns(lane, end)))).flat();
  await keepSizes(directoryOf(env, noTrips()), sizes).catch((error: unknown) => failures.push(error));
  for (const failure of failures) reportFailure("sweep", failure);
  // The cron trigger then counts the run as failed.
  if (failures.length > 0) throw failures[0];
}

/** The databases that are to be visited. A directory that does not answer keeps the others from nothing: some are taken by chance. */
async function nextTurns(env: Env, now: number): Promise<Turns> {
  const bound = boundNumbers(env);
  try {
    return await takeTurns(directoryOf(env, noTrips()), bound, MOST_VISITED, now);
  } catch (error) {
    reportFailure("sweep", error);
    const first = Math.floor(Math.random() * bound.length);
    const some = [...bound.slice(first), ...bound.slice(0, first)];
    return { signals: some.slice(0, MOST_VISITED.signals), rest: some.slice(0, MOST_VISITED.rest) };
  }
}

function payingLane(env: Env, databases: readonly number[], now: number, patience: number): Lane {
  const trips = noTrips();
  const chores = databases.map((database): Chore => {
    const db = databaseFor(env, { database }, trips);
    return async () => await paySignals(env, db, trips, now - ABANDONED, patience);
  });
  return { trips, most: MOST_TRIPS.paying, chores };
}

/** Says how large each database is as well, by its number. */
function forgettingLane(
  env: Env,
  databases: readonly number[],
  now: number,
  sizes: Map<number, number>,
): Lane {
  const trips = noTrips();
  const found = databases.map((database) => databaseFor(env, { database }, trips));
  const chores = found.flatMap((db): Chore[] => [
    async () => {
      sizes.set(db.number, await db.size());
      return false;
    },
    async () => await queueEvents(env, db, undefined, now),
    async () => await requeueEvents(env, db, now),
    gently(async () => await sweepTokens(db, now)),
    gently(async () => await sweepSeenDevices(db, now)),
    gently(async () => await sweepAudit(db, now)),
    gently(async () => await sweepEvents(db, now)),
    gently(async () => await sweepDeliveries(db, now)),
    gently(async () => await sweepAnswers(db, now)),
  ]);
  return { trips, most: MOST_TRIPS.forgetting, chores };
}

/** Goes on with moves of apps whose mover died or is slower; each fails alone. */
function movingLane(env: Env): Lane {
  const trips = noTrips();
  return {
    trips,
    most: MOST_TRIPS.moving,
    chores: [gently(async () => await moveOn(env, trips, (error) => reportFailure("move", error)))],
  };
}

/**
 * Does a slice of each chore in turn, until nothing is left or the run is over: each has one slice at least, where the trips are
 * enough for it. Says what failed.
 */
async function inTurns({ trips, most, chores }: Lane, end: number): Promise<unknown[]> {
  const isSpent = () => trips.d1 >= most || trips.hub >= MOST_CALLS;
  const isOver = () => Date.now() >= end || isSpent();
  const failures: unknown[] = [];
  let left = chores;
  do {
    const unfinished: Chore[] = [];
    for (const chore of left) {
      if (isSpent()) break;
      try {
        if (await chore()) unfinished.push(chore);
      } catch (error) {
        failures.push(error);
      }
    }
    left = unfinished;
  } while (left.length > 0 && !isOver());
  return failures;
}

/** A chore that leaves D1 to others for as long as it has taken it, and no longer than they notice. */
function gently(chore: Chore): Chore {
  return async () => {
    const start = Date.now();
    const isMore = await chore();
    if (isMore) await scheduler.wait(Math.min(Date.now() - start, LONGEST_REST));
    return isMore;
  };
}

/**
 * Pays signals that have waited since before `before`. What a hub does not take goes behind all others: it is this hub's
 * next turn in the next run, whatever else fails there, and this run looks for it no more.
 */
async function paySignals(
  env: Env,
  db: Database,
  trips: Trips,
  before: number,
  patience: number,
): Promise<boolean> {
  const owed = await listOverdue(db, before, AT_ONCE);
  const work: Promise<unknown>[] = [];
  const origin = {
    db,
    hub: (row: OwedRow) => new HubClient(env.HUB, hubName(row.app_id, row.user_id), trips),
    crossOff: (write: Write) => work.push(writeDone(db, [write])),
    patience,
    rest: REST,
  };
  const deliveries = await deliver(origin, owed);
  await Promise.all(work);
  const failed = deliveries.filter((delivery) => delivery.receipts === undefined);
  if (failed.length > 0) {
    console.error(JSON.stringify({ sweep: "signals", users_still_owed: failed.length }));
    await putOff(
      db,
      failed.map((delivery) => delivery.user_id),
      before,
    );
  }
  return owed.length >= AT_ONCE;
}
