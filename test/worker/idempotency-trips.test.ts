import { beforeAll, describe, expect, it } from "vitest";
import { operations } from "../../src/operations/index.ts";
import { type Operation, onlyLooks } from "../../src/http/operation.ts";
import { type Client, newApp } from "./kit/client.ts";
import { exampleOf } from "./kit/contract/examples.ts";
import { type Stage, callerOf, groups, newStage, place } from "./kit/contract/stage.ts";
import { logged } from "./kit/log.ts";

const writes = operations.filter((operation) => !onlyLooks(operation));

/** For whoever owns a group. */
async function forOwner(stage: Stage): Promise<Client> {
  return stage.admin.with({ group_id: String(await stage.group(groups.given)) });
}

/** With an admin token that no isolate has seen. */
async function byStranger(client: Client, stage: Stage): Promise<Client> {
  return client.with({ "access-token": (await stage.adminToken()).token });
}

const byUser = writes.filter(({ caller }) => caller === "user");
const byAdmin = writes.filter(({ caller }) => caller === "admin" || caller === "admin for user");

type Way = readonly [
  who: string,
  calls: readonly Operation[],
  callerOf: (each: Operation, stage: Stage) => Promise<Client>,
];

const ways: readonly Way[] = [
  ["as it is called", writes, async (operation, stage) => callerOf(operation, stage)],
  ["by an admin for the user", byUser, async (_operation, stage) => stage.acting],
  ["by an admin for the owner of a group", byUser, async (_operation, stage) => await forOwner(stage)],
  [
    "by an admin who is new, for the user",
    byUser,
    async (_operation, stage) => await byStranger(stage.acting, stage),
  ],
  [
    "by an admin who is new, for the owner of a group",
    byUser,
    async (_operation, stage) => await byStranger(await forOwner(stage), stage),
  ],
  [
    "by an admin who is new",
    byAdmin,
    async (operation, stage) => await byStranger(callerOf(operation, stage), stage),
  ],
];

/** What decides where the keys of an operation stand. */
const kindOf = ({ caller, hubsKeep, app }: Operation) => `${caller} ${hubsKeep === true} ${app !== false}`;

/** Those that are called in more than one way. */
const inTurn = new Set([...byUser, ...byAdmin]);

/**
 * A third of the operations of each kind that are called in several ways, in turn: where a key stands, and who calls, is judged of
 * kinds, so each kind is called in every way in each database, and each operation in some.
 */
function turnOf(calls: readonly Operation[], turn: number): Operation[] {
  return [...Map.groupBy(calls, kindOf).values()].flatMap((kind) =>
    kind.filter((each, index) => kind.length <= 3 || !inTurn.has(each) || index % 3 === turn % 3),
  );
}

const all = [0, 1].flatMap((database) =>
  ways.flatMap(([who, calls, caller], way) =>
    // The first two in the directory are counted in `idempotency-all.test.ts`.
    (database === 0 && way < 2 ? [] : turnOf(calls, way + database)).map(
      (operation) => [operation.id, who, database, operation, caller] as const,
    ),
  ),
);

async function tripsOf(
  operation: Operation,
  database: number,
  caller: Way[2],
  key: Readonly<Record<string, string>>,
) {
  const stage = await newStage({ database });
  const sent = place(operation, await exampleOf(operation).valid(stage));
  // The isolate knows the admin and the user from here on.
  await stage.acting.get("/user/profile");
  const client = (await caller(operation, stage)).with(key);
  const { lines } = await logged(async () => await client.call(operation.methods[0], operation.path, sent));
  return { code: lines[0]?.code, trips: lines[0]?.trips };
}

// An isolate looks once which number a database has.
beforeAll(async () => {
  for (const database of [1, 2]) await (await newApp({ database })).user();
});

describe("a request with an Idempotency-Key makes the trips of one without", () => {
  it.each(all)("%s, %s, in database %i", async (_id, _who, database, operation, caller) => {
    const plain = await tripsOf(operation, database, caller, {});
    expect(plain.code).toBe(200);
    const keyed = await tripsOf(operation, database, caller, { "idempotency-key": crypto.randomUUID() });
    expect(keyed).toEqual(plain);
  });
});
