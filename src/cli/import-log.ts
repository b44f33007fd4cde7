import { type FileHandle, open } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { readFileSync, statSync, truncateSync } from "node:fs";
import { z } from "zod";
import { Failure, systemCode, whyOf } from "./failure.ts";
import { syncFolderOf } from "./files.ts";
import { plain } from "./plain.ts";

const Counts = z.object({ created: z.int(), updated: z.int(), unchanged: z.int(), failed: z.int() });

/** What became of rows. */
export type Counts = z.infer<typeof Counts>;

/** What a log is of: another import has another. */
const Order = z.object({ url: z.string(), app: z.string(), mode: z.enum(["insert", "upsert"]) });
export type Order = z.infer<typeof Order>;

const Head = Order.extend({ warbler: z.literal("import"), id: z.string() });

const Entry = Counts.extend({
  /** The first row, from 0, and how many there are. */
  first: z.int(),
  rows: z.int(),
  digest: z.string(),
  /** The length of the file of rejected rows after these (bytes). */
  rejected: z.int(),
});

/** Rows that are done. */
export type Entry = z.infer<typeof Entry>;

/**
 * What is done of an import, a line for each call that was answered: appended, and safe on disk before the next. A line that is
 * not whole, as whoever wrote it was killed, is none. The rows are known by their digests, so that a file that has been changed
 * where it is done already is noticed.
 */
export class ImportLog {
  /** A name that no other import has: the requests' keys begin with it. */
  readonly id: string;
  /** What is done, by its first row. */
  readonly done: ReadonlyMap<number, Entry>;
  /** How long the file of rejected rows is by now (bytes). */
  readonly rejected: number;
  readonly #file: FileHandle | undefined;
  readonly #path: string;

  private constructor(id: string, entries: readonly Entry[], path: string, file?: FileHandle) {
    this.id = id;
    this.done = new Map(entries.map((entry) => [entry.first, entry]));
    this.rejected = entries.at(-1)?.rejected ?? 0;
    this.#path = path;
    this.#file = file;
  }

  /** The log of an import that keeps none. */
  static none(): ImportLog {
    return new ImportLog(randomUUID(), [], "");
  }

  /** Opens the log at a path, or begins it. Refuses one of another import, and one that is damaged. */
  static async open(path: string, order: Order): Promise<ImportLog> {
    const { head, entries, length } = read(path, order);
    try {
      // What follows the last whole line is what was under way when its writer was killed.
      if (length !== undefined) truncateSync(path, length);
      const file = await open(path, "a", 0o600);
      const id = head?.id ?? randomUUID();
      const log = new ImportLog(id, entries, path, file);
      if (!head) {
        await log.#append({ warbler: "import", id, ...order });
        syncFolderOf(path);
      }
      return log;
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw unwritable(path, error);
    }
  }

  /** Notes that rows are done. It is on disk when this returns. */
  async add(entry: Entry): Promise<void> {
    await this.#append(entry);
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  async #append(line: object): Promise<void> {
    try {
      await this.#file?.appendFile(`${JSON.stringify(line)}\n`);
      await this.#file?.datasync();
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }
}

function unwritable(path: string, error: unknown): Failure {
  return new Failure(
    `${plain(path)} cannot be written: ${whyOf(error)}; make room, or name another place with --log`,
  );
}

/** What a log says, and how long its whole lines are (bytes). */
interface Found {
  head?: z.infer<typeof Head>;
  entries: Entry[];
  length?: number;
}

function read(path: string, order: Order): Found {
  const { lines, length, isTorn } = wholeLines(path);
  const [first, ...others] = lines;
  const shown = plain(path);
  if (first === undefined) {
    if (isTorn && length > LONGEST_HEAD) throw noLog(shown);
    return { entries: [], ...(isTorn && { length: 0 }) };
  }
  const head = parsed(Head, first);
  if (!head) throw noLog(shown);
  const { url, app, mode } = head;
  if (url !== order.url || app !== order.app || mode !== order.mode)
    throw new Failure(
      `${shown} is of an import into ${plain(`${app} at ${url}`)} with --mode ${mode}: name another with --log, or begin anew with --restart`,
    );
  return {
    head,
    length,
    entries: others.map((line, at) => {
      const entry = parsed(Entry, line);
      if (entry) return entry;
      throw new Failure(`${shown} is damaged at line ${at + 2}: begin anew with --restart`);
    }),
  };
}

function parsed<T>(schema: z.ZodType<T>, line: string): T | undefined {
  try {
    return schema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** A first line is no longer than that (bytes): what is longer and not whole was written by something else. */
const LONGEST_HEAD = 4_096;

function noLog(shown: string): Failure {
  return new Failure(`${shown} is no log of an import: move it away, or name another with --log`);
}

/** The whole lines of a file and their length (bytes), or that of all of it where none is whole. */
function wholeLines(path: string): { lines: string[]; length: number; isTorn: boolean } {
  try {
    if (!statSync(path).isFile())
      throw new Failure(`${plain(path)} is no file that a log could be: name another with --log`);
    const bytes = readFileSync(path);
    const end = bytes.lastIndexOf(0x0a) + 1;
    if (end === 0) return { lines: [], length: bytes.length, isTorn: bytes.length > 0 };
    return {
      lines: bytes
        .subarray(0, end - 1)
        .toString("utf8")
        .split("\n"),
      length: end,
      isTorn: end < bytes.length,
    };
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (systemCode(error) === "ENOENT") return { lines: [], length: 0, isTorn: false };
    throw new Failure(`${plain(path)} cannot be read: ${whyOf(error)}`);
  }
}
