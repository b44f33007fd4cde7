import { and, eq, sql } from "drizzle-orm";
import { nameActor } from "../domain/actors.ts";
import { Refusal } from "../domain/reasons.ts";
import type { Signal } from "../domain/signals.ts";
import { liftBans } from "../store/bans.ts";
import { oweSignal, owedTo, raiseEpochs } from "../store/owed.ts";
import { users } from "../store/schema.ts";
import { insertUserEvents } from "../store/webhooks.ts";
import { deleteUser, findPassword, replacePassword, these, theseUsers } from "../store/users.ts";
import { deliverAll } from "./deliver.ts";
import { hashPassword } from "./passwords.ts";
import type { Scope } from "./scope.ts";
import { confirmPassword, judgeAgain } from "./sign-in.ts";

/** Changes the subject's password, where the old one is right. Every session but the caller's ends. */
export async function changePassword(scope: Scope, oldPassword: string, newPassword: string): Promise<void> {
  const stored = await findPassword(scope.db, scope.app.app_id, scope.subject);
  if (stored === undefined) throw new Refusal("user_unknown");
  await confirmPassword(scope, stored, oldPassword);
  const keep = scope.caller.kind === "user" ? { keep: scope.caller.session } : {};
  await writePassword(scope, newPassword, stored, keep);
}

/** Sets the subject's password, whatever it was. Every session ends. */
export async function setPassword(scope: Scope, newPassword: string): Promise<void> {
  await writePassword(scope, newPassword, undefined, {});
}

async function writePassword(
  scope: Scope,
  password: string,
  read: string | undefined,
  keep: { keep?: string },
): Promise<void> {
  const { app, db, subject, now, by, from } = scope;
  const hash = await hashPassword(scope, password);
  await judgeAgain(scope);
  const signal: Signal = { kind: "password_changed", ...keep, at: now, by, from };
  const [written, , owed] = await scope.write("the subject", [
    replacePassword(db, app.app_id, subject, hash, read),
    // A fresh hash is nobody else's: the signal is owed only where this write was the one that held.
    oweSignal(db, and(eq(users.id, subject), eq(users.password, hash)) ?? sql`false`, signal, now),
    owedTo(db, [subject]),
  ]);
  if (written.length === 0) throw new Refusal(read === undefined ? "user_unknown" : "credentials_wrong");
  await deliverAll(scope, owed);
}

/** Deletes the subject and all that is the subject's. A password that is given must be right. */
export async function removeUser(scope: Scope, password: string | undefined): Promise<void> {
  const { app, db, subject, now, by, from } = scope;
  if (password !== undefined) {
    await confirmPassword(scope, await findPassword(db, app.app_id, subject), password);
    await judgeAgain(scope);
  }
  const signal: Signal = { kind: "deleted", at: now, by, from };
  const whichUser = theseUsers(app.app_id, [subject]);
  const [, , , , gone, owed] = await scope.write("the subject", [
    raiseEpochs(db, whichUser),
    oweSignal(db, whichUser, signal, now),
    insertUserEvents(db, app, whichUser, "user.deleted", { by: nameActor(by), at: now }, now),
    liftBans(db, these(app.app_id, [subject]), nameActor(by), now),
    deleteUser(db, app.app_id, subject),
    owedTo(db, [subject]),
  ]);
  if (gone.length === 0) throw new Refusal("user_unknown");
  scope.queueEvents();
  await deliverAll(scope, owed);
}
