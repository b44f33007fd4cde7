import { type FileHandle, open } from "node:fs/promises";
import { rmSync, statSync, truncateSync } from "node:fs";
import { Failure, whyOf } from "./failure.ts";
import { plain } from "./plain.ts";
import type { SourceRow } from "./source.ts";

/** A row that was not taken, and why. */
export interface Rejection {
  row: SourceRow;
  reason: string;
}

/**
 * The rows that were not taken, a line of JSON each: on which line of the source it stands, why, and the row. `length` is what the
 * log vouches for: what an earlier run wrote behind it will come again, and is cut off.
 */
export class RejectedFile {
  readonly path: string;
  #length = 0;
  #file: FileHandle | undefined;

  constructor(path: string, length: number) {
    this.path = path;
    try {
      const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      // Shorter than it was: somebody has taken rows out, which were told.
      this.#length = Math.min(size, length);
      if (length === 0) rmSync(path, { force: true });
      else if (size > length) truncateSync(path, length);
    } catch (error) {
      throw this.#unwritable(error);
    }
  }

  /** Appends rows. They are on disk when this returns the length of the file. */
  async add(rejections: readonly Rejection[]): Promise<number> {
    if (rejections.length === 0) return this.#length;
    try {
      const file = (this.#file ??= await open(this.path, "a", 0o600));
      const text = rejections.map(lineOf).join("");
      await file.appendFile(text);
      await file.datasync();
      this.#length += Buffer.byteLength(text);
      return this.#length;
    } catch (error) {
      throw this.#unwritable(error);
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  #unwritable(error: unknown): Failure {
    return new Failure(
      `${plain(this.path)} cannot be written: ${whyOf(error)}; make room, or name another place with --rejected`,
    );
  }
}

function lineOf({ row: { line, bytes, wrong }, reason }: Rejection): string {
  const text = Buffer.from(bytes).toString("utf8");
  const row: { row: unknown } | { text: string } = wrong === undefined ? { row: JSON.parse(text) } : { text };
  return `${JSON.stringify({ line, reason, ...row })}\n`;
}
