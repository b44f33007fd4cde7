import { type KeyRefusal, keyRefusal } from "../domain/answers.ts";
import { DatabaseFault } from "../store/database.ts";
import { openDatabase } from "../store/apps.ts";
import { findKept } from "../store/kept-answers.ts";
import { listed } from "../store/listed.ts";
import type { Owner } from "../store/own.ts";
import { type OwedRow, owedBy, owedSince } from "../store/owed.ts";
import { type Changed, outcomeOf } from "./answers.ts";
import type { Command } from "./contract.ts";

/** It had been done, and this is still owed by it. `isReplayed` where a request before this one has done it. */
interface Done {
  ok: true;
  owed: OwedRow[];
  isReplayed?: true;
}

/**
 * What came of a command whose write D1 did not take, as the key of its request is taken: an earlier one was done, and this hub died
 * before it kept that. Says what others are still owed by it; throws the fault where it is another, and refuses another request's
 * key.
 */
async function whatWasDone(
  error: unknown,
  env: Env,
  { app_id }: Owner,
  { key }: Command,
): Promise<Done | KeyRefusal> {
  if (!key || !(error instanceof DatabaseFault && error.isKeyTaken)) throw error;
  const db = await openDatabase(env, app_id);
  const row = await findKept(db, key);
  if (!row) return keyRefusal("many");
  const { answer } = row;
  if (row.fingerprint !== key.fingerprint || !answer || !("at" in answer)) return keyRefusal("another");
  const ids = answer.tell.map(([userId]) => userId);
  const owed = ids.length === 0 ? [] : await db.run(owedBy(db, listed(ids)));
  return { ok: true, owed, ...(row.request_id !== key.request_id && { isReplayed: true }) };
}

/**
 * What a command has had D1 owe: beside what this write did, what an earlier try of it did, in a hub that died before it kept that.
 * The try took the push token, and from nobody is it taken twice.
 */
async function owedInAll(owed: OwedRow[], env: Env, { app_id }: Owner, command: Command): Promise<OwedRow[]> {
  if (!command.isRepeat) return owed;
  const db = await openDatabase(env, app_id);
  return await db.run(owedSince(db, app_id, command.at));
}

/**
 * What came of a command whose write was sent. `takes` says that the write may have taken a push token from somebody, who is owed that
 * by whichever try of the command took it.
 */
export async function cameOf(
  sent: Promise<{ owed: OwedRow[] }>,
  { env, owner, command, takes }: { env: Env; owner: Owner; command: Command; takes: boolean },
): Promise<Changed | KeyRefusal> {
  try {
    const { owed } = await sent;
    return outcomeOf({ owed: takes ? await owedInAll(owed, env, owner, command) : owed });
  } catch (error) {
    const done = await whatWasDone(error, env, owner, command);
    return "keyRefused" in done ? done : outcomeOf(done);
  }
}
