import { expect, it } from "vitest";
import { enWords } from "../../src/console/texts/en-words.ts";
import { zhWords } from "../../src/console/texts/zh-words.ts";
import { operations } from "../../src/operations/index.ts";
import { onlyLooks } from "../../src/http/operation.ts";

/** What a sender asks for each message, and what concerns nobody but its caller: no record is made of these. */
const isRecorded = ({ id, caller }: (typeof operations)[number]) =>
  id !== "routePush" && !["public", "session"].includes(caller);

it("has words of each language for each kind of record", () => {
  const recorded = operations.filter((operation) => !onlyLooks(operation) && isRecorded(operation));
  expect(recorded.length).toBeGreaterThan(30);
  for (const { operations: words } of [enWords, zhWords]) {
    expect(recorded.map(({ id }) => id).filter((id) => !(id in words))).toEqual([]);
  }
  expect(Object.keys(zhWords.operations).toSorted()).toEqual(Object.keys(enWords.operations).toSorted());
});
