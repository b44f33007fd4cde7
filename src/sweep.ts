import { HubClient } from "./hub/client.ts";
import { hubName } from "./hub/contract.ts";
import { deliver } from "./services/deliver.ts";
import { sweepAudit } from "./store/audit.ts";
import { allDatabases, noTrips } from "./store/database.ts";
import { listOverdue } from "./store/owed.ts";
import { sweepTokens } from "./store/tokens.ts";
import { queueEvents, sweepEvents } from "./store/webhooks.ts";

/** How old an owed signal is before the sweep takes it for abandoned by its call (ms). */
const PATIENCE = 5_000;
const AT_ONCE = 500;

/** What the cron trigger does: pays the signals whose calls died, and forgets what has long expired. */
export async function sweep(env: Env, now: number): Promise<void> {
  const trips = noTrips();
  for (const db of allDatabases(env, trips)) {
    const work: Promise<unknown>[] = [];
    const owed = await listOverdue(db, now - PATIENCE, AT_ONCE);
    const hub = (row: { app_id: string; user_id: number }) =>
      new HubClient(env.HUB, hubName(row.app_id, row.user_id), trips);
    const deliveries = await deliver({ db, hub, background: (each) => work.push(each) }, owed);
    await Promise.all(work);
    // One that fails keeps no other from its work; the cron trigger then counts the run as failed.
    const chores = await Promise.allSettled([
      queueEvents(env, db, undefined, now),
      sweepTokens(db, now),
      sweepAudit(db, now),
      sweepEvents(db, now),
    ]);
    const failed = deliveries.filter((delivery) => delivery.receipts === undefined).length;
    if (failed > 0) console.error(JSON.stringify({ sweep: "signals", users_still_owed: failed }));
    const broken = chores.find((chore) => chore.status === "rejected");
    if (broken) throw broken.reason;
  }
}
