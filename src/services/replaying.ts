import { z } from "zod";
import { Refusal } from "../domain/reasons.ts";
import { type Replayed, answerOfRevival, hasWebhook, reviveEvents } from "../store/webhooks.ts";
import type { Scope } from "./scope.ts";

/** Most events of one call: a queue takes so many messages at once. */
export const MOST_REPLAYED = 100;

/** What the statement that revives events returns. */
const Revived = z.array(z.object({ id: z.string() }));

/**
 * Sends events anew that were given up, under their ids and with all of their tries; one that is not dead is left alone, so that
 * a call that comes twice does it once. Should the machine die behind the write, the cron trigger queues them. Refuses where the
 * app has no webhook, as its events would be dropped.
 */
export async function replayEvents(scope: Scope, which: Replayed) {
  const { app, db } = scope;
  if (!hasWebhook(app)) throw new Refusal("parameter_wrong", "the app has no webhook_url: set it first");
  const revive = reviveEvents(db, app.app_id, which, MOST_REPLAYED);
  const [keep] = scope.keepingBefore(answerOfRevival(db, app.app_id, which, MOST_REPLAYED));
  const [first, second] = await scope.write("the subject", keep ? [keep, revive] : [revive]);
  scope.queueEvents();
  const ids = Revived.parse(keep ? second : first)
    .map(({ id }) => id)
    .toSorted();
  return { data: ids, more: "since" in which && ids.length === MOST_REPLAYED };
}
