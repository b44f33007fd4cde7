import { type SQL, and, asc, eq, gt, inArray, isNull, lt, lte, not, sql } from "drizzle-orm";
import { ANSWER_KEPT, type KeptAnswer } from "../domain/answers.ts";
import { type Database, writing } from "./database.ts";
import { isClosed } from "./moves.ts";
import { keptAnswers } from "./schema.ts";
import { SLICE } from "./slice.ts";

/** How long a request that has taken a key may be under way (ms) before another takes it for dead. */
const UNDER_WAY = 60_000;

/** Most keys of a caller who is no admin, so that nobody can make them many. */
const MOST_KEYS = 256;

/** A key, of its caller in its app. */
export interface AnswerKey {
  app_id: string;
  caller: string;
  key: string;
}

/** A key as it stands, and whether this request has it now. */
export interface Claim {
  isOurs: boolean;
  fingerprint: string;
  request_id: string;
  answer: KeptAnswer | null;
}

const ofKey = ({ app_id, caller, key }: AnswerKey) =>
  and(eq(keptAnswers.app_id, app_id), eq(keptAnswers.caller, caller), eq(keptAnswers.key, key));

/**
 * Takes a key for a request, in one trip: one that nobody has had for a day, or whose request died before it took effect; that
 * one's id stays, so that a hub knows what it has done. Undefined where the caller has too many.
 */
export async function claimKey(
  db: Database,
  key: AnswerKey,
  request: { fingerprint: string; request_id: string; now: number },
  isBounded: boolean,
): Promise<Claim | undefined> {
  const { app_id, caller } = key;
  const { fingerprint, request_id, now } = request;
  const isOld = lt(keptAnswers.at, now - ANSWER_KEPT);
  const isDead = and(
    isNull(keptAnswers.answer),
    lte(keptAnswers.at, now - UNDER_WAY),
    eq(keptAnswers.fingerprint, fingerprint),
  );
  const held = db.query
    .select({ one: sql`1`.as("one") })
    .from(keptAnswers)
    .where(
      and(
        eq(keptAnswers.app_id, app_id),
        eq(keptAnswers.caller, caller),
        gt(keptAnswers.at, now - ANSWER_KEPT),
      ),
    )
    .limit(MOST_KEYS);
  const hasRoom = isBounded ? sql`(select count(*) from ${held}) < ${MOST_KEYS}` : sql`true`;
  const [taken, found] = await db.writeUnrecorded("bookkeeping", [
    writing(
      db.query
        .insert(keptAnswers)
        .select(
          sql`select ${app_id}, ${caller}, ${key.key}, ${fingerprint}, ${request_id}, ${now}, null where ${hasRoom}`,
        )
        .onConflictDoUpdate({
          target: [keptAnswers.app_id, keptAnswers.caller, keptAnswers.key],
          set: {
            request_id: sql`iif(${isOld}, excluded.request_id, ${keptAnswers.request_id})`,
            fingerprint,
            at: now,
            answer: null,
          },
          setWhere: sql`${isOld} or ${isDead}`,
        })
        .returning({ at: keptAnswers.at }),
    ),
    db.query.select().from(keptAnswers).where(ofKey(key)),
  ]);
  const [row] = found;
  return row && { ...row, isOurs: taken.length > 0 };
}

/**
 * The statement that keeps the answer of a request, in the batch that has its effect: where the write before it changed
 * anything, unless it is sure that the batch has.
 */
export function keepWithEffect(db: Database, key: AnswerKey, answer: KeptAnswer | SQL, isSure: boolean) {
  const hasEffect = isSure ? undefined : sql`changes() > 0`;
  return writing(
    db.query
      .update(keptAnswers)
      .set({ answer })
      .where(and(ofKey(key), hasEffect)),
  );
}

/** What is answered of a row of a list: where it has made its user, whose id is added; and where it has not. */
export interface AnsweredRow {
  /** The folded name of the user whom it makes, and what tells it from one who was there; null where it makes none. */
  key: string | null;
  mark: string | number;
  won: object | null;
  lost: object;
}

/** The answer of a list, as the database says it when the rows are written; a user's `marked` column holds the row's mark. */
export function answerOfRows(
  appId: string,
  marked: "password" | "updated_at",
  rows: readonly AnsweredRow[],
): SQL {
  const made = sql.raw(`u.${marked} = j.value ->> 'mark'`);
  const each = sql`select json_group_array(json(iif(u.id is null, j.value -> 'lost', json_set(j.value -> 'won', '$.user_id', u.id)))) from json_each(${JSON.stringify(rows)}) as j left join users as u on u.app_id = ${appId} and u.username_key = j.value ->> 'key' and ${made}`;
  return sql`json_object('status', 200, 'body', json_object('code', 200, 'message', '', 'data', json((${each}))))`;
}

/** Keeps the answer of a request. */
export async function keepAnswer(db: Database, key: AnswerKey, answer: KeptAnswer): Promise<void> {
  await db.runUnrecorded(
    "bookkeeping",
    writing(db.query.update(keptAnswers).set({ answer }).where(ofKey(key))),
  );
}

/**
 * Says that a request is under way no more, and not what became of it: the same may be sent again at once, and a hub that has
 * done it knows it by its id. Of a stranger's nothing stays.
 */
export async function letGo(db: Database, key: AnswerKey, isStranger: boolean): Promise<void> {
  const unanswered = and(ofKey(key), isNull(keptAnswers.answer));
  const statement = isStranger
    ? writing(db.query.delete(keptAnswers).where(unanswered))
    : writing(
        db.query
          .update(keptAnswers)
          .set({ at: sql`${keptAnswers.at} - ${UNDER_WAY + 1}` })
          .where(unanswered),
      );
  await db.runUnrecorded("bookkeeping", statement);
}

/** Forgets a slice of the answers that have been kept long enough; true where there may be more. */
export async function sweepAnswers(db: Database, now: number): Promise<boolean> {
  const old = db.query
    .select({ rowid: sql<number>`rowid`.as("rowid") })
    .from(keptAnswers)
    .where(and(lt(keptAnswers.at, now - ANSWER_KEPT), not(isClosed(keptAnswers.app_id))))
    .orderBy(asc(keptAnswers.at))
    .limit(SLICE);
  const { meta } = await db.runUnrecorded(
    "time",
    writing(db.query.delete(keptAnswers).where(inArray(sql`rowid`, old))),
  );
  return meta.changes >= SLICE;
}
