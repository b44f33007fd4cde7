import { realpathSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { adminOf } from "../server/staff.ts";
import { lineBy } from "./client.ts";
import { adminClient } from "./connection.ts";
import { Failure, WrongWords, exits, whyOf } from "./failure.ts";
import { ImportLog } from "./import-log.ts";
import { Import } from "./importing.ts";
import { shownSpan } from "./instants.ts";
import { Interrupted, Interrupts } from "./interrupt.ts";
import { type Held, hold } from "./lock.ts";
import { Sender } from "./persist.ts";
import { plain } from "./plain.ts";
import { Progress, shownCount, shownCounts } from "./progress.ts";
import { RejectedFile } from "./rejected.ts";
import { type Format, openSource } from "./source.ts";
import { printerOf } from "./words.ts";

const STOPPING = "Stopping after the calls under way; again: at once.";

/** What `warbler import` is told; `patience` is in seconds. */
export interface ImportOptions {
  mode: "insert" | "upsert";
  dryRun?: true;
  format?: Format;
  calls: number;
  patience: number;
  log?: string;
  rejected?: string;
  restart?: true;
  quiet?: true;
}

/** Where an import keeps what it must know again, and what it could not do. Stdin has no name to know it by. */
function pathsOf(file: string, { log, rejected, dryRun }: ImportOptions) {
  const name = file === "-" ? "stdin" : file;
  const paths = {
    log: dryRun ? undefined : (log ?? (file === "-" ? undefined : `${file}.import-log`)),
    rejected: rejected ?? `${name}${dryRun ? ".dry-run" : ""}.rejected.ndjson`,
  };
  for (const path of [paths.log, paths.rejected]) {
    if (path !== undefined && isSame(path, file))
      throw new WrongWords(`${plain(path)} is what is to be imported`);
  }
  if (paths.log !== undefined && resolve(paths.log) === resolve(paths.rejected))
    throw new WrongWords(
      `${plain(paths.log)} cannot be both: name one file with --log, another with --rejected`,
    );
  return paths;
}

function isSame(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}

function forget(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw new Failure(`${plain(path)} cannot be removed: ${whyOf(error)}`);
  }
}

/** Brings the rows of a file in, and says what became of them; refuses with a sentence what cannot be done. */
export async function runImport(file: string, options: ImportOptions, command: Command): Promise<void> {
  const printer = printerOf(command);
  const isDry = options.dryRun === true;
  const paths = pathsOf(file, options);
  const source = openSource(file, options.format);
  const progress = new Progress(source.size, options.quiet);
  const interrupts = new Interrupts(() => progress.say(STOPPING));
  const sender = new Sender({
    patience: options.patience * 1000,
    waitsForAway: true,
    stop: interrupts.halt,
    onWait: (ms, why) => progress.wait(ms, why),
  });
  const client = adminClient(command);
  const began = performance.now();
  let held: Held | undefined;
  let work: Import | undefined;
  const closing: { close(): Promise<void> }[] = [];
  try {
    if (paths.log !== undefined) {
      held = hold(paths.log, `an import of ${source.name}`);
      if (options.restart) forget(paths.log);
    }
    // A service that is not there at all is not waited for.
    await client.send({ method: "GET", path: "/health/live" });
    const { url, app } = client.place;
    const log =
      paths.log === undefined
        ? ImportLog.none()
        : await ImportLog.open(paths.log, { url, app, mode: options.mode });
    closing.push(log);
    const rejected = new RejectedFile(paths.rejected, log.rejected);
    closing.push(rejected);
    const { mode, calls } = options;
    const { halt, abort } = interrupts;
    work = new Import(
      { admin: adminOf(lineBy(client, sender)), source, log, rejected, progress },
      { mode, isDry, calls, halt, abort },
    );
    await work.run();
  } catch (error) {
    if (interrupts.first === undefined) throw withHelp(error, work, paths.log);
  } finally {
    progress.end();
    interrupts.end();
    for (const each of closing) await each.close();
    held?.release();
  }
  if (interrupts.first !== undefined)
    throw new Interrupted(
      interrupts.first,
      `stopped after ${shownCount(work?.rows ?? 0)} rows; ${howToGoOn(paths.log)}`,
    );
  tell(work, performance.now() - began);

  function tell(work: Import | undefined, ms: number): void {
    if (!work) return;
    const { counts, rows, earlier } = work;
    const rejected = counts.failed > 0 ? paths.rejected : null;
    if (printer.isJson) printer.one({ rows, ...counts, earlier, dry_run: isDry, rejected });
    else {
      const rate = Math.round(((rows - earlier) / ms) * 1000);
      const before = earlier > 0 ? `, ${shownCount(earlier)} of them by an earlier run` : "";
      const speed = rows > earlier ? ` in ${shownSpan(ms)} (${shownCount(rate)}/s)` : "";
      const dry = isDry ? " would be" : "";
      printer.say(`${shownCount(rows)} rows${before}${speed}:${dry} ${shownCounts(counts)}`);
    }
    if (counts.failed > 0)
      throw new Failure(`${shownCount(counts.failed)} rows failed: ${paths.rejected} says why`, exits.partly);
  }
}

function howToGoOn(log: string | undefined): string {
  return log === undefined
    ? "the same command begins anew, and rows with an external_id that are there stay as they are"
    : "the same command goes on from there";
}

/** A failure in the midst of it says how to go on. */
function withHelp(error: unknown, work: Import | undefined, log: string | undefined): unknown {
  if (!(error instanceof Failure) || !work || work.rows === 0 || error.exit === exits.wrongWords)
    return error;
  return new Failure(
    `${error.message}\n${shownCount(work.rows)} rows are done; ${howToGoOn(log)}`,
    error.exit,
  );
}
