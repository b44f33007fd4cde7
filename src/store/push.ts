import { and, eq } from "drizzle-orm";
import { type Database, writing } from "./database.ts";
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

/** Binds a push token to one device of one user, and takes it from whoever had it. Its hub has the record. */
export async function bindPushToken(db: Database, binding: PushBinding, now: number): Promise<void> {
  const held = { ...binding, bound_at: now };
  await db.writeUnrecorded("hub", [
    unbinding(db, binding.user_id, [binding.device_sn]),
    writing(
      db.query
        .insert(pushBindings)
        .values(held)
        .onConflictDoUpdate({
          target: [pushBindings.app_id, pushBindings.notifier_name, pushBindings.device_token],
          set: { user_id: held.user_id, device_sn: held.device_sn, bound_at: now },
        }),
    ),
  ]);
}

/** Releases the push tokens of a user's devices. Their hub has the record. */
export async function unbindPushTokens(
  db: Database,
  userId: number,
  deviceSns: readonly number[],
): Promise<void> {
  await db.runUnrecorded("hub", unbinding(db, userId, deviceSns));
}

function unbinding(db: Database, userId: number, deviceSns: readonly number[]) {
  return writing(
    db.query
      .delete(pushBindings)
      .where(and(eq(pushBindings.user_id, userId), inList(pushBindings.device_sn, deviceSns))),
  );
}

/** The serials of a user's devices that have a push token. */
export async function listBoundDevices(db: Database, userId: number): Promise<Set<number>> {
  const rows = await db.run(
    db.query
      .select({ device_sn: pushBindings.device_sn })
      .from(pushBindings)
      .where(eq(pushBindings.user_id, userId)),
  );
  return new Set(rows.map((row) => row.device_sn));
}
