import { sql } from "drizzle-orm";
import type { HubEvent } from "../domain/events.ts";
import { type Database, writing } from "./database.ts";
import { audit, webhookEvents } from "./schema.ts";
import { type Webhook, hasWebhook, waiting } from "./webhooks.ts";

/** An event in the outbox of a hub; `id` is the same however often it is repeated. */
export interface OutboxEvent {
  id: string;
  event: HubEvent;
}

/**
 * Pays events of a user's hub: each is written once, however often it is paid. True where the app has a webhook that
 * is to hear of any.
 */
export async function recordHubEvents(
  db: Database,
  app: Webhook,
  owner: { app_id: string; user_id: number },
  events: readonly OutboxEvent[],
): Promise<boolean> {
  const [, heard] = await db.writeUnrecorded("hub", [
    insertAuditOf(db, owner, events),
    insertHeard(db, app, owner, events),
  ]);
  return heard.meta.changes > 0;
}

/** A field of the list's rows. */
const field = <T>(name: string) => sql<T>`value ->> ${sql.raw(`'${name}'`)}`.as(name);

function insertAuditOf(
  db: Database,
  { app_id, user_id }: { app_id: string; user_id: number },
  events: readonly OutboxEvent[],
) {
  const list = events
    .filter(({ event }) => event.operation !== undefined)
    .map(({ id, event: { from, ...event } }) => ({ ...event, ...from, event_key: id }));
  const row = db.query
    .select({
      id: sql<number>`null`.as("id"),
      app_id: sql<string>`${app_id}`.as("app_id"),
      caller: field<string>("caller"),
      subject: sql<number>`${user_id}`.as("subject"),
      device_sn: field<number | null>("device_sn"),
      operation: field<string>("operation"),
      reason: field<string>("reason"),
      at: field<number>("at"),
      address: field<string>("address"),
      request_id: field<string>("request_id"),
      event_key: field<string>("event_key"),
    })
    .from(sql`json_each(${JSON.stringify(list)})`)
    .where(sql`true`);
  return writing(db.query.insert(audit).select(row).onConflictDoNothing());
}

function insertHeard(
  db: Database,
  app: Webhook,
  { app_id, user_id }: { app_id: string; user_id: number },
  events: readonly OutboxEvent[],
) {
  const list = events.flatMap(({ id, event: { at, caller, device_sn, reason, webhook: type } }) =>
    type === undefined || !hasWebhook(app)
      ? []
      : [{ id: `evt_${id}`, type, data: { user_id, device_sn, reason, caller, at }, created_at: at }],
  );
  const row = db.query
    .select({
      id: field<string>("id"),
      app_id: sql<string>`${app_id}`.as("app_id"),
      type: field<string>("type"),
      data: field<Record<string, unknown>>("data"),
      created_at: field<number>("created_at"),
      ...waiting,
    })
    .from(sql`json_each(${JSON.stringify(list)})`)
    .where(sql`true`);
  return writing(db.query.insert(webhookEvents).select(row).onConflictDoNothing());
}
