import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type App, type Client, type Sent, newApp } from "./kit/client.ts";
import { newSettings } from "./kit/wire.ts";

/** The settings as this test remembers them: all that can be written, by name. */
type Model = Record<string, unknown>;

/** Well-formed texts of up to so many characters, often at the limit. */
const texts = (max: number) =>
  fc.oneof(
    fc.string({ unit: "binary", maxLength: Math.min(max, 20) }).filter((text) => text.isWellFormed()),
    fc.constantFrom("", "x".repeat(max), "😀".repeat(max), "null", "'; --", "\u0000", "\uFEFFx", " "),
  );

const hours = fc.integer({ min: 0, max: 23 });
const authModes = fc.integer({ min: 0, max: 3 });
const flags = fc.boolean();

const times = fc.constantFrom("00:00", "07:30", "23:59");

/** Few tokens, so that two users often want the same one. */
const pushTokens = fc.constantFrom("", "token a", "token b", "龥".repeat(170));

const fields = {
  auth_mode: authModes,
  auth_question: texts(256),
  auth_answer: texts(256),
  auto_download: flags,
  group_confirm: flags,
  no_push: flags,
  no_push_detail: flags,
  no_push_start_hour: hours,
  no_push_end_hour: hours,
  no_sounds: flags,
  push_nick_name: texts(64),
  push_token: pushTokens,
  silence_start_time: hours,
  silence_end_time: hours,
  vibratory: flags,
  time_zone: fc.constantFrom("", "UTC", "Asia/Kathmandu", "Australia/Lord_Howe"),
  push_schedule: fc.array(
    fc.record({
      days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      from: times,
      to: times,
    }),
    { maxLength: 14 },
  ),
};

const names = Object.keys(fields);
const changes = fc.record(fields, { requiredKeys: [] });

/** A write: where it goes, what it gives, and what it changes; undefined where it must be refused by 10002. */
interface Write {
  path: string;
  method: "POST" | "PUT";
  sent: Sent;
  change: Model | undefined;
}

const methods = fc.constantFrom("POST" as const, "PUT" as const);

/** The same parameters in the query, or in the body. */
const placed = (params: Model, inBody: boolean): Sent =>
  inBody
    ? { json: params }
    : { query: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)])) };

const settingsWrites: fc.Arbitrary<Write> = fc
  .record({ method: methods, change: changes, nulls: fc.subarray(names) })
  .map(({ method, change, nulls }) => {
    const leftOut = Object.fromEntries(nulls.map((name) => [name, null]));
    return { path: "/user/settings", method, sent: { json: { ...leftOut, ...change } }, change };
  });

const wrongValues: Record<string, fc.Arbitrary<unknown>> = {
  auth_mode: fc.constantFrom(4, -1, 0.5, "1", true),
  ...Object.fromEntries(
    ["auth_question", "auth_answer"].map((name) => [name, fc.constantFrom("q".repeat(257), "\ud800", 1, [])]),
  ),
  ...Object.fromEntries(
    ["auto_download", "group_confirm", "no_push", "no_push_detail", "no_sounds", "vibratory"].map((name) => [
      name,
      fc.constantFrom(0, 1, "true", "", {}),
    ]),
  ),
  ...Object.fromEntries(
    ["no_push_start_hour", "no_push_end_hour", "silence_start_time", "silence_end_time"].map((name) => [
      name,
      fc.constantFrom(24, -1, 1.5, "0", false),
    ]),
  ),
  time_zone: fc.constantFrom("Mars/Olympus", "+08:00", "z".repeat(65), 8),
  push_schedule: fc.constantFrom({}, "[]", [{ days: [], from: "00:00", to: "01:00" }], [{}]),
  push_nick_name: fc.constantFrom("😀".repeat(65), "\udc00", 7),
  push_token: fc.constantFrom("t".repeat(513), "龥".repeat(171), 7),
  id: fc.constantFrom(0, 9_007_199_254_740_991, "1"),
  user_id: fc.constantFrom(0, 9_007_199_254_740_991, "1"),
};

/** Good settings with one that is wrong among them. */
const wrongSettingsWrites: fc.Arbitrary<Write> = fc
  .constantFrom(...Object.entries(wrongValues))
  .chain(([name, values]) =>
    fc.record({ method: methods, change: changes, name: fc.constant(name), wrong: values }),
  )
  .map(({ method, change, name, wrong }) => ({
    path: "/user/settings",
    method,
    sent: { json: { ...change, [name]: wrong } },
    change: undefined,
  }));

/** An operation that sets one setting: the parameter, the setting, the good values and wrong ones. */
const ones = [
  ["/user/download", "value", "auto_download", flags, ["1", "yes", ""]],
  ["/user/sounds", "value", "no_sounds", flags, ["0", "TRUE", ""]],
  ["/user/vibratory", "value", "vibratory", flags, ["on", "1", ""]],
  ["/user/push", "value", "no_push", flags, ["off", "1", ""]],
  ["/user/push/detail", "value", "no_push_detail", flags, ["1", " true", ""]],
  ["/user/authmode", "value", "auth_mode", authModes, ["4", "-1", "1.0", ""]],
  ["/user/push/nickname", "nick_name", "push_nick_name", texts(64), ["n".repeat(65), "😀".repeat(65)]],
  ["/user/push/nickname", "value", "push_nick_name", texts(64), ["n".repeat(65)]],
] as const;

const oneWrites: fc.Arbitrary<Write> = fc
  .constantFrom(...ones)
  .chain(([path, param, setting, values, wrong]) =>
    fc.record({
      path: fc.constant(path),
      param: fc.constant(param),
      setting: fc.constant(setting),
      value: fc.oneof({ weight: 4, arbitrary: values }, fc.constant(undefined)),
      wrong: fc.constantFrom(...wrong),
      method: methods,
      inBody: fc.boolean(),
    }),
  )
  .map(({ path, param, setting, value, wrong, method, inBody }) => ({
    path,
    method,
    sent: placed({ [param]: value ?? wrong }, inBody),
    change: value === undefined ? undefined : { [setting]: value },
  }));

const limitWrites: fc.Arbitrary<Write> = fc
  .record({ start: fc.integer({ min: -1, max: 24 }), end: hours, method: methods, inBody: fc.boolean() })
  .map(({ start, end, method, inBody }) => {
    const params = { no_push_start_hour: start, no_push_end_hour: end };
    const isHour = start >= 0 && start <= 23;
    return {
      path: "/user/push/limit",
      method,
      sent: placed(params, inBody),
      change: isHour ? params : undefined,
    };
  });

/** Half of the hours without push, which is none. */
const halfLimitWrites: fc.Arbitrary<Write> = fc
  .record({ name: fc.constantFrom("no_push_start_hour", "no_push_end_hour"), hour: hours, method: methods })
  .map(({ name, hour, method }) => ({
    path: "/user/push/limit",
    method,
    sent: placed({ [name]: hour }, false),
    change: undefined,
  }));

const aliasWrites: fc.Arbitrary<Write> = fc
  .record({
    alias: fc.constantFrom("", "wren", "x".repeat(65)),
    push_token: fc.option(pushTokens, { nil: undefined }),
  })
  .map(({ alias, push_token }) => {
    const change = push_token === undefined ? {} : { push_token };
    const isGood = alias.length <= 64;
    return {
      path: "/user/push/alias",
      method: "POST",
      sent: { json: { alias, push_token } },
      change: isGood ? change : undefined,
    };
  });

const writes = fc.oneof(
  { weight: 4, arbitrary: settingsWrites },
  { weight: 2, arbitrary: wrongSettingsWrites },
  { weight: 4, arbitrary: oneWrites },
  limitWrites,
  halfLimitWrites,
  aliasWrites,
);

/** A user, the model of its settings, and the ways in which its settings can be written. */
class Actor {
  readonly id: number;
  readonly clients: readonly Client[];
  model: Model = newSettings;

  constructor(id: number, clients: readonly Client[]) {
    this.id = id;
    this.clients = clients;
  }

  /** Makes a write by one of its clients. */
  async write({ path, method, sent }: Write, by: number): Promise<number> {
    const client = this.clients[by % this.clients.length];
    if (!client) throw new Error("there is no client");
    return (await client.call(method, path, sent)).code;
  }

  /** What each of its clients reads. */
  async read(): Promise<unknown[]> {
    const answers = await Promise.all(this.clients.map((client) => client.get("/user/settings")));
    return answers.map(({ body }) => body);
  }

  /** What each of them must read. */
  get expected(): unknown[] {
    const data = { id: this.id, user_id: this.id, ...this.model };
    return this.clients.map(() => ({ code: 200, message: "", data }));
  }
}

async function newActor(app: App): Promise<Actor> {
  const { user, session } = await app.session();
  return new Actor(user.id, [session, app.actingFor(user)]);
}

const steps = fc.array(fc.tuple(fc.nat({ max: 1 }), fc.nat({ max: 1 }), writes), {
  minLength: 1,
  maxLength: 12,
});

describe("the settings", () => {
  it("are what was last written to them, whoever wrote it, and nothing of a write that was refused", async () => {
    const app = await newApp();
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const actors = [await newActor(app), await newActor(app)];
        for (const [who, by, write] of taken) {
          const [actor, other] = who === 0 ? actors : actors.toReversed();
          if (!actor || !other) throw new Error("there are two users");
          expect(await actor.write(write, by)).toBe(write.change === undefined ? 10002 : 200);
          actor.model = { ...actor.model, ...write.change };
          const token = write.change?.["push_token"];
          if (token && other.model["push_token"] === token) other.model = { ...other.model, push_token: "" };
        }
        for (const actor of actors) expect(await actor.read()).toEqual(actor.expected);
      }),
      { numRuns: 25 },
    );
  });

  it("are the same after any one write is repeated by its other method", async () => {
    const app = await newApp();
    const good = fc
      .oneof(settingsWrites, oneWrites, limitWrites)
      .filter(({ change }) => change !== undefined);
    await fc.assert(
      fc.asyncProperty(good, async (write) => {
        const actor = await newActor(app);
        for (const method of ["POST", "PUT"] as const) {
          expect(await actor.write({ ...write, method }, 0)).toBe(200);
          actor.model = { ...actor.model, ...write.change };
          expect(await actor.read()).toEqual(actor.expected);
        }
      }),
      { numRuns: 8 },
    );
  });

  it("take the user's own id as if it were not given", async () => {
    const app = await newApp();
    await fc.assert(
      fc.asyncProperty(changes, fc.subarray(["id", "user_id"], { minLength: 1 }), async (change, given) => {
        const actor = await newActor(app);
        const ids = Object.fromEntries(given.map((name) => [name, actor.id]));
        const write = {
          path: "/user/settings",
          method: "PUT",
          sent: { json: { ...change, ...ids } },
          change,
        } as const;
        expect(await actor.write(write, 0)).toBe(200);
        actor.model = { ...actor.model, ...change };
        expect(await actor.read()).toEqual(actor.expected);
      }),
      { numRuns: 6 },
    );
  });
});
