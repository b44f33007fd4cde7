import { type KeyRefusal, keyRefusal } from "../domain/answers.ts";
import { DatabaseFault } from "../store/database.ts";
import { openDatabase } from "../store/apps.ts";
import { findKept } from "../store/kept-answers.ts";
import type { Owner } from "../store/own.ts";
import { type OwedRow, owedTo } from "../store/owed.ts";
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
  const owed = ids.length === 0 ? [] : await db.run(owedTo(db, ids));
  return { ok: true, owed, ...(row.request_id !== key.request_id && { isReplayed: true }) };
}

/**
 * What came of a command whose write was sent. Whatever others are owed by an earlier try that took a push token from them, the write
 * has said as well.
 */
export async function cameOf(
  sent: Promise<{ owed: OwedRow[] }>,
  { env, owner, command }: { env: Env; owner: Owner; command: Command },
): Promise<Changed | KeyRefusal> {
  try {
    const { owed } = await sent;
    return outcomeOf({ owed });
  } catch (error) {
    const done = await whatWasDone(error, env, owner, command);
    return "keyRefused" in done ? done : outcomeOf(done);
  }
}
