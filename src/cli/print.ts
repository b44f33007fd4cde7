import Table from "cli-table3";
import stringWidth from "string-width";
import { plain, plainJson } from "./plain.ts";

/** What a cell may hold: text of others is shown as `plain` has it. */
export type Cell = string | number | boolean | null | undefined;

/** A column: its head, and what it shows of a row. */
export type Column<Row> = [head: string, cell: (row: Row) => Cell];

const GAP = "  ";
/** Numbers and instants are not cut: a part of one says something else. */
const EXACT = /^[\d: Z-]*$/;
/** A column is not made narrower than that, in letters. */
const NARROWEST = 8;

/** Without lines around and between, so that what is copied from it is what is there. */
const chars = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: GAP,
};

/** Rows of text in columns; with `most`, what does not fit into so many letters is cut, from the widest columns first. */
export function tableOf(head: string[] | undefined, rows: string[][], most?: number): string {
  const all = head ? [head, ...rows] : rows;
  const count = Math.max(0, ...all.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, at) =>
    Math.max(1, ...all.map((row) => stringWidth(row[at] ?? ""))),
  );
  if (most !== undefined) {
    const room = most - GAP.length * (count - 1);
    const isText = widths.map((_, at) => rows.some((row) => !EXACT.test(row[at] ?? "")));
    while (widths.reduce((sum, width) => sum + width, 0) > room) {
      const widest = Math.max(...widths.filter((_, at) => isText[at]));
      if (widest <= NARROWEST) break;
      widths[widths.findIndex((width, at) => isText[at] && width === widest)] = widest - 1;
    }
  }
  const style = { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true };
  const table = new Table({ ...(head && { head }), chars, style, colWidths: widths });
  table.push(...rows);
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/** What a command prints: tables for people, a line of JSON for each thing for programs. */
export class Printer {
  readonly isJson: boolean;

  constructor(isJson: boolean) {
    this.isJson = isJson;
  }

  /** Rows, or a sentence where there are none. */
  rows<Row>(columns: readonly Column<Row>[], rows: readonly Row[], none: string): void {
    if (this.isJson) return this.lines(rows);
    if (rows.length === 0) return this.say(none);
    const cells = rows.map((row) => columns.map(([, cell]) => shown(cell(row))));
    const head = columns.map(([name]) => name);
    this.#write(tableOf(head, cells, process.stdout.isTTY ? process.stdout.columns : undefined));
  }

  /** One thing: `value` for programs, its fields for people. */
  one(value: object, fields: Record<string, Cell> = flat(value)): void {
    if (this.isJson) return this.lines([value]);
    const most = process.stdout.isTTY ? process.stdout.columns : undefined;
    this.#write(
      tableOf(
        undefined,
        Object.entries(fields).map(([name, cell]) => [plain(name), shown(cell)]),
        most,
      ),
    );
  }

  /** Values for programs, a line each. */
  lines(values: readonly unknown[]): void {
    for (const value of values) this.#write(plainJson(value));
  }

  /** A sentence for people alone. */
  say(sentence: string): void {
    if (!this.isJson) this.#write(plain(sentence));
  }

  /** A headline for people alone. */
  headline(text: string): void {
    if (!this.isJson) this.#write(`\n${text}`);
  }

  #write(text: string): void {
    process.stdout.write(`${text}\n`);
  }
}

/** Says something that is no answer, where neither people nor programs look for one. */
export function note(sentence: string): void {
  process.stderr.write(`${plain(sentence)}\n`);
}

function shown(cell: Cell): string {
  return cell === null || cell === undefined ? "" : plain(String(cell));
}

function flat(value: object): Record<string, Cell> {
  return Object.fromEntries(
    Object.entries(value).map(([name, field]: [string, unknown]) => [name, fieldOf(field)]),
  );
}

function fieldOf(field: unknown): Cell {
  if (typeof field === "string" || typeof field === "number" || typeof field === "boolean") return field;
  return field === null || field === undefined ? "" : JSON.stringify(field);
}
