import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { tables } from "../../bench/scaling-tables.ts";

const cellsOf = (line: string) =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The tables of a page, each as its lines of cells, without the line under the head. */
function tablesOf(page: string): string[] {
  return [...readFileSync(page, "utf8").matchAll(/(?:^\|.*\|\n)+/gm)].map(([text]) => {
    const lines = text.trimEnd().split("\n").map(cellsOf);
    return JSON.stringify(lines.filter((_, line) => line !== 1));
  });
}

describe("docs/scaling.md", () => {
  const shown = tablesOf("docs/scaling.md");

  it.each(tables.map((table) => table()))("shows $title as it comes out", ({ head, rows }) => {
    expect(shown).toContain(JSON.stringify([head, ...rows]));
  });
});
