import { and, desc, eq, getTableColumns, sql } from "drizzle-orm";
import { type Database, writing } from "./database.ts";
import { type Page, cutPage } from "./look.ts";
import { webhookDeliveries } from "./schema.ts";
import { sweepSlice } from "./slice.ts";

/** How long a try is kept (ms): 7 days. */
const TRIES_KEPT = 7 * 24 * 3600 * 1000;

/** A try to deliver an event. */
export type Delivery = Omit<typeof webhookDeliveries.$inferSelect, "id">;

/** Where a try stands in the list: by its instant (ms), and by its id among those of one instant. */
export interface DeliveryPlace {
  at: number;
  id: string;
}

/** The statement that keeps a try, for the batch of what became of its event. */
export function insertDelivery(db: Database, delivery: Delivery) {
  const id = crypto.randomUUID().replaceAll("-", "");
  return writing(db.query.insert(webhookDeliveries).values({ ...delivery, id }));
}

/** An app's tries, newest first. */
export async function listDeliveries(
  db: Database,
  appId: string,
  { before, limit }: { before: DeliveryPlace | undefined; limit: number },
): Promise<Page<Omit<Delivery, "app_id"> & { id: string }>> {
  const { app_id: _app, ...columns } = getTableColumns(webhookDeliveries);
  const { at, id } = webhookDeliveries;
  const isBehind = before && sql`(${at}, ${id}) < (${before.at}, ${before.id})`;
  const rows = db.query
    .select(columns)
    .from(webhookDeliveries)
    .where(and(eq(webhookDeliveries.app_id, appId), isBehind))
    .orderBy(desc(at), desc(id))
    .limit(limit + 1);
  return cutPage(await db.run(rows), limit);
}

/** Forgets a slice of the tries that were kept long enough; true where there may be more. */
export async function sweepDeliveries(db: Database, now: number): Promise<boolean> {
  return await sweepSlice(db, webhookDeliveries, webhookDeliveries.at, now - TRIES_KEPT);
}
