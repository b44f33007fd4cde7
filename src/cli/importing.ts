import type { AdminClient, AdminOperations } from "../server/index.ts";
import { type Batch, MOST_ROWS, batchesOf, bodyOf } from "./batches.ts";
import { Refused, WITHHELD } from "./client.ts";
import { Failure, WrongWords } from "./failure.ts";
import type { Counts, ImportLog } from "./import-log.ts";
import type { Progress } from "./progress.ts";
import type { RejectedFile, Rejection } from "./rejected.ts";
import type { Source } from "./source.ts";

type Results = AdminOperations["importUsers"]["answer"]["data"];

/** What an import works with. */
export interface Tools {
  admin: AdminClient;
  source: Source;
  log: ImportLog;
  rejected: RejectedFile;
  progress: Progress;
}

/** How it is to work. */
export interface Manner {
  mode: "insert" | "upsert";
  isDry: boolean;
  /** How many calls are under way at once. */
  calls: number;
  /** Aborted when no further call is to begin. */
  halt: AbortSignal;
  /** Aborted when not even those under way are to be waited for. */
  abort: AbortSignal;
}

/** A run over a source: sends what the log does not have as done, several calls at a time, and notes each that was answered. */
export class Import {
  readonly #tools: Tools;
  readonly #manner: Manner;
  readonly #counts: Counts = { created: 0, updated: 0, unchanged: 0, failed: 0 };
  readonly #underWay = new Set<Promise<void>>();
  #position = 0;
  #failure: unknown;
  /** Answers are noted one after another. */
  #noting: Promise<void> = Promise.resolve();
  #isUnwritable = false;
  /** True once the service has taken a call: until then no other begins. */
  #isTaken = false;
  /** Rows that an earlier run has done. */
  earlier = 0;

  constructor(tools: Tools, manner: Manner) {
    this.#tools = tools;
    this.#manner = manner;
  }

  /** What became of the rows so far, in all runs. */
  get counts(): Counts {
    return this.#counts;
  }

  get rows(): number {
    const { created, updated, unchanged, failed } = this.#counts;
    return created + updated + unchanged + failed;
  }

  /** Runs to the end of the source, or until it is halted or fails. What was answered by then is noted. */
  async run(): Promise<void> {
    try {
      await this.#sendAll();
    } catch (error) {
      this.#failure ??= error;
    }
    await Promise.all(this.#underWay);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #sendAll(): Promise<void> {
    const { source, log, progress } = this.#tools;
    const starts = [...log.done.keys()].toSorted((one, other) => one - other);
    const lastStart = starts.at(-1) ?? -1;
    /** What lies between what is done: it is sent when all that is done has been found unchanged. */
    const gaps: Batch[] = [];
    let next = 0;
    const sizeOf = (first: number) => {
      while ((starts[next] ?? Infinity) < first) next++;
      const done = log.done.get(first);
      if (done) return { rows: done.rows, isExact: true };
      return { rows: Math.min(MOST_ROWS, (starts[next] ?? Infinity) - first), isExact: false };
    };
    let reached = -1;
    progress.begin(this.#step());
    for await (const batch of batchesOf(source, sizeOf)) {
      if (this.#isOver) return;
      reached = batch.first;
      const done = log.done.get(batch.first);
      if (done) {
        if (done.digest !== batch.digest || done.rows !== batch.rows.length) throw this.#changed();
        this.#count(done, batch.position);
        this.earlier += done.rows;
      } else if (batch.first < lastStart) {
        gaps.push(batch);
        continue;
      }
      if (batch.first < lastStart) continue;
      for (const gap of gaps.splice(0)) await this.#begin(gap);
      if (batch.first === lastStart) progress.begin(this.#step());
      else await this.#begin(batch);
    }
    if (reached < lastStart) throw this.#changed();
  }

  get #isOver(): boolean {
    return this.#failure !== undefined || this.#manner.halt.aborted;
  }

  #changed(): Failure {
    const { name } = this.#tools.source;
    return new Failure(
      `${name} has changed where it was imported already: bring back the file that was, or begin anew with --restart`,
    );
  }

  /** Begins a batch as soon as there is room for its call. */
  async #begin(batch: Batch): Promise<void> {
    if (batch.first === 0) this.#requireRows(batch);
    while (this.#underWay.size >= (this.#isTaken ? this.#manner.calls : 1))
      await Promise.race(this.#underWay);
    if (this.#isOver) return;
    const work = this.#do(batch)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }

  /** A source in whose first rows nothing can be read is something else. */
  #requireRows({ rows }: Batch): void {
    const { name, format } = this.#tools.source;
    if (rows.some(({ wrong }) => wrong === undefined)) return;
    const [first] = rows;
    const isList = first?.bytes[0] === 0x5b;
    const what = format === "csv" ? "CSV with a header" : "lines of JSON, an object each";
    const help = isList ? "; it looks like a JSON list: jq -c '.[]' makes lines of it" : "";
    throw new WrongWords(`${name} is no file of ${what}: line ${first?.line}: ${first?.wrong}${help}`);
  }

  async #do(batch: Batch): Promise<void> {
    const sent = batch.rows.filter(({ wrong }) => wrong === undefined);
    const results = sent.length === 0 ? [] : await this.#send(batch);
    if (results.length !== sent.length)
      throw new Failure(`the service told of ${results.length} rows where ${sent.length} were sent`);
    this.#isTaken = true;
    const noted = this.#noting.then(() => this.#note(batch, results));
    this.#noting = noted.catch(() => undefined);
    await noted;
  }

  /** Sends a batch until it is answered. The same batch has the same key, in another run too: so it is done once. */
  async #send(batch: Batch): Promise<Results> {
    const key = `${this.#tools.log.id}.${batch.first}.${batch.digest.slice(0, 16)}`;
    try {
      return await this.#call(batch, key);
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== WITHHELD) throw error;
      // Rows that are there are told to be unchanged.
      return await this.#call(batch, `${key}.again`);
    }
  }

  async #call(batch: Batch, key: string): Promise<Results> {
    const { mode, isDry, abort } = this.#manner;
    const params = { mode, ...(isDry && { dry_run: true }), rows: [] };
    const { data } = await this.#tools.admin.importUsers(params, {
      lines: bodyOf(batch.rows).buffer,
      idempotencyKey: isDry ? "" : key,
      signal: abort,
    });
    return data;
  }

  /** Notes what became of a batch: first the rejected rows, then that it is done. */
  async #note(batch: Batch, results: Results): Promise<void> {
    // Behind a line that could only be written in part, none can be read.
    if (this.#isUnwritable) return;
    const { log, rejected, progress } = this.#tools;
    const counts: Counts = { created: 0, updated: 0, unchanged: 0, failed: 0 };
    const rejections: Rejection[] = [];
    const answered = results.values();
    for (const row of batch.rows) {
      const result = row.wrong === undefined ? answered.next().value : undefined;
      const what = result?.result ?? "failed";
      counts[what]++;
      if (what === "failed") rejections.push({ row, reason: row.wrong ?? result?.reason ?? "" });
    }
    const { first, rows, digest } = batch;
    try {
      const length = await rejected.add(rejections);
      await log.add({ first, rows: rows.length, digest, ...counts, rejected: length });
    } catch (error) {
      this.#isUnwritable = true;
      throw error;
    }
    this.#count(counts, batch.position);
    progress.take(this.#step());
  }

  #count(counts: Counts, position: number): void {
    this.#counts.created += counts.created;
    this.#counts.updated += counts.updated;
    this.#counts.unchanged += counts.unchanged;
    this.#counts.failed += counts.failed;
    this.#position = Math.max(this.#position, position);
  }

  #step() {
    return { rows: this.rows, failed: this.#counts.failed, position: this.#position };
  }
}
