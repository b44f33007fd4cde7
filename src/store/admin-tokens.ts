import { type SQL, and, asc, eq, gt, isNull, lt, lte, notExists, or, sql } from "drizzle-orm";
import { z } from "zod";
import { type Role, roleNames } from "../domain/roles.ts";
import { type Builder, type Database, DatabaseFault, writing } from "./database.ts";
import { DIRECTORY } from "./numbering.ts";
import { type Slots, preparedRead, preparedWrite } from "./prepared.ts";
import { adminTokens, apps, groups, guards, users } from "./schema.ts";
import { inList, selectUser } from "./users.ts";

/** An admin token as it is read; instants in ms, null for never. */
export interface AdminToken {
  id: number;
  app_id: string;
  name: string;
  role: Role;
  expires_at: number | null;
  /** To the minute. */
  last_used_at: number | null;
}

/** Who an admin token belongs to and on whose behalf it is used, as D1 says at this moment. */
export interface AdminLookup {
  token: AdminToken | undefined;
  userExists: boolean;
  /** Of whom it names, those whose hubs have still to take what they brought along. */
  arrived: number[];
  groupOwner: number | undefined;
  ownerExists: boolean;
}

/** Where an admin's call is looked up: what is an app's own, and its users. */
interface Places {
  directory: Database;
  db: Database;
}

/**
 * Reads an admin token and the user and group its call names: in one trip where the app's users stand in the directory, else
 * in two at once, and one more for the owner of a group. A revoked token is not found: this is where its revocation holds.
 * `ownerIs` hears who owns the group before the app's database is read: the id, or what stands for it in that read.
 */
export async function findAdminCall(
  { directory, db }: Places,
  appId: string,
  hash: string,
  named: { userId?: number | undefined; groupId?: number | undefined },
  ownerIs: (owner: SQL | number) => void,
): Promise<AdminLookup> {
  const { userId, groupId } = named;
  const token = selectToken(directory, hash);
  if (userId === undefined && groupId === undefined) {
    // What goes along with a read goes to the app's database.
    return lookupOf(await (db.number === directory.number ? db : directory).run(token));
  }
  if (db.number === directory.number) {
    const user = selectUser(db, appId, userId ?? 0);
    const noOwners: Awaited<ReturnType<typeof selectOwner>> = [];
    if (groupId !== undefined) ownerIs(ownerOf(appId, groupId));
    const [tokens, foundUsers, owners] =
      groupId === undefined
        ? await db.batch([token, user]).then(([found, users]) => [found, users, noOwners] as const)
        : await db.batch([token, user, selectOwner(db, appId, groupId)]);
    return {
      token: tokens[0],
      userExists: foundUsers.length > 0,
      arrived: [...foundUsers, ...owners.map(({ owner_id: id, is_new }) => ({ id, is_new }))].flatMap(newOf),
      groupOwner: owners[0]?.owner_id,
      ownerExists: owners[0]?.user_id != null,
    };
  }
  const find = async (id: number | undefined) =>
    id === undefined ? [] : await db.run(selectUser(db, appId, id));
  const group = directory.query
    .select({ owner_id: groups.owner_id })
    .from(groups)
    .where(ofGroup(appId, groupId ?? 0));
  const [[tokens, owners], foundUsers] = await Promise.all([
    directory.batch([token, group]),
    find(named.userId),
  ]);
  const groupOwner = owners[0]?.owner_id;
  if (groupOwner !== undefined) ownerIs(groupOwner);
  const foundOwners = await find(groupOwner);
  return {
    token: tokens[0],
    userExists: foundUsers.length > 0,
    arrived: [...foundUsers, ...foundOwners].flatMap(newOf),
    groupOwner,
    ownerExists: foundOwners.length > 0,
  };
}

/** The statement that reads the owner of a group, and whether the owner is a user of the app. */
function selectOwner(db: Database, appId: string, groupId: number) {
  return db.query
    .select({
      owner_id: groups.owner_id,
      user_id: users.id,
      is_new: sql<number>`${users.arrival} is not null`.as("is_new"),
    })
    .from(groups)
    .leftJoin(users, and(eq(users.id, groups.owner_id), eq(users.app_id, groups.app_id)))
    .where(ofGroup(appId, groupId));
}

/** Who owns a group, in a statement of the directory; null where there is no such group. */
const ownerOf = (appId: string, groupId: number) =>
  sql`(select ${groups.owner_id} from ${groups} where ${ofGroup(appId, groupId)})`;

const newOf = ({ id, is_new }: { id: number; is_new: number }) => (is_new === 1 ? [id] : []);

const selectingToken = preparedRead(tokenByHash);

function tokenByHash(query: Builder, given: Slots<{ hash: string }>) {
  return query
    .select({
      id: adminTokens.id,
      app_id: adminTokens.app_id,
      name: adminTokens.name,
      role: adminTokens.role,
      expires_at: adminTokens.expires_at,
      last_used_at: adminTokens.last_used_at,
    })
    .from(adminTokens)
    .where(and(eq(adminTokens.hash, given.of("hash")), isNull(adminTokens.revoked_at)));
}

/** The statement that reads an admin token that is not revoked. */
export const selectToken = (directory: Database, hash: string) => selectingToken(directory, { hash });

const TokenRows = z.array(
  z.object({
    id: z.int(),
    app_id: z.string(),
    name: z.string(),
    role: z.enum(roleNames),
    expires_at: z.int().nullable(),
    last_used_at: z.int().nullable(),
  }),
);

/** What `selectToken` has found, for a call on nobody's behalf. */
export function lookupOf(rows: unknown): AdminLookup {
  const [token] = TokenRows.parse(rows);
  return { token, userExists: false, arrived: [], groupOwner: undefined, ownerExists: false };
}

const ofGroup = (appId: string, groupId: number) =>
  and(eq(groups.app_id, appId), eq(groups.group_id, groupId));

const inForce = (id: number | SQL, now: number | SQL) =>
  and(
    eq(adminTokens.id, id),
    isNull(adminTokens.revoked_at),
    or(isNull(adminTokens.expires_at), gt(adminTokens.expires_at, now)),
  );

const requiring = preparedWrite(requiringForce);

function requiringForce(query: Builder, given: Slots<{ token: number; now: number }>) {
  const token = query
    .select({ id: adminTokens.id })
    .from(adminTokens)
    .where(inForce(given.of("token"), given.of("now")));
  const row = query
    .select({ in_force: sql<number>`0`.as("in_force") })
    .from(sql`(select 1)`)
    .where(notExists(token));
  return query.insert(guards).select(row);
}

/**
 * The statement that fails its whole batch, as `DatabaseFault.isRevoked`, where an admin token is not in force at `now`
 * (ms): what it writes is judged when it is written, however long ago it was let in.
 */
export const requireInForce = (db: Database, token: number, now: number) => requiring(db, { token, now });

/** Whether an admin token may be shown anything, or why not. */
export type TokenVerdict = "in_force" | "token_invalid" | "token_expired" | "app_suspended";

/** What holds of these admin tokens of an app at `now` (ms), read together; one that is not there is none of the app's. */
export async function tokensInForce(
  directory: Database,
  appId: string,
  ids: readonly number[],
  now: number,
): Promise<Map<number, TokenVerdict>> {
  const rows = await directory.run(
    directory.query
      .select({
        id: adminTokens.id,
        expires_at: adminTokens.expires_at,
        revoked_at: adminTokens.revoked_at,
        status: apps.status,
      })
      .from(adminTokens)
      .innerJoin(apps, eq(apps.app_id, adminTokens.app_id))
      .where(and(inList(adminTokens.id, ids), eq(adminTokens.app_id, appId))),
  );
  return new Map(
    rows.map(({ id, expires_at, revoked_at, status }) => {
      if (revoked_at !== null) return [id, "token_invalid"];
      if (expires_at !== null && expires_at <= now) return [id, "token_expired"];
      return [id, status === 1 ? "app_suspended" : "in_force"];
    }),
  );
}

/** An admin token to be made, by its hash; instants in ms. */
interface NewAdminToken {
  app_id: string;
  hash: string;
  name: string;
  role: Role;
  expires_at: number | null;
  created_at: number;
}

/**
 * The statement that frees the name of an admin token whose life is over: it is revoked as of its end, so that of the tokens that
 * are not revoked each has a name of its own.
 */
export function freeName(db: Database, { app_id, name, created_at: now }: NewAdminToken) {
  const isOver = and(isNull(adminTokens.revoked_at), lte(adminTokens.expires_at, now));
  return writing(
    db.query
      .update(adminTokens)
      .set({ revoked_at: sql`${adminTokens.expires_at}` })
      .where(and(eq(adminTokens.app_id, app_id), eq(adminTokens.name, name), isOver)),
  );
}

/** The statement that makes an admin token; it fails where one that is not revoked has the name: see `isNameTaken`. */
export function insertAdminToken(directory: Database, token: NewAdminToken) {
  return writing(directory.query.insert(adminTokens).values(token).returning({ id: adminTokens.id }));
}

/** True where a write failed as an admin token in force has the name. */
export function isNameTaken(error: unknown): boolean {
  return error instanceof DatabaseFault && error.unique?.includes("admin_tokens.name") === true;
}

/** The minute that an instant is in, as the instant of its beginning (ms). */
export const minuteOf = (now: number) => now - (now % 60_000);

/** Notes in which minute a token was used, once a minute; one that is not in force is used by nobody. */
export async function noteUse(directory: Database, id: number, now: number): Promise<void> {
  const minute = minuteOf(now);
  const isNews = or(isNull(adminTokens.last_used_at), lt(adminTokens.last_used_at, minute));
  await directory.runUnrecorded(
    "bookkeeping",
    writing(
      directory.query
        .update(adminTokens)
        .set({ last_used_at: minute })
        .where(and(inForce(id, now), isNews)),
    ),
  );
}

/**
 * Has the database of an app's users know an admin token as well, as its writes are judged there: before the token is
 * answered, so that one that is not known there is nobody's.
 */
export async function copyAdminToken(db: Database, token: NewAdminToken & { id: number }): Promise<void> {
  if (db.number === DIRECTORY) return;
  await db.writeUnrecorded("bookkeeping", [
    freeName(db, token),
    writing(db.query.insert(adminTokens).values(token).onConflictDoNothing({ target: adminTokens.id })),
  ]);
}

/**
 * Has an admin token write no more in the database of its app's users. It comes before the revocation in the directory: a
 * machine that dies between the two leaves a token that reads, and a repeat finishes it.
 */
export async function revokeCopy(db: Database, appId: string, id: number, now: number): Promise<void> {
  if (db.number === DIRECTORY) return;
  await db.runUnrecorded("bookkeeping", revokeAdminToken(db, appId, id, now));
}

/** The statement that revokes an admin token of an app; it returns nothing where there is none. */
export function revokeAdminToken(db: Database, appId: string, id: number, now: number) {
  return writing(
    db.query
      .update(adminTokens)
      .set({ revoked_at: now })
      .where(and(eq(adminTokens.app_id, appId), eq(adminTokens.id, id), isNull(adminTokens.revoked_at)))
      .returning({ id: adminTokens.id }),
  );
}

/** An app's admin tokens by id, without their secrets. */
export async function listAdminTokens(db: Database, appId: string) {
  return await db.run(
    db.query
      .select({
        id: adminTokens.id,
        name: adminTokens.name,
        role: adminTokens.role,
        created_at: adminTokens.created_at,
        expire: adminTokens.expires_at,
        revoked_at: adminTokens.revoked_at,
        last_used_at: adminTokens.last_used_at,
      })
      .from(adminTokens)
      .where(eq(adminTokens.app_id, appId))
      .orderBy(asc(adminTokens.id)),
  );
}
