import type { Declaration } from "../../../../src/http/operation.ts";
import type { Example } from "./example.ts";
import { sdkExamples } from "./sdk.ts";
import { settingsExamples } from "./settings.ts";
import { staffExamples } from "./staff.ts";
import { userExamples } from "./users.ts";

/** One example for each operation, by its id. */
export const examples: Readonly<Record<string, Example>> = {
  ...userExamples,
  ...settingsExamples,
  ...sdkExamples,
  ...staffExamples,
};

/** The example of an operation; fails for one that has none. */
export function exampleOf(operation: Declaration): Example {
  const example = examples[operation.id];
  if (!example) throw new Error(`${operation.id} has no example`);
  return example;
}
