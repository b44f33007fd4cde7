import { loadArgon2id } from "../passwords/argon2id.ts";
import { type Bounds, HashQueue, type Party, type Steps } from "../passwords/queue.ts";
import { Shares } from "../passwords/shares.ts";
import { hashNow, verify } from "../passwords/stored.ts";
import type { Scope } from "./scope.ts";

/** The isolate's: hashing takes its one thread. */
const queue = new HashQueue();
const shares = new Shares();

/** How many of admins' calls may wait for hashes. They have places of their own, whatever a storm of sign-ins takes. */
const adminBounds: Bounds = { kind: "admin", party: 16, group: 32, all: 64 };

const isAdmin = ({ caller }: Scope) => caller.kind === "admin" || caller.kind === "root";

function partyOf(scope: Scope): Party {
  const { app, caller, address } = scope;
  if (caller.kind === "admin") return { group: `admin ${app.app_id}`, name: String(caller.tokenId) };
  return { group: `${caller.kind === "root" ? "root" : "public"} ${app.app_id}`, name: address };
}

/**
 * Takes a hash of the share of the call's address and app, before anything is done for the call: a call that is refused
 * here has cost next to nothing.
 */
export function takeShare(scope: Scope): void {
  if (!isAdmin(scope)) shares.take(scope.app.app_id, scope.address, scope.passwords.share);
}

/** How many calls may wait: no more wait of an address, or an app, than ten seconds have for it. */
function boundsOf(scope: Scope): Bounds {
  if (isAdmin(scope)) return adminBounds;
  const { address, app } = scope.passwords.share;
  return { kind: "public", party: address, group: app, all: 2 * app };
}

async function inTurn<T>(scope: Scope, steps: Steps<T>): Promise<T> {
  return await queue.run(partyOf(scope), boundsOf(scope), steps);
}

/** What a password is worth: whether it is right, and its hash of today where the stored one is older. */
export interface Checked {
  right: boolean;
  renewed?: string;
  /** Comes when a refusal may be told: the same time after the hash began, whatever is refused and why. */
  refusable: Promise<void>;
}

/**
 * Compares a password with a stored hash, which there is none of where there is no such user. What is refused afterwards is
 * told only when WRONG_PASSWORD_MS are over, and the ms that the `slowest` hash of the app takes: neither a form of hash that
 * takes longer than today's nor what is done between then tells who exists, nor which of many tries that must wait had the
 * right password.
 */
export async function checkPassword(
  scope: Scope,
  password: string,
  stored: string | undefined,
  slowest = 0,
): Promise<Checked> {
  const { cost, wrongAfter } = scope.passwords;
  const argon2id = await loadArgon2id();
  function* steps(): Steps<Checked> {
    const refusable = scheduler.wait(Math.max(wrongAfter, slowest));
    const verdict = yield* verify(argon2id, password, stored, cost);
    if (!verdict.renew) return { right: verdict.right, refusable };
    yield;
    return { right: true, renewed: hashNow(argon2id, password, cost), refusable };
  }
  return await inTurn(scope, steps());
}

/** Hashes a new password, of the share of the call. */
export async function hashPassword(scope: Scope, password: string): Promise<string> {
  takeShare(scope);
  const [hash] = await hashPasswords(scope, [password]);
  if (hash === undefined) throw new Error("no hash of a password");
  return hash;
}

/** Hashes an admin's new passwords, in their order; others have their turns between any two of them. */
export async function hashPasswords(scope: Scope, passwords: readonly string[]): Promise<string[]> {
  const { cost } = scope.passwords;
  const argon2id = await loadArgon2id();
  function* steps(): Steps<string[]> {
    const hashes: string[] = [];
    for (const password of passwords) {
      if (hashes.length > 0) yield;
      hashes.push(hashNow(argon2id, password, cost));
    }
    return hashes;
  }
  return await inTurn(scope, steps());
}

/** True where a password is right, for an admin who gives it in a list. Nobody is refused for it, so nothing waits. */
export async function isPassword(scope: Scope, password: string, stored: string): Promise<boolean> {
  const { cost } = scope.passwords;
  const argon2id = await loadArgon2id();
  const { right } = await inTurn(scope, verify(argon2id, password, stored, cost));
  return right;
}
