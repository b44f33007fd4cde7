import type { Declaration } from "../../../../src/http/operation.ts";
import { exampleOf } from "./examples.ts";
import { type Params, type Stage, newStage } from "./stage.ts";

/** A stage that is set for a valid call of an operation, and what that call gives. */
export interface Readied {
  stage: Stage;
  valid: Params;
}

/** Readies a stage of its own for an operation. */
export async function ready(operation: Declaration): Promise<Readied> {
  const stage = await newStage();
  return { stage, valid: await exampleOf(operation).valid(stage) };
}

/**
 * Readies a stage for each operation once, at its first use. It is for tests whose calls are all refused, and see that
 * nothing has changed; only the last test to use it may do more.
 */
export function readiedOnce(): (operation: Declaration) => Promise<Readied> {
  const readied = new Map<string, Promise<Readied>>();
  return async (operation) => {
    const found = readied.get(operation.id) ?? ready(operation);
    readied.set(operation.id, found);
    return await found;
  };
}
