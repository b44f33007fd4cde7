import type { HubEvent } from "../domain/events.ts";
import type { Database } from "./database.ts";
import { audit } from "./schema.ts";
import { insertWebhookEvent } from "./webhooks.ts";

/** Writes what a user's hub owes D1: each event once, however often it is repeated. */
export async function recordHubEvents(
  db: Database,
  owner: { app_id: string; user_id: number },
  events: readonly { id: number; event: HubEvent }[],
): Promise<void> {
  const { app_id, user_id } = owner;
  const statements = events.flatMap(({ id, event }) => {
    const { at, caller, device_sn, reason, from, operation, webhook } = event;
    const row = { app_id, caller, subject: user_id, device_sn, reason, at, ...from };
    const data = { user_id, device_sn, reason, caller, at };
    return [
      ...(operation === undefined
        ? []
        : [
            db.query
              .insert(audit)
              .values({ ...row, operation, event_key: `${user_id}/${id}` })
              .onConflictDoNothing(),
          ]),
      ...(webhook === undefined
        ? []
        : [insertWebhookEvent(db, app_id, { id: `evt_${user_id}_${id}`, type: webhook, data }, at)]),
    ];
  });
  const [first, ...rest] = statements;
  if (first) await db.batch([first, ...rest]);
}
