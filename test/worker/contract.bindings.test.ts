import { describe, expect, it } from "vitest";
import type { Operation } from "../../src/http/operation.ts";
import { operations } from "../../src/operations/index.ts";
import { exampleOf } from "./kit/contract/examples.ts";
import {
  type Binding,
  bindings,
  callerOf,
  comparable,
  newStage,
  place,
  send,
  stateOf,
} from "./kit/contract/stage.ts";

type Effect = Awaited<ReturnType<typeof makeEffect>>;

const effects = new Map<string, Promise<Effect>>();

/** What a call of a binding does to a stage of its own, and what it answers; made once. */
function effectOf(binding: Binding, inBody = false): Promise<Effect> {
  const key = `${binding.name} ${binding.operation.id} ${inBody}`;
  const made = effects.get(key) ?? makeEffect(binding, inBody);
  effects.set(key, made);
  return made;
}

async function makeEffect(binding: Binding, inBody: boolean) {
  const { operation } = binding;
  const stage = await newStage();
  const params = await exampleOf(operation).valid(stage);
  const sent = inBody ? { json: params } : place(operation, params);
  const answer = await send(callerOf(operation, stage), binding, sent);
  return { answer: comparable(answer.body), state: await stateOf(stage) };
}

/** The stage as it is before such a call. */
async function stateBefore({ operation }: Binding): Promise<unknown> {
  const stage = await newStage();
  await exampleOf(operation).valid(stage);
  return await stateOf(stage);
}

const bindingsOf = ({ id }: Operation) => bindings.filter(({ operation }) => operation.id === id);
const manyMethods = operations.filter(({ methods }) => methods.length > 1);
const inQuery = operations.filter(({ from, methods }) => from === "query" && !methods.includes("GET"));

describe("an operation", () => {
  it.each(manyMethods)("does the same by each of its methods: $path ($id)", async (operation) => {
    const [first, second, ...others] = bindingsOf(operation);
    if (!first || !second) throw new Error("there are two methods");
    expect(others).toEqual([]);

    const effect = await effectOf(first);
    expect(effect.state).not.toEqual(await stateBefore(first));
    expect(await effectOf(second)).toEqual(effect);
  });

  it.each(inQuery)(
    "does the same with its parameters in a JSON body as in the query: $path ($id)",
    async (operation) => {
      for (const binding of bindingsOf(operation)) {
        const effect = await effectOf(binding);
        expect(effect).toMatchObject({ answer: { code: 200 } });
        expect(await effectOf(binding, true)).toEqual(effect);
      }
    },
  );
});
