import { type SQL, and, eq, gt, lt, or, sql } from "drizzle-orm";
import { z } from "zod";
import { ANSWER_KEPT, type AnswerKey, KeptAnswer, MOST_KEYS } from "../domain/answers.ts";
import { type Database, DatabaseFault, writing } from "./database.ts";
import { tellOwed, writtenAt } from "./owed.ts";
import type { Keeping } from "./records.ts";
import { adminTokens, keptAnswers } from "./schema.ts";
import { sweepSlice } from "./slice.ts";

const ofKey = ({ app_id, caller, key }: Pick<AnswerKey, "app_id" | "caller" | "key">) =>
  and(eq(keptAnswers.app_id, app_id), eq(keptAnswers.caller, caller), eq(keptAnswers.key, key));

const target = [keptAnswers.app_id, keptAnswers.caller, keptAnswers.key];

/** A key that was taken, and what is kept under it. */
const KeptRow = z.object({
  fingerprint: z.string(),
  request_id: z.string(),
  /** When it was taken (ms). */
  at: z.int(),
  answer: KeptAnswer.nullable(),
});

export type KeptRow = z.output<typeof KeptRow>;

/** What `selectKept` has found, where it went along with another read. */
export const KeptRows = z.array(KeptRow);

/** The statement that reads what is kept under a key. */
export function selectKept(db: Database, key: AnswerKey) {
  return db.query
    .select({
      fingerprint: keptAnswers.fingerprint,
      request_id: keptAnswers.request_id,
      at: keptAnswers.at,
      answer: keptAnswers.answer,
    })
    .from(keptAnswers)
    .where(and(ofKey(key), gt(keptAnswers.at, key.at - ANSWER_KEPT)));
}

/** Null, which no fingerprint may be, where the caller has too many keys. */
function fingerprintOf(db: Database, { app_id, caller, fingerprint, at, is_bounded }: AnswerKey): SQL {
  if (!is_bounded) return sql`${fingerprint}`;
  const held = db.query
    .select({ one: sql`1`.as("one") })
    .from(keptAnswers)
    .where(
      and(
        eq(keptAnswers.app_id, app_id),
        eq(keptAnswers.caller, caller),
        gt(keptAnswers.at, at - ANSWER_KEPT),
      ),
    )
    .limit(MOST_KEYS);
  return sql`iif((select count(*) from ${held}) < ${MOST_KEYS}, ${fingerprint}, null)`;
}

const rowOf = (db: Database, key: AnswerKey, answer: SQL, when: SQL) =>
  sql`select ${key.app_id}, ${key.caller}, ${key.key}, ${fingerprintOf(db, key)}, ${key.request_id}, ${key.at}, ${answer} where ${when}`;

const isOld = ({ at }: AnswerKey) => lt(keptAnswers.at, at - ANSWER_KEPT);

/** The answer, and whom the batch that stands before has D1 owe a signal, where the answer does not say whom to tell. */
function answerWithSignals({ app_id, at }: AnswerKey, answer: KeptAnswer | SQL): SQL {
  const text = answer instanceof Object && "getSQL" in answer ? answer : sql`${JSON.stringify(answer)}`;
  return sql`json_insert(${text}, '$.tell', json(${tellOwed(app_id, writtenAt(at))}))`;
}

/**
 * The statement that takes a key and keeps the answer, in the batch that has the effect. It fails that batch, as `isKeyTaken` says,
 * where the key is taken or the caller has too many: no key has two effects. It does nothing where the statement before it has
 * changed nothing, unless it is `isSure` (or the database says so) that what stands before is no refusal. A request that `mayRepeat` the batch has its own
 * key.
 */
export function keepKey(
  db: Database,
  key: AnswerKey,
  answer: KeptAnswer | SQL,
  { isSure, mayRepeat = false }: { isSure: boolean | SQL; mayRepeat?: boolean },
) {
  const when = isSure === true ? sql`true` : isSure === false ? sql`changes() > 0` : isSure;
  const isOwn = mayRepeat ? eq(keptAnswers.request_id, key.request_id) : undefined;
  return writing(
    db.query
      .insert(keptAnswers)
      .select(rowOf(db, key, answerWithSignals(key, answer), when))
      .onConflictDoUpdate({
        target,
        set: {
          fingerprint: sql`iif(${or(isOld(key), isOwn)}, excluded.fingerprint, null)`,
          request_id: sql`excluded.request_id`,
          at: key.at,
          answer: sql`excluded.answer`,
        },
      })
      .returning({ at: keptAnswers.at }),
  );
}

/**
 * What keeps in a hub's write that the key of its request is done: what is answered, hubs know. By `isSure` the database says that
 * it is no refusal; `tell` says who is to be told before it is a success. Whether the record before it was made says nothing of that:
 * one write of two that are the same one is recorded.
 */
export function keepForHub(
  db: Database,
  key: AnswerKey | undefined,
  isSure: true | SQL,
  tell?: SQL,
): Keeping | undefined {
  const answer = tell ? sql`json_object('at', 'hub', 'tell', json(${tell}))` : ({ at: "hub" } as const);
  return key && { statement: keepKey(db, key, answer, { isSure }) };
}

/** True for the fault of a batch that a key has failed. */
export function isKeyTaken(error: unknown): boolean {
  return error instanceof DatabaseFault && error.isKeyTaken;
}

/** The statement that takes a key, where it is free, and keeps an answer: of what had no effect, or not in a batch. */
function takeKey(db: Database, key: AnswerKey, answer: SQL, when: SQL | undefined) {
  return writing(
    db.query
      .insert(keptAnswers)
      .select(rowOf(db, key, answer, when ?? sql`true`))
      .onConflictDoUpdate({
        target,
        set: {
          fingerprint: sql`excluded.fingerprint`,
          request_id: sql`excluded.request_id`,
          at: key.at,
          answer: sql`excluded.answer`,
        },
        setWhere: isOld(key),
      }),
  );
}

/** Keeps the answer of a request that had no effect of its own, where the key is free, and says what is kept under it then. */
export async function keepAnswer(
  db: Database,
  key: AnswerKey,
  answer: KeptAnswer,
): Promise<KeptRow | undefined> {
  const [, rows] = await db.writeUnrecorded("bookkeeping", [
    takeKey(db, key, sql`${JSON.stringify(answer)}`, undefined),
    selectKept(db, key),
  ]);
  return KeptRows.parse(rows)[0];
}

/** What is kept under a key; undefined where it is free. */
export async function findKept(db: Database, key: AnswerKey): Promise<KeptRow | undefined> {
  return KeptRows.parse(await db.run(selectKept(db, key)))[0];
}

/** The admin token by which a key is taken for hubs. */
export interface TakenBy {
  hash: string;
  /** The app that it is of. */
  app_id: string;
}

/**
 * The statements that take a key for what hubs will do and answer, where the admin token is in force; the second reads what is kept
 * under it then. `subject` is whose hub it is, where the request does not say it: where that is nobody, the key is not taken.
 */
export function takeForHubs(db: Database, key: AnswerKey, { hash, app_id }: TakenBy, subject?: SQL | number) {
  const inForce = sql`exists (select 1 from ${adminTokens} where ${adminTokens.hash} = ${hash} and ${adminTokens.app_id} = ${app_id} and ${adminTokens.revoked_at} is null and (${adminTokens.expires_at} is null or ${adminTokens.expires_at} > ${key.at}))`;
  if (subject === undefined) {
    return [takeKey(db, key, sql`json_object('at', 'hub')`, inForce), selectKept(db, key)] as const;
  }
  const answer = sql`json_object('at', 'hub', 'subject', ${subject})`;
  return [takeKey(db, key, answer, and(inForce, sql`${subject} is not null`)), selectKept(db, key)] as const;
}

/** The same by a trip of its own. */
export async function takeKeyForHubs(
  db: Database,
  key: AnswerKey,
  by: TakenBy,
  subject?: SQL | number,
): Promise<readonly unknown[]> {
  return (await db.writeUnrecorded("bookkeeping", takeForHubs(db, key, by, subject)))[1];
}

/** The statement that has an answer which was kept with its effect be what was heard of it: those whom it had D1 owe a signal are told. */
export function settleAnswer(db: Database, key: AnswerKey, answer: KeptAnswer) {
  return writing(
    db.query
      .update(keptAnswers)
      .set({ answer })
      .where(and(ofKey(key), eq(keptAnswers.request_id, key.request_id))),
  );
}

/** Gives up a key whose request came to nothing after all. */
export async function dropKey(db: Database, key: AnswerKey): Promise<void> {
  await db.runUnrecorded(
    "bookkeeping",
    writing(db.query.delete(keptAnswers).where(and(ofKey(key), eq(keptAnswers.request_id, key.request_id)))),
  );
}

/** What is answered of a row of a list: where it has made or found its user, whose id is added; and where it has not. */
export interface AnsweredRow {
  /** Who it is of: a folded name, or an id; null where it is of nobody. */
  key: string | number | null;
  /** What tells the user from one on whom the row had no effect: what is in the marked column by then. */
  mark: string | number;
  /** The folded e-mail that the user has by then; absent where the row gives none. */
  email?: string;
  won: object | null;
  lost: object;
}

/** The answers to the rows of a list, as the database says them when the rows are written. */
function answeredRows(appId: string, rows: readonly AnsweredRow[], isUser: SQL, hasEffect: SQL): SQL {
  const made = sql`${hasEffect} and (j.value ->> 'email' is null or u.email_key is j.value ->> 'email')`;
  return sql`(select json_group_array(json(iif(u.id is null, j.value -> 'lost', json_set(j.value -> 'won', '$.user_id', u.id)))) from json_each(${JSON.stringify(rows)}) as j left join users as u on u.app_id = ${appId} and ${isUser} and ${made})`;
}

const byName = sql.raw("u.username_key = j.value ->> 'key'");
const byId = sql.raw("u.id = j.value ->> 'key'");

/** The answer of a list of users by their names; a user's `marked` column holds the row's mark. */
export function answerOfRows(
  appId: string,
  marked: "password" | "updated_at",
  rows: readonly AnsweredRow[],
): SQL {
  const each = answeredRows(appId, rows, byName, sql.raw(`u.${marked} = j.value ->> 'mark'`));
  return sql`json_object('status', 200, 'body', json_object('code', 200, 'message', '', 'data', json(${each})))`;
}

/** The answer of a list of users by their ids, who were changed at the moment that is the row's mark. */
export function answerOfChanges(appId: string, rows: readonly AnsweredRow[]): SQL {
  const each = answeredRows(appId, rows, byId, sql.raw("u.updated_at = j.value ->> 'mark'"));
  return sql`json_object('status', 200, 'body', json_object('code', 200, 'message', '', 'data', json(${each})))`;
}

/** The answer of a list of users by their ids which holds for all who are there, with the receipts of their hubs. */
export function answerOfStatus(appId: string, rows: readonly AnsweredRow[]): SQL {
  const each = answeredRows(appId, rows, byId, sql.raw("true"));
  const all = sql`not exists (select 1 from json_each(${each}) where value ->> 'success' = 0)`;
  return sql`json_object('status', 200, 'receipts', json('true'), 'body', json_object('code', 200, 'message', '', 'data', json(iif(${all}, 'true', 'false')), 'results', json(${each})))`;
}

/** Forgets a slice of the answers that have been kept long enough; true where there may be more. */
export async function sweepAnswers(db: Database, now: number): Promise<boolean> {
  return await sweepSlice(db, keptAnswers, keptAnswers.at, now - ANSWER_KEPT);
}
