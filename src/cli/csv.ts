import { isUtf8 } from "node:buffer";
import { Readable, pipeline } from "node:stream";
import { type CsvError, type Info, parse } from "csv-parse";
import { Failure, WrongWords, whyOf } from "./failure.ts";
import { type Kind, columns, valueOf } from "./kinds.ts";
import { CutShort, KEPT, MOST_BYTES, type SourceRow } from "./source.ts";

/** A column of the file: the path of its field, and how its cells are read. */
interface Column {
  path: string[];
  kind: Kind;
}

/** What the parser gives for a record: its cells as they stand, and where they do. */
interface Parsed {
  record: Buffer[];
  info: Info;
}

/** How many rows are handed on at a time. */
const AT_ONCE = 256;
/** How far a quote is followed that nothing closes (bytes). */
const LONGEST_RECORD = 16 * MOST_BYTES;

/** What is wrong with a quote, by the parser's name for it. */
const QUOTES = new Map<string, string>([
  ["CSV_QUOTE_NOT_CLOSED", "opens a quote that is never closed"],
  ["CSV_MAX_RECORD_SIZE", `opens a quote that is not closed in ${LONGEST_RECORD} bytes`],
]);

/**
 * Reads CSV whose first line names the columns, many rows at a time. An empty cell is a field left out. Ends with `CutShort` at a
 * quote in the wrong place: nobody knows which of the lines behind it are rows.
 */
export async function* readCsv(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<SourceRow[]> {
  let broken: CsvError | undefined;
  async function* untilBroken() {
    for await (const chunk of chunks) {
      if (broken) return;
      yield chunk;
    }
  }
  const parser = parse({
    // Bytes that are no UTF-8 would be replaced in silence.
    encoding: null,
    info: true,
    max_record_size: LONGEST_RECORD,
    relax_column_count: true,
    skip_empty_lines: true,
    // An error that is thrown takes along the rows before it that are not read yet.
    skip_records_with_error: true,
    on_skip(error: CsvError | undefined) {
      broken ??= error;
    },
  });
  // What fails is thrown where the parser is read.
  pipeline(Readable.from(untilBroken()), parser, () => undefined);
  let header: Column[] | undefined;
  let from = 1;
  /** The parser counts two lines where a quoted cell has one end of a line of two characters. */
  let tooMany = 0;
  let rows: SourceRow[] = [];
  try {
    for await (const parsed of parser) {
      const { record, info }: Parsed = parsed;
      const until = info.lines;
      if (broken && until > Number(broken["lines"])) break;
      if (header) rows.push(rowOf(header, record, from));
      else header = headerOf(record, name);
      tooMany += endsIn(record);
      from = until + 1 - tooMany;
      if (rows.length >= AT_ONCE) {
        yield rows;
        rows = [];
      }
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new CutShort(`${name} cannot be read as CSV: ${whyOf(error)}`);
  }
  yield rows;
  if (broken) {
    const why = QUOTES.get(broken.code) ?? "has a quote that neither begins nor ends its cell";
    throw new CutShort(`${name}: line ${from} ${why}: mend it there, and run the same again`);
  }
  if (!header) throw noHeader(name, "");
}

function noHeader(name: string, why: string): WrongWords {
  return new WrongWords(
    `${name} has no header${why}: its first line must name the columns, username among them`,
  );
}

function headerOf(record: readonly Buffer[], name: string): Column[] {
  const names = record.map((cell) => cell.toString("utf8").trim());
  if (!names.some((each) => columns.has(each))) throw noHeader(name, "");
  if (!names.includes("username")) throw noHeader(name, " with a username");
  return names.map((each, at) => {
    const kind = columns.get(each);
    if (kind === undefined)
      throw new WrongWords(
        `${name}: column ${at + 1} is called ${each || "nothing"}, which is no field of a row`,
      );
    const whole = each.split(".")[0] ?? each;
    if (names.indexOf(each) !== at || (whole !== each && names.includes(whole)))
      throw new WrongWords(`${name}: ${whole === each ? each : `${each} and ${whole}`} is there twice`);
    return { path: each.split("."), kind };
  });
}

function rowOf(header: readonly Column[], record: readonly Buffer[], line: number): SourceRow {
  const given = () =>
    Buffer.from(Buffer.concat(record.flatMap((cell) => [cell, Buffer.from(",")])).subarray(0, MOST_BYTES));
  if (record.length !== header.length) {
    const wrong = `the row has ${record.length} cells, the header ${header.length}`;
    return { line, bytes: given(), wrong };
  }
  const row: Record<string, unknown> = {};
  for (const [at, { path, kind }] of header.entries()) {
    const cell = record[at];
    if (!cell || cell.length === 0) continue;
    if (!isUtf8(cell)) return { line, bytes: given(), wrong: "the row is no UTF-8" };
    put(row, path, valueOf(kind, cell.toString("utf8")));
  }
  const bytes = Buffer.from(JSON.stringify(row));
  return bytes.length < MOST_BYTES
    ? { line, bytes }
    : {
        line,
        bytes: Buffer.from(bytes.subarray(0, KEPT)),
        wrong: `the row has ${bytes.length} bytes: ${MOST_BYTES - 1} at most`,
      };
}

function endsIn(record: readonly Buffer[]): number {
  return record.reduce(
    (sum, cell) => sum + (cell.includes("\r\n") ? cell.toString("latin1").split("\r\n").length - 1 : 0),
    0,
  );
}

function put(row: Record<string, unknown>, [name = "", inner]: readonly string[], value: unknown): void {
  if (inner === undefined) row[name] = value;
  else row[name] = { ...objectIn(row[name]), [inner]: value };
}

const objectIn = (value: unknown) => (typeof value === "object" && value !== null ? value : {});
