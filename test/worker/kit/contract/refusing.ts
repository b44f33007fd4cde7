import type { Declaration, Operation } from "../../../../src/http/operation.ts";
import { onceEach } from "../once.ts";
import { exampleOf } from "./examples.ts";
import { type Params, type Stage, newStage, stateOf } from "./stage.ts";

/**
 * The stage on which calls of an operation are refused, with valid parameters of it and the state that no call may change. It is one
 * for all tests of a file: what is refused changes nothing.
 */
export const refusingStageOf = onceEach(
  (operation: Operation) => operation,
  async (operation) => {
    const stage = await newStage();
    const valid = await exampleOf(operation).valid(stage);
    return { stage, valid, state: await stateOf(stage) };
  },
);

/** One stage for calls of several operations that are all refused, and valid parameters of each by its id. */
export async function stageForAll(
  operations: readonly Declaration[],
): Promise<{ stage: Stage; valid: ReadonlyMap<string, Params> }> {
  const stage = await newStage();
  const valid = new Map<string, Params>();
  for (const operation of operations) valid.set(operation.id, await exampleOf(operation).valid(stage));
  return { stage, valid };
}
