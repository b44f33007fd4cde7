import type { Client } from "./client.ts";
import { envelopeIn, refusedBy } from "./client.ts";
import { Failure } from "./failure.ts";
import { Passing, type Sender } from "./persist.ts";

/** Users of a call. */
const PAGE = 1_000;

/** How a page ends: with where the next begins, or with how many users there were. */
type End = { cursor: string } | { end: true; count: number };

/** How many lines have been given. */
export interface Exported {
  users: number;
}

/**
 * Gives an app's users as lines of JSON, page by page, each page whole: one that broke off is asked for again. Fails where the
 * service counts others than were given.
 */
export async function* exportPages(
  client: Client<"admin">,
  sender: Sender,
  hashes: boolean,
  { halt, abort }: { halt: AbortSignal; abort: AbortSignal },
  exported: Exported,
): AsyncGenerator<string> {
  let cursor: string | undefined;
  while (!halt.aborted) {
    const query = { cursor, limit: PAGE, ...(hashes && { hashes }) };
    const { lines, end } = await sender.send(async () => {
      const request = { method: "GET", path: "/admin/export", query, signal: abort };
      const { response, text } = await client.send(request);
      if (!response.headers.get("content-type")?.includes("ndjson"))
        throw refusedBy(response, envelopeIn(text));
      return pageIn(text);
    });
    exported.users += countOf(lines);
    if (lines !== "") yield lines;
    if ("cursor" in end) {
      cursor = end.cursor;
      continue;
    }
    if (end.count !== exported.users)
      throw new Failure(`the service counts ${end.count} users, and gave ${exported.users}: run it again`);
    return;
  }
}

function pageIn(text: string): { lines: string; end: End } {
  const from = text.lastIndexOf("\n", text.length - 2) + 1;
  const end = endIn(text.slice(from));
  if (!end) throw new Passing("a page broke off");
  return { lines: text.slice(0, from), end };
}

function endIn(line: string): End | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || "username" in value) return undefined;
    if ("cursor" in value && typeof value.cursor === "string") return { cursor: value.cursor };
    if (!("end" in value) || value.end !== true) return undefined;
    return "count" in value && typeof value.count === "number"
      ? { end: true, count: value.count }
      : undefined;
  } catch {
    return undefined;
  }
}

function countOf(lines: string): number {
  let count = 0;
  for (let at = lines.indexOf("\n"); at !== -1; at = lines.indexOf("\n", at + 1)) count++;
  return count;
}
