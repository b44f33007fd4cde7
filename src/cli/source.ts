import { createReadStream, statSync } from "node:fs";
import { Readable, pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { Failure, WrongWords, systemCode, whyOf } from "./failure.ts";
import { plain } from "./plain.ts";

/** Forms of rows that are read. */
export type Format = "ndjson" | "csv";

/** Most bytes of a row: a call takes no more. */
export const MOST_BYTES = 4 * 1024 * 1024;

/** How much is kept of a row that is too long (bytes). */
export const KEPT = 200;

/** A row as it stands in its source. */
export interface SourceRow {
  /** The line of the file on which it begins, from 1. */
  line: number;
  /** What it is known by again: its line of JSON, or what there is of a row that is none. */
  bytes: Uint8Array;
  /** Why it is no row that could be sent. */
  wrong?: string;
}

/** A file of rows, or stdin. */
export interface Source {
  name: string;
  format: Format;
  /** Its length (bytes), as it is stored; undefined where nobody knows. */
  size: number | undefined;
  /** How much of it has been read (bytes). */
  readonly position: number;
  /** Its bytes, unzipped. What breaks off throws a `Failure`. */
  chunks: AsyncIterable<Buffer>;
}

/** The end of a source that is not whole: what came before it is good. */
export class CutShort extends Failure {
  override readonly name = "CutShort";
}

/** Opens a file, or stdin where it is "-". Whether it is gzip is told by its first bytes. */
export function openSource(file: string, given: Format | undefined): Source {
  const isStdin = file === "-";
  const name = isStdin ? "stdin" : plain(file);
  const format = given ?? formatOf(file);
  const size = isStdin ? undefined : sizeOf(file, name);
  let position = 0;
  async function* raw(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of isStdin
        ? process.stdin
        : createReadStream(file, { highWaterMark: 256 * 1024 })) {
        const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
        position += bytes.length;
        yield bytes;
      }
    } catch (error) {
      throw new CutShort(`${name} cannot be read: ${whyOf(error)}`);
    }
  }
  return {
    name,
    format,
    size,
    chunks: unmarked(unzipped(raw(), name)),
    get position() {
      return position;
    },
  };
}

function sizeOf(file: string, name: string): number | undefined {
  try {
    const found = statSync(file);
    if (found.isDirectory()) throw new WrongWords(`${name} is a folder`);
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new WrongWords(`${name} cannot be read: ${whyOf(error)}`);
  }
}

function formatOf(file: string): Format {
  if (file === "-") return "ndjson";
  const [, ending = ""] = /\.([a-z0-9]+)(?:\.gz)?$/i.exec(file) ?? [];
  switch (ending.toLowerCase()) {
    case "csv":
      return "csv";
    case "ndjson":
    case "jsonl":
    case "json":
      return "ndjson";
    default:
      throw new WrongWords(
        `${plain(file)} does not say by its name what is in it: give --format ndjson or --format csv`,
      );
  }
}

/** A mark of the order of bytes is no part of the first line. */
async function* unmarked(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let isFirst = true;
  for await (const chunk of chunks) {
    const isMarked = isFirst && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
    isFirst = false;
    yield isMarked ? chunk.subarray(3) : chunk;
  }
}

async function* unzipped(raw: AsyncGenerator<Buffer>, name: string): AsyncGenerator<Buffer> {
  const first = await raw.next();
  if (first.done) return;
  const whole = (async function* () {
    yield first.value;
    yield* raw;
  })();
  const isZipped = first.value[0] === 0x1f && first.value[1] === 0x8b;
  yield* isZipped ? gunzipped(whole, name) : whole;
}

async function* gunzipped(whole: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  // What fails is thrown where the gunzip is read.
  pipeline(Readable.from(whole), gunzip, () => undefined);
  try {
    for await (const chunk of gunzip) yield chunk;
  } catch (error) {
    if (error instanceof Failure) throw error;
    const code = systemCode(error);
    if (code === "Z_BUF_ERROR") throw new CutShort(`${name} is cut short: its gzip has no end`);
    throw new CutShort(`${name} is damaged: its gzip cannot be read on (${whyOf(error)})`);
  }
}
