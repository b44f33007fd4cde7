import type { SQL } from "drizzle-orm";
import { type AnswerKey, type KeptAnswer, KeyRefused } from "../domain/answers.ts";
import type { Database, Write } from "../store/database.ts";
import {
  type KeptRow,
  KeptRows,
  keepKey,
  selectKept,
  type TakenBy,
  takeForHubs,
  takeKeyForHubs,
} from "../store/kept-answers.ts";
import type { Keeping as KeepingWrite } from "../store/records.ts";
import type { Takes } from "../store/ride.ts";

/** The request was answered before, as a read that the work began with has found: nothing more is to be done. */
export class Answered extends Error {
  readonly row: KeptRow;

  constructor(row: KeptRow) {
    super("the request was answered before");
    this.name = "Answered";
    this.row = row;
  }
}

/**
 * A request with an Idempotency-Key on its way. The look at the key goes along with the first read that the request makes of the
 * database that keeps its answer, and the answer with the write that has the effect: neither costs a trip.
 */
export class Keeping implements Takes {
  readonly db: Database;
  /** By what the answer is kept; with `since`, when the database has said that a request before this one took it for hubs. */
  key: AnswerKey;
  /** What is kept with the effect, where the operation does not say it there; undefined where that is not known before. */
  readonly #answer: KeptAnswer | undefined;
  /** The admin token by which the key is taken for hubs, as they have the effect and the answer. */
  readonly takenBy: TakenBy | undefined;
  /** It is for whoever owns a group: who that was is kept with the key, and known when the caller is judged. */
  readonly #isOfGroup: boolean;
  /** Who owns the group: an id, or what stands for it in the read that finds it. */
  #owner: SQL | number | undefined;
  /** What was kept under the key before this request. */
  found: KeptRow | undefined;
  /** The database has been asked for what is kept, or needs not be. */
  hasLooked = false;
  /** The caller was let in: what is found now stops the work. */
  isWorking = false;
  /** A transaction has kept the answer. */
  isKept = false;
  /** What is answered is another than was kept with the effect. */
  isAnew = false;
  /** What is written after the answer, in the same transaction as what is kept anew. */
  readonly after: Write[] = [];
  /** A hub has done the request, or refused it, and keeps what it said. */
  isByHub = false;
  /** A hub has said what it had said before. */
  isReplayed = false;
  /** The user's hub knew the key when it judged the caller, and whether it had done the request. */
  known: { isDone: boolean } | undefined;

  constructor(
    db: Database,
    key: AnswerKey,
    answer: KeptAnswer | undefined,
    { takenBy, isOfGroup }: { takenBy: TakenBy | undefined; isOfGroup: boolean },
  ) {
    this.db = db;
    this.key = key;
    this.#answer = answer;
    this.takenBy = takenBy;
    this.#isOfGroup = isOfGroup && takenBy !== undefined;
  }

  /** Hears who owns the group of the request, before the read that takes the key along. */
  isFor(owner: SQL | number): void {
    this.#owner = owner;
  }

  take() {
    const owner = this.#isOfGroup ? this.#owner : undefined;
    if (this.hasLooked || (this.#isOfGroup && owner === undefined)) return undefined;
    this.hasLooked = true;
    const statements =
      this.takenBy === undefined
        ? [selectKept(this.db, this.key)]
        : takeForHubs(this.db, this.key, this.takenBy, owner);
    const arriveWith = async <T>(trip: () => Promise<[T, readonly unknown[]]>): Promise<T> => {
      const [rows, found] = await trip();
      this.#note(found.at(-1));
      return rows;
    };
    return { statements, arriveWith };
  }

  /** Takes the key for hubs by a trip of its own, where nothing has taken that along; `subject` is whom the caller acts for. */
  async takeForHubs(subject: number | undefined): Promise<void> {
    if (this.takenBy === undefined || this.hasLooked) return;
    this.hasLooked = true;
    const kept = this.#isOfGroup ? subject : undefined;
    this.#note(await takeKeyForHubs(this.db, this.key, this.takenBy, kept));
  }

  /** Whose hub has done the request, where that was kept. */
  get subject(): number | undefined {
    const answer = this.found?.answer;
    return answer && "at" in answer ? answer.subject : undefined;
  }

  /** What keeps the answer in the transaction that has the effect; undefined where it is to be kept later. */
  inBatch(
    answer: SQL | undefined,
    how: { isSure: boolean | SQL; mayRepeat?: boolean },
  ): KeepingWrite | undefined {
    const kept = answer ?? this.#answer;
    if (kept === undefined) return undefined;
    return {
      statement: keepKey(this.db, this.key, kept, how),
      written: (rows) => {
        this.isKept ||= Array.isArray(rows) && rows.length > 0;
      },
    };
  }

  #note(rows: unknown): void {
    const row = KeptRows.parse(rows)[0];
    if (!row || row.request_id === this.key.request_id) return;
    this.found = row;
    if (this.takenBy !== undefined) this.key = { ...this.key, since: row.at };
    if (this.isWorking) this.requireSame(row);
  }

  /** Refuses a key of another request; throws `Answered` where the answer is there, and not at hubs. */
  requireSame(row: KeptRow): void {
    if (row.fingerprint !== this.key.fingerprint) throw new KeyRefused("another");
    if (!(row.answer && "at" in row.answer)) throw new Answered(row);
  }
}
