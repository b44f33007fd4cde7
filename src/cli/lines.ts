import { isUtf8 } from "node:buffer";
import { KEPT, MOST_BYTES, type SourceRow } from "./source.ts";

const LINE_END = 0x0a;

const isBlank = (line: Uint8Array) => line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);

/** Reads lines of JSON, many at a time, in memory that does not grow with them. Blank lines are none. */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<SourceRow[]> {
  const cutter = new Cutter();
  for await (const chunk of chunks) yield cutter.take(chunk);
  yield cutter.end();
}

/** Cuts bytes into lines. */
class Cutter {
  /** What there is of a line whose end is not here yet, and all of its length. */
  #parts: Buffer[] = [];
  #length = 0;
  #line = 1;

  take(chunk: Buffer): SourceRow[] {
    const rows: SourceRow[] = [];
    let from = 0;
    for (let end = chunk.indexOf(LINE_END); end !== -1; end = chunk.indexOf(LINE_END, from)) {
      this.#add(chunk.subarray(from, end));
      rows.push(...this.#close());
      from = end + 1;
    }
    this.#add(chunk.subarray(from));
    return rows;
  }

  end(): SourceRow[] {
    return this.#close();
  }

  #add(part: Buffer): void {
    if (part.length === 0) return;
    if (this.#length <= MOST_BYTES) this.#parts.push(part);
    this.#length += part.length;
    if (this.#length > MOST_BYTES && this.#parts.length > 0)
      this.#parts = [Buffer.from(Buffer.concat(this.#parts).subarray(0, KEPT))];
  }

  #close(): SourceRow[] {
    const whole = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    const length = this.#length;
    const line = this.#line++;
    this.#parts = [];
    this.#length = 0;
    if (!whole || whole.length === 0) return [];
    if (length >= MOST_BYTES)
      return [
        {
          line,
          bytes: Buffer.from(whole.subarray(0, KEPT)),
          wrong: `the row has ${length} bytes: ${MOST_BYTES - 1} at most`,
        },
      ];
    if (isBlank(whole)) return [];
    const wrong = wrongIn(whole);
    return [wrong === undefined ? { line, bytes: whole } : { line, bytes: whole, wrong }];
  }
}

function wrongIn(line: Buffer): string | undefined {
  if (!isUtf8(line)) return "the row is no UTF-8";
  try {
    const value: unknown = JSON.parse(line.toString("utf8"));
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? undefined : "the row is no JSON object";
  } catch {
    return "the row is no JSON";
  }
}
