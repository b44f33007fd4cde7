import { type SQL, and, desc, eq, sql } from "drizzle-orm";
import { canonicalMobile } from "../domain/mobile.ts";
import { foldEmail, foldName } from "../domain/names.ts";
import type { Builder, Database } from "./database.ts";
import { owedBy } from "./owed.ts";
import { type Slots, preparedRead } from "./prepared.ts";
import { users } from "./schema.ts";

/** How a user is named at sign-in. */
export type UserKey = { user_id: number } | { username: string } | { mobile: string } | { email: string };

const selectingSlowest = preparedRead(slowestOfApp);

/** How long (ms) the slowest hash of an app's users takes; no row where none is slow. */
function slowestOfApp(query: Builder, given: Slots<{ app: string }>) {
  return query
    .select({ ms: users.hash_ms })
    .from(users)
    .where(and(eq(users.app_id, given.of("app")), sql`${users.hash_ms} > 0`))
    .orderBy(desc(users.hash_ms))
    .limit(1);
}

/** What a user signs in by, as its column keeps it; one of them. */
interface Known {
  app: string;
  id?: number;
  username?: string;
  mobile?: string;
  email?: string;
}

const selectingKnown = preparedRead(userOfKey);
const selectingOwed = preparedRead(owedToKey);

function userOfKey(query: Builder, given: Slots<Known>) {
  return query
    .select({ id: users.id, password: users.password, epoch: users.epoch })
    .from(users)
    .where(isOfKey(given))
    .limit(1);
}

function owedToKey(query: Builder, given: Slots<Known>) {
  return owedBy({ query }, sql`(select ${users.id} from ${users} where ${isOfKey(given)})`);
}

function isOfKey(given: Slots<Known>): SQL | undefined {
  const columns = [
    [users.id, given.maybe("id")],
    [users.username_key, given.maybe("username")],
    [users.mobile_key, given.maybe("mobile")],
    [users.email_key, given.maybe("email")],
  ] as const;
  return and(
    eq(users.app_id, given.of("app")),
    ...columns.map(([column, value]) => value && sql`${column} = ${value}`),
  );
}

/**
 * Reads what a sign-in judges by, in one trip: the user and the signals still owed to the user's hub, and how long (ms) the app's
 * slowest hash takes, for the time at which a wrong password is told.
 */
export async function findForSignIn(db: Database, appId: string, key: UserKey) {
  const known = { app: appId, ...knownBy(key) };
  const [found, owed, slow] = await db.batch([
    selectingKnown(db, known),
    selectingOwed(db, known),
    selectingSlowest(db, { app: appId }),
  ]);
  const user = found[0];
  return { user: user && { ...user, owed }, slowest: slow[0]?.ms ?? 0 };
}

function knownBy(key: UserKey): Omit<Known, "app"> {
  if ("user_id" in key) return { id: key.user_id };
  if ("username" in key) return { username: foldName(key.username) };
  if ("mobile" in key) return { mobile: canonicalMobile(key.mobile) };
  return { email: foldEmail(key.email) };
}
