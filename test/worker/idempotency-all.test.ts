import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { HubMethod } from "../../src/hub/client.ts";
import { operations } from "../../src/operations/index.ts";
import { type Operation, onlyLooks } from "../../src/http/operation.ts";
import { type Answer, type Client, type Fetch, newApp } from "./kit/client.ts";
import { exampleOf } from "./kit/contract/examples.ts";
import { callerOf, comparable, newStage, place, stateOf } from "./kit/contract/stage.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, giveDatabase, hubsWhere, unheard } from "./kit/faults.ts";
import { deafDatabase, heard } from "./kit/keys.ts";
import { logged } from "./kit/log.ts";
import { onceEach } from "./kit/once.ts";

const writes = operations.filter((operation) => !onlyLooks(operation));

/** What hubs are asked by the operations that they alone keep. */
const askedOf: Record<string, HubMethod> = {
  removeDevice: "removeDevice",
  kick: "kick",
  muteDevice: "muteDevice",
  signOut: "logout",
  routePush: "route",
};

/** What goes on without its caller: a repeat hears how far it was, see `idempotency-kept.test.ts`. */
const goesOn = new Set(["moveApp", "stopMove"]);

/** Of what a machine that died has not seen to: a session, and that its isolate knows the app as it is by now. */
const isLeft = ({ id, secret }: Operation) => secret === true || id === "setApp";

type By = readonly [Operation, "as it is called" | "by an admin for the user"];

const ways: By[] = writes.flatMap((operation): By[] =>
  operation.caller === "user"
    ? [
        [operation, "as it is called"],
        [operation, "by an admin for the user"],
      ]
    : [[operation, "as it is called"]],
);

async function prepared([operation, by]: By, key?: string) {
  const stage = await newStage();
  const sent = place(operation, await exampleOf(operation).valid(stage));
  const plain = by === "as it is called" ? callerOf(operation, stage) : stage.acting;
  // The isolate knows the caller from here on.
  await plain.get("/user/profile");
  const client = key === undefined ? plain : plain.with({ "idempotency-key": key });
  return { stage, sent, client };
}

type Prepared = Awaited<ReturnType<typeof prepared>>;

const call = async ([operation]: By, { client, sent }: Prepared, fetch?: Fetch): Promise<Answer> =>
  fetch
    ? await callBy(fetch, client, operation.methods[0], operation.path, sent)
    : await client.call(operation.methods[0], operation.path, sent);

/** Calls on a stage of its own: what was answered, in how many trips, and what the stage is then. */
async function made(by: By, key?: string) {
  const there = await prepared(by, key);
  const answers: Answer[] = [];
  const { lines } = await logged(async () => answers.push(await call(by, there)));
  const [answer] = answers;
  if (!answer) throw new Error("nothing was answered");
  return { there, answer, trips: lines[0]?.trips, state: await stateOf(there.stage) };
}

const nameOf = ([operation, by]: By) => `${operation.id} ${by}`;
const withoutKey = onceEach(nameOf, (by) => made(by));
const withKey = onceEach(nameOf, (by) => made(by, crypto.randomUUID()));

const named = (list: By[]) => list.map(([operation, by]) => [operation.id, by, [operation, by]] as const);

// An isolate looks once which number a database has.
beforeAll(async () => {
  for (const database of [1, 2]) await (await newApp({ database })).user();
});

describe("a request with an Idempotency-Key", () => {
  it.each(named(ways))("makes the trips of one without: %s, %s", async (_id, _by, by) => {
    const [plain, keyed] = [await withoutKey(by), await withKey(by)];
    expect([plain.answer.code, keyed.answer.code]).toEqual([200, 200]);
    expect(plain.trips).toBeDefined();
    expect(keyed.trips).toEqual(plain.trips);
  });

  it.each(named(ways))("is answered and done as one without, once: %s, %s", async (_id, _name, by) => {
    const [plain, keyed] = [await withoutKey(by), await withKey(by)];
    const first = heard(keyed.answer);
    expect(plainly(first.body)).toEqual(plainly(plain.answer.body));
    expect(plainly(keyed.state)).toEqual(plainly(plain.state));
    const again = heard(await call(by, keyed.there));
    expect(again).toEqual(await expected(by, keyed.there, again, { ...first, isReplayed: true }));
    expect(plainly(await stateOf(keyed.there.stage))).toEqual(plainly(keyed.state));
  });

  const atOnce = ways.filter(([{ id }]) => !goesOn.has(id));
  it.each(named(atOnce))(
    "hears the first answer where the machine died behind the effect: %s, %s",
    async (id, _name, by) => {
      const [plain, keyed] = [await withoutKey(by), await prepared(by, crypto.randomUUID())];
      const wasLost = await die(by, keyed, askedOf[id]);
      expect({ id, wasLost }).toEqual({ id, wasLost: true });
      const again = heard(await call(by, keyed));
      const shown = { ...again, body: plainly(again.body) };
      const wanted = { ...heard(plain.answer), body: plainly(plain.answer.body), isReplayed: true };
      expect(shown).toEqual(await expected(by, keyed, shown, wanted));
      if (isLeft(by[0])) return;
      expect(plainly(await stateOf(keyed.stage))).toEqual(plainly(plain.state));
    },
  );
});

/** Calls where what has the effect is done and nobody hears of it; says whether that came to be. */
async function die(by: By, there: Prepared, asked: HubMethod | undefined): Promise<boolean> {
  if (asked) {
    const lost = await call(by, there, workerWith({ HUB: hubsWhere(asked, unheard) }));
    return lost.code !== 200;
  }
  const { DB, wasLost } = deafDatabase('insert into "kept_answers"');
  const restore = await giveDatabase(there.stage.hub, DB);
  await call(by, there, workerWith({ DB }));
  restore();
  return wasLost();
}

/** What a repeat is to hear: the first answer, unless that held a secret or the first request has ended the caller's own session. */
async function expected<T extends object>(
  [{ secret }]: By,
  { client }: Prepared,
  again: T,
  first: T,
): Promise<unknown> {
  if (secret) return { ...again, status: 409 };
  const { body } = z.object({ body: z.looseObject({ code: z.int() }) }).parse(again);
  return body.code === 10008 && (await isDead(client)) ? again : first;
}

/** True where the caller may call no more: what it has done has ended its own session. */
const isDead = async (client: Client) => (await client.get("/user/profile")).code === 10008;

const isEventId = (value: unknown) => typeof value === "string" && value.startsWith("evt_");

/** An answer without what no two stages have in common. */
const plainly = (body: unknown): unknown =>
  JSON.parse(JSON.stringify(comparable(body)), (name: string, value: unknown) =>
    name === "binding_id" || name === "database" || name.endsWith("_at") || isEventId(value)
      ? typeof value
      : value,
  );
