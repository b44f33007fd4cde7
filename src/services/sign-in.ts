import { firstStop } from "../domain/gates/gate.ts";
import { passwordGates } from "../domain/gates/sign-in.ts";
import { isMobile } from "../domain/mobile.ts";
import { Refusal, refusal } from "../domain/reasons.ts";
import { hashToken, newToken } from "../domain/tokens.ts";
import type { DeviceFacts } from "../hub/contract.ts";
import { crossOffArrivals } from "../store/owed.ts";
import { noteDevice } from "../store/seen-devices.ts";
import { insertToken, rememberClaims } from "../store/tokens.ts";
import { type UserKey, findForSignIn } from "../store/sign-in.ts";
import { renewPassword } from "../store/users.ts";
import { attemptKey, beginAttempt } from "./attempts.ts";
import { hasArrived } from "./deliver.ts";
import { checkPassword, takeShare } from "./passwords.ts";
import type { Scope } from "./scope.ts";

/** What a sign-in gives. `expire` is in ms since 1970. */
export interface Token {
  token: string;
  user_id: number;
  expire: number;
  public_key: string;
  device_sn?: number;
}

/** How often a sign-in reads the password anew because it changed meanwhile. */
const TRIES = 4;

/** Which user a login name means: an e-mail address, a mobile number or else a username; no text is two of them. */
export function loginKey(loginName: string): UserKey {
  if (loginName.includes("@")) return { email: loginName };
  return isMobile(loginName) ? { mobile: loginName } : { username: loginName };
}

/**
 * Signs a user in: compares the password, keeps the token, and asks the user's hub for the session. D1 keeps the token
 * first, so that a crash between the two leaves a token without a session, which is good for nothing.
 */
export async function signIn(
  scope: Scope,
  key: UserKey,
  password: string,
  device: DeviceFacts,
): Promise<Token> {
  takeShare(scope);
  const { app, db } = scope;
  for (let round = 1; round <= TRIES; round++) {
    const { user, slowest } = await findForSignIn(db, app.app_id, key);
    const attempt = await beginAttempt(scope, attemptKey(key), user?.id);
    const { right, renewed, refusable } = await checkPassword(scope, password, user?.password, slowest);
    const wrong = firstStop(passwordGates, { user, right });
    if (!user || wrong) return await attempt.fail(refusable);
    const token = newToken("user", app.tag);
    const hash = hashToken(token);
    const claims = {
      app_id: app.app_id,
      user_id: user.id,
      session_id: crypto.randomUUID(),
      expires_at: Date.now() + app.token_ttl * 1000,
    };
    const renewal = renewed === undefined ? [] : [renewPassword(db, user.id, user.password, renewed)];
    const noted = device.guid === undefined ? [] : [noteDevice(db, claims, device.guid, scope.now)];
    const [[kept]] = await Promise.all([
      db.writeUnrecorded("sign-in", [
        insertToken(db, hash, claims, scope.now),
        ...scope.keepingSecret(),
        ...renewal,
        ...noted,
      ]),
      attempt.pass(refusable),
    ]);
    if (kept.length === 0) continue;
    const order = {
      session: claims.session_id,
      expires_at: claims.expires_at,
      epoch: user.epoch,
      owed: user.owed.map(({ epoch, signal }) => ({ epoch, signal })),
      from: scope.from,
      device,
      rules: scope.rules,
    };
    const outcome = await scope.hub(user.id).call((hub) => hub.signIn(order));
    if (outcome.ok) {
      // The session is there: nothing that fails now may keep its token from the caller.
      scope.background(attempt.succeed());
      if (hasArrived(user.owed)) scope.writeAfter(crossOffArrivals(db, [user.id]));
      rememberClaims(scope.env.TOKENS, scope, token, hash, claims);
      const { device_sn } = outcome;
      const answer = { token, user_id: user.id, expire: claims.expires_at, public_key: "" };
      return device_sn === undefined ? answer : { ...answer, device_sn };
    }
    // A user who is gone, or has been tried too often by strangers, is to be told from nobody by nothing.
    if (outcome.reason === "credentials_wrong") return await attempt.fail(refusable);
    if (outcome.reason !== "stale") throw refusal(outcome);
  }
  throw new Refusal("credentials_wrong");
}

/**
 * Judges the caller once more, after work that took its time: what follows is done by a session that lives now, and by the
 * clock of now. An admin token is judged by the write itself.
 */
export async function judgeAgain(scope: Scope): Promise<void> {
  if (scope.caller.kind === "user") await scope.hub(scope.subject).ask((hub) => hub.check(scope.acting));
}

/**
 * Compares a password that a caller gives for its own account; a wrong one counts like a wrong one at sign-in. Returns
 * the hash that it was compared with.
 */
export async function confirmPassword(
  scope: Scope,
  stored: string | undefined,
  password: string,
): Promise<string> {
  takeShare(scope);
  const attempt = await beginAttempt(scope, `own:${scope.subject}`, scope.subject);
  const { right, refusable } = await checkPassword(scope, password, stored);
  if (!right || stored === undefined) return await attempt.fail(refusable);
  await attempt.pass(refusable);
  await attempt.succeed();
  return stored;
}
