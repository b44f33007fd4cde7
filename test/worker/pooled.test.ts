import { describe, expect, it } from "vitest";
import { pooled } from "../../src/services/deliver.ts";

describe("work on a list", () => {
  it("is done six at a time, never more, and its results stand in the list's order", async () => {
    const items = Array.from({ length: 100 }, (_, index) => index);
    let running = 0;
    const seen: number[] = [];
    const results = await pooled(items, async (item) => {
      seen.push(++running);
      // Later items of each handful are done first.
      for (let turn = 0; turn < 10 - (item % 6); turn++) await Promise.resolve();
      running--;
      return item * 2;
    });
    expect(results).toEqual(items.map((item) => item * 2));
    expect(Math.max(...seen)).toBe(6);
  });

  it("is none for an empty list", async () => {
    expect(await pooled([], async (item) => item)).toEqual([]);
  });
});
