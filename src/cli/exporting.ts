import { failureIn } from "../client/failures.ts";
import { splitLines } from "../client/lines.ts";
import { type Client, inWords } from "./client.ts";
import { Failure } from "./failure.ts";
import type { Sender } from "./persist.ts";

/** Users of a call. */
const PAGE = 1_000;

/** How many lines have been given. */
export interface Exported {
  users: number;
}

/**
 * Gives an app's users as lines of JSON, page by page, each page whole: one that broke off is asked for again. Fails where the
 * service counts others than were given.
 */
export async function* exportPages(
  client: Client,
  sender: Sender,
  hashes: boolean,
  { halt, abort }: { halt: AbortSignal; abort: AbortSignal },
  exported: Exported,
): AsyncGenerator<string> {
  let cursor: string | undefined;
  while (!halt.aborted) {
    const query = { cursor, limit: PAGE, ...(hashes && { hashes }) };
    const { lines, end } = await sender.send(async () => {
      const heard = await client.send({ method: "GET", path: "/admin/export", query, stop: abort });
      if (!heard.header("content-type")?.includes("ndjson"))
        throw inWords(client.place.url, failureIn(heard));
      return await client.say(Promise.resolve(heard.text).then(splitLines));
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

function countOf(lines: string): number {
  let count = 0;
  for (let at = lines.indexOf("\n"); at !== -1; at = lines.indexOf("\n", at + 1)) count++;
  return count;
}
