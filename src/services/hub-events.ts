import { Parcel } from "../domain/events.ts";
import { type App, openApp } from "../store/apps.ts";
import { type Database, DatabaseFault, noTrips } from "../store/database.ts";
import { recordParcels } from "../store/outbox.ts";
import { sendClaimed } from "../store/webhooks.ts";

/** The queues of what hubs report: the first, and the one of what the first has tried often enough. */
export const parcelQueues = { first: "warbler-events", dead: "warbler-events-dead" };

/** How long a message waits before each further try (seconds). */
const WAITS = [2, 5, 15, 30, 60, 120, 300, 600, 900];
/** The same in the dead queue: longer by so much with each try, up to so much (seconds). */
const DEAD_WAITS = { step: 900, longest: 3 * 3600 };
/** The try after which a message of the dead queue begins anew in the first: three days, as a queue keeps one for four. */
const LAST_TRY = 30;
/**
 * Most characters of the messages of one transaction: some 500 events, as they mostly are. As JSON they are far from the
 * 2 MB that a parameter may have.
 */
const MOST = 200_000;

/** A message that could be read. */
interface Delivery {
  message: Message;
  parcel: Parcel;
  length: number;
}

/**
 * Takes what hubs report off a queue and writes it to D1: a transaction for all messages of a database, or for as many as
 * go into one. A message is acknowledged when D1 has it. One that cannot be read, or that D1 does not take, comes again, and
 * nothing else waits for it. From the dead queue none is ever dropped. It never throws, as that would bring all of the
 * batch again.
 */
export async function consumeParcels(batch: MessageBatch, env: Env, now: number): Promise<void> {
  const isDead = batch.queue === parcelQueues.dead;
  const failed = async (message: Message, fault: string, app?: string): Promise<void> => {
    const { attempts, id } = message;
    console.error(JSON.stringify({ queue: batch.queue, message: id, app, attempts, fault }));
    if (isDead && attempts >= LAST_TRY && (await beginsAnew(env, message))) message.ack();
    else message.retry({ delaySeconds: waitOf(isDead, attempts) });
  };

  const deliveries: Delivery[] = [];
  for (const message of batch.messages) {
    const { data: parcel } = Parcel.safeParse(message.body);
    if (parcel) deliveries.push({ message, parcel, length: JSON.stringify(parcel).length });
    else await failed(message, "unreadable");
  }
  const opened: Opened[] = [];
  for (const [appId, ofApp] of Map.groupBy(deliveries, ({ parcel }) => parcel.app_id)) {
    try {
      const { app, db } = await openApp(env, appId, noTrips());
      opened.push(...ofApp.map((delivery) => ({ ...delivery, app, db })));
    } catch (error) {
      for (const { message } of ofApp) await failed(message, faultIn(error), appId);
    }
  }
  await Promise.all(
    [...Map.groupBy(opened, ({ db }) => db.number).values()].map(async (ofDatabase) => {
      // A user's parcels may have come in any order; the audit lists by the order of writing.
      const among = ofDatabase.toSorted((a, b) => startOf(a.parcel) - startOf(b.parcel));
      const [first] = among;
      if (!first) return;
      for (const load of loadsOf(among)) await record(load, { env, db: first.db, now, failed });
    }),
  );
}

const faultIn = (error: unknown) => (error instanceof DatabaseFault ? error.message : "unknown");

/** A delivery whose app has been found. */
interface Opened extends Delivery {
  app: App;
  db: Database;
}

interface Recording {
  env: Env;
  db: Database;
  now: number;
  failed: (message: Message, fault: string, app: string) => Promise<void>;
}

/** Writes deliveries as one transaction; where D1 refuses it, in halves, so that a message which it refuses fails alone. */
async function record(load: readonly Opened[], recording: Recording): Promise<void> {
  const { env, db, now, failed } = recording;
  let heard;
  try {
    heard = await recordParcels(db, load, now);
  } catch (error) {
    const apps = Map.groupBy(load, ({ parcel }) => parcel.app_id);
    if (apps.size > 1 && error instanceof DatabaseFault && error.isClosed) {
      for (const ofApp of apps.values()) await record(ofApp, recording);
      return;
    }
    if (load.length > 1 && error instanceof DatabaseFault && error.isRefusal) {
      const half = Math.ceil(load.length / 2);
      for (const part of [load.slice(0, half), load.slice(half)]) await record(part, recording);
      return;
    }
    for (const { message, parcel } of load) await failed(message, faultIn(error), parcel.app_id);
    return;
  }
  // Before the acknowledgement: should the machine die here, the messages come again, and with them what was claimed. What
  // the queue does not take waits for the cron trigger.
  await sendClaimed(env, db, heard).catch(() => undefined);
  for (const { message } of load) message.ack();
}

/** Parts deliveries by what goes into one transaction. */
function* loadsOf(deliveries: readonly Opened[]): Iterable<Opened[]> {
  let load: Opened[] = [];
  let length = 0;
  for (const delivery of deliveries) {
    if (load.length > 0 && length + delivery.length > MOST) {
      yield load;
      load = [];
      length = 0;
    }
    load.push(delivery);
    length += delivery.length;
  }
  if (load.length > 0) yield load;
}

/** When the first of a parcel's events happened (ms). */
function startOf({ events }: Parcel): number {
  return events[0]?.event.at ?? 0;
}

/** How long to wait before a message is tried again (seconds). */
function waitOf(isDead: boolean, attempts: number): number {
  if (isDead) return Math.min(attempts * DEAD_WAITS.step, DEAD_WAITS.longest);
  return WAITS[attempts - 1] ?? WAITS.at(-1) ?? 0;
}

/** Puts a message into the first queue again; false where that does not take it. */
async function beginsAnew(env: Env, { body }: Message): Promise<boolean> {
  try {
    await env.EVENTS.send(body, { contentType: "json" });
    return true;
  } catch {
    return false;
  }
}
