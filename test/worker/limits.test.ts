import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { type Answer, type Client, call, newApp, newName, root } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { bySn, newHousehold } from "./kit/household.ts";
import { logged } from "./kit/log.ts";

const setForward = movableClock();

/** The Worker with limiters that let all callers pass or none, and note who came; and with other bindings changed. */
function workerLimiting(success: boolean, changes: Partial<Cloudflare.Env> = {}) {
  const callers: string[] = [];
  const limiter: RateLimit = {
    async limit({ key }) {
      callers.push(key);
      return { success };
    },
  };
  const fetch = workerWith({ CALLS: limiter, CALL_BLOCKS: limiter, ...changes });
  const get = (client: Client, path: string): Promise<Answer> =>
    call("GET", path, { headers: client.headers }, fetch);
  return { callers, get };
}

describe("too many calls by one caller", () => {
  it("hear 429 and when to come back, while others are served", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const flooder = root.with({ "root-key": "wrong", "cf-connecting-ip": "198.51.100.7" });
    const neighbour = flooder.with({ "cf-connecting-ip": "198.51.100.8" });
    // Called without the way through the runtime, 2,100 calls take less than two periods of the limiter.
    const worker = workerWith({});
    const served: number[] = [];
    let refused: Answer | undefined;
    await logged(async () => {
      while (refused === undefined && served.length < 2100) {
        const calls = Array.from({ length: 100 }, () =>
          call("GET", "/admin/apps", { headers: flooder.headers }, worker),
        );
        const answers = await Promise.all(calls);
        refused = answers.find((answer) => answer.code === 429);
        served.push(...answers.map((answer) => answer.code).filter((code) => code !== 429));
      }
    });

    expect(new Set(served)).toEqual(new Set([10010]));
    expect(served.length).toBeGreaterThanOrEqual(1000);
    expect(refused).toMatchObject({ code: 429, data: null });
    expect(refused?.response.status).toBe(429);
    expect(Number(refused?.response.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(refused?.message).not.toBe("");
    expect((await neighbour.get("/admin/apps")).code).toBe(10010);
    const fromThere = session.with({ "cf-connecting-ip": "198.51.100.7" });
    expect((await fromThere.get("/user/profile")).code).toBe(200);
  });

  it("are counted whoever calls: with a token, for an admin, as root, and with none at all", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const { get } = workerLimiting(false);
    const stranger = app.nobody.with({ "cf-connecting-ip": "198.51.100.9" });
    // An admin token that is new here is a stranger's.
    expect((await get(app.admin, "/user/list")).code).toBe(429);
    await call("GET", "/user/list", { headers: app.admin.headers }, workerWith({}));
    // A caller with a token is counted after the answer to its twentieth call.
    expect((await get(session, "/user/profile")).code).toBe(200);
    for (let turn = 1; turn < 20; turn++) {
      expect((await get(session, "/user/profile")).code).toBe(200);
      expect((await get(app.admin, "/user/list")).code).toBe(200);
    }
    const answers = [
      await get(session, "/user/profile"),
      await get(app.admin, "/user/list"),
      await get(app.actingFor(user), "/user/profile"),
      await get(app.root, "/admin/app"),
      await get(stranger.with({ "access-token": "none" }), "/user/profile"),
      await get(stranger.with({ "access-token": `wu_${"A".repeat(43)}` }), "/user/profile"),
    ];
    for (const answer of answers) {
      expect(answer).toMatchObject({ code: 429, data: null });
      expect(answer.response.status).toBe(429);
      expect(Number(answer.response.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    }
  });

  it("are one count for a session wherever the calls come from, and another for another session", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const { callers, get } = workerLimiting(true);
    const other = await app.signIn(user);
    for (let turn = 0; turn < 19; turn++) {
      await get(session, "/user/profile");
      await get(other, "/user/profile");
    }
    expect(callers).toHaveLength(0);
    await get(session.with({ "cf-connecting-ip": "198.51.100.1" }), "/user/profile");
    await get(other.with({ "cf-connecting-ip": "198.51.100.1" }), "/user/profile");
    for (let turn = 0; turn < 20; turn++) {
      await get(session.with({ "cf-connecting-ip": "198.51.100.2" }), "/user/profile");
    }
    expect(callers).toHaveLength(3);
    expect(callers[2]).toBe(callers[0]);
    expect(callers[1]).not.toBe(callers[0]);
  });

  it("by a session that is dead keep none of its user's others from anything", async () => {
    const { phone, laptop } = await newHousehold();
    expect((await laptop.set("/user/kick", bySn(phone))).code).toBe(200);
    const { get } = workerLimiting(false);
    const heard = [];
    for (let turn = 0; turn < 21; turn++) heard.push((await get(phone, "/user/profile")).code);
    expect([...new Set(heard)]).toEqual([10008, 429]);
    expect((await laptop.set("/user/kick", bySn(laptop))).code).toBe(200);
  });

  it("cost one question to the limiter for every twenty calls of an admin", async () => {
    const app = await newApp();
    const { callers, get } = workerLimiting(true);
    await get(app.admin, "/user/list");
    callers.splice(0);
    for (let turn = 1; turn < 100; turn++) await get(app.admin, "/user/list");
    expect(callers).toHaveLength(5);
  });

  it("are forgiven after Retry-After, however many came before", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const { get } = workerLimiting(false);
    for (let turn = 0; turn < 20; turn++) await get(session, "/user/profile");
    const refused = await get(session, "/user/profile");
    expect(refused.code).toBe(429);
    const wait = Number(refused.response.headers.get("retry-after")) * 1000;

    setForward(wait - 1000);
    expect((await get(session, "/user/profile")).code).toBe(429);
    setForward(wait);
    expect((await get(session, "/user/profile")).code).toBe(200);
    expect((await session.get("/user/profile")).code).toBe(200);
  });

  it("are forgiven then too where an earlier block is counted later", async () => {
    const { session } = await (await newApp()).session();
    const gate = Promise.withResolvers<void>();
    let blocks = 0;
    const limiter: RateLimit = {
      async limit() {
        blocks++;
        if (blocks === 1) await gate.promise;
        return { success: false };
      },
    };
    const fetch = workerWith({ CALL_BLOCKS: limiter });
    const get = async () => (await call("GET", "/user/profile", { headers: session.headers }, fetch)).code;
    for (let turn = 1; turn < 20; turn++) await get();
    const slow = get();
    await vi.waitUntil(() => blocks === 1);
    for (let turn = 0; turn < 20; turn++) await get();
    expect(await get()).toBe(429);
    setForward(9_000);
    gate.resolve();
    await slow;
    setForward(10_000);
    expect(await get()).toBe(200);
  });

  it("are counted by address where nobody can be told apart by a token", async () => {
    const app = await newApp();
    const { callers, get } = workerLimiting(true);
    const tries = [
      ["198.51.100.11", "none"],
      ["198.51.100.11", `wu_${"A".repeat(43)}`],
      ["198.51.100.11", `wa_${"A".repeat(43)}`],
      ["198.51.100.12", "none"],
    ] as const;
    for (const [address, token] of tries) {
      await get(app.nobody.with({ "cf-connecting-ip": address, "access-token": token }), "/user/profile");
    }
    const [first, ...others] = callers;
    expect(others.slice(0, 2)).toEqual([first, first]);
    expect(others[2]).not.toBe(first);
  });

  it("with made-up tokens keep no user out who calls from the same address", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const from = { "cf-connecting-ip": "198.51.100.13" };
    const { get } = workerLimiting(false);
    const flooder = app.nobody.with({ ...from, "access-token": `wu_${"A".repeat(43)}` });
    expect((await get(flooder, "/user/profile")).code).toBe(429);
    expect((await session.with(from).get("/user/profile")).code).toBe(200);
    expect((await app.admin.with(from).get("/user/list")).code).toBe(200);
  });

  it("of made-up tokens and apps are counted before D1 is asked, and cost it nothing once refused", async () => {
    const app = await newApp();
    const nowhere = app.nobody.with({ app_id: newName("nowhere") });
    const strangers = [
      app.nobody.with({ "access-token": `wu_${"B".repeat(43)}` }),
      app.nobody.with({ "access-token": `wa_${"B".repeat(43)}` }),
      nowhere,
      nowhere.with({ "access-token": `wu_${"B".repeat(43)}` }),
    ];
    const asked: unknown[] = [];
    const DB = new Proxy(env.DB, {
      get(target, name) {
        if (name === "prepare" || name === "batch") asked.push(name);
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      },
    });
    const { callers, get } = workerLimiting(false, { DB });
    for (const stranger of strangers) {
      expect(await get(stranger, "/user/profile")).toMatchObject({ code: 429 });
    }
    expect(callers).toHaveLength(strangers.length);
    expect(asked).toEqual([]);
  });
});
