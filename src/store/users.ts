import { type SQL, and, eq, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { canonicalMobile } from "../domain/mobile.ts";
import { foldEmail, foldName } from "../domain/names.ts";
import type { ProfileChange } from "../domain/own.ts";
import { type Builder, type Database, DatabaseFault, writing } from "./database.ts";
import { listed, listedIn } from "./listed.ts";
import { type Slots, preparedRead, preparedWrite } from "./prepared.ts";
import { userSettings, users } from "./schema.ts";
import type { pushTokenColumns } from "./settings.ts";

/** The columns of the profile, as on the wire. */
const profileColumns = {
  user_id: users.id,
  username: users.username,
  avatar: users.avatar,
  description: users.description,
  mobile: users.mobile,
  email: users.email,
  nick_name: users.nick_name,
  public_info: users.public_info,
  private_info: users.private_info,
};

/** `column in (…)` for such a list. */
export function inList(column: SQLiteColumn | SQL, values: readonly (number | string)[]): SQL {
  return sql`${column} in ${listed(values)}`;
}

/** The users of an app with these ids, inside a statement. */
export function theseUsers(appId: string, ids: readonly number[]): SQL {
  return sql`${users.app_id} = ${appId} and ${inList(users.id, ids)}`;
}

/** Users of an app by their ids, as a statement that is prepared has them. */
export interface These {
  app: string;
  /** The ids, as JSON. */
  users: string;
}

/** The users of an app with these ids, for a statement that is prepared. */
export const these = (appId: string, ids: readonly number[]): These => ({
  app: appId,
  users: JSON.stringify(ids),
});

/** What stands behind `in` for such users. */
export const idsOf = (given: Slots<Pick<These, "users">>): SQL => listedIn(given.of("users"));

/** Such users, inside the statement. */
export const areThese = (given: Slots<These>): SQL =>
  sql`${users.app_id} = ${given.of("app")} and ${users.id} in ${idsOf(given)}`;

/** A user to be made; `password` is the hash, `now` in ms. */
interface NewUser {
  app_id: string;
  username: string;
  password: string;
  epoch?: number;
  now: number;
}

function insertOf(db: Database, user: NewUser) {
  return db.query.insert(users).values({
    app_id: user.app_id,
    username: user.username,
    username_key: foldName(user.username),
    password: user.password,
    epoch: user.epoch ?? 0,
    unlisted: 1,
    created_at: user.now,
    updated_at: user.now,
  });
}

/** The statement that makes a user; it fails on a taken name. Returns the id. */
export function insertUser(db: Database, user: NewUser) {
  return writing(insertOf(db, user).returning({ id: users.id }));
}

/** The same for one row of a batch: it makes nobody where the name is taken, so that it spoils no other row. */
export function insertUserRow(db: Database, user: NewUser) {
  return writing(insertOf(db, user).onConflictDoNothing().returning({ id: users.id }));
}

/** The id of the user of that name, inside a statement. */
export function idOfName(appId: string, username: string): SQL<number> {
  return sql<number>`(select ${users.id} from ${users} where ${users.app_id} = ${appId} and ${users.username_key} = ${foldName(username)})`;
}

/** The statement that gives the user of that name its settings, once. */
export function insertSettings(
  db: Database,
  appId: string,
  username: string,
  start: { alias?: string } & Partial<ReturnType<typeof pushTokenColumns>> = {},
) {
  return writing(
    db.query
      .insert(userSettings)
      .values({
        user_id: idOfName(appId, username),
        app_id: appId,
        ...start,
      })
      .onConflictDoNothing({ target: userSettings.user_id }),
  );
}

const selectingUser = preparedRead(userById);

function userById(query: Builder, given: Slots<{ app: string; user: number }>) {
  return query
    .select({ id: users.id, is_new: sql<number>`${users.arrival} is not null`.as("is_new") })
    .from(users)
    .where(and(eq(users.app_id, given.of("app")), eq(users.id, given.of("user"))));
}

/** The statement that finds a user of an app by id, and says whether the hub has still to take what the user brought along. */
export const selectUser = (db: Database, app: string, user: number) => selectingUser(db, { app, user });

/** The statement that says which of these ids are users of the app. */
export function selectExisting(db: Database, appId: string, ids: readonly number[]) {
  return db.query
    .select({ id: users.id, is_new: sql<number>`${users.arrival} is not null`.as("is_new") })
    .from(users)
    .where(and(eq(users.app_id, appId), inList(users.id, ids)));
}

const selectingProfile = preparedRead(profileOfUser);

function profileOfUser(query: Builder, given: Slots<{ app: string; user: number }>) {
  return query
    .select(profileColumns)
    .from(users)
    .where(and(eq(users.app_id, given.of("app")), eq(users.id, given.of("user"))));
}

/** The statement that reads a user's profile. */
export const selectProfile = (db: Database, app: string, user: number) => selectingProfile(db, { app, user });

/** A user's password hash; undefined where there is no such user. */
export async function findPassword(db: Database, appId: string, userId: number): Promise<string | undefined> {
  const rows = await db.run(
    db.query
      .select({ password: users.password })
      .from(users)
      .where(and(eq(users.app_id, appId), eq(users.id, userId))),
  );
  return rows[0]?.password;
}

function columnsOf(change: ProfileChange) {
  return {
    ...change,
    ...(change.username === undefined ? {} : { username_key: foldName(change.username) }),
    ...(change.mobile === undefined ? {} : { mobile_key: canonicalMobile(change.mobile) || null }),
    ...(change.email === undefined ? {} : { email_key: foldEmail(change.email) || null }),
  };
}

/** Whose a change is, and when; the columns that it changes stand beside it. */
interface UserUpdate extends ReturnType<typeof columnsOf> {
  app: string;
  user: number;
  updated_at: number;
  generation: number | undefined;
}

const updatingUser = preparedWrite(updatingRow);

function updatingRow(query: Builder, given: Slots<UserUpdate>) {
  const generation = given.maybe("generation");
  return query
    .update(users)
    .set(given.assigned(users))
    .where(
      and(
        eq(users.app_id, given.of("app")),
        eq(users.id, given.of("user")),
        generation && eq(users.hub_generation, generation),
      ),
    )
    .returning(profileColumns);
}

/**
 * The statement that changes a user; it fails where a name, mobile or e-mail is another's. Returns the profile as it is then.
 * With a `generation` it changes nothing where the user's hub is of another.
 */
export function updateUser(
  db: Database,
  { app_id: app, user_id: user }: { app_id: string; user_id: number },
  change: ProfileChange,
  now: number,
  generation?: number,
) {
  return updatingUser(db, { ...columnsOf(change), app, user, updated_at: now, generation });
}

/**
 * The same for one row of a batch: it changes nothing where the e-mail is another's, so that it spoils no other row. It
 * raises the epoch: the signal of it follows in the same batch. Returns the id.
 */
export function updateUserRow(
  db: Database,
  appId: string,
  row: ProfileChange & { user_id: number },
  now: number,
) {
  const { user_id, ...change } = row;
  const emailKey = change.email === undefined ? null : foldEmail(change.email) || null;
  const free = sql`not exists (select 1 from ${users} as other where other.app_id = ${appId} and other.email_key = ${emailKey} and other.id <> ${user_id})`;
  return writing(
    db.query
      .update(users)
      .set({ ...columnsOf(change), updated_at: now, epoch: sql`${users.epoch} + 1` })
      .where(and(eq(users.app_id, appId), eq(users.id, user_id), free))
      .returning({ id: users.id }),
  );
}

/** The statement that replaces a password hash by one made here where it is still the one that was read. Returns the id. */
export function renewPassword(db: Database, userId: number, read: string, hash: string) {
  return writing(
    db.query
      .update(users)
      .set({ password: hash, hash_ms: 0 })
      .where(and(eq(users.id, userId), eq(users.password, read)))
      .returning({ id: users.id }),
  );
}

/**
 * The statement that sets a password and raises the epoch: the signal of it follows in the same batch. Where `read` is
 * given, it holds only if that is still the stored hash. Returns the id.
 */
export function replacePassword(
  db: Database,
  appId: string,
  userId: number,
  hash: string,
  read: string | undefined,
) {
  return writing(
    db.query
      .update(users)
      .set({ password: hash, hash_ms: 0, epoch: sql`${users.epoch} + 1` })
      .where(
        and(
          eq(users.app_id, appId),
          eq(users.id, userId),
          read === undefined ? undefined : eq(users.password, read),
        ),
      )
      .returning({ id: users.id }),
  );
}

/** The statement that deletes a user and, by cascade, all that is the user's. Returns the id. */
export function deleteUser(db: Database, appId: string, userId: number) {
  return writing(
    db.query
      .delete(users)
      .where(and(eq(users.app_id, appId), eq(users.id, userId)))
      .returning({ id: users.id }),
  );
}

/** Which field of a user another has already; undefined for any other error. */
export function takenField(error: unknown): "username" | "mobile" | "email" | undefined {
  const columns = error instanceof DatabaseFault ? error.unique : undefined;
  if (columns?.includes("users.username_key")) return "username";
  if (columns?.includes("users.mobile_key")) return "mobile";
  return columns?.includes("users.email_key") ? "email" : undefined;
}
