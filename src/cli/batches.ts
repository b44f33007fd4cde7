import { createHash } from "node:crypto";
import { readCsv } from "./csv.ts";
import { readLines } from "./lines.ts";
import { MOST_BYTES, type Source, type SourceRow } from "./source.ts";

/** Most rows of a call. */
export const MOST_ROWS = 500;

/** Rows that go together. */
export interface Batch {
  /** Which row of the source is its first; they count from 0. */
  first: number;
  rows: SourceRow[];
  /** What they are known by again: it depends on them alone. */
  digest: string;
  /** How much of the source had been read until then (bytes). */
  position: number;
}

/** How many rows the batch that begins at this row has; `isExact` where it has them however many bytes they are. */
export type SizeOf = (first: number) => { rows: number; isExact: boolean };

/** Cuts a source into batches, one after another. The same source is cut in the same places. */
export async function* batchesOf(source: Source, sizeOf: SizeOf): AsyncGenerator<Batch> {
  const { chunks, name, format } = source;
  const found = format === "csv" ? readCsv(chunks, name) : readLines(chunks);
  let first = 0;
  let size = sizeOf(first);
  let rows: SourceRow[] = [];
  let bytes = 0;
  const cut = () => {
    const batch = { first, rows, digest: digestOf(rows), position: source.position };
    first += rows.length;
    size = sizeOf(first);
    rows = [];
    bytes = 0;
    return batch;
  };
  for await (const some of found) {
    for (const row of some) {
      const length = row.bytes.length + 1;
      if (!size.isExact && rows.length > 0 && bytes + length > MOST_BYTES) yield cut();
      rows.push(row);
      bytes += length;
      if (rows.length === size.rows) yield cut();
    }
  }
  if (rows.length > 0) yield cut();
}

function digestOf(rows: readonly SourceRow[]): string {
  const hash = createHash("sha256");
  for (const { bytes } of rows) hash.update(bytes).update("\n");
  return hash.digest("hex").slice(0, 32);
}

/** The lines of JSON that are sent of a batch. */
export function bodyOf(rows: readonly SourceRow[]): Uint8Array<ArrayBuffer> {
  const good = rows.filter(({ wrong }) => wrong === undefined);
  const body = new Uint8Array(good.reduce((sum, { bytes }) => sum + bytes.length + 1, 0));
  let at = 0;
  for (const { bytes } of good) {
    body.set(bytes, at);
    at += bytes.length;
    body[at++] = 0x0a;
  }
  return body;
}
