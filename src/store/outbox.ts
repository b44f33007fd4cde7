import { sql } from "drizzle-orm";
import type { Parcel, WebhookData } from "../domain/events.ts";
import { type Database, writing } from "./database.ts";
import { audit, webhookEvents } from "./schema.ts";
import { type Claimed, type Webhook, claimThese, hasWebhook, waiting } from "./webhooks.ts";

/** A parcel, and what is known of its app. */
export interface Reported {
  parcel: Parcel;
  app: Webhook;
}

/**
 * Writes what hubs have reported, parcel by parcel: each event once, however often it comes, all of them or none. Returns the
 * events that their apps' webhooks are to hear, claimed at `now` (ms): `sendClaimed` is the caller's. One that comes again and
 * is still kept is claimed again, as whoever claimed it may not have lived to send it.
 */
export async function recordParcels(
  db: Database,
  reported: readonly Reported[],
  now: number,
): Promise<Claimed[]> {
  const heard = reported.flatMap(heardOf);
  const ids = heard.map(({ id }) => id);
  const [, , claimed] = await db.writeUnrecorded("hub", [
    insertHeard(db, heard),
    insertRecords(db, reported.flatMap(recordsOf)),
    claimThese(db, ids, now),
  ]);
  return claimed;
}

/** The rows of the audit that a parcel has. */
function recordsOf({ parcel: { app_id, user_id, events } }: Reported) {
  return events
    .filter(({ event }) => event.operation !== undefined)
    .map(({ id, event: { from, ...event } }) => ({ ...event, ...from, app_id, user_id, event_key: id }));
}

/** The events of a parcel that a webhook is to hear. */
function heardOf({ app, parcel: { app_id, user_id, events } }: Reported) {
  if (!hasWebhook(app)) return [];
  return events.flatMap(({ id, event: { at, caller, device_sn, reason, webhook: type } }) =>
    type === undefined
      ? []
      : [
          {
            id: `evt_${id}`,
            event_key: id,
            app_id,
            type,
            data: { user_id, device_sn, reason, caller, at } satisfies WebhookData["device.login"],
            created_at: at,
          },
        ],
  );
}

/** A field of the list's rows. */
const field = <T>(name: string) => sql<T>`value ->> ${sql.raw(`'${name}'`)}`.as(name);

function insertRecords(db: Database, list: readonly object[]) {
  const row = db.query
    .select({
      id: sql<number>`null`.as("id"),
      app_id: field<string>("app_id"),
      caller: field<string>("caller"),
      subject: field<number>("user_id"),
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

/**
 * Stands before the records in its batch: an event that has a record already was taken, and may have been delivered and
 * forgotten since.
 */
function insertHeard(db: Database, list: readonly object[]) {
  const isNew = sql`not exists (select 1 from ${audit} where ${audit.event_key} = value ->> 'event_key')`;
  const row = db.query
    .select({
      id: field<string>("id"),
      app_id: field<string>("app_id"),
      type: field<string>("type"),
      data: field<Record<string, unknown>>("data"),
      created_at: field<number>("created_at"),
      ...waiting,
    })
    .from(sql`json_each(${JSON.stringify(list)})`)
    .where(isNew);
  return writing(db.query.insert(webhookEvents).select(row).onConflictDoNothing());
}
