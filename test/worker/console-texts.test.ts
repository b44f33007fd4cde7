import { expect, it } from "vitest";
import { enWords } from "../../src/console/texts/en-words.ts";
import { zhWords } from "../../src/console/texts/zh-words.ts";
import { operations } from "../../src/operations/index.ts";
import { isRecorded } from "./kit/records.ts";

it("has words of each language for each kind of record", () => {
  const recorded = operations.filter(isRecorded);
  expect(recorded.length).toBeGreaterThan(30);
  for (const { operations: words } of [enWords, zhWords]) {
    expect(recorded.map(({ id }) => id).filter((id) => !(id in words))).toEqual([]);
  }
  expect(Object.keys(zhWords.operations).toSorted()).toEqual(Object.keys(enWords.operations).toSorted());
});
