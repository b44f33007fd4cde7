import { createWriteStream, existsSync, renameSync, rmSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Command } from "commander";
import { adminClient } from "./connection.ts";
import { exportPages } from "./exporting.ts";
import { Failure, WrongWords, exits, whyOf } from "./failure.ts";
import { syncFolderOf } from "./files.ts";
import { Interrupted, Interrupts } from "./interrupt.ts";
import { type Held, hold } from "./lock.ts";
import { Sender } from "./persist.ts";
import { plain } from "./plain.ts";
import { note } from "./print.ts";
import { Progress, shownCount } from "./progress.ts";
import { printerOf } from "./words.ts";

/** What `warbler export` is told; `patience` is in seconds. */
export interface ExportOptions {
  hashes?: true;
  force?: true;
  gzip?: true;
  quiet?: true;
  patience: number;
}

/** Takes an app's users out to a file, which is there only when all of it is; refuses with a sentence what cannot be done. */
export async function runExport(file: string, options: ExportOptions, command: Command): Promise<void> {
  const isStdout = file === "-";
  const name = plain(file);
  if (!isStdout && !options.force && existsSync(file))
    throw new WrongWords(`${name} is there already: name another file, or replace it with --force`);
  const part = `${file}.part`;
  const progress = new Progress(undefined, options.quiet);
  const interrupts = new Interrupts(() => progress.say("Stopping."));
  const { halt, abort } = interrupts;
  const onWait = (ms: number, why: string) => progress.wait(ms, why);
  const sender = new Sender({ patience: options.patience * 1000, waitsForAway: true, stop: halt, onWait });
  const client = adminClient(command);
  const exported = { users: 0 };
  async function* counted() {
    for await (const page of exportPages(
      client,
      sender,
      options.hashes === true,
      { halt, abort },
      exported,
    )) {
      yield page;
      progress.take({ rows: exported.users, failed: 0, position: 0 });
    }
    // What was not given to the end is not kept.
    halt.throwIfAborted();
  }
  let held: Held | undefined;
  try {
    if (!isStdout) {
      held = hold(file, `an export to ${name}`);
      // What is there already may be another's, or readable for others.
      rmSync(part, { force: true });
    }
    // A service that is not there at all is not waited for.
    await client.send({ method: "GET", path: "/health/live" });
    const pages = Readable.from(counted());
    const zip = options.gzip || (!isStdout && /\.gz$/i.test(file)) ? [createGzip()] : [];
    if (isStdout) {
      process.exitCode = exits.refused;
      process.stdout.prependListener("error", () =>
        note("warbler: nobody reads on: the export is not whole"),
      );
      await pipeline([pages, ...zip, process.stdout], { end: false });
      process.exitCode = exits.done;
    } else {
      await pipeline([pages, ...zip, createWriteStream(part, { flags: "wx", mode: 0o600, flush: true })]);
      renameSync(part, file);
      syncFolderOf(file);
    }
  } catch (error) {
    if (!isStdout && held) rmSync(part, { force: true });
    if (interrupts.first !== undefined)
      throw new Interrupted(
        interrupts.first,
        isStdout ? "stopped: the export is not whole" : `stopped: ${name} was not written`,
      );
    if (error instanceof Failure) throw error;
    throw new Failure(`${name} cannot be written: ${whyOf(error)}`);
  } finally {
    progress.end();
    interrupts.end();
    held?.release();
  }
  const printer = printerOf(command);
  const told = `${shownCount(exported.users)} users${isStdout ? "" : ` are in ${name}`}`;
  if (isStdout) note(told);
  else if (printer.isJson) printer.one({ users: exported.users, file });
  else printer.say(told);
}
