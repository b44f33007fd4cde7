import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { type App, dataOf, newName } from "./kit/client.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, runCron } from "./kit/faults.ts";
import { patience } from "./kit/heard.ts";
import { eventsKept, newHookedApp, outside, queueThat } from "./kit/receiver.ts";
import { pagesOf } from "./kit/records.ts";
import { Delivery } from "./kit/wire.ts";
import { DEAD, newEvent, handOver, acked, deadOf } from "./kit/webhook-queue.ts";

outside();

const triesOf = async (app: App) =>
  dataOf(await app.admin.get("/admin/webhooks/deliveries"), z.array(Delivery));

/** An event that was tried once and given up. */
async function newDead() {
  const made = await newEvent();
  made.receiver.answer = () => new Response("no", { status: 500 });
  await handOver(made.app, made.id, 7);
  await handOver(made.app, made.id, 1, DEAD);
  return made;
}

describe("events that were given up", () => {
  it("are sent anew under their id, once however often it is asked, and each try is listed", async () => {
    const { app, receiver, id } = await newDead();
    receiver.answer = () => new Response("yes");
    const other = await newHookedApp();
    expect(await other.app.admin.post("/admin/webhooks/replay", { ids: [id] })).toMatchObject({ data: [] });
    const since = { since: Date.now() - 60_000 };
    const both = await Promise.all([
      app.admin.post("/admin/webhooks/replay", { ids: [id, "evt_none"] }),
      app.admin.post("/admin/webhooks/replay", since),
    ]);
    expect(both.flatMap(({ data }) => data)).toEqual([id]);
    await vi.waitUntil(async () => (await eventsKept(app)).length === 0, patience);

    expect(receiver.deliveries.map((delivery) => delivery.id)).toEqual([id, id]);
    expect(await deadOf(app)).toEqual([]);
    expect(await triesOf(app)).toMatchObject([
      { event_id: id, try: 1, delivered: true, status: 200, error: "" },
      { event_id: id, try: 7, delivered: false, status: 500, error: "" },
    ]);
    expect(await triesOf(other.app)).toEqual([]);
    const first = await app.admin.get("/admin/webhooks/deliveries", { limit: "1" });
    const { cursor } = z.object({ cursor: z.string() }).parse(first.body);
    const second = await app.admin.get("/admin/webhooks/deliveries", { limit: "1", cursor });
    expect(second.data).toMatchObject([{ try: 7 }]);
    expect(second.body).not.toHaveProperty("cursor");
  });

  it("have the tries of one instant listed each once, page by page", async () => {
    const { app, receiver, id } = await newEvent();
    receiver.answer = () => new Response("no", { status: 500 });
    for (let attempt = 1; attempt <= 3; attempt++) await handOver(app, id, attempt);
    await env.DB.prepare("update webhook_deliveries set at = ? where app_id = ?")
      .bind(Date.now(), app.id)
      .run();
    const read = await pagesOf(app.admin, "/admin/webhooks/deliveries", { limit: "1" }, Delivery);
    const tries = read.flat().map((each) => each.try);
    expect(tries.toSorted((one, other) => one - other)).toEqual([1, 2, 3]);
  });

  it("are named again to who asks again under its key, by ids or since, though none is dead any more", async () => {
    const { app, receiver, id } = await newDead();
    receiver.answer = () => new Response("yes");
    const ask = async (which: object, key: string) =>
      await app.admin.post("/admin/webhooks/replay", which, { "idempotency-key": key });
    const since = { since: Date.now() - 60_000 };
    expect(await ask(since, "first")).toMatchObject({ data: [id], body: { more: false } });
    expect(await ask(since, "first")).toMatchObject({ data: [id], body: { more: false } });
    expect(await ask({ ids: [id] }, "second")).toMatchObject({ data: [] });
    expect(await ask({ ids: [id] }, "first")).toMatchObject({ code: 422 });
    await vi.waitUntil(async () => (await eventsKept(app)).length === 0, patience);
    expect(receiver.deliveries.map((delivery) => delivery.id)).toEqual([id, id]);
  });

  it("are not given up again by the message of before, which comes again behind the replay", async () => {
    const { app } = await newHookedApp();
    const queued: { body: unknown }[] = [];
    const Queued = z.array(z.object({ body: z.object({ app_id: z.string(), id: z.string() }).loose() }));
    const WEBHOOKS = queueThat(async (messages) => void queued.push(...Queued.parse([...messages])));
    const fetch = workerWith({ WEBHOOKS });
    const json = { username: newName(), password: "secret word" };
    await callBy(fetch, app.nobody, "POST", "/user/register/v2", { json });
    const [{ id } = { id: "" }] = await eventsKept(app);
    const [first] = await vi.waitUntil(() => queued.length === 1 && queued, patience);
    const giveUp = async (message: { body: unknown } | undefined) =>
      await handOver(app, id, 1, DEAD, env, message?.body);
    await giveUp(first);
    expect(await deadOf(app)).toMatchObject([{ id }]);

    await callBy(fetch, app.admin, "POST", "/admin/webhooks/replay", { json: { ids: [id] } });
    const [, second] = await vi.waitUntil(() => queued.length === 2 && queued, patience);
    expect(await giveUp(first)).toMatchObject(acked);
    expect(await deadOf(app)).toEqual([]);
    await giveUp(second);
    expect(await deadOf(app)).toMatchObject([{ id }]);
  });

  it("stay where the app has no webhook any more, and where neither ids nor since says which", async () => {
    const { app, id } = await newDead();
    for (const json of [{}, { ids: [id], since: 0 }])
      expect(await app.admin.post("/admin/webhooks/replay", json)).toMatchObject({ code: 10002 });
    await app.root.put("/admin/app", { webhook_url: "" });
    expect(await app.admin.post("/admin/webhooks/replay", { since: 0 })).toMatchObject({ code: 10002 });
    expect(await deadOf(app)).toMatchObject([{ id }]);
  });

  it("leave no try behind for longer than 7 days", async () => {
    const { app, id } = await newDead();
    const day = 24 * 3600 * 1000;
    const age = async (days: number) =>
      await env.DB.prepare("update webhook_deliveries set at = ? where app_id = ? and event_id = ?")
        .bind(Date.now() - days * day, app.id, id)
        .run();
    await age(6);
    await runCron();
    expect(await triesOf(app)).toHaveLength(1);
    await age(8);
    await runCron();
    expect(await triesOf(app)).toEqual([]);
  });
});
