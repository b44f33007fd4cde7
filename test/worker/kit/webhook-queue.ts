import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import { z } from "zod";
import worker from "../../../src/index.ts";
import { type App, dataOf, newName } from "./client.ts";
import { workerWith } from "./elsewhere.ts";
import { callBy } from "./faults.ts";
import { eventsKept, newHookedApp, queueThat } from "./receiver.ts";
import { DeadEvent } from "./wire.ts";

/** The queue of messages that were given up. */
export const DEAD = "warbler-webhooks-dead";

/** An app with an event that the queue took and lost: what becomes of it is the test's. */
export async function newEvent() {
  const { app, receiver } = await newHookedApp();
  const fetch = workerWith({ WEBHOOKS: queueThat(async () => undefined) });
  const json = { username: newName(), password: "secret word" };
  const answer = await callBy(fetch, app.nobody, "POST", "/user/register/v2", { json });
  expect(answer.code).toBe(200);
  const [event] = await eventsKept(app);
  if (!event) throw new Error("no event was kept");
  return { app, receiver, id: event.id, username: json.username };
}

/** Hands a message about an event to the Worker, as a queue does at its nth try. */
export async function handOver(
  app: App,
  id: string,
  attempts = 1,
  queue = "warbler-webhooks",
  elsewhere = env,
  body: unknown = { app_id: app.id, id },
) {
  const batch = createMessageBatch(queue, [{ id: "message", timestamp: Date.now(), attempts, body }]);
  const retries = batch.messages.map((message) => vi.spyOn(message, "retry"));
  await worker.queue(batch, elsewhere);
  const delays = retries.flatMap((retry) => retry.mock.calls.map(([options]) => options?.delaySeconds ?? 0));
  return { ...(await getQueueResult(batch, createExecutionContext())), delays };
}

/** What the queue hears of a message that is done with. */
export const acked = { explicitAcks: ["message"], retryMessages: [] };
/** And of one that is to come again. */
export const retried = { explicitAcks: [], retryMessages: [{ msgId: "message" }] };

const Dead = z.array(DeadEvent);

/** The events of an app that were given up. */
export async function deadOf(app: App) {
  return dataOf(await app.admin.get("/admin/webhooks/dead"), Dead);
}
