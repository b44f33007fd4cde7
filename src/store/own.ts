import { type SQL, sql } from "drizzle-orm";
import type { AnswerKey } from "../domain/answers.ts";
import type { Own, OwnChange, OwnPart } from "../domain/own.ts";
import { Refusal } from "../domain/reasons.ts";
import type { ChangedSignal } from "../domain/signals.ts";
import type { Database, Read, Write } from "./database.ts";
import { type OwedRow, tellFormer } from "./owed.ts";
import { newNonce } from "../domain/bindings.ts";
import { leftUnnamed, ownBound, selectBound, takeUnnamed } from "./push.ts";
import { keepForHub } from "./kept-answers.ts";
import { type Writer, writeFor } from "./records.ts";
import { users } from "./schema.ts";
import { ownSettings, selectSettings, updateSettings } from "./settings.ts";
import { MAX_TAGS, addTags, hasTags, removeTags, selectTags } from "./tags.ts";
import { selectProfile, takenField, updateUser } from "./users.ts";

/** Whose it is. */
export interface Owner {
  app_id: string;
  user_id: number;
}

/** The statements that read all that is a user's own; `ownOf` reads their rows. */
export function selectOwn(db: Database, { app_id, user_id }: Owner) {
  return [
    selectProfile(db, app_id, user_id),
    selectSettings(db, user_id),
    selectTags(db, user_id),
    selectBound(db, user_id),
  ] as const;
}

type Rows<Select extends (...given: never[]) => Read> =
  ReturnType<Select> extends Read<readonly (infer Row)[]> ? readonly Row[] : never;

/** What is a user's own, as it was read; undefined where there is no such user. */
export function ownOf(
  [profile]: Rows<typeof selectProfile>,
  [settings]: Rows<typeof selectSettings>,
  tags: Rows<typeof selectTags>,
  bound: Rows<typeof selectBound>,
): Own | undefined {
  if (!profile || !settings) return undefined;
  return {
    profile,
    settings: ownSettings(settings),
    tags: tags.map((row) => row.tag),
    bound: ownBound(bound),
  };
}

/** Reads all that is a user's own, in one trip; undefined where there is no such user. */
export async function findOwn(db: Database, owner: Owner): Promise<Own | undefined> {
  const [profiles, settings, tags, bound] = await db.batch(selectOwn(db, owner));
  return ownOf(profiles, settings, tags, bound);
}

/** Who changes what is a user's own. */
export interface OwnWrite {
  owner: Owner;
  /** Who does it on the user's behalf; absent where it is the user. */
  writer: Writer | undefined;
  /** What another user is owed, of whom the change takes a push token. */
  signal: ChangedSignal;
  /** With what a push token that is written goes; null where it stays until it is replaced. */
  session: string | null;
  /** Of the hub that writes. */
  generation: number;
  /** The key of a request that may be sent again, which fails the write where it was done. */
  key?: AnswerKey | undefined;
}

/** A part as it is after a change of it, and what those are owed who had a push token that is among it. */
export interface Changed {
  own: Partial<Own>;
  owed: OwedRow[];
}

/** The part that a change is of. */
export function partOf(change: OwnChange): OwnPart {
  if ("profile" in change) return "profile";
  return "settings" in change ? "settings" : "tags";
}

/**
 * Changes what is a user's own, in one trip. Refuses a name, mobile or e-mail that another user has, more tags than a user
 * may have, and a user who is not there.
 */
export async function changeOwn(db: Database, write: OwnWrite, change: OwnChange): Promise<Changed> {
  if ("profile" in change) return await changeProfile(db, write, change);
  if ("settings" in change) return await changeSettings(db, write, change);
  return await changeTags(db, write, change);
}

/** The condition that there is such a user: what is changed of one has changed. */
const isUser = ({ app_id, user_id }: Owner): SQL =>
  sql`exists (select 1 from ${users} where ${users.id} = ${user_id} and ${users.app_id} = ${app_id})`;

type OnePart<Name extends string> = Extract<OwnChange, Record<Name, unknown>>;

/** Writes by one statement, which asks for the hub's generation itself where nothing is to stand beside it. */
async function writeOne<T>(
  db: Database,
  { owner, writer, key, generation }: OwnWrite,
  statement: (generation?: number) => Write<readonly T[]>,
): Promise<T> {
  if (writer === undefined && key === undefined) return await db.runOwn(statement(generation), 2);
  const kept = keepForHub(db, key, isUser(owner));
  const [[row]] = await writeFor(db, writer, { subject: owner.user_id }, [statement()], 2, kept);
  if (row === undefined) throw new Refusal("user_unknown");
  return row;
}

async function changeProfile(
  db: Database,
  write: OwnWrite,
  { profile: change }: OnePart<"profile">,
): Promise<Changed> {
  const { owner, signal } = write;
  try {
    const profile = await writeOne(db, write, (generation) =>
      updateUser(db, owner, change, signal.at, generation),
    );
    return { own: { profile }, owed: [] };
  } catch (error) {
    const taken = takenField(error);
    if (taken) throw new Refusal(`${taken}_taken`);
    throw error;
  }
}

async function changeSettings(
  db: Database,
  write: OwnWrite,
  { settings: change }: OnePart<"settings">,
): Promise<Changed> {
  const { owner, writer, signal, session, key } = write;
  const { app_id, user_id } = owner;
  const fresh = { nonce: newNonce(), bound_at: signal.at, session };
  const update = (generation?: number) => updateSettings(db, user_id, change, fresh, generation);
  if (!change.push_token)
    return { own: { settings: ownSettings(await writeOne(db, write, update)) }, owed: [] };
  const taking = takeUnnamed(db, app_id, change.push_token, user_id, signal);
  const left = leftUnnamed(app_id, [change.push_token], user_id);
  const kept = keepForHub(db, key, isUser(owner), tellFormer(left));
  const statements = [...taking, update()] as const;
  const written = await writeFor(db, writer, { subject: user_id }, statements, 1, kept);
  const [, , , , owed, [settings]] = written;
  if (!settings) throw new Refusal("user_unknown");
  return { own: { settings: ownSettings(settings) }, owed };
}

async function changeTags(
  db: Database,
  { owner, writer, key }: OwnWrite,
  change: OnePart<"addTags"> | OnePart<"removeTags">,
): Promise<Changed> {
  const { user_id } = owner;
  const subject = { subject: user_id };
  const present = selectTags(db, user_id);
  if ("removeTags" in change) {
    const remove = removeTags(db, user_id, change.removeTags === "all" ? undefined : change.removeTags);
    const [, tags] = await writeFor(db, writer, subject, [remove, present], 1, keepForHub(db, key, true));
    return { own: { tags: tags.map((row) => row.tag) }, owed: [] };
  }
  const insert = addTags(db, user_id, change.addTags);
  const [, rows] = await writeFor(
    db,
    writer,
    subject,
    [insert, present],
    1,
    keepForHub(db, key, hasTags(user_id, change.addTags)),
  );
  const tags = rows.map((row) => row.tag);
  const has = new Set(tags);
  if (change.addTags.every((tag) => has.has(tag))) return { own: { tags }, owed: [] };
  throw new Refusal("parameter_wrong", `tags would be too many: a user has up to ${MAX_TAGS}`);
}
