import { type SQL, and, asc, eq, ne, sql } from "drizzle-orm";
import type { ChangedSignal } from "../domain/signals.ts";
import { type Database, writing } from "./database.ts";
import { type OwedRow, signalTo } from "./owed.ts";
import { pushBindings } from "./schema.ts";
import { inList } from "./users.ts";

/** A push token on its way to a device. */
export interface PushBinding {
  app_id: string;
  user_id: number;
  device_sn: number;
  notifier_name: string;
  device_token: string;
}

/** What became of the bindings of a user's devices. */
export interface Bound {
  /** The devices of the user that have a push token now. */
  bound: number[];
  /** What another user, who had the token, is owed. */
  owed: OwedRow[];
}

/**
 * Binds a push token to one device of one user, and takes it from whoever had it; another user is owed `signal`. Its hub has
 * the record.
 */
export async function bindPushToken(
  db: Database,
  binding: PushBinding,
  signal: ChangedSignal,
  now: number,
): Promise<Bound> {
  const held = { ...binding, bound_at: now };
  const { app_id, user_id, notifier_name, device_token } = binding;
  const isTaken = and(
    eq(pushBindings.app_id, app_id),
    eq(pushBindings.notifier_name, notifier_name),
    eq(pushBindings.device_token, device_token),
    ne(pushBindings.user_id, user_id),
  );
  const loser: SQL = sql`(select ${pushBindings.user_id} from ${pushBindings} where ${isTaken})`;
  const [, , owed, , , bound] = await db.writeUnrecorded("hub", [
    ...signalTo(db, loser, signal),
    unbinding(db, user_id, [binding.device_sn]),
    writing(
      db.query
        .insert(pushBindings)
        .values(held)
        .onConflictDoUpdate({
          target: [pushBindings.app_id, pushBindings.notifier_name, pushBindings.device_token],
          set: { user_id, device_sn: held.device_sn, bound_at: now },
        }),
    ),
    selectBound(db, user_id),
  ]);
  return { bound: bound.map((row) => row.device_sn), owed };
}

/** Releases the push tokens of a user's devices; says which others have one. Their hub has the record. */
export async function unbindPushTokens(
  db: Database,
  userId: number,
  deviceSns: readonly number[],
): Promise<number[]> {
  const [, bound] = await db.writeUnrecorded("hub", [
    unbinding(db, userId, deviceSns),
    selectBound(db, userId),
  ]);
  return bound.map((row) => row.device_sn);
}

function unbinding(db: Database, userId: number, deviceSns: readonly number[]) {
  return writing(
    db.query
      .delete(pushBindings)
      .where(and(eq(pushBindings.user_id, userId), inList(pushBindings.device_sn, deviceSns))),
  );
}

/** The statement that reads the serials of a user's devices that have a push token. */
export function selectBound(db: Database, userId: number) {
  return db.query
    .select({ device_sn: pushBindings.device_sn })
    .from(pushBindings)
    .where(eq(pushBindings.user_id, userId))
    .orderBy(asc(pushBindings.device_sn));
}
