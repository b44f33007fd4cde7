import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import worker from "../../src/index.ts";
import { newName } from "./kit/client.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, runCron } from "./kit/faults.ts";
import { patience } from "./kit/heard.ts";
import { move, moveToEnd } from "./kit/moving.ts";
import { eventsKept, newHookedApp, outside, queueThat } from "./kit/receiver.ts";
import { pagesOf } from "./kit/records.ts";
import { DeadEvent } from "./kit/wire.ts";
import { DEAD, newEvent, handOver, acked, retried, deadOf } from "./kit/webhook-queue.ts";

outside();

describe("a receiver that fails", () => {
  it("is tried again with the same id and the same body until it takes the event, which is forgotten then", async () => {
    const { app, receiver, id } = await newEvent();
    receiver.answer = () => new Response("no", { status: 500 });
    expect(await handOver(app, id, 1)).toMatchObject(retried);
    expect(await handOver(app, id, 2)).toMatchObject(retried);
    expect(await eventsKept(app)).toMatchObject([{ id, dead_at: null, last_error: "HTTP 500" }]);

    receiver.answer = () => new Response(null, { status: 204 });
    expect(await handOver(app, id, 3)).toMatchObject(acked);

    expect(receiver.deliveries.map((delivery) => delivery.id)).toEqual([id, id, id]);
    expect(new Set(receiver.deliveries.map((delivery) => delivery.text)).size).toBe(1);
    for (const delivery of receiver.deliveries) {
      expect(delivery.headers.get("webhook-signature")).toBe(receiver.signatureOf(delivery));
    }
    expect(await eventsKept(app)).toEqual([]);
  });

  it.each([
    ["answers 404", () => new Response("", { status: 404 }), "HTTP 404"],
    [
      "redirects",
      () => new Response("", { status: 302, headers: { location: "https://else.test/" } }),
      "HTTP 302",
    ],
    [
      "breaks the connection",
      () => {
        throw new TypeError("connection reset");
      },
      "TypeError",
    ],
  ] as const)(
    "is tried again where it %s, and the cause is noted without what it sent",
    async (_, answer, last_error) => {
      const { app, receiver, id } = await newEvent();
      receiver.answer = answer;
      expect(await handOver(app, id)).toMatchObject(retried);
      expect(await eventsKept(app)).toMatchObject([{ id, last_error }]);
      expect(receiver.deliveries).toHaveLength(1);
    },
  );

  it("is left longer and longer between the tries", async () => {
    const { app, receiver, id } = await newEvent();
    receiver.answer = () => new Response("", { status: 503 });
    const delays: number[] = [];
    for (const attempts of [1, 2, 3, 4, 5, 6]) delays.push(...(await handOver(app, id, attempts)).delays);
    expect(delays.toSorted((a, b) => a - b)).toEqual(delays);
    expect(new Set(delays).size).toBe(6);
    expect(delays[0]).toBeGreaterThan(0);
  });

  it("does not hold up the other messages of its batch", async () => {
    const [bad, good] = [await newEvent(), await newEvent()];
    bad.receiver.answer = () => new Response("", { status: 500 });
    const messages = [bad, good].map(({ app, id }) => ({
      id,
      timestamp: Date.now(),
      attempts: 1,
      body: { app_id: app.id, id },
    }));
    const batch = createMessageBatch("warbler-webhooks", messages);
    await worker.queue(batch, env);
    const result = await getQueueResult(batch, createExecutionContext());
    expect(result).toMatchObject({ explicitAcks: [good.id], retryMessages: [{ msgId: bad.id }] });
    expect(good.receiver.deliveries).toHaveLength(1);
  });

  it("hears nothing twice of what it took: a message that comes again is dropped", async () => {
    const { app, receiver, id } = await newEvent();
    expect(await handOver(app, id)).toMatchObject(acked);
    expect(await handOver(app, id, 2)).toMatchObject(acked);
    expect(receiver.deliveries).toHaveLength(1);
  });

  it("is left alone once its app has no webhook any more, and the event is forgotten", async () => {
    const { app, receiver, id } = await newEvent();
    await app.root.put("/admin/app", { webhook_url: "" });
    expect(await handOver(app, id)).toMatchObject(acked);
    expect(receiver.deliveries).toEqual([]);
    expect(await eventsKept(app)).toEqual([]);
  });
});

describe("an event whose app is closed for a move", () => {
  it.each([
    ["at its last try", 7, "warbler-webhooks"],
    ["that was given up", 1, DEAD],
  ])("begins its life anew %s, and is sent when the app is open", async (_, attempts, queue) => {
    const { app, receiver, id } = await newEvent();
    expect((await move(app, 1)).phase).toBe("waiting");
    const sent: { body: unknown; delay: number }[] = [];
    const send: Cloudflare.Env["WEBHOOKS"]["send"] = async (body, options) => {
      sent.push({ body, delay: options?.delaySeconds ?? 0 });
      return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
    };
    const WEBHOOKS = new Proxy(env.WEBHOOKS, {
      get: (target, name) => (name === "send" ? send : Reflect.get(target, name)),
    });
    expect(await handOver(app, id, attempts, queue, { ...env, WEBHOOKS })).toMatchObject(acked);
    expect(sent).toEqual([{ body: { app_id: app.id, id }, delay: expect.any(Number) }]);
    expect(sent[0]?.delay).toBeGreaterThanOrEqual(30);
    expect(receiver.deliveries).toEqual([]);

    const now = Date.now.bind(Date);
    let clock = vi.spyOn(Date, "now");
    await moveToEnd(app, 1, (ms) => (clock = clock.mockImplementation(() => now() + ms)));
    clock.mockRestore();
    expect(await deadOf(app)).toEqual([]);
    expect(await handOver(app, id)).toMatchObject(acked);
    expect(receiver.deliveries.map((delivery) => delivery.id)).toEqual([id]);
  });
});

describe("an event that was given up", () => {
  it("is recorded and read by the app's admin alone, and never sent again", async () => {
    const { app, receiver, id, username } = await newEvent();
    receiver.answer = () => new Response("", { status: 500 });
    await handOver(app, id, 7);
    expect(await deadOf(app)).toEqual([]);
    const before = Date.now();
    expect(await handOver(app, id, 1, DEAD)).toMatchObject(acked);

    const dead = await deadOf(app);
    expect(dead).toMatchObject([{ id, type: "user.registered", data: { username }, last_error: "HTTP 500" }]);
    expect(dead[0]?.dead_at).toBeGreaterThanOrEqual(before);
    const other = await newHookedApp();
    expect(await deadOf(other.app)).toEqual([]);
    const { session } = await app.session();
    expect((await session.get("/admin/webhooks/dead")).code).toBe(10010);

    receiver.answer = () => new Response("");
    await handOver(app, id, 1);
    await runCron();
    expect(receiver.deliveries.filter((delivery) => delivery.id === id)).toHaveLength(1);
    expect(await deadOf(app)).toHaveLength(1);
  });

  it("takes no place in the queue again, however long ago it was there", async () => {
    const { app, id } = await newEvent();
    await handOver(app, id, 1, DEAD);
    await env.DB.prepare("update webhook_events set queued_at = queued_at - 86400000 where id = ?")
      .bind(id)
      .run();
    const queued: unknown[] = [];
    const WEBHOOKS = queueThat(async (messages) => {
      queued.push(...messages);
    });
    await runCron({ WEBHOOKS });
    expect(queued).not.toContainEqual({ body: expect.objectContaining({ app_id: app.id, id }) });
    expect(await deadOf(app)).toMatchObject([{ id }]);
  });

  it("is listed page by page", async () => {
    const { app, id } = await newEvent();
    const fetch = workerWith({ WEBHOOKS: queueThat(async () => undefined) });
    for (const username of [newName(), newName()]) {
      const json = { username, password: "secret word" };
      await callBy(fetch, app.nobody, "POST", "/user/register/v2", { json });
    }
    const ids = (await eventsKept(app)).map((event) => event.id);
    expect(ids).toContain(id);
    for (const each of ids) await handOver(app, each, 1, DEAD);
    const read = await pagesOf(app.admin, "/admin/webhooks/dead", { limit: "2" }, DeadEvent);
    expect(read.flat().map((event) => event.id)).toEqual(ids.toSorted());
  });

  it("is kept for 30 days", async () => {
    const { app, id } = await newEvent();
    await handOver(app, id, 1, DEAD);
    const age = async (days: number) => {
      const at = Date.now() - days * 24 * 3_600_000;
      await env.DB.prepare("update webhook_events set dead_at = ? where id = ?").bind(at, id).run();
      await runCron();
    };
    await age(29.9);
    expect(await eventsKept(app)).toHaveLength(1);
    await age(30.1);
    expect(await eventsKept(app)).toEqual([]);
  });
});

describe("an event whose call died before the queue had it", () => {
  it("waits, unclaimed, and is sent by the cron trigger", async () => {
    const { app, receiver } = await newHookedApp();
    const fetch = workerWith({
      WEBHOOKS: queueThat(async () => {
        throw new Error("the queue cannot be reached");
      }),
    });
    const json = { username: newName(), password: "secret word" };
    const answer = await callBy(fetch, app.nobody, "POST", "/user/register/v2", { json });
    expect(answer.code).toBe(200);
    expect(await eventsKept(app)).toMatchObject([{ type: "user.registered", queued_at: null }]);

    await runCron();

    expect(await receiver.heard("user.registered")).toMatchObject([{ username: json.username }]);
    await vi.waitFor(async () => expect(await eventsKept(app)).toEqual([]), patience);
    expect(receiver.deliveries).toHaveLength(1);
  });

  it("is sent by the next call of its app too", async () => {
    const { app, receiver } = await newHookedApp();
    const fetch = workerWith({
      WEBHOOKS: queueThat(async () => {
        throw new Error("the queue cannot be reached");
      }),
    });
    const json = { username: newName(), password: "secret word" };
    await callBy(fetch, app.nobody, "POST", "/user/register/v2", { json });
    const user = await app.user();
    const heard = await receiver.heard("user.registered", 2);
    const names = heard.map((data) => data["username"]);
    expect(new Set(names)).toEqual(new Set([json.username, user.name]));
  });

  it("that the queue took and lost is sent again after its lease", async () => {
    const { app, receiver, id } = await newEvent();
    await runCron();
    expect(await eventsKept(app)).toMatchObject([{ id, queued_at: expect.any(Number) }]);
    await env.DB.prepare("update webhook_events set queued_at = queued_at - 86400000 where id = ?")
      .bind(id)
      .run();
    await runCron();
    await receiver.heard("user.registered");
    expect(receiver.deliveries.map((delivery) => delivery.id)).toEqual([id]);
  });
});
