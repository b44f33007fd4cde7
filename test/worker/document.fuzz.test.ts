import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type Client, type Fetch, type Sent, request, worker } from "./kit/client.ts";
import { undeclared } from "./kit/contract/document.ts";
import { exampleOf } from "./kit/contract/examples.ts";
import {
  type Binding,
  type Json,
  type Params,
  type Stage,
  bindings,
  callerOf,
  newStage,
  place,
  without,
} from "./kit/contract/stage.ts";
import { workerWith } from "./kit/elsewhere.ts";

/** How many calls are made; `FUZZ_CALLS=5000` makes more. */
const CALLS = Number(env.FUZZ_CALLS);

/** Calls that are made on one stage, as some of them leave little of it. */
const ON_STAGE = 40;

/** Chance by a seed, the same in every run (Mulberry32). */
class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A number of [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  one<T>(of: readonly [T, ...T[]]): T {
    return of[Math.floor(this.next() * of.length)] ?? of[0];
  }

  is(share: number): boolean {
    return this.next() < share;
  }
}

/** Whoever may call, the right one more often than others. */
function anyCaller({ operation }: Binding, stage: Stage, chance: Chance): Client {
  const right = callerOf(operation, stage);
  if (chance.is(0.6)) return right;
  const { nobody, admin, acting, here, root } = stage;
  return chance.one([
    nobody,
    admin,
    acting,
    here.client,
    root,
    without(right, "app_id"),
    right.with({ app_id: "nowhere" }),
    right.with({ app_id: "no app" }),
    right.with({ "access-token": "ut0.none" }),
    right.with({ "access-token": "none" }),
    right.with({ "root-key": "wrong" }),
    right.with({ origin: "https://elsewhere.example" }),
    admin.with({ user_id: "999999999" }),
    admin.with({ user_id: "none" }),
    admin.with({ group_id: "999999999" }),
    here.client.with({ user_id: "999999999" }),
  ]);
}

const oddities: readonly [Json, ...Json[]] = [
  null,
  "",
  "x",
  0,
  -1,
  1.5,
  true,
  [],
  {},
  [{}],
  999_999_999,
  "龥".repeat(70),
];

/** Parameters: valid ones, with some of them left out, wrong or odd. */
function anyParams({ operation }: Binding, valid: Params, chance: Chance): Params {
  const { takes } = exampleOf(operation);
  const changed = Object.entries(takes).flatMap(([name, { wrong }]): [string, Json][] => {
    if (chance.is(0.7)) return valid[name] === undefined ? [] : [[name, valid[name]]];
    if (chance.is(0.3)) return [];
    return [[name, chance.is(0.5) ? chance.one(wrong) : chance.one(oddities)]];
  });
  return chance.is(0.4) ? valid : Object.fromEntries(changed);
}

/** A request: as its operation has it, or with a body, a type or a key that it has not. */
function anyRequest(binding: Binding, params: Params, chance: Chance): Sent {
  const { operation, method } = binding;
  const sent = place(operation, params);
  const key = chance.is(0.2)
    ? { "idempotency-key": chance.one(["one", "two", "three", "", "k".repeat(129)]) }
    : {};
  const headers = { ...sent.headers, ...key };
  if (method === "GET" || chance.is(0.85)) return { ...sent, headers };
  const type = chance.one(["application/json", "text/plain", "application/x-ndjson"]);
  const body = chance.one(["{", "[]", "null", "{}", '"text"', "", "x".repeat(256 * 1024 + 1), "\ud800"]);
  return { query: sent.query ?? {}, body, headers: { ...headers, "content-type": type } };
}

/** Why what a call hears is not declared; "" where it is. Lines of JSON are judged by another test. */
async function heard(
  fetch: Fetch,
  { operation, method }: Binding,
  client: Client,
  sent: Sent,
): Promise<string> {
  const headers = { ...client.headers, ...sent.headers };
  const response = await fetch(request(method, operation.path, { ...sent, headers }));
  const { status } = response;
  if (response.headers.get("content-type") !== "application/json") {
    await response.body?.cancel();
    return operation.streams && status === 200 ? "" : `${method} ${operation.path}: ${status} is no JSON`;
  }
  return undeclared({ method, path: operation.path, status, body: await response.json() });
}

/** Valid parameters; none where the stage has not what they need any more. */
async function validOn({ operation }: Binding, stage: Stage): Promise<Params> {
  try {
    return await exampleOf(operation).valid(stage);
  } catch {
    return {};
  }
}

describe("calls of every kind", () => {
  const workers: readonly [Fetch, Fetch] = [worker, workerWith({ ERROR_STATUS: "http" })];
  const seeds = Array.from({ length: Math.ceil(CALLS / ON_STAGE) }, (_, index) => index + 1);

  it.each(seeds)("hear nothing that the document does not declare, by the seed %d", async (seed) => {
    const chance = new Chance(seed);
    const stage = await newStage();
    const wrong: string[] = [];
    for (let calls = 0; calls < ON_STAGE; calls++) {
      // In turn, so that each is called as often as the others.
      const binding = bindings[(seed * ON_STAGE + calls) % bindings.length];
      if (!binding) throw new Error("there are no operations");
      const valid = await validOn(binding, stage);
      const client = anyCaller(binding, stage, chance);
      const sent = anyRequest(binding, anyParams(binding, valid, chance), chance);
      const why = await heard(chance.one(workers), binding, client, sent);
      if (why !== "") wrong.push(why);
    }
    expect(wrong).toEqual([]);
  });
});
