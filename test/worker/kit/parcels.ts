import {
  createExecutionContext,
  createMessageBatch,
  getQueueResult,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { z } from "zod";
import worker from "../../../src/index.ts";
import type { App, User } from "./client.ts";
import { hubOf } from "./faults.ts";

const Posted = z.array(z.looseObject({ body: z.looseObject({ app_id: z.string() }) }));

/** What a hub hands to the queue in one send. */
export type Sending = z.infer<typeof Posted>;

/** What becomes of a send: `send` is what would have been done. */
type Through = (send: () => Promise<unknown>, messages: Sending) => Promise<unknown>;

/** Has a user's hub work with another binding; returns how that ends. Other hubs, and the Worker, may hold the same environment. */
async function bindOtherwise<K extends "DB" | "EVENTS">(
  app: App,
  user: User,
  name: K,
  otherwise: (real: Cloudflare.Env[K]) => Cloudflare.Env[K],
): Promise<() => Promise<void>> {
  const real = env[name];
  const bind = async (binding: Cloudflare.Env[K]) =>
    await runInDurableObject(hubOf(app, user), (instance) => {
      const own: unknown = Reflect.get(instance, "env");
      if (typeof own !== "object" || own === null) throw new Error("the hub has no environment");
      Reflect.set(own, name, binding);
    });
  await bind(otherwise(real));
  return async () => await bind(real);
}

/** Has the sends of one app's hubs go through something; returns how that ends. */
export async function postingThrough(app: App, user: User, through: Through): Promise<() => Promise<void>> {
  return await bindOtherwise(
    app,
    user,
    "EVENTS",
    (real) =>
      new Proxy(real, {
        get(target, name) {
          if (name !== "sendBatch") return Reflect.get(target, name);
          return async (messages: Iterable<MessageSendRequest>) => {
            const all = [...messages];
            const posted = Posted.parse(all);
            const send = async () => await target.sendBatch(all);
            return posted[0]?.body.app_id === app.id ? await through(send, posted) : await send();
          };
        },
      }),
  );
}

/** A queue that takes nothing. */
export const refusing: Through = async () => {
  throw new Error("Too Many Requests");
};

/** Has D1 take nothing of a hub; returns the database as it is then, how often it was asked, and how that ends. */
export async function withoutDatabase(app: App, user: User) {
  let asked = 0;
  const away = new Proxy(env.DB, {
    get() {
      asked++;
      throw new Error("D1_ERROR: the database is away");
    },
  });
  const restore = await bindOtherwise(app, user, "DB", () => away);
  return { db: away, asked: () => asked, restore };
}

/** How many events wait in a user's hub. */
export async function waitingIn(app: App, user: User): Promise<unknown> {
  return await runInDurableObject(
    hubOf(app, user),
    (_hub, state) => state.storage.sql.exec("select count(*) as count from outbox").one()["count"],
  );
}

/** Adds events to what waits in a user's hub. */
export async function addEvents(
  app: App,
  user: User,
  count: number,
  more: Record<string, unknown> = {},
): Promise<void> {
  const { id, event } = ending(more);
  await runInDurableObject(hubOf(app, user), (_hub, state) => {
    state.storage.sql.exec(
      `insert into outbox (id, body)
       with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ?3)
       select ?1 || ' ' || n, ?2 from numbers`,
      id,
      JSON.stringify(event),
      count,
    );
  });
}

/** A session's end as a hub reports it. */
export function ending(more: Record<string, unknown> = {}) {
  return {
    id: crypto.randomUUID(),
    event: {
      at: Date.now(),
      caller: "system",
      device_sn: 1,
      reason: "",
      from: { address: "", request_id: "" },
      operation: "session.kicked",
      webhook: "device.kicked",
      ...more,
    },
  };
}

/** The body of a message, of a user whom nobody has to have registered. */
export function parcel(app: App, userId: number, ...events: ReturnType<typeof ending>[]) {
  return { app_id: app.id, user_id: userId, events };
}

/** Hands messages to the Worker at their nth try, in an environment; the ids of messages are their places. */
export async function handOver(
  bodies: readonly unknown[],
  {
    attempts = 1,
    queue = "warbler-events",
    changes = {},
  }: { attempts?: number; queue?: string; changes?: Partial<Cloudflare.Env> } = {},
) {
  const messages = bodies.map((body, place) => ({
    id: String(place),
    timestamp: new Date(),
    attempts,
    body,
  }));
  const batch = createMessageBatch(queue, messages);
  const retries = batch.messages.map((message) => vi.spyOn(message, "retry"));
  await worker.queue(batch, { ...env, ...changes });
  const { explicitAcks, retryMessages } = await getQueueResult(batch, createExecutionContext());
  const delays = retries.flatMap((retry) => retry.mock.calls.map(([options]) => options?.delaySeconds ?? 0));
  return {
    taken: explicitAcks.toSorted((a, b) => Number(a) - Number(b)),
    retried: retryMessages.map(({ msgId }) => msgId).toSorted((a, b) => Number(a) - Number(b)),
    delays,
  };
}
