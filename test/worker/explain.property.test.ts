import { runDurableObjectAlarm } from "cloudflare:test";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type App, type Answer, Session, type User, dataOf, newApp } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { hubOf } from "./kit/faults.ts";
import { upgrade } from "./kit/socket.ts";
import { Envelope, Explanation, PushRoute, Token } from "./kit/wire.ts";

const setForward = movableClock();

const ROUNDS = 60;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const PASSWORD = "secret word";

const guids = fc.constantFrom("phone", "laptop", "tablet");
const platforms = fc.constantFrom(1, 3, 6);
const addresses = fc.constantFrom("10.1.0.1", "10.1.0.2", "2001:db8::1");
const origins = fc.constantFrom(undefined, "https://app.example", "https://elsewhere.example");
const limits = fc.record({ mobile: fc.integer({ min: 1, max: 2 }), total: fc.integer({ min: 1, max: 3 }) });

const settings = fc.record({
  sign_in_policy: fc.record({ limits, overflow: fc.constantFrom("kick_oldest", "refuse_new") }),
  allowed_origins: fc.constantFrom(["*"], ["https://app.example"]),
  token_ttl: fc.constantFrom(3600, 7200, 9_000_000),
  time_zone: fc.constantFrom("UTC", "Asia/Shanghai"),
});

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("sign in"),
      guid: guids,
      platform: platforms,
      address: addresses,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("sign in bare"), address: addresses }) },
  fc.record({ do: fc.constant("fail"), address: addresses, times: fc.integer({ min: 4, max: 7 }) }),
  fc.record({ do: fc.constant("kick") }),
  fc.record({ do: fc.constant("log out") }),
  fc.record({
    do: fc.constant("disable"),
    hours: fc.constantFrom(undefined, 1, 3),
    reason: fc.constantFrom("", "spam"),
  }),
  fc.record({ do: fc.constant("enable") }),
  fc.record({ do: fc.constant("new password") }),
  fc.record({ do: fc.constant("delete") }),
  fc.record({ do: fc.constant("suspend"), status: fc.constantFrom(0, 1) }),
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("wait"),
      minutes: fc.constantFrom(2, 61, 200),
      isSeenTo: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("bind") }) },
  fc.record({ do: fc.constant("mute"), no_push: fc.boolean() }),
  fc.record({ do: fc.constant("no push"), no_push: fc.boolean() }),
  fc.record({ do: fc.constant("snooze"), hours: fc.constantFrom(0, 1, 30) }),
  fc.record({
    do: fc.constant("quiet"),
    from: fc.integer({ min: 0, max: 23 }),
    to: fc.integer({ min: 0, max: 23 }),
  }),
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const asked = fc.record({ guid: guids, platform: platforms, address: addresses, origin: origins });
type Asked = typeof asked extends fc.Arbitrary<infer A> ? A : never;

/** The codes of refusals that a close tells, by its reason. */
const closing: Record<string, number> = { token_invalid: 10008, token_expired: 402, user_disabled: 10029 };

async function ignore(answer: Promise<Answer> | undefined): Promise<void> {
  await answer;
}

/** One app with one user, whose tokens are kept whether they are good or not. */
class World {
  readonly app: App;
  readonly user: User;
  readonly sessions: Session[] = [];
  #ahead = 0;

  constructor(app: App, user: User) {
    this.app = app;
    this.user = user;
  }

  async do(each: Step): Promise<void> {
    const { app, user } = this;
    const acting = app.actingFor(user);
    const last = this.sessions.at(-1);
    switch (each.do) {
      case "sign in":
      case "sign in bare":
        return void (await this.signIn(each));
      case "fail":
        for (let time = 0; time < ("times" in each ? each.times : 0); time++) {
          const wrong = { name: user.name, password: "not the word" };
          await app.nobody.post("/token/user", wrong, from(each));
        }
        return;
      case "kick":
        return await ignore(acting.post("/user/kick"));
      case "log out":
        return await ignore(last?.post("/token/logout"));
      case "disable": {
        const hours = "hours" in each ? each.hours : undefined;
        const until = hours === undefined ? {} : { until: Date.now() + hours * HOUR };
        const reason = "reason" in each ? each.reason : "";
        return await ignore(app.disable(user, { reason, ...until }));
      }
      case "enable":
        return await ignore(app.admin.put("/user/enable", { list: [user.id] }));
      case "new password":
        return await ignore(acting.post("/user/change_password_admin", { password: PASSWORD }));
      case "delete":
        return await ignore(acting.post("/user/delete"));
      case "suspend":
        return await ignore(app.root.put("/admin/app", { status: "status" in each ? each.status : 0 }));
      case "wait":
        this.#ahead += ("minutes" in each ? each.minutes : 0) * MINUTE;
        setForward(this.#ahead);
        // The alarm is late, or it is not.
        if ("isSeenTo" in each && each.isSeenTo) await runDurableObjectAlarm(hubOf(app, user));
        return;
      case "bind": {
        const device_sn = last?.deviceSn ?? 1;
        const token = { device_sn, device_token: `token ${user.id}`, notifier_name: "n" };
        return await ignore(acting.post("/user/token/bind", token));
      }
      case "mute": {
        const no_push = "no_push" in each && each.no_push;
        return await ignore(acting.post("/user/push/device", { device_sn: 1, no_push }));
      }
      case "no push":
        return await ignore(acting.post("/user/push", { value: "no_push" in each && each.no_push }));
      case "snooze": {
        const hours = "hours" in each ? (each.hours ?? 0) : 0;
        return await ignore(acting.post("/user/push/snooze", { until: hours && Date.now() + hours * HOUR }));
      }
      case "quiet": {
        const [start, end] = "from" in each ? [each.from, each.to] : [0, 0];
        const hours = { no_push_start_hour: start, no_push_end_hour: end };
        return await ignore(acting.post("/user/push/limit", hours));
      }
      default:
        throw new Error("there is no such step");
    }
  }

  /** Signs in with the right password; keeps the token. */
  async signIn(how: Partial<Asked>): Promise<number> {
    const { guid: device_guid, platform } = how;
    const json = { name: this.user.name, password: PASSWORD, ...(device_guid && { device_guid, platform }) };
    const answer = await this.app.nobody.post("/token/user", json, from(how));
    if (answer.code === 200) this.sessions.push(new Session(this.app.id, dataOf(answer, Token)));
    return answer.code;
  }

  /** What is said of it before. */
  async explained(what: string, about: Record<string, unknown>) {
    const given = Object.fromEntries(Object.entries(about).filter(([, value]) => value !== undefined));
    const answer = await this.app.root.post("/admin/explain", { for: what, ...given });
    const told = dataOf(answer, Explanation);
    const first = told.gates.find(({ passed }) => passed === false);
    // The verdict is that of its gates, and each says what it goes by.
    const isOfGates = (first === undefined) === (told.verdict === "let_through");
    if (!isOfGates || told.gates.some(({ fact }) => fact === "")) throw new Error(JSON.stringify(told));
    return told;
  }

  async pushed(): Promise<{ code: number; reason: string }> {
    const answer = await this.app.admin.post("/admin/push/route", { list: [this.user.id] });
    if (answer.code !== 200) return { code: answer.code, reason: "app_suspended" };
    const [route] = dataOf(answer, z.array(PushRoute));
    return { code: route?.push ? 200 : 0, reason: route?.reason ?? "" };
  }

  async connected(session: Session, { guid, platform, origin }: Asked): Promise<number> {
    const headers = { ...session.headers, ...(origin && { origin }) };
    const response = await upgrade(headers, { device_guid: guid, platform: String(platform) });
    const refused = response.headers.get("x-refused");
    response.webSocket?.accept();
    response.webSocket?.close(1000, "");
    if (refused !== null) return closing[refused] ?? 0;
    return response.status === 101 ? 200 : Envelope.parse(await response.json()).code;
  }
}

function from({ address, origin }: Partial<Asked>): Record<string, string> {
  return { ...(address && { "cf-connecting-ip": address }), ...(origin && { origin }) };
}

async function hold(start: Record<string, unknown>, steps: readonly Step[], how: Asked): Promise<void> {
  setForward(0);
  const app = await newApp(start);
  const world = new World(app, await app.user(PASSWORD));
  for (const each of steps) await world.do(each);
  const { guid: device_guid, platform, address, origin } = how;
  const { id: user_id } = world.user;

  const push = await world.explained("push", { user_id });
  expect(await world.pushed()).toEqual({ code: push.code, reason: push.reason });

  const isThere = push.gates.find(({ gate }) => gate === "user_known")?.passed;
  const asCalled = async (session: Session) => {
    // What is thrown away here is what was answered: the code alone is compared.
    const headers: Record<string, string> = origin === undefined ? {} : { origin };
    return (await session.call("GET", "/user/push/tag", { headers })).code;
  };
  const codes = await Promise.all(world.sessions.map(asCalled));
  const latest = new Map(world.sessions.map((session, index) => [session.deviceSn, codes[index]]));
  latest.delete(undefined);
  for (const [device_sn, code] of isThere === true ? latest : []) {
    expect((await world.explained("call", { user_id, device_sn: device_sn ?? 0, origin })).code).toBe(code);
  }
  // By the user's id it is said of the session that is best off.
  const best = new Set(codes.includes(200) ? [200] : codes);
  for (const allowed of isThere === true && best.size > 0 ? [[...best]] : []) {
    const { code } = await world.explained("call", { user_id, origin });
    expect(allowed).toContain(code);
  }

  for (const session of world.sessions) {
    const call = await world.explained("call", { token: session.token, origin });
    expect(await asCalled(session)).toBe(call.code);
    const connect = await world.explained("connect", { token: session.token, device_guid, platform, origin });
    expect(await world.connected(session, how)).toBe(connect.code);
  }

  const signIn = await world.explained("sign_in", { user_id, device_guid, platform, address, origin });
  // Of who is not there any more nobody knows under which name the tries were counted.
  const isUnasked = signIn.gates.some(({ gate, passed }) => gate === "tries" && passed === null);
  const heard = await world.signIn(how);
  expect(isUnasked && heard === 10028 ? 11001 : heard).toBe(signIn.code);
}

describe("what is explained of a user", () => {
  it(
    "is what the call, the connection, the push and the sign-in then get",
    { timeout: 240_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(settings, fc.array(step, { minLength: 1, maxLength: 12 }), asked, hold),
        { numRuns: ROUNDS, endOnFailure: true },
      );
    },
  );
});
