import { type SQL, and, asc, eq, ne, sql } from "drizzle-orm";
import { type Binding, UNNAMED, bindingId, newNonce, pushKeyOfDevice } from "../domain/bindings.ts";
import type { AnswerKey } from "../domain/answers.ts";
import type { OwnSettings } from "../domain/own.ts";
import type { ChangedSignal } from "../domain/signals.ts";
import { type Builder, type Database, writing } from "./database.ts";
import { type Slots, preparedRead } from "./prepared.ts";
import { keepForHub } from "./kept-answers.ts";
import { type Left, type OwedRow, owedToFormer, signalTo, tellFormer } from "./owed.ts";
import { listed } from "./listed.ts";
import { type Writer, writeFor } from "./records.ts";
import { pushBindings, userSettings, users } from "./schema.ts";
import { noPushToken, ownSettings, settingsColumns } from "./settings.ts";
import { inList } from "./users.ts";

/** A push token on its way to a device. */
export interface PushBinding {
  app_id: string;
  user_id: number;
  device_sn: number;
  notifier_name: string;
  device_token: string;
}

/** What became of the push tokens of a user. */
export interface Bound {
  /** Those of the devices. The settings stand here where theirs has changed with one of a device. */
  own: { bound: Binding[]; settings?: OwnSettings };
  /** What those are owed who had the token and may not know yet that they have not. */
  owed: OwedRow[];
}

/**
 * Binds a push token to one device of one user, and takes it from whoever had it; another user is owed `signal`. The
 * notifier has a name: a token without one is another, which `takeUnnamed` takes.
 */
export async function bindPushToken(
  db: Database,
  binding: PushBinding,
  signal: ChangedSignal,
  now: number,
  writer: Writer | undefined,
  key?: AnswerKey,
): Promise<Bound> {
  const nonce = newNonce();
  const { app_id, user_id, device_sn, notifier_name, device_token } = binding;
  const isTaken = and(
    eq(pushBindings.app_id, app_id),
    eq(pushBindings.notifier_name, notifier_name),
    eq(pushBindings.device_token, device_token),
    ne(pushBindings.user_id, user_id),
  );
  const left: Left = { app_id, notifier_name, device_tokens: listed([device_token]), owner: user_id };
  const loser: SQL = sql`(select ${pushBindings.user_id} from ${pushBindings} where ${isTaken})`;
  const statements = [
    ...signalTo(db, loser, signal),
    ...unbinding(db, user_id, { devices: [device_sn], sessions: [] }),
    writing(
      db.query
        .insert(pushBindings)
        .values({ ...binding, bound_at: now, nonce })
        .onConflictDoUpdate({
          target: [pushBindings.app_id, pushBindings.notifier_name, pushBindings.device_token],
          set: { user_id, device_sn, bound_at: now, nonce, held_until: null },
        }),
    ),
    selectBound(db, user_id),
    owedToFormer(db, left),
  ] as const;
  const kept = keepForHub(db, key, true, tellFormer(left));
  const [, , , settings, , bound, owed] = await writeFor(db, writer, ofUser(user_id), statements, 1, kept);
  return { own: ownOf(bound, settings), owed };
}

/** Push tokens that a user is to have no more: of devices by serial, of the settings by the sessions that they go with. */
export interface Released {
  devices: readonly number[];
  sessions: readonly string[];
}

/** What is recorded of it is recorded whether or not there was anything to release. */
const ofUser = (userId: number) => ({ users: sql`${users.id} = ${userId}` });

/** Releases push tokens of a user, for a writer where anybody has asked for it; says which are left. */
export async function unbindPushTokens(
  db: Database,
  userId: number,
  released: Released,
  writer?: Writer,
  key?: AnswerKey,
): Promise<Bound["own"]> {
  const statements = [...unbinding(db, userId, released), selectBound(db, userId)] as const;
  const kept = keepForHub(db, key, true);
  const [, settings, bound] = await writeFor(db, writer, ofUser(userId), statements, 1, kept);
  return ownOf(bound, settings);
}

/** The statements that release push tokens of a user; the second returns the settings where theirs was among them. */
function unbinding(db: Database, userId: number, { devices, sessions }: Released) {
  const keys = [...sessions, ...devices.map(pushKeyOfDevice)];
  return [
    writing(
      db.query
        .delete(pushBindings)
        .where(and(eq(pushBindings.user_id, userId), inList(pushBindings.device_sn, devices))),
    ),
    writing(
      db.query
        .update(userSettings)
        .set(noPushToken)
        .where(and(eq(userSettings.user_id, userId), inList(userSettings.push_session, keys)))
        .returning(settingsColumns),
    ),
  ] as const;
}

/** Push tokens without a notifier's name that the user `owner` has come to have, or 0. */
export function leftUnnamed(app_id: string, tokens: readonly string[], owner: number): Left {
  return { app_id, notifier_name: UNNAMED, device_tokens: listed(tokens), owner };
}

/**
 * The statements that take a push token without a notifier's name from any other user of the app, whether it is the settings'
 * or a device's, and signal it to the one who had it; the last of them reads what those are owed who had it. They take nothing for a
 * `winner` who is not there; nobody has it before a winner of 0, who is made in the same batch.
 */
export function takeUnnamed(
  db: Database,
  appId: string,
  token: string,
  winner: number,
  signal: ChangedSignal,
) {
  const isThere =
    winner === 0
      ? undefined
      : sql`exists (select 1 from user_settings as winner where winner.user_id = ${winner})`;
  const ofDevice = and(
    eq(pushBindings.app_id, appId),
    eq(pushBindings.notifier_name, UNNAMED),
    eq(pushBindings.device_token, token),
    ne(pushBindings.user_id, winner),
    isThere,
  );
  const ofSettings = and(
    eq(userSettings.app_id, appId),
    eq(userSettings.push_token, token),
    ne(userSettings.user_id, winner),
    isThere,
  );
  const losers: SQL = sql`(select ${pushBindings.user_id} from ${pushBindings} where ${ofDevice} union select ${userSettings.user_id} from ${userSettings} where ${ofSettings})`;
  return [
    ...signalTo(db, losers, signal),
    writing(db.query.delete(pushBindings).where(ofDevice)),
    writing(db.query.update(userSettings).set(noPushToken).where(ofSettings)),
    owedToFormer(db, leftUnnamed(appId, [token], winner)),
  ] as const;
}

/** The statement that binds a push token without a notifier's name to the device of a user who is made in the same batch. */
export function insertUnnamed(
  db: Database,
  userId: SQL<number>,
  binding: Omit<PushBinding, "user_id" | "notifier_name">,
  now: number,
) {
  const row = { ...binding, user_id: userId, notifier_name: UNNAMED, bound_at: now, nonce: newNonce() };
  return writing(db.query.insert(pushBindings).values(row));
}

const selectingBound = preparedRead(boundOfUser);

function boundOfUser(query: Builder, given: Slots<{ user: number }>) {
  return query
    .select({
      user_id: pushBindings.user_id,
      device_sn: pushBindings.device_sn,
      notifier_name: pushBindings.notifier_name,
      device_token: pushBindings.device_token,
      bound_at: pushBindings.bound_at,
      held_until: pushBindings.held_until,
      nonce: pushBindings.nonce,
    })
    .from(pushBindings)
    .where(eq(pushBindings.user_id, given.of("user")))
    .orderBy(asc(pushBindings.device_sn));
}

/** The statement that reads the push tokens of a user's devices; `ownBound` reads its rows. */
export const selectBound = (db: Database, user: number) => selectingBound(db, { user });

type BoundRow = Omit<typeof pushBindings.$inferSelect, "app_id">;

/** The push tokens of a user's devices as they stand in rows. */
export function ownBound(rows: readonly BoundRow[]): Binding[] {
  return rows.map(({ user_id, nonce, ...binding }) => ({
    binding_id: bindingId({ user_id, device_sn: binding.device_sn, nonce }),
    ...binding,
  }));
}

function ownOf(
  bound: readonly BoundRow[],
  settings: readonly Parameters<typeof ownSettings>[0][],
): Bound["own"] {
  const [changed] = settings;
  return { bound: ownBound(bound), ...(changed && { settings: ownSettings(changed) }) };
}
