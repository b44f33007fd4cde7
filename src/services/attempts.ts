import { canonicalMobile } from "../domain/mobile.ts";
import { foldEmail, foldName } from "../domain/names.ts";
import { firstStop } from "../domain/gates/gate.ts";
import { tryGates } from "../domain/gates/sign-in.ts";
import { refusal } from "../domain/reasons.ts";
import type { UserKey } from "../store/sign-in.ts";
import type { Scope } from "./scope.ts";

/**
 * Under what a try at a password is counted: its kind and what was tried, in its canonical form. Whose it is, or that it is
 * nobody's, plays no part: so nothing of it can be told from when a try must wait.
 */
export function attemptKey(key: UserKey): string {
  if ("user_id" in key) return `id:${key.user_id}`;
  if ("username" in key) return `username:${foldName(key.username)}`;
  if ("mobile" in key) return `mobile:${canonicalMobile(key.mobile)}`;
  return `email:${foldEmail(key.email)}`;
}

/** A try at a password that was let in. It is judged at once, and what is refused is told when it is `refusable`. */
export interface Attempt {
  /** The password was wrong: it counts, and the caller hears so, or must wait by now. */
  fail(refusable: Promise<void>): Promise<never>;
  /** The password was right: refuses where the address must wait by now. */
  pass(refusable: Promise<void>): Promise<void>;
  /** The try has come to its end, for which its address is forgiven. Until then nothing tells it from one that is wrong. */
  succeed(): Promise<void>;
}

/** Asks whether an address may try a password at what is counted under a key; nothing is changed by it. */
export async function askDoor(scope: Scope, key: string, userId: number | undefined, address: string) {
  const door = scope.attempts(key);
  const permit = await door.call((hub) => hub.mayTry(address, false));
  if (permit.ok || !permit.strangersOnly) return { door, isKnown: false, permit };
  const home = userId === undefined ? door : scope.hub(userId);
  const isKnown = await home.call((hub) => hub.knows(address));
  return { door, isKnown, permit: isKnown ? await door.call((hub) => hub.mayTry(address, true)) : permit };
}

/**
 * Begins a try at a password; refuses where its address must wait. All is judged in the hub of what was tried, in order: so
 * many tries at once get no more answers than so many in a row. `userId` is whom it would sign in, if anybody.
 */
export async function beginAttempt(scope: Scope, key: string, userId: number | undefined): Promise<Attempt> {
  const { address } = scope;
  const { door, isKnown, permit } = await askDoor(scope, key, userId, address);
  const stop = firstStop(tryGates, { permit });
  if (stop) throw refusal(stop);
  let hasFailed = false;
  return {
    async fail(refusable) {
      const refused = await door.call((hub) => hub.failed(address, isKnown, userId));
      await refusable;
      throw refusal(refused);
    },
    async pass(refusable) {
      const outcome = await door.call((hub) => hub.passed(address, isKnown));
      if (!outcome.ok) await refusable;
      if (!outcome.ok) throw refusal(outcome);
      ({ hasFailed } = outcome);
    },
    async succeed() {
      if (hasFailed) await door.call((hub) => hub.forgive(address));
    },
  };
}
