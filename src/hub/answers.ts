import { z } from "zod";
import type { Refused } from "../domain/reasons.ts";
import { DeviceReceipt } from "../domain/signals.ts";
import { OwedRow } from "../store/owed.ts";
import { ANSWER_KEPT } from "../domain/answers.ts";
import { type Command, KEYED } from "./contract.ts";
import type { HubStorage } from "./storage.ts";

/** The answer to a command that has nothing to tell. */
export const Done = z.object({ ok: z.literal(true) });

export type Done = z.infer<typeof Done>;

/** The answer to a write to D1: `owed` is what another user is owed by it, who had a push token. */
export const Changed = z.object({
  ok: z.literal(true),
  owed: z.array(OwedRow).default([]),
});

export type Changed = z.infer<typeof Changed>;

/** What is kept of it: mostly, nobody is owed anything. */
export const keptOf = (changed: Changed) => (changed.owed.length === 0 ? { ok: true } : changed);

/** The answer to a kick. */
export const Kicked = z.object({ ok: z.literal(true), results: z.array(DeviceReceipt) });

export type Kicked = z.infer<typeof Kicked>;

/** The answer to a sign-in that was let in. */
export const SignedIn = z.object({ ok: z.literal(true), device_sn: z.int().optional() });

export type SignedIn = z.infer<typeof SignedIn>;

/** The answer to a wrong password that has been counted. */
export const Counted = z.object({ ok: z.literal(false), reason: z.literal("credentials_wrong") });

export type Counted = z.infer<typeof Counted>;

/** How long an answer is kept (ms): far longer than the Worker goes on asking for it. */
const KEPT_FOR = 5 * 60_000;

/** How many are kept, so that nobody can make them many; but those that may still be asked for are kept (ms), up to more. */
const KEPT = 64;
const KEPT_AT_LEAST = 10_000;
const MOST_KEPT = 2_000;

const isKeyed = (id: string) => id.startsWith(KEYED);

/** How many are kept of commands whose request may be sent again for a day; none that may be asked for in a minute is dropped. */
const KEYED_KEPT = 300;

/**
 * The answers to the latest commands, by the commands' ids: the tables `answers` and, of requests that may be sent again for a day,
 * `keyed_answers`. An answer is written in the turn that has
 * the command's effect, so neither is without the other: a command that is repeated, as its answer was lost, has no second
 * effect and hears what it would have heard. A field could not do that, as answers are lost when the object is made anew.
 */
export class Answers {
  readonly #storage: HubStorage;
  /** Those that are still to be put into the table, at the next `rest`: the latest last. */
  readonly #resting = new Map<string, { at: number; answer: unknown }>();

  constructor(storage: HubStorage) {
    this.#storage = storage;
  }

  /**
   * Does a command, in this turn, where it has not been done, and says what came of it the first time. `kept` describes
   * the answers of a command that has changed something. Any other is a refusal: it is not kept, and judged anew.
   */
  once<T>(command: Command, kept: z.ZodType<T>, work: () => T | Refused): T | Refused {
    const known = this.recall(command, kept);
    if (known !== undefined) return known;
    const answer = work();
    if (kept.safeParse(answer).success) this.keep(command, answer);
    return answer;
  }

  /** What was answered to a command; undefined where it has not been done. */
  recall<T>({ id, isRepeat }: Command, kept: z.ZodType<T>): T | undefined {
    // Such an id was made for this very call.
    if (!isRepeat && !isKeyed(id)) return undefined;
    const resting = this.#resting.get(id);
    if (resting) return kept.parse(resting.answer);
    const { sql } = this.#storage;
    const [row] = isKeyed(id)
      ? sql.exec<{ body: string }>("select body from keyed_answers where id = ?", id).toArray()
      : sql.exec<{ body: string }>("select body from answers where id = ?", id).toArray();
    return row && kept.parse(JSON.parse(row.body));
  }

  /**
   * Keeps an answer, and forgets those that nobody asks for any more: always the oldest, so that what is looked at is what is
   * forgotten and little else.
   */
  keep({ id }: Command, answer: unknown): void {
    const now = Date.now();
    const body = JSON.stringify(answer);
    if (isKeyed(id)) this.#keepKeyed(id, now, body);
    else this.#keepLatest(id, now, body);
  }

  /**
   * Keeps the answer to a write that D1 has, which does no harm where it is written once more: in the table it is by the next
   * `rest`.
   */
  keepSoon(command: Command, answer: unknown): void {
    if (isKeyed(command.id)) this.keep(command, answer);
    else this.#resting.set(command.id, { at: Date.now(), answer });
    if (this.#resting.size >= KEPT) this.rest();
  }

  /** Brings the table up to date, where no command has come for a while. */
  rest(): void {
    for (const [id, { at, answer }] of this.#resting) this.#keepLatest(id, at, JSON.stringify(answer));
    this.#resting.clear();
  }

  #keepLatest(id: string, now: number, body: string): void {
    const { sql } = this.#storage;
    const { place } = sql
      .exec<{ place: number }>(
        "insert into answers (id, at, body) values (?, ?, ?) returning place",
        id,
        now,
        body,
      )
      .one();
    sql.exec(
      `delete from answers where place < max(?1,
         (select place from answers where at > ?2 order by place limit 1),
         min(?3, (select place from answers where at > ?4 order by place limit 1)))`,
      place - MOST_KEPT + 1,
      now - KEPT_FOR,
      place - KEPT + 1,
      now - KEPT_AT_LEAST,
    );
  }

  #keepKeyed(id: string, now: number, body: string): void {
    const { sql } = this.#storage;
    const { place } = sql
      .exec<{ place: number }>(
        "insert into keyed_answers (id, at, body) values (?, ?, ?) returning place",
        id,
        now,
        body,
      )
      .one();
    sql.exec(
      `delete from keyed_answers where place < max(?1,
         (select place from keyed_answers where at > ?2 order by place limit 1))`,
      place - KEYED_KEPT + 1,
      now - ANSWER_KEPT,
    );
  }

  /** Forgets the answers to a deleted user's callers. */
  forget(): void {
    this.#storage.sql.exec("delete from answers");
    this.#storage.sql.exec("delete from keyed_answers");
    this.#resting.clear();
  }
}
