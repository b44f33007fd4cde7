import { type SQL, and, asc, eq, gt, gte, inArray, isNotNull, isNull, lt, not, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { UserEventType, WebhookData } from "../domain/events.ts";
import type { App } from "./apps.ts";
import { type Database, writing } from "./database.ts";
import { type Delivery, insertDelivery } from "./deliveries.ts";
import { isClosed } from "./moves.ts";
import { users, webhookEvents } from "./schema.ts";
import { sweepSlice } from "./slice.ts";
import { inList } from "./users.ts";

/** How long after it was queued an event that is neither delivered nor dead is queued again (ms). */
const LEASE = 6 * 3600 * 1000;
/** Most events of one claim; a queue takes 100 messages at once. */
const AT_ONCE = 100;
/** How long a dead event can be read (ms): 30 days. */
const DEAD_KEPT = 30 * 24 * 3600 * 1000;

/** The columns of an event that no queue has taken. */
export const waiting = {
  queued_at: sql<number | null>`null`.as("queued_at"),
  dead_at: sql<number | null>`null`.as("dead_at"),
  last_error: sql<string>`''`.as("last_error"),
};

/** What events need to know of their app. */
export type Webhook = Pick<App, "webhook_url">;

/** True for an app that hears events. */
export const hasWebhook = (app: Webhook) => app.webhook_url !== "";

/**
 * The statement that keeps an event for each of these users, for the batch that makes it happen; where their app has no
 * webhook, it keeps none. `more` is put beside user_id and username.
 */
export function insertUserEvents<Type extends UserEventType>(
  db: Database,
  app: Webhook,
  whichUsers: SQL,
  type: Type,
  more: Omit<WebhookData[Type], "user_id" | "username">,
  now: number,
) {
  const row = db.query
    .select({
      id: sql<string>`'evt_' || lower(hex(randomblob(16)))`.as("id"),
      app_id: users.app_id,
      type: sql<string>`${type}`.as("type"),
      data: sql<
        Record<string, unknown>
      >`json_patch(${JSON.stringify(more)}, json_object('user_id', ${users.id}, 'username', ${users.username}))`.as(
        "data",
      ),
      created_at: sql<number>`${now}`.as("created_at"),
      ...waiting,
    })
    .from(users)
    .where(hasWebhook(app) ? whichUsers : eq(users.id, 0));
  return writing(db.query.insert(webhookEvents).select(row));
}

/** An event that is about to be handed to the queue, as it travels there. */
export interface Claimed {
  app_id: string;
  id: string;
  /** When it was claimed (ms): one that is claimed again has a life of its own. */
  queued_at: number;
}

/** Which events to claim, and in which order: both as an index has them. */
interface Claim {
  which: SQL | undefined;
  order: SQLiteColumn;
}

/** Claims some events. One whose claim came to nothing is claimed again after hours: its receiver knows it by its id. */
async function claimEvents(db: Database, { which, order }: Claim, now: number): Promise<Claimed[]> {
  const free = db.query
    .select({ id: webhookEvents.id })
    .from(webhookEvents)
    .where(and(isNull(webhookEvents.dead_at), which, not(isClosed(webhookEvents.app_id))))
    .orderBy(asc(order))
    .limit(AT_ONCE);
  return await db.runUnrecorded("bookkeeping", claiming(db, inArray(webhookEvents.id, free), now));
}

function claiming(db: Database, which: SQL | undefined, now: number) {
  return writing(
    db.query
      .update(webhookEvents)
      .set({ queued_at: now })
      .where(which)
      .returning({
        app_id: webhookEvents.app_id,
        id: webhookEvents.id,
        queued_at: sql<number>`${webhookEvents.queued_at}`.as("queued_at"),
      }),
  );
}

/** The statement that claims those of these events that are kept and not dead, whether or not a queue has had them. */
export function claimThese(db: Database, ids: readonly string[], now: number) {
  return claiming(db, and(inList(webhookEvents.id, ids), isNull(webhookEvents.dead_at)), now);
}

/** Gives claims back: the queue did not take the events. */
async function unclaimEvents(db: Database, ids: readonly string[]): Promise<void> {
  await db.runUnrecorded(
    "bookkeeping",
    writing(
      db.query
        .update(webhookEvents)
        .set({ queued_at: null })
        .where(and(inList(webhookEvents.id, ids), not(isClosed(webhookEvents.app_id)))),
    ),
  );
}

/** Hands events that were claimed to the queue. Those that it does not take wait again, unclaimed, and it throws. */
export async function sendClaimed(env: Env, db: Database, claimed: readonly Claimed[]): Promise<void> {
  for (let sent = 0; sent < claimed.length; sent += AT_ONCE) {
    try {
      await env.WEBHOOKS.sendBatch(claimed.slice(sent, sent + AT_ONCE).map((event) => ({ body: event })));
    } catch (error) {
      await unclaimEvents(
        db,
        claimed.slice(sent).map((event) => event.id),
      );
      throw error;
    }
  }
}

async function queueClaimed(env: Env, db: Database, claim: Claim, now: number): Promise<boolean> {
  const claimed = await claimEvents(db, claim, now);
  await sendClaimed(env, db, claimed);
  return claimed.length >= AT_ONCE;
}

/**
 * Hands the oldest events that wait to the queue, as many as it takes at once: those of one app after a call of it, those
 * of all from the cron trigger, for the calls that died before they could. True where there may be more.
 */
export async function queueEvents(
  env: Env,
  db: Database,
  appId: string | undefined,
  now: number,
): Promise<boolean> {
  const ofApp = appId === undefined ? undefined : eq(webhookEvents.app_id, appId);
  const which = and(isNull(webhookEvents.queued_at), ofApp);
  return await queueClaimed(env, db, { which, order: webhookEvents.created_at }, now);
}

/** Hands events to the queue again that it has had for hours without an end; true where there may be more. */
export async function requeueEvents(env: Env, db: Database, now: number): Promise<boolean> {
  const which = lt(webhookEvents.queued_at, now - LEASE);
  return await queueClaimed(env, db, { which, order: webhookEvents.queued_at }, now);
}

/** An event on its way; undefined where it was delivered already. What became of one that `is_closed` cannot be noted now. */
export async function findEvent(db: Database, id: string) {
  const rows = await db.run(
    db.query
      .select({
        id: webhookEvents.id,
        type: webhookEvents.type,
        data: webhookEvents.data,
        created_at: webhookEvents.created_at,
        is_closed: isClosed(webhookEvents.app_id).as("is_closed"),
      })
      .from(webhookEvents)
      .where(and(eq(webhookEvents.id, id), isNull(webhookEvents.dead_at))),
  );
  return rows[0];
}

/** An event on its way, as it was found. */
export type KeptEvent = NonNullable<Awaited<ReturnType<typeof findEvent>>>;

/** The statement that forgets an event that is done with; a dead one stays to be read. */
function droppingEvent(db: Database, id: string) {
  return writing(
    db.query.delete(webhookEvents).where(and(eq(webhookEvents.id, id), isNull(webhookEvents.dead_at))),
  );
}

/** Forgets an event whose app has no webhook any more. */
export async function dropEvent(db: Database, id: string): Promise<void> {
  await db.runUnrecorded("bookkeeping", droppingEvent(db, id));
}

/**
 * Notes that an event was given up (ms), unless it was claimed again since: then that claim has tries of its own. A message from
 * before claims were told has none.
 */
export async function noteDead(
  db: Database,
  { id, queued_at }: Pick<Claimed, "id"> & { queued_at?: number | undefined },
  dead_at: number,
): Promise<void> {
  const isOfClaim = queued_at === undefined ? undefined : eq(webhookEvents.queued_at, queued_at);
  await db.runUnrecorded(
    "bookkeeping",
    writing(
      db.query
        .update(webhookEvents)
        .set({ dead_at })
        .where(and(eq(webhookEvents.id, id), isOfClaim)),
    ),
  );
}

function noting(db: Database, id: string, failure: { last_error: string }) {
  return writing(db.query.update(webhookEvents).set(failure).where(eq(webhookEvents.id, id)));
}

/** Keeps a try, and what became of its event: it is forgotten where it was delivered, and else why it was not is noted. */
export async function noteTry(db: Database, tried: Delivery): Promise<void> {
  const { event_id, delivered, status, error } = tried;
  const last_error = error === "" ? `HTTP ${status}` : error;
  const outcome = delivered ? droppingEvent(db, event_id) : noting(db, event_id, { last_error });
  await db.writeUnrecorded("bookkeeping", [outcome, insertDelivery(db, tried)]);
}

/** Which dead events are to be sent anew: those that are named, or those that were given up since (ms). */
export type Replayed = { ids: readonly string[] } | { since: number };

/**
 * The statement that has an app's dead events wait for the queue again, as new; of those that were given up since, the `most`
 * that were first. It returns their ids.
 */
export function reviveEvents(db: Database, appId: string, which: Replayed, most: number) {
  return writing(
    db.query
      .update(webhookEvents)
      .set({ dead_at: null, queued_at: null, last_error: "" })
      .where(areRevived(db, appId, which, most))
      .returning({ id: webhookEvents.id }),
  );
}

/** Which events `reviveEvents` has wait anew. */
function areRevived(db: Database, appId: string, which: Replayed, most: number) {
  const isDead = and(eq(webhookEvents.app_id, appId), isNotNull(webhookEvents.dead_at));
  if ("ids" in which) return and(inList(webhookEvents.id, which.ids), isDead);
  const first = db.query
    .select({ id: webhookEvents.id })
    .from(webhookEvents)
    .where(and(isDead, gte(webhookEvents.dead_at, which.since)))
    .orderBy(asc(webhookEvents.dead_at))
    .limit(most);
  return and(inArray(webhookEvents.id, first), isDead);
}

/** What is answered to who has events revived, as it is known before they are: their ids in order, and whether there are `more`. */
export function answerOfRevival(db: Database, appId: string, which: Replayed, most: number): SQL {
  const ids = db.query
    .select({ id: webhookEvents.id })
    .from(webhookEvents)
    .where(areRevived(db, appId, which, most))
    .orderBy(asc(webhookEvents.id));
  const more = "since" in which ? sql`iif(count(*) = ${most}, 'true', 'false')` : sql`'false'`;
  return sql`(select json_object('status', 200, 'body', json_object('code', 200, 'message', '', 'data', json_group_array(id), 'more', json(${more}))) from ${ids})`;
}

/** An app's events that were given up, by id, after `after`. */
export async function listDeadEvents(db: Database, appId: string, after: string, limit: number) {
  return await db.run(
    db.query
      .select({
        id: webhookEvents.id,
        type: webhookEvents.type,
        data: webhookEvents.data,
        created_at: webhookEvents.created_at,
        dead_at: webhookEvents.dead_at,
        last_error: webhookEvents.last_error,
      })
      .from(webhookEvents)
      .where(
        and(eq(webhookEvents.app_id, appId), isNotNull(webhookEvents.dead_at), gt(webhookEvents.id, after)),
      )
      .orderBy(asc(webhookEvents.id))
      .limit(limit),
  );
}

/** Forgets a slice of the dead events that were kept long enough; true where there may be more. */
export async function sweepEvents(db: Database, now: number): Promise<boolean> {
  return await sweepSlice(db, webhookEvents, webhookEvents.dead_at, now - DEAD_KEPT);
}
