import type { Operation } from "../../../../src/http/operation.ts";
import { onceEach } from "../once.ts";
import { exampleOf } from "./examples.ts";
import { newStage, stateOf } from "./stage.ts";

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
