import { Refusal } from "../domain/reasons.ts";
import { type Replayed, answerOfRevived, hasWebhook, reviveEvents } from "../store/webhooks.ts";
import type { Scope } from "./scope.ts";

/** Most events of one call: a queue takes so many messages at once. */
export const MOST_REPLAYED = 100;

/**
 * Sends events anew that were given up, under their ids and with all of their tries; one that is not dead is left alone, so that
 * a call that comes twice does it once. Should the machine die behind the write, the cron trigger queues them. Refuses where the
 * app has no webhook, as its events would be dropped.
 */
export async function replayEvents(scope: Scope, which: Replayed) {
  const { app, db } = scope;
  if (!hasWebhook(app)) throw new Refusal("parameter_wrong", "the app has no webhook_url: set it first");
  const revive = reviveEvents(db, app.app_id, which, MOST_REPLAYED);
  const kept = scope.keepingBefore(answerOfRevived(db, app.app_id, which, MOST_REPLAYED));
  const revived = kept
    ? (await scope.write("the subject", [kept, revive] as const))[1]
    : (await scope.write("the subject", [revive]))[0];
  scope.queueEvents();
  const data = revived.map(({ id }) => id).toSorted((one, other) => (one < other ? -1 : 1));
  return { data, more: "since" in which && revived.length === MOST_REPLAYED };
}
