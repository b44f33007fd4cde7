import { z } from "zod";
import { readActor } from "../domain/actors.ts";
import { signatureHeaders } from "../domain/signatures.ts";
import { type OpenedApp, openApp, readApp } from "../store/apps.ts";
import { noTrips } from "../store/database.ts";
import { type KeptEvent, dropEvent, findEvent, hasWebhook, noteDead, noteTry } from "../store/webhooks.ts";

/** What travels through the queue: where the event stands and by which claim it travels, not the event. */
const Message = z.object({ app_id: z.string(), id: z.string(), queued_at: z.int().optional() });

type Message = z.infer<typeof Message>;

/** How long a receiver may take to answer (ms). */
const PATIENCE = 10_000;
/** How long to wait before each further try (seconds). */
const WAITS = [10, 30, 120, 600, 1800, 3600];
/** How long a message waits whose app is closed, and at most that long again (seconds). */
const CLOSED_WAIT = 30;
/** The queue whose events were given up. */
const DEAD_QUEUE = "warbler-webhooks-dead";

/** Takes messages off a queue: deliveries to be made, or those that were given up. */
export async function consumeEvents(batch: MessageBatch, env: Env, now: number): Promise<void> {
  const isDead = batch.queue === DEAD_QUEUE;
  await Promise.all(
    batch.messages.map(async (message) => {
      // One app's message that fails is no matter of another's.
      const work = consume(env, message, isDead, now).catch((error: unknown) => {
        const fault = error instanceof Error ? error.name : typeof error;
        console.error(JSON.stringify({ queue: batch.queue, fault }));
        return false;
      });
      if (await work) message.ack();
      else message.retry({ delaySeconds: WAITS[message.attempts - 1] ?? WAITS.at(-1) ?? 0 });
    }),
  );
}

/** Does what a message asks for; true where there is nothing left to do. */
async function consume(
  env: Env,
  { body, attempts }: Pick<globalThis.Message, "body" | "attempts">,
  isDead: boolean,
  now: number,
): Promise<boolean> {
  const message = Message.parse(body);
  const { app_id, id } = message;
  const opened = await openApp(env, app_id, noTrips());
  const event = await findEvent(opened.db, id);
  if (!event) return true;
  if (event.is_closed === 1) {
    await beginAnew(env, message);
    return true;
  }
  if (!isDead) return await deliverEvent(env, opened, event, { now, attempts });
  await noteDead(opened.db, message, now);
  return true;
}

/**
 * Sends a message anew, with all of its tries: what became of an event could not be noted now, so nothing was tried, and
 * nothing is to count. At random, so that what waits for an app does not come all at once when it opens.
 */
async function beginAnew(env: Env, message: Message): Promise<void> {
  const delaySeconds = CLOSED_WAIT + Math.floor(Math.random() * CLOSED_WAIT);
  await env.WEBHOOKS.send(message, { delaySeconds });
}

/** Sends an event to its app's webhook; true where there is nothing left to do. */
async function deliverEvent(
  env: Env,
  { app, db }: OpenedApp,
  event: KeptEvent,
  { now, attempts }: { now: number; attempts: number },
): Promise<boolean> {
  const { id, type } = event;
  // An event is there since its app had a webhook: one that has none is asked for anew, as it may have one again.
  const hook = hasWebhook(app) ? app : await readApp(env, app.app_id, noTrips());
  if (!hook || !hasWebhook(hook)) {
    await dropEvent(db, id);
    return true;
  }
  const body = JSON.stringify({
    type,
    timestamp: new Date(event.created_at).toISOString(),
    data: event.data,
    actor: readActor(event.data["by"] ?? event.data["caller"]),
  });
  const headers = signatureHeaders(hook.webhook_secret, id, Math.floor(now / 1000), body);
  const at = Date.now();
  const { status, error } = await send(hook.webhook_url, headers, body);
  const delivered = status >= 200 && status < 300;
  const ms = Date.now() - at;
  await noteTry(db, {
    app_id: app.app_id,
    at,
    event_id: id,
    type,
    try: attempts,
    delivered,
    status,
    error,
    ms,
  });
  return delivered;
}

/** Posts to a webhook: the status of its answer, or 0 and why there was none. */
async function send(url: string, headers: Record<string, string>, body: string) {
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
      // A receiver that moved is told to its admin, not followed: the event holds what is the app's alone.
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE),
    });
    await answer.body?.cancel();
    return { status: answer.status, error: "" };
  } catch (error) {
    return { status: 0, error: error instanceof Error ? error.name : "no answer" };
  }
}
