import { and, desc, eq, lt, sql } from "drizzle-orm";
import { deviceKey } from "../domain/device-keys.ts";
import type { Builder, Database, Write } from "./database.ts";
import { type Slots, preparedWrite } from "./prepared.ts";
import { seenDevices, users } from "./schema.ts";
import { sweepSlice } from "./slice.ts";

/** How long a device is found by its guid after it was named last (ms): 180 days. */
const KEPT = 180 * 24 * 3600 * 1000;
/** How old a row's instant grows (ms) before it is written anew: 30 days. */
const GRAIN = 30 * 24 * 3600 * 1000;

/** The statement that notes that a user names a device by this guid; it mostly writes nothing, as the row is there. */
export function noteDevice(
  db: Database,
  { app_id, user_id }: { app_id: string; user_id: number },
  guid: string,
  now: number,
): Write {
  return noting(db, { app_id, user_id, device: deviceKey(app_id, guid), now, old: now - GRAIN });
}

const noting = preparedWrite(notingRow);

interface Noting {
  app_id: string;
  user_id: number;
  device: string;
  now: number;
  /** An instant from before is written anew. */
  old: number;
}

function notingRow(query: Builder, given: Slots<Noting>) {
  const row = query
    .select({
      user_id: users.id,
      device: sql<string>`${given.of("device")}`.as("device"),
      app_id: users.app_id,
      seen_at: sql<number>`${given.of("now")}`.as("seen_at"),
    })
    .from(users)
    .where(and(eq(users.app_id, given.of("app_id")), eq(users.id, given.of("user_id"))));
  return query
    .insert(seenDevices)
    .select(row)
    .onConflictDoUpdate({
      target: [seenDevices.user_id, seenDevices.device],
      set: { seen_at: given.of("now") },
      setWhere: lt(seenDevices.seen_at, given.of("old")),
    });
}

/** Notes it by itself. */
export async function noteDeviceNow(
  db: Database,
  owner: { app_id: string; user_id: number },
  guid: string,
  now: number,
): Promise<void> {
  await db.runUnrecorded("sign-in", noteDevice(db, owner, guid, now));
}

/** The ids of so many users who have named a device by this guid, as a table: who came last is first. */
export function whoNamed(db: Database, appId: string, guid: string, most: number) {
  return db.query
    .select({ user_id: seenDevices.user_id, seen_at: seenDevices.seen_at })
    .from(seenDevices)
    .where(eq(seenDevices.device, deviceKey(appId, guid)))
    .orderBy(desc(seenDevices.seen_at))
    .limit(most)
    .as("named");
}

/** Forgets a slice of what was not named for long; true where there may be more. */
export async function sweepSeenDevices(db: Database, now: number): Promise<boolean> {
  return await sweepSlice(db, seenDevices, seenDevices.seen_at, now - KEPT);
}
