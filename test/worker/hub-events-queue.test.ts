import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { type App, newApp } from "./kit/client.ts";
import { databaseLosingAnswers, databaseWhoseBatches, refuseWrites } from "./kit/faults.ts";
import { ending, handOver, parcel } from "./kit/parcels.ts";
import { eventsKept, newHookedApp, outside, queueThat } from "./kit/receiver.ts";
import { audit } from "./kit/records.ts";

outside();

const DEAD = "warbler-events-dead";
const losing = { WEBHOOKS: queueThat(async () => undefined) };

/** The database, and how many statements each transaction has had. */
function counted() {
  const transactions: number[] = [];
  const DB = databaseWhoseBatches(async (send) => {
    const results = await send();
    transactions.push(results.length);
    return results;
  });
  return { DB, transactions };
}

/** A database that cannot be reached, and how often it was tried. */
function away() {
  let tries = 0;
  const DB = databaseWhoseBatches(async () => {
    tries++;
    throw new Error("D1_ERROR: Network connection lost.");
  });
  return { DB, tries: () => tries };
}

/** The queue of what hubs report, and what it was sent by others than hubs; or one that takes nothing. */
function firstQueue(refuses = false) {
  const sent: unknown[] = [];
  const EVENTS = new Proxy(env.EVENTS, {
    get(target, name) {
      if (name !== "send") return Reflect.get(target, name);
      return async (body: unknown) => {
        if (refuses) throw new Error("Too Many Requests");
        sent.push(body);
      };
    },
  });
  return { EVENTS, sent };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const places = (count: number) => numbers(count).map(String);
const subjectsOf = async (app: App) =>
  (await audit(app.admin, { operation: "session.kicked", limit: "200" })).map(({ subject }) => subject);

describe("a batch of what hubs report", () => {
  it("is one transaction for 100 messages of 100 users of many apps", async () => {
    const apps = [await newApp(), (await newHookedApp()).app, await newApp()];
    const bodies = numbers(100).flatMap((user) => {
      const app = apps[user % apps.length];
      return app ? [parcel(app, user + 1, ending())] : [];
    });
    const { DB, transactions } = counted();

    expect(await handOver(bodies, { changes: { DB, ...losing } })).toMatchObject({ taken: places(100) });

    expect(transactions).toEqual([3]);
    const subjects = (await Promise.all(apps.map(subjectsOf))).flat();
    expect(subjects.toSorted((a, b) => Number(a) - Number(b))).toEqual(numbers(100).map((user) => user + 1));
  });

  it("is as many transactions as its size asks for, and all of it is written", async () => {
    const app = await newApp();
    const long = { reason: "\u0001".repeat(256) };
    const bodies = numbers(20).map((user) => parcel(app, user + 1, ...numbers(30).map(() => ending(long))));
    const { DB, transactions } = counted();
    expect(await handOver(bodies, { changes: { DB } })).toMatchObject({ taken: places(20) });
    expect(transactions.length).toBeGreaterThan(1);
    const count = env.DB.prepare("select count(*) as count from audit where app_id = ? and subject > 0");
    expect(await count.bind(app.id).first("count")).toBe(600);
  });

  it("stands in the audit as it happened: a user's parcels by their time, the events of a parcel in their order", async () => {
    const app = await newApp();
    const at = Date.now();
    const first = parcel(app, 1, ending({ at, operation: "kick" }), ending({ at, operation: "session.a" }));
    const second = parcel(app, 1, ending({ at: at + 1, operation: "session.b" }));
    const third = parcel(app, 1, ending({ at: at + 2, operation: "session.c" }));
    await handOver([third, first, second]);
    const records = await audit(app.admin, { user_id: "1" });
    const order = ["session.c", "session.b", "session.a", "kick"];
    expect(records.map(({ operation }) => operation)).toEqual(order);
  });
});

describe("a message that comes again", () => {
  it("writes nothing where its consumer died before the acknowledgement: one record, one event for the app", async () => {
    const { app, receiver } = await newHookedApp();
    const body = parcel(app, 1, ending());
    // The first consumer has handed the event on, but the queue of webhooks has lost it.
    await handOver([body], { changes: losing });
    const { DB, transactions } = counted();

    expect(await handOver([body, body], { attempts: 2, changes: { DB } })).toMatchObject({
      taken: ["0", "1"],
    });

    expect(transactions).toHaveLength(1);
    expect(await subjectsOf(app)).toEqual([1]);
    expect(await receiver.heard("device.kicked")).toMatchObject([{ user_id: 1, reason: "" }]);
    await vi.waitFor(async () => expect(await eventsKept(app)).toEqual([]));
    await handOver([body], { attempts: 3 });
    expect(await eventsKept(app)).toEqual([]);
    expect(receiver.of("device.kicked")).toHaveLength(1);
  });

  it("is not acknowledged where D1's answer was lost, and is written once", async () => {
    const { app } = await newHookedApp();
    const body = parcel(app, 1, ending());
    const lost = await handOver([body], { changes: { DB: databaseLosingAnswers(), ...losing } });
    expect(lost).toMatchObject({ taken: [], retried: ["0"] });
    expect(await handOver([body], { attempts: 2, changes: losing })).toMatchObject({ taken: ["0"] });
    expect(await subjectsOf(app)).toEqual([1]);
    expect(await eventsKept(app)).toMatchObject([{ type: "device.kicked", queued_at: expect.any(Number) }]);
  });

  it("comes after longer and longer waits while D1 cannot be reached, which is tried once a batch", async () => {
    const app = await newApp();
    const bodies = numbers(100).map((user) => parcel(app, user + 1, ending()));
    const { DB, tries } = away();
    const delays: number[] = [];
    for (let attempts = 1; attempts <= 10; attempts++) {
      const result = await handOver(bodies, { attempts, changes: { DB } });
      expect(result).toMatchObject({ taken: [], retried: places(100) });
      delays.push(result.delays[0] ?? 0);
    }
    expect(tries()).toBe(10);
    expect(delays.toSorted((a, b) => a - b)).toEqual(delays);
    expect(delays[0]).toBeGreaterThan(0);
    expect(new Set(delays).size).toBeGreaterThan(5);
  });
});

describe("a message that D1 refuses alone", () => {
  it("is retried alone, wherever it stands among others", async () => {
    const [poison, sound] = [await newApp(), await newApp()];
    const restore = await refuseWrites(poison, "insert", "audit");
    const bodies = numbers(40).map((user) => parcel(user % 13 === 5 ? poison : sound, user + 1, ending()));
    const result = await handOver(bodies);
    await restore();
    expect(result.retried).toEqual(["5", "18", "31"]);
    expect(result.taken).toHaveLength(37);
    expect(await subjectsOf(sound)).toHaveLength(37);
    expect(await subjectsOf(poison)).toEqual([]);
  });
});

describe("a message that no parser reads", () => {
  it("is retried alone, and the others of its batch are written", async () => {
    const app = await newApp();
    const wrong = [
      "text",
      null,
      [],
      { app_id: app.id, id: "evt_1" },
      { ...parcel(app, 1, ending()), user_id: "1" },
      parcel(app, 1, ending(), ending({ at: "now" })),
    ];
    const result = await handOver([...wrong, parcel(app, 7, ending())]);
    expect(result).toMatchObject({ taken: ["6"], retried: places(6) });
    expect(await subjectsOf(app)).toEqual([7]);
  });
});

describe("a message in the dead queue", () => {
  it("is recorded as soon as D1 takes it", async () => {
    const app = await newApp();
    expect(await handOver([parcel(app, 1, ending())], { queue: DEAD })).toMatchObject({ taken: ["0"] });
    expect(await subjectsOf(app)).toEqual([1]);
  });

  it("waits there while it cannot be, and is named in the log without what it says of people", async () => {
    const app = await newApp();
    const spy = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const about = { caller: "user:77", from: { address: "203.0.113.9", request_id: "request" } };
    const body = parcel(app, 4711, ending(about));
    const result = await handOver([body, "text"], { queue: DEAD, attempts: 2, changes: { DB: away().DB } });
    const lines = spy.mock.calls.map(String);
    spy.mockRestore();
    expect(result).toMatchObject({ taken: [], retried: ["0", "1"] });
    expect(Math.min(...result.delays)).toBeGreaterThanOrEqual(900);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { queue: DEAD, message: "1", attempts: 2, fault: "unreadable" },
      { queue: DEAD, message: "0", app: app.id, attempts: 2, fault: "the database failed: D1_ERROR" },
    ]);
    expect(lines.join()).not.toMatch(/4711|user:77|203\.0\.113\.9/);
  });

  it("begins anew in the first queue before a queue would forget it, and stays where that takes nothing", async () => {
    const app = await newApp();
    const bodies = [parcel(app, 1, ending()), "text"];
    const { DB } = away();
    const { EVENTS, sent } = firstQueue();
    const anew = await handOver(bodies, { queue: DEAD, attempts: 30, changes: { DB, EVENTS } });
    expect(anew).toMatchObject({ taken: ["0", "1"], retried: [] });
    expect(sent).toEqual(["text", bodies[0]]);

    const closed = firstQueue(true);
    const kept = await handOver(bodies, {
      queue: DEAD,
      attempts: 31,
      changes: { DB, EVENTS: closed.EVENTS },
    });
    expect(kept).toMatchObject({ taken: [], retried: ["0", "1"] });
  });
});
