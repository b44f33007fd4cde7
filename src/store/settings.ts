import { type SQL, and, eq, getTableColumns, ne, sql } from "drizzle-orm";
import type { SettingsChange, StoredSettings } from "../domain/own.ts";
import type { ChangedSignal } from "../domain/signals.ts";
import { type Database, writing } from "./database.ts";
import { signalTo } from "./owed.ts";
import { userSettings } from "./schema.ts";

const { user_id: _userId, app_id: _appId, ...columns } = getTableColumns(userSettings);

/** The settings as on the wire: all 17 fields, and the three beside them. */
export type Settings = Omit<StoredSettings, "push_token"> & {
  id: number;
  user_id: number;
  push_token: string;
};

/** What a new user has. */
export const newSettings: StoredSettings = {
  auth_mode: 0,
  auth_question: "",
  auth_answer: "",
  auto_download: false,
  group_confirm: false,
  no_push: false,
  no_push_detail: false,
  no_push_start_hour: 0,
  no_push_end_hour: 0,
  no_sounds: false,
  push_nick_name: "",
  push_token: null,
  silence_start_time: 0,
  silence_end_time: 0,
  vibratory: false,
  time_zone: "",
  push_schedule: [],
  snooze_until: 0,
};

/** Settings as a client reads them. */
export function wireSettings(userId: number, stored: StoredSettings): Settings {
  return { id: userId, user_id: userId, ...stored, push_token: stored.push_token ?? "" };
}

/** The statement that reads a user's settings, alias and badge. */
export function selectSettings(db: Database, userId: number) {
  return db.query.select(columns).from(userSettings).where(eq(userSettings.user_id, userId));
}

/**
 * The statements that take a push token from any other user of the app, and signal it to the one who had it; the third of
 * them reads what that one is owed.
 */
export function takePushToken(
  db: Database,
  appId: string,
  pushToken: string,
  exceptUser: number,
  signal: ChangedSignal,
) {
  const held = and(
    eq(userSettings.app_id, appId),
    eq(userSettings.push_token, pushToken),
    ne(userSettings.user_id, exceptUser),
  );
  const loser: SQL = sql`(select ${userSettings.user_id} from ${userSettings} where ${held})`;
  return [
    ...signalTo(db, loser, signal),
    writing(db.query.update(userSettings).set({ push_token: null }).where(held)),
  ] as const;
}

/** The statement that changes a user's settings, alias or badge. Returns them as they are then. */
export function updateSettings(db: Database, userId: number, change: SettingsChange) {
  const { push_token, ...rest } = change;
  return writing(
    db.query
      .update(userSettings)
      .set({ ...rest, ...(push_token === undefined ? {} : { push_token: push_token || null }) })
      .where(eq(userSettings.user_id, userId))
      .returning(columns),
  );
}
