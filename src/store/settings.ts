import { and, eq, exists, getTableColumns } from "drizzle-orm";
import { OF_SETTINGS, bindingId } from "../domain/bindings.ts";
import type { OwnSettings, SettingsChange, StoredSettings } from "../domain/own.ts";
import type { Builder, Database } from "./database.ts";
import { type Slots, preparedRead, preparedWrite } from "./prepared.ts";
import { userSettings, users } from "./schema.ts";

/** The columns of what is a user's own; `ownSettings` makes that of them. */
export const settingsColumns = (({ app_id: _app, ...columns }) => columns)(getTableColumns(userSettings));

type Row = Omit<typeof userSettings.$inferSelect, "app_id">;

/** A new push token of the settings: see `SettingsBinding`. */
export interface NewPushToken {
  nonce: string;
  /** ms since 1970. */
  bound_at: number;
  session: string | null;
}

/** What the columns of a push token are to be where there is none. */
export const noPushToken = {
  push_token: null,
  push_nonce: "",
  push_bound_at: 0,
  push_held_until: null,
  push_session: null,
} as const;

/** What they are to be of a new one; "" is none. */
export function pushTokenColumns(token: string, { nonce, bound_at, session }: NewPushToken) {
  if (token === "") return noPushToken;
  return {
    push_token: token,
    push_nonce: nonce,
    push_bound_at: bound_at,
    push_held_until: null,
    push_session: session,
  };
}

/** A user's settings, alias and badge as they stand in a row. */
export function ownSettings(row: Row): OwnSettings {
  const { user_id, push_nonce: nonce, push_bound_at, push_held_until, push_session, ...settings } = row;
  const binding = {
    binding_id: bindingId({ user_id, device_sn: OF_SETTINGS, nonce }),
    bound_at: push_bound_at,
    held_until: push_held_until,
    session: push_session,
  };
  return { ...settings, binding: settings.push_token === null ? null : binding };
}

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

const selectingSettings = preparedRead(settingsOfUser);

function settingsOfUser(query: Builder, given: Slots<{ user: number }>) {
  return query
    .select(settingsColumns)
    .from(userSettings)
    .where(eq(userSettings.user_id, given.of("user")));
}

/** The statement that reads a user's settings, alias and badge. */
export const selectSettings = (db: Database, user: number) => selectingSettings(db, { user });

/** Whose a change is; the columns that it changes stand beside it. */
type SettingsUpdate = Omit<SettingsChange, "push_token"> &
  Partial<ReturnType<typeof pushTokenColumns>> & { user: number; generation: number | undefined };

const updatingSettings = preparedWrite(updatingRow);

function updatingRow(query: Builder, given: Slots<SettingsUpdate>) {
  const [user, generation] = [given.of("user"), given.maybe("generation")];
  const hub =
    generation &&
    query
      .select({ id: users.id })
      .from(users)
      .where(
        and(eq(users.id, user), eq(users.app_id, userSettings.app_id), eq(users.hub_generation, generation)),
      );
  return query
    .update(userSettings)
    .set(given.assigned(userSettings))
    .where(and(eq(userSettings.user_id, user), hub && exists(hub)))
    .returning(settingsColumns);
}

/**
 * The statement that changes a user's settings, alias or badge; a push token that is among it is `fresh`. Returns them as they
 * are then. With a `generation` it changes nothing where the user's hub is of another.
 */
export function updateSettings(
  db: Database,
  user: number,
  { push_token, ...rest }: SettingsChange,
  fresh: NewPushToken,
  generation?: number,
) {
  const token = push_token === undefined ? {} : pushTokenColumns(push_token ?? "", fresh);
  return updatingSettings(db, { ...rest, ...token, user, generation });
}
