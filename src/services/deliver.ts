import type { DeviceReceipt } from "../domain/signals.ts";
import { type OwedRow, crossOff, crossOffArrivals, owedTo } from "../store/owed.ts";
import { Signal } from "../domain/signals.ts";
import type { HubClient } from "../hub/client.ts";
import type { Database, Write } from "../store/database.ts";
import type { Scope } from "./scope.ts";

/**
 * What has been written holds, but not every session has heard of it yet: the cron trigger tells the rest within a
 * minute. The caller hears a fault, as "true" would say more than is so.
 */
export class Undelivered extends Error {
  constructor() {
    super("a signal is owed and could not be delivered yet");
    this.name = "Undelivered";
  }
}

/** How many hubs are called at once: the platform lets six requests of one call wait for their headers. */
const AT_ONCE = 6;

/** Works through items, a few at once; results stand in the order of the items. */
export async function pooled<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  most = AT_ONCE,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
  return results;
}

/** The same in rounds, each after a rest (ms). */
async function inRounds<T, R>(
  rest: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let first = 0; first < items.length; first += AT_ONCE) {
    await scheduler.wait(rest);
    results.push(...(await Promise.all(items.slice(first, first + AT_ONCE).map(work))));
  }
  return results;
}

/** What a user's hub made of its signals; `receipts` is absent where it could not be reached. */
export interface Delivery {
  user_id: number;
  receipts: DeviceReceipt[] | undefined;
}

/** What carries signals to hubs: a request, or the cron trigger. */
interface Courier {
  db: Database;
  hub(row: Pick<OwedRow, "app_id" | "user_id">): HubClient;
  /** Writes, after the answer, that what was carried is done with. */
  crossOff(write: Write): void;
  /** How long a hub may take (ms) before it counts as one that cannot be reached; absent: as long as it takes. */
  patience?: number;
  /** How long to wait (ms) before each round of hubs; absent: hubs are called one behind the other. */
  rest?: number;
}

/** Has a request carry the signals that it has come to owe. */
export function courierOf(scope: Scope): Courier {
  return {
    db: scope.db,
    hub: ({ user_id }) => scope.hub(user_id),
    crossOff: (write) => scope.writeAfter(write),
  };
}

/** What work gives within so many ms; throws where it takes longer, and lets it go on. */
async function within<T>(patience: number | undefined, work: Promise<T>): Promise<T> {
  if (patience === undefined) return await work;
  const late = new AbortController();
  const timeout = scheduler.wait(patience, { signal: late.signal }).then(() => {
    throw new Error("the hub did not answer in time");
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    late.abort();
  }
}

/**
 * Hands owed signals to their users' hubs, all of one user's in order, and crosses off what was taken. What could not be
 * handed over stays owed: the cron trigger repeats it, and a hub that has it already takes no harm.
 */
export async function deliver(courier: Courier, owed: readonly OwedRow[]): Promise<Delivery[]> {
  const users = [...Map.groupBy(owed, (row) => row.user_id).entries()];
  const taken: { user_id: number; epoch: number }[] = [];
  const arrived: number[] = [];
  const tell = async ([user_id, rows]: [number, OwedRow[]]): Promise<Delivery> => {
    const [first] = rows;
    const last = rows.at(-1);
    if (first === undefined || last === undefined) return { user_id, receipts: [] };
    try {
      const signals = rows.map((row) => ({ epoch: row.epoch, signal: Signal.parse(row.signal) }));
      const receipts = await within(
        courier.patience,
        courier.hub(first).call((hub) => hub.take(signals)),
      );
      taken.push({ user_id, epoch: last.epoch });
      if (hasArrived(rows)) arrived.push(user_id);
      return { user_id, receipts };
    } catch {
      return { user_id, receipts: undefined };
    }
  };
  const { rest } = courier;
  const deliveries = await (rest === undefined ? pooled(users, tell) : inRounds(rest, users, tell));
  if (taken.length > 0) courier.crossOff(crossOff(courier.db, taken));
  if (arrived.length > 0) courier.crossOff(crossOffArrivals(courier.db, arrived));
  return deliveries;
}

/** True where what is owed to a user begins with what waits for the hub's first need of it. */
export function hasArrived([first]: readonly Pick<OwedRow, "epoch" | "signal">[]): boolean {
  return first?.epoch === 1 && first.signal.kind === "imported";
}

/** Has the hubs of these users take what they brought along, before anybody asks them. A hub that cannot be reached is asked next time. */
export async function welcome(scope: Scope, userIds: readonly number[]): Promise<void> {
  const { db } = scope;
  await deliver(courierOf(scope), await db.run(owedTo(db, userIds)));
}

/** Why a row of a batch that was written is no success yet. */
export const UNTOLD = "recorded, but not every device could be told yet: it is repeated within a minute";

/** Has hubs take what D1 has just come to owe them; says whose hubs could not be reached. */
export async function deliverEach(scope: Scope, owed: readonly OwedRow[]): Promise<Set<number>> {
  const deliveries = await deliver(courierOf(scope), owed);
  return new Set(deliveries.flatMap(({ user_id, receipts }) => (receipts ? [] : [user_id])));
}

/** The same for a call that has one success or none: while a signal is on its way it has none. */
export async function deliverAll(scope: Scope, owed: readonly OwedRow[]): Promise<void> {
  if ((await deliverEach(scope, owed)).size > 0) throw new Undelivered();
}
