import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { givenTo } from "./connection.ts";
import { type Column, Printer } from "./print.ts";

/** Shows an example under the help of a command. */
export function example(command: Command, ...lines: string[]): Command {
  return command.addHelpText("after", `\nExample:\n${lines.map((line) => `  ${line}`).join("\n")}`);
}

/** What a command prints with, as it was told. */
export const printerOf = (command: Command) => new Printer(givenTo(command).json === true);

/** Reads an integer of a range, which an option is given. */
export const integer = (min: number, max: number) => (given: string) => {
  const number = /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new InvalidArgumentError(`It must be an integer of ${min}–${max}.`);
};

/** Most rows that a command for people shows where it is not told how many. */
export const ROWS = 50;

/** Adds how many rows a list shows. */
export const withLimit = (command: Command) =>
  command.option("-n, --limit <rows>", `show so many rows at most (default: ${ROWS})`, integer(1, 1e9));

/** Reads so many rows of a list, page by page, and hands each page over as it comes. Says whether there are more. */
export async function readPages<Row>(
  limit: number,
  page: (cursor: string | undefined, rows: number) => Promise<{ data: Row[]; cursor?: string | undefined }>,
  take: (rows: Row[]) => void,
): Promise<boolean> {
  let left = limit;
  let cursor: string | undefined;
  do {
    const { data, cursor: next } = await page(cursor, Math.min(left, 200));
    take(data);
    left -= data.length;
    cursor = next;
  } while (cursor !== undefined && left > 0);
  return cursor !== undefined;
}

/** Shows a list: for programs as it comes, for people as one table. */
export async function showList<Row>(
  command: Command,
  limit: number,
  page: (cursor: string | undefined, rows: number) => Promise<{ data: Row[]; cursor?: string | undefined }>,
  columns: readonly Column<Row>[],
  none: string,
): Promise<void> {
  const printer = printerOf(command);
  const rows: Row[] = [];
  const hasMore = await readPages(limit, page, (found) =>
    printer.isJson ? printer.lines(found) : rows.push(...found),
  );
  if (printer.isJson) return;
  printer.rows(columns, rows, none);
  if (hasMore) process.stderr.write(`There are more: --limit ${limit * 10} shows more of them.\n`);
}
