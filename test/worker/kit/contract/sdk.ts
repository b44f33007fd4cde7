import { type Example, need } from "./example.ts";

const nothing: Example = { valid: () => ({}), takes: {} };

/** What the official SDK asks beside the table, by the id of the operation. */
export const sdkExamples: Record<string, Example> = {
  sdkConfig: nothing,
  listFriends: nothing,
  findFriends: { valid: (stage) => ({ list: [stage.userId] }), takes: { list: need("1", 1, true, {}) } },
  listGroups: nothing,
};
