import { and, eq, getTableColumns, ne } from "drizzle-orm";
import { type Database, writing } from "./database.ts";
import { userSettings } from "./schema.ts";

const { user_id: _userId, app_id: _appId, alias, badge, ...settingColumns } = getTableColumns(userSettings);

/** The settings as stored, under their wire names; `push_token` is null where there is none. */
export type StoredSettings = { [K in keyof typeof settingColumns]: (typeof userSettings.$inferSelect)[K] };

/** The settings as on the wire: all 17 fields. */
export type Settings = Omit<StoredSettings, "push_token"> & {
  id: number;
  user_id: number;
  push_token: string;
};

/** What a write may change: a field left out stays as it is. */
export type SettingsChange = { [K in keyof StoredSettings]?: StoredSettings[K] | undefined };

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
};

/** Settings as a client reads them. */
export function wireSettings(userId: number, stored: StoredSettings): Settings {
  return { id: userId, user_id: userId, ...stored, push_token: stored.push_token ?? "" };
}

/** A user's settings; undefined where there is no such user. */
export async function findSettings(db: Database, userId: number): Promise<Settings | undefined> {
  const rows = await db.run(
    db.query.select(settingColumns).from(userSettings).where(eq(userSettings.user_id, userId)),
  );
  return rows[0] && wireSettings(userId, rows[0]);
}

/** What push keeps of a user beside the settings. */
export async function findPushFields(db: Database, userId: number) {
  const rows = await db.run(
    db.query
      .select({ alias, badge, push_token: userSettings.push_token })
      .from(userSettings)
      .where(eq(userSettings.user_id, userId)),
  );
  return rows[0];
}

/** The statement that takes a push token from any other user of the app. */
export function takePushToken(db: Database, appId: string, pushToken: string, exceptUser: number) {
  return writing(
    db.query
      .update(userSettings)
      .set({ push_token: null })
      .where(
        and(
          eq(userSettings.app_id, appId),
          eq(userSettings.push_token, pushToken),
          ne(userSettings.user_id, exceptUser),
        ),
      ),
  );
}

/** The statement that changes a user's settings, alias or badge. Returns the id. */
export function updateSettings(
  db: Database,
  userId: number,
  change: SettingsChange & { alias?: string | undefined; badge?: number | undefined },
) {
  const { push_token, ...rest } = change;
  return writing(
    db.query
      .update(userSettings)
      .set({ ...rest, ...(push_token === undefined ? {} : { push_token: push_token || null }) })
      .where(eq(userSettings.user_id, userId))
      .returning({ id: userSettings.user_id }),
  );
}
