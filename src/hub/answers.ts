import { z } from "zod";
import { type Refused, isReason } from "../domain/reasons.ts";
import { DeviceReceipt } from "../domain/signals.ts";
import { OwedRow } from "../store/owed.ts";
import { ANSWER_KEPT, type AnswerKey, type KeyRefusal, MOST_KEYS, keyRefusal } from "../domain/answers.ts";
import type { Command } from "./contract.ts";
import type { HubStorage } from "./storage.ts";

/** The answer to a command that has nothing to tell. */
export const Done = z.object({ ok: z.literal(true) });

export type Done = z.infer<typeof Done>;

/** The answer to a write to D1: `owed` is what another user is owed by it, who had a push token. */
export const Changed = z.object({
  ok: z.literal(true),
  owed: z.array(OwedRow).default([]),
  /** It had been done, by a request of the same key. */
  isReplayed: z.boolean().optional(),
});

export type Changed = z.infer<typeof Changed>;

/** The same of one that was made; or had been, when its request came before. */
export function outcomeOf({ owed, isReplayed }: { owed: OwedRow[]; isReplayed?: true }): Changed {
  return { ok: true, owed, ...(isReplayed && { isReplayed }) };
}

/** What is kept of it: mostly, nobody is owed anything. */
export const keptOf = ({ ok, owed }: Changed) => (owed.length === 0 ? { ok } : { ok, owed });

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
/** Those that need not be kept any more are looked for after so many others: each look costs as much as an answer. */
const LOOK_EVERY = 8;

/** Most answers that are kept for admins who send requests again: the oldest goes first. A user has `MOST_KEYS`. */
const KEYED_KEPT = 2_000;

/** By how much the clocks of two machines may differ (ms). */
const APART = 10_000;

/** A refusal that was kept. */
const KeptRefusal: z.ZodType<Refused> = z.object({
  ok: z.literal(false),
  reason: z.string().refine(isReason),
  message: z.string().exactOptional(),
  retryAfter: z.int().exactOptional(),
});

/** What was known of a key that is noted: undefined for nothing. */
export interface Noted {
  ok: true;
  known: { isDone: boolean } | undefined;
}

type KeyedRow = { fingerprint: string; command: string; at: number; body: string | null };

/** A command of a request that may be sent again. */
type Keyed = Command & { key: AnswerKey };

const isKeyed = (command: Command): command is Keyed => command.key !== undefined;

/** Says whether a caller may go on: undefined where it may. */
type Judge = () => Refused | undefined;

/**
 * The answers to the latest commands, by the commands' ids: the table `answers`; and those to requests that may be sent again for a
 * day, by their keys: `keyed_answers`. An answer is written in the turn that has
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
   * the answers of a command that has changed something. Any other is a refusal, which is judged anew, unless its request may be
   * sent again: then it is kept, and the caller judged by itself before.
   */
  once<T extends object>(
    command: Command,
    kept: z.ZodType<T>,
    work: () => T | Refused,
    judge: Judge = () => undefined,
  ): T | Refused {
    const known = this.recall(command, kept, judge);
    if (known !== undefined) return known;
    const answer = work();
    if (isKeyed(command) || kept.safeParse(answer).success) this.keep(command, answer);
    return answer;
  }

  /**
   * What was answered to a command; undefined where it has not been done. Whoever sends a request again is judged first, and hears
   * nothing of another one's key; who repeats a call is not, as what was done may have ended the caller's own session.
   */
  recall<T extends object>(command: Command, kept: z.ZodType<T>, judge: Judge): T | Refused | undefined {
    if (!isKeyed(command)) {
      // Such an id was made for this very call.
      if (!command.isRepeat) return undefined;
      const resting = this.#resting.get(command.id);
      if (resting) return kept.parse(resting.answer);
      const [row] = this.#storage.sql
        .exec<{ body: string }>("select body from answers where id = ?", command.id)
        .toArray();
      return row && kept.parse(JSON.parse(row.body));
    }
    const row = this.#find(command.key);
    const isRepeat = row !== undefined && row.command !== command.id;
    if (row === undefined || isRepeat) {
      const refused = judge() ?? this.#refusal(command.key, row);
      if (refused) return refused;
    }
    if (row?.body == null) return undefined;
    const body: unknown = JSON.parse(row.body);
    const answer = KeptRefusal.safeParse(body).data ?? kept.parse(body);
    return isRepeat ? Object.assign(answer, { isReplayed: true }) : answer;
  }

  /**
   * Notes a key whose request is done elsewhere, so that it is no other request's here; says what was known of it before.
   */
  note(key: AnswerKey | undefined): Noted | KeyRefusal {
    if (!key) return { ok: true, known: undefined };
    const row = this.#find(key);
    const refused = this.#refusal(key, row);
    if (refused) return refused;
    if (row?.command === key.request_id) return { ok: true, known: undefined };
    if (!row) this.#put(key, key.request_id, null);
    if (!row) return { ok: true, known: undefined };
    const isDone = row.body !== null && !KeptRefusal.safeParse(JSON.parse(row.body)).success;
    return { ok: true, known: { isDone } };
  }

  /**
   * Keeps an answer, and forgets those that nobody asks for any more: always the oldest, so that what is looked at is what is
   * forgotten and little else.
   */
  keep(command: Command, answer: unknown): void {
    const body = JSON.stringify(answer);
    if (isKeyed(command)) this.#put(command.key, command.id, body);
    else this.#keepLatest(command.id, Date.now(), body);
  }

  #find({ caller, key }: AnswerKey): KeyedRow | undefined {
    const [row] = this.#storage.sql
      .exec<KeyedRow>(
        "select fingerprint, command, at, body from keyed_answers where caller = ? and key = ?",
        caller,
        key,
      )
      .toArray();
    return row && row.at > Date.now() - ANSWER_KEPT ? row : undefined;
  }

  /** Refuses a key of another request, one whose answer may have been forgotten, and one more of a caller who has too many. */
  #refusal(key: AnswerKey, row: KeyedRow | undefined): KeyRefusal | undefined {
    if (row && row.fingerprint !== key.fingerprint) return keyRefusal("another");
    if (row) return undefined;
    if (!key.is_bounded) return this.#mayBeForgotten(key) ? keyRefusal("forgotten") : undefined;
    const { held } = this.#storage.sql
      .exec<{ held: number }>(
        "select count(*) as held from (select 1 from keyed_answers where caller = ? and at > ? limit ?)",
        key.caller,
        Date.now() - ANSWER_KEPT,
        MOST_KEYS,
      )
      .one();
    return held >= MOST_KEYS ? keyRefusal("many") : undefined;
  }

  /**
   * True for a key of an admin that D1 has known for longer than the oldest that is kept, where as many are kept as may be, or for
   * as long as any is: this hub may have done its request.
   */
  #mayBeForgotten({ since }: AnswerKey): boolean {
    if (since === undefined) return false;
    const [oldest] = this.#storage.sql
      .exec<{ at: number }>(
        "select at from keyed_answers where is_bounded = 0 order by place desc limit 1 offset ?",
        KEYED_KEPT - 1,
      )
      .toArray();
    return since < Math.max(oldest?.at ?? 0, Date.now() - ANSWER_KEPT) + APART;
  }

  /** Puts an answer in its place, which is the next one of the admins' or the user's own; the oldest of these go. */
  #put({ caller, key, fingerprint, is_bounded }: AnswerKey, command: string, body: string | null): void {
    const { sql } = this.#storage;
    const now = Date.now();
    const bounded = is_bounded ? 1 : 0;
    const old = now - ANSWER_KEPT;
    sql.exec("delete from keyed_answers where caller = ? and key = ? and at <= ?", caller, key, old);
    const { place } = sql
      .exec<{ place: number }>(
        `insert into keyed_answers (is_bounded, place, caller, key, fingerprint, command, at, body)
         select ?1, coalesce(max(place), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7 from keyed_answers where is_bounded = ?1
         on conflict (caller, key) do update set
           fingerprint = excluded.fingerprint, command = excluded.command, body = excluded.body
         returning place`,
        bounded,
        caller,
        key,
        fingerprint,
        command,
        now,
        body,
      )
      .one();
    sql.exec(
      `delete from keyed_answers where is_bounded = ?1 and place < max(?2,
         (select place from keyed_answers where is_bounded = ?1 and at > ?3 order by place limit 1))`,
      bounded,
      place - KEYED_KEPT + 1,
      old,
    );
  }

  /**
   * Keeps the answer to a write that D1 has, which does no harm where it is written once more: in the table it is by the next
   * `rest`.
   */
  keepSoon(command: Command, answer: unknown): void {
    if (isKeyed(command)) this.keep(command, answer);
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
    if (place % LOOK_EVERY > 0) return;
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

  /** Forgets the answers to a deleted user's callers. */
  forget(): void {
    this.#storage.sql.exec("delete from answers");
    this.#storage.sql.exec("delete from keyed_answers");
    this.#resting.clear();
  }
}
