import { type SQL, and, asc, eq, gt, inArray, isNotNull, isNull, lt, ne, or, sql } from "drizzle-orm";
import type { WebhookType } from "../domain/events.ts";
import type { Database } from "./database.ts";
import { apps, users, webhookEvents } from "./schema.ts";

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

/**
 * The statement that keeps an event for each of these users, for the batch that makes it happen; where their app has no
 * webhook, it keeps none. `more` is put beside user_id and username.
 */
export function insertUserEvents(
  db: Database,
  whichUsers: SQL,
  type: WebhookType,
  more: Record<string, unknown>,
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
    .innerJoin(apps, and(eq(apps.app_id, users.app_id), ne(apps.webhook_url, "")))
    .where(whichUsers);
  return db.query.insert(webhookEvents).select(row);
}

/**
 * Claims events that no queue has taken, oldest first: of one app, or of all. An event whose claim came to nothing is
 * claimed again after hours: its receiver knows it by its id.
 */
async function claimEvents(
  db: Database,
  appId: string | undefined,
  limit: number,
  now: number,
): Promise<{ app_id: string; id: string }[]> {
  const free = db.query
    .select({ id: webhookEvents.id })
    .from(webhookEvents)
    .where(
      and(
        isNull(webhookEvents.dead_at),
        or(isNull(webhookEvents.queued_at), lt(webhookEvents.queued_at, now - LEASE)),
        appId === undefined ? undefined : eq(webhookEvents.app_id, appId),
      ),
    )
    .orderBy(asc(webhookEvents.created_at))
    .limit(limit);
  return await db.run(
    db.query
      .update(webhookEvents)
      .set({ queued_at: now })
      .where(inArray(webhookEvents.id, free))
      .returning({ app_id: webhookEvents.app_id, id: webhookEvents.id }),
  );
}

/** Gives claims back: the queue did not take the events. */
async function unclaimEvents(db: Database, ids: readonly string[]): Promise<void> {
  await db.run(
    db.query
      .update(webhookEvents)
      .set({ queued_at: null })
      .where(inArray(webhookEvents.id, [...ids])),
  );
}

/**
 * Hands waiting events to the queue: those of one app after a call of it, those of all from the cron trigger, for the calls
 * that died before they could.
 */
export async function queueEvents(
  env: Env,
  db: Database,
  appId: string | undefined,
  now: number,
): Promise<void> {
  const claimed = await claimEvents(db, appId, AT_ONCE, now);
  if (claimed.length === 0) return;
  try {
    await env.WEBHOOKS.sendBatch(claimed.map((event) => ({ body: event })));
  } catch (error) {
    await unclaimEvents(
      db,
      claimed.map((event) => event.id),
    );
    throw error;
  }
}

/** An event with the address and key of its app; undefined where it was delivered already or the app has no webhook. */
export async function findEvent(db: Database, id: string) {
  const rows = await db.run(
    db.query
      .select({
        id: webhookEvents.id,
        type: webhookEvents.type,
        data: webhookEvents.data,
        created_at: webhookEvents.created_at,
        url: apps.webhook_url,
        secret: apps.webhook_secret,
      })
      .from(webhookEvents)
      .innerJoin(apps, and(eq(apps.app_id, webhookEvents.app_id), ne(apps.webhook_url, "")))
      .where(and(eq(webhookEvents.id, id), isNull(webhookEvents.dead_at))),
  );
  return rows[0];
}

/** Forgets an event that was delivered, or whose app has no webhook any more; a dead one stays to be read. */
export async function dropEvent(db: Database, id: string): Promise<void> {
  await db.run(
    db.query.delete(webhookEvents).where(and(eq(webhookEvents.id, id), isNull(webhookEvents.dead_at))),
  );
}

/** Notes why an event was not delivered; `deadAt` where it was given up (ms). */
export async function noteFailure(
  db: Database,
  id: string,
  failure: { last_error?: string; dead_at?: number },
): Promise<void> {
  await db.run(db.query.update(webhookEvents).set(failure).where(eq(webhookEvents.id, id)));
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

/** Forgets dead events that were kept long enough. */
export async function sweepEvents(db: Database, now: number): Promise<void> {
  await db.run(db.query.delete(webhookEvents).where(lt(webhookEvents.dead_at, now - DEAD_KEPT)));
}
