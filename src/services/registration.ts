import { eq, sql } from "drizzle-orm";
import { z } from "zod";
import { newNonce, pushKeyOfDevice } from "../domain/bindings.ts";
import { Password, type Platform, Username } from "../domain/fields.ts";
import { foldName } from "../domain/names.ts";
import { Refusal, reasons } from "../domain/reasons.ts";
import { shownFlag, shownInt, shownText } from "../domain/shown.ts";
import type { Signal } from "../domain/signals.ts";
import { checkRow } from "../domain/validation.ts";
import { rowId } from "../store/database.ts";
import { answerOfRows } from "../store/kept-answers.ts";
import { type OwedRow, oweSignal } from "../store/owed.ts";
import { users } from "../store/schema.ts";
import { insertUnnamed, takeUnnamed } from "../store/push.ts";
import { type Settings, newSettings, pushTokenColumns, wireSettings } from "../store/settings.ts";
import { idOfName, inList, insertSettings, insertUser, insertUserRow, takenField } from "../store/users.ts";
import { hasWebhook, insertUserEvents } from "../store/webhooks.ts";
import { deliverAll, deliverEach } from "./deliver.ts";
import { hashPassword, hashPasswords } from "./passwords.ts";
import type { Scope } from "./scope.ts";

/** A user to be registered. */
export const Registration = z
  .object({ username: Username, password: Password })
  .meta({ id: "Registration", description: "A user to be registered." });

type Registration = z.infer<typeof Registration>;

/** Refuses a new user where the app takes none. */
export function requireOpenRegistration(scope: Scope): void {
  if (scope.app.registration === "closed") throw new Refusal("registration_closed");
}

/** The device and the push that a push registration brings. */
export interface PushStart {
  guid: string | undefined;
  platform: Platform;
  alias: string;
  /** "" for none. */
  push_token: string;
}

/** The serial that a hub gives to its user's first device. */
const FIRST_DEVICE = 1;

/**
 * Registers a user, with the settings that a new one has or those that `start` brings. Its device is owed to the hub in
 * the batch that makes the user, so that neither is without the other; so is to its old owner that a push token went over.
 * A push token is bound to the device, where there is one, and in the settings goes with it. Refuses a taken name.
 */
export async function registerUser(scope: Scope, wanted: Registration, start?: PushStart): Promise<Settings> {
  const { app, db, now } = scope;
  const { app_id } = app;
  const { username } = wanted;
  const password = await hashPassword(scope, wanted.password);
  const { guid, platform = 6, alias = "", push_token = "" } = start ?? {};
  const device: Signal | undefined =
    guid === undefined
      ? undefined
      : {
          kind: "device_registered",
          guid,
          platform,
          user_agent: scope.userAgent,
          ...(push_token !== "" && { push: true }),
          at: now,
        };
  const epoch = device ? 1 : 0;
  const id = idOfName(app_id, username);
  const whichUser = eq(users.id, id);
  const session = device ? pushKeyOfDevice(FIRST_DEVICE) : null;
  const push = pushTokenColumns(push_token, { nonce: newNonce(), bound_at: now, session });
  const settings = { ...newSettings, push_token: push.push_token };
  const answered = { status: 200, body: { code: 200, message: "", data: wireSettings(0, settings) } };
  const answer = sql`json_set(${JSON.stringify(answered)}, '$.body.data.id', ${id}, '$.body.data.user_id', ${id})`;
  const making = [
    insertUser(db, { app_id, username, password, epoch, now }),
    insertSettings(db, app_id, username, { alias, ...push }),
    ...(device && push_token !== ""
      ? [insertUnnamed(db, id, { app_id, device_sn: FIRST_DEVICE, device_token: push_token }, now)]
      : []),
    ...(device ? [oweSignal(db, whichUser, device, now)] : []),
    ...(hasWebhook(app) ? [insertUserEvents(db, app, whichUser, "user.registered", { at: now }, now)] : []),
  ] as const;
  const made = await makeUser(async () => {
    const of = { users: whichUser };
    if (push_token === "") {
      const [rows] = await scope.write(of, making, answer);
      return { id: rows[0]?.id, owed: [] };
    }
    const taking = takeUnnamed(db, app_id, push_token, 0, { kind: "changed", at: now });
    const [, , , , owed, rows] = await scope.write(of, [...taking, ...making], answer);
    return { id: rows[0]?.id, owed };
  });
  scope.queueEvents();
  const own = device ? [{ user_id: made.id, epoch, app_id, signal: device, created_at: now }] : [];
  // The user's own device may come later. That another has lost the token is so from the answer on.
  await Promise.all([deliverEach(scope, own), deliverAll(scope, made.owed)]);
  return wireSettings(made.id, settings);
}

async function makeUser(
  write: () => Promise<{ id: number | undefined; owed: OwedRow[] }>,
): Promise<{ id: number; owed: OwedRow[] }> {
  try {
    const { id, owed } = await write();
    if (id === undefined) throw new Error("a new user has no id");
    return { id, owed };
  } catch (error) {
    if (takenField(error) === "username") throw new Refusal("username_taken");
    throw error;
  }
}

/** What became of one row of a batch; a row that failed has the user_id 0. */
export const RegisteredRow = z
  .object({
    user_id: shownInt("the new user's id; 0 where the row failed", 1000),
    username: shownText("the name that the row gave, as far as it gave one", "wren"),
    success: shownFlag("the user was registered"),
    reason: shownText('why not; "" where it was', ""),
  })
  .meta({ id: "RegisteredRow", description: "What became of a row of a batch of registrations." });

/** Registers users row by row, in one transaction: a bad or taken row fails alone, and of two equal names the first wins. */
export async function registerUsers(
  scope: Scope,
  rows: readonly unknown[],
): Promise<z.infer<typeof RegisteredRow>[]> {
  const { app, db, now } = scope;
  const checked = rows.map((row) => checkRow(Registration, row));
  const fresh = await hashPasswords(
    scope,
    checked.flatMap((row) => (row.ok ? [row.value.password] : [])),
  );
  const hashes = fresh.values();
  const inserts = checked.map((row) => {
    const password = row.ok ? hashes.next().value : undefined;
    if (!row.ok || password === undefined) return [];
    const { username } = row.value;
    return [
      insertUserRow(db, { app_id: app.app_id, username, password, now }),
      insertSettings(db, app.app_id, username),
    ] as const;
  });
  const [first, ...rest] = inserts.flatMap(([user]) => (user ? [user] : []));
  const settings = inserts.flatMap(([, each]) => (each ? [each] : []));
  // A fresh hash is nobody else's: it tells the users of this batch from those whose names were taken.
  const keys = checked.flatMap((row) => (row.ok ? [foldName(row.value.username)] : []));
  const ours = sql`${users.app_id} = ${app.app_id} and ${inList(users.username_key, keys)} and ${inList(users.password, fresh)}`;
  const events = insertUserEvents(db, app, ours, "user.registered", { at: now }, now);
  const told = (index: number, id: number | undefined, wrong: string = reasons.username_taken.message) => {
    const username = nameOf(rows[index]);
    if (id === undefined) return { user_id: 0, username, success: false, reason: wrong };
    return { user_id: id, username, success: true, reason: "" };
  };
  const marks = fresh.values();
  const answer = answerOfRows(
    app.app_id,
    "password",
    checked.map((row, index) => {
      if (!row.ok) return { key: null, mark: "", won: null, lost: told(index, undefined, row.wrong) };
      const key = foldName(row.value.username);
      return { key, mark: marks.next().value ?? "", won: told(index, 0), lost: told(index, undefined) };
    }),
  );
  const made = first ? await scope.write({ users: ours }, [first, ...rest, ...settings, events], answer) : [];
  scope.queueEvents();
  let written = 0;
  return checked.map((row, index) =>
    row.ok ? told(index, rowId(made[written++])) : told(index, undefined, row.wrong),
  );
}

/** The name that a row gives, as far as it gives one: its caller finds the row by it. */
function nameOf(row: unknown): string {
  const named = z.object({ username: z.string() }).safeParse(row);
  return named.success ? named.data.username : "";
}
