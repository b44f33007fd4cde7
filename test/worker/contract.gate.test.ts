import { describe, expect, it } from "vitest";
import type { Level } from "../../src/http/operation.ts";
import { type Client, newName } from "./kit/client.ts";
import { exampleOf } from "./kit/contract/examples.ts";
import { stageForAll } from "./kit/contract/refusing.ts";
import {
  type Binding,
  type Stage,
  callerOf,
  newStage,
  oneOfEach,
  place,
  send,
  stateOf,
  without,
} from "./kit/contract/stage.ts";
import { once } from "./kit/once.ts";
import { fromElsewhere } from "./kit/race.ts";

const UNKNOWN = { user: `wu_${"A".repeat(43)}`, admin: `wa_${"A".repeat(43)}` };

/** A caller, the code it must hear, and what the message must name; `alone` where it calls without parameters. */
interface Expected {
  client: Client;
  code: number;
  naming: string;
  alone?: true;
}

const expects = (client: Client, code: number, naming = ""): Expected => ({ client, code, naming });

const newStageForAll = async () => await stageForAll(oneOfEach.map(({ operation }) => operation));

/** The stage on which all are refused, with whose token is no good there. */
const refusing = once(async () => {
  const { stage, valid } = await newStageForAll();
  const dead = await deadCallers(stage);
  return { stage, valid, dead, state: await stateOf(stage) };
});

/** What is heard where each caller makes a valid call, and the stage after; and what must be. */
async function hear(binding: Binding, callers: Record<string, Expected>) {
  const { operation, method } = binding;
  const there = await refusing();
  const { stage, valid, state: before } = there;
  const sent = place(operation, valid.get(operation.id) ?? {});
  // Each operation is called from an address of its own: none is called so often that it is a flood.
  const from = fromElsewhere();
  const told: Record<string, unknown> = {};
  const due: Record<string, unknown> = {};
  for (const [who, { client, code, naming, alone }] of Object.entries(callers)) {
    const answer = await send(client.with(from), binding, alone ? {} : sent);
    told[who] = { code: answer.code, message: answer.message };
    due[who] = { code, message: expect.stringContaining(naming) };
  }
  // What a call has changed all the same is held against that one alone.
  if (method !== "GET") there.state = await stateOf(stage);
  return { heard: { told, state: there.state }, expected: { told: due, state: before } };
}

const calledBy = (from: readonly Binding[], ...levels: Level[]) =>
  from.filter(({ operation }) => levels.includes(operation.caller));

/** Callers whom the app's own checks stop. */
function strayFrom(caller: Client): Record<string, Expected> {
  return {
    "without an app": expects(without(caller, "app_id"), 10002, "app_id"),
    "with a malformed app": expects(caller.with({ app_id: "not an id" }), 10002, "app_id"),
    "with too long an app": expects(caller.with({ app_id: "a".repeat(65) }), 10002, "app_id"),
    "with an unknown app": expects(caller.with({ app_id: newName("nowhere") }), 40000),
  };
}

/** The tokens of another app: of a user that is signed in there, and of an admin. */
async function tokensElsewhere() {
  const stage = await newStage();
  return { user: stage.here.token, admin: stage.admin.headers["access-token"] ?? "" };
}

/** Callers whose token is no good. */
async function deadCallers(stage: Stage): Promise<Record<string, Expected>> {
  const { user, admin: foreign } = await tokensElsewhere();
  const leaving = await stage.signIn("leaving");
  const kicked = await stage.signIn("kicked");
  const removed = await stage.signIn("removed");
  const admin = await stage.adminToken();
  const ends = [
    await leaving.client.post("/token/logout"),
    await stage.here.client.set("/user/kick", { device_sn: String(kicked.sn) }),
    await stage.here.client.set("/user/device/remove", { device_sn: String(removed.sn) }),
    await stage.root.set("/admin/tokens", { id: String(admin.id) }, "DELETE"),
  ];
  if (ends.some(({ code }) => code !== 200)) throw new Error("a token was not revoked");
  const tokens = {
    garbage: "garbage",
    "cut short": stage.here.token.slice(0, -1),
    "of no user": UNKNOWN.user,
    "of no admin": UNKNOWN.admin,
    "of another app's user": user,
    "of another app's admin": foreign,
    "signed out": leaving.token,
    kicked: kicked.token,
    removed: removed.token,
    "revoked of an admin": admin.token,
  };
  const callers = Object.entries(tokens).map(([what, token]) => {
    const client = stage.nobody.with({ "access-token": token });
    return [`with a token ${what}`, expects(client, 10008)] as const;
  });
  const alone = [leaving.token, UNKNOWN.user, admin.token].flatMap((token, index) => {
    const client = stage.nobody.with({ "access-token": token });
    const misled = client.with({ user_id: "not an id" });
    return [
      [`with such a token and no parameters, ${index}`, { ...expects(client, 10008), alone: true }],
      [`with such a token and no good header, ${index}`, { ...expects(misled, 10008), alone: true }],
    ] as const;
  });
  return Object.fromEntries([...callers, ...alone]);
}

/** Live callers who are not the one that the operation is for. */
const wrongCallers: Record<Level, (stage: Stage) => Record<string, Expected>> = {
  public: () => ({}),
  user: ({ admin }) => ({ "an admin for nobody": expects(admin, 10002, "user_id") }),
  session: ({ admin, acting }) => ({
    "an admin": expects(admin, 10010),
    "an admin for a user": expects(acting, 10010),
  }),
  admin: ({ here, userId }) => ({
    "a user": expects(here.client, 10010),
    "a user naming itself": expects(here.client.with({ user_id: String(userId) }), 10010),
  }),
  "admin for user": ({ admin, here }) => ({
    "an admin for nobody": expects(admin, 10002, "user_id"),
    "a user": expects(here.client, 10010),
  }),
  root: ({ nobody, admin, here }) => ({
    nobody: expects(nobody, 10010),
    "a user": expects(here.client, 10010),
    "an admin": expects(admin, 10010),
    "with a wrong root key": expects(nobody.with({ "root-key": "a wrong key" }), 10010),
    "with an empty root key": expects(nobody.with({ "root-key": "" }), 10010),
    "an admin with a wrong root key": expects(admin.with({ "root-key": "a wrong key" }), 10010),
  }),
  "root or admin": ({ nobody, admin, here }) => ({
    "a user": expects(here.client, 10010),
    "with a wrong root key": expects(nobody.with({ "root-key": "a wrong key" }), 10010),
    "an admin with a wrong root key": expects(admin.with({ "root-key": "a wrong key" }), 10010),
  }),
};

const inApp = oneOfEach.filter(({ operation }) => operation.app !== false);
const byToken = ["user", "session", "admin", "admin for user", "root or admin"] as const;

describe("a call is refused, and does nothing,", () => {
  it.each(oneOfEach)(
    "unless its app, its token and its caller are the right ones: $name",
    async (binding) => {
      const { operation } = binding;
      const { stage, dead } = await refusing();
      const takesToken = byToken.some((level) => level === operation.caller);
      const { heard, expected } = await hear(binding, {
        ...(operation.app === false ? {} : strayFrom(callerOf(operation, stage))),
        ...(takesToken && { "without a token": expects(stage.nobody, 10003, "access-token") }),
        ...(takesToken && !operation.socket && dead),
        ...wrongCallers[operation.caller](stage),
      });
      expect(heard).toEqual(expected);
    },
  );
});

const suspended = once(async () => {
  const { stage, valid } = await newStageForAll();
  const { code } = await stage.root.put("/admin/app", { status: 1 });
  if (code !== 200) throw new Error("the app was not suspended");
  return { stage, valid };
});

describe("a suspended app", () => {
  const others = inApp.filter(({ operation }) => operation.caller !== "root");

  it.each(others)("refuses every call, whatever its token: $name", async (binding) => {
    const { operation } = binding;
    const { stage, valid } = await suspended();
    const sent = place(operation, valid.get(operation.id) ?? {});
    const callers = [
      stage.here.client,
      stage.acting,
      stage.nobody,
      stage.nobody.with({ "access-token": "garbage" }),
    ];
    const from = fromElsewhere();
    const answers = await Promise.all(callers.map((client) => send(client.with(from), binding, sent)));
    expect(answers.map(({ code }) => code)).toEqual([40003, 40003, 40003, 40003]);
  });

  it.each(calledBy(inApp, "root"))("is still administered: $name", async (binding) => {
    const stage = await newStage();
    const sent = place(binding.operation, await exampleOf(binding.operation).valid(stage));
    expect((await stage.root.put("/admin/app", { status: 1 })).code).toBe(200);
    expect((await send(stage.root, binding, sent)).code).toBe(200);
  });
});

describe("an operation of root or of an admin", () => {
  it.each(calledBy(oneOfEach, "root or admin"))("takes a call of either: $name", async (binding) => {
    for (const who of ["root", "admin"] as const) {
      const stage = await newStage();
      const sent = place(binding.operation, await exampleOf(binding.operation).valid(stage));
      expect((await send(stage[who], binding, sent)).body).toMatchObject({ code: 200, message: "" });
    }
  });
});
