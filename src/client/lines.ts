import { type Envelope, Unanswered, isRecord, parseJson } from "./failures.ts";

/** How a page of lines ends: with where the next begins, or with how many rows there were in all. */
export type LinesEnd = { cursor: string } | { count: number };

/** A page of lines: those of its rows as they are, and how it ends. Throws `Unanswered` for one that broke off. */
export function splitLines(text: string): { lines: string; end: LinesEnd } {
  const from = text.lastIndexOf("\n", text.length - 2) + 1;
  const end = endIn(parseJson(text.slice(from)));
  if (!end) throw new Unanswered("a page broke off");
  return { lines: text.slice(0, from), end };
}

function endIn(last: unknown): LinesEnd | undefined {
  if (!isRecord(last) || "username" in last) return undefined;
  const { cursor, end, count } = last;
  if (typeof cursor === "string") return { cursor };
  return end === true && typeof count === "number" ? { count } : undefined;
}

/** A page of lines as an answer: `data` has its rows, and `cursor` or `count` stands beside it. */
export function linesIn(text: string): Envelope {
  const { lines, end } = splitLines(text);
  const data = lines
    .split("\n")
    .filter((line) => line !== "")
    .map(parseJson);
  return { code: 200, message: "", data, ...end };
}
