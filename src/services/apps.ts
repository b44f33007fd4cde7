import { Refusal } from "../domain/reasons.ts";
import { hashToken, newToken } from "../domain/tokens.ts";
import type { Role } from "../domain/roles.ts";
import {
  copyAdminToken,
  freeName,
  insertAdminToken,
  isNameTaken,
  revokeAdminToken,
  revokeCopy,
} from "../store/admin-tokens.ts";
import {
  type App,
  type AppSettings,
  answerOfApp,
  copyApp,
  insertApp,
  newApp,
  rememberApp,
  updateApp,
} from "../store/apps.ts";
import {
  DatabaseFault,
  boundNumbers,
  databaseFor,
  isBound,
  rowId,
  userDatabases,
} from "../store/database.ts";
import { keptSizes } from "../store/databases.ts";
import { closeInDirectory } from "../store/moves.ts";
import { putGroup } from "../store/groups.ts";
import { DIRECTORY } from "../store/numbering.ts";
import { selectUser } from "../store/users.ts";
import type { Scope } from "./scope.ts";

/** A webhook without a key would send what nobody can tell from a forgery. */
function requireWebhookKey({
  webhook_url,
  webhook_secret,
}: Pick<AppSettings, "webhook_url" | "webhook_secret">): void {
  if (!webhook_url || webhook_secret) return;
  throw new Refusal(
    "parameter_wrong",
    "webhook_secret is required with webhook_url: whsec_ and the base64 of 24–64 bytes",
  );
}

/** Refuses a database that is none of those there are. */
export function requireBound(env: Env, database: number): void {
  if (isBound(env, database)) return;
  const known = boundNumbers(env).join(", ");
  throw new Refusal("parameter_wrong", `database must be the number of one that is bound: ${known}`);
}

/** Databases that differ by less (bytes) are as full as one another. */
const STEP = 1_000_000;
/** Most databases that an app is tried at, where none is named. */
const MOST_TRIED = 3;

/**
 * Where an app may be placed, as the cron trigger has measured the databases last: the user databases that are least full, at
 * random among those that are as full, so that apps which are made together do not go to one; the directory where none is bound.
 */
async function leastFull({ directory, env }: Scope): Promise<number[]> {
  const bound = userDatabases(env);
  if (bound.length === 0) return [DIRECTORY];
  const kept = await keptSizes(directory, bound);
  const least = Math.min(...bound.map((number) => kept.get(number) ?? 0));
  const weighed = bound.map((number) => {
    const above = (kept.get(number) ?? 0) - least;
    return { number, weight: above < STEP ? Math.random() : above };
  });
  return weighed
    .toSorted((one, other) => one.weight - other.weight)
    .map(({ number }) => number)
    .slice(0, MOST_TRIED);
}

/** Has the database of an app's users know it: the first of these that answers. Returns the app as it is to be made. */
async function placeApp(
  { env, now, trips }: Pick<Scope, "env" | "now" | "trips">,
  places: readonly number[],
  appId: string,
  settings: AppSettings,
): Promise<App> {
  const [database = DIRECTORY, ...others] = places;
  const fresh = newApp(appId, settings, database, now);
  try {
    await copyApp(databaseFor(env, fresh, trips), fresh);
    return fresh;
  } catch (error) {
    const isElsewhere = error instanceof DatabaseFault && error.isOutOfReach && others.length > 0;
    if (!isElsewhere) throw error;
    return await placeApp({ env, now, trips }, others, appId, settings);
  }
}

/**
 * Makes an app, in the database that is named or else in the least full; refuses a taken id. The database of its users knows
 * it first: a machine that dies between the two leaves a row there that nobody uses.
 */
export async function createApp(
  scope: Scope,
  appId: string,
  settings: AppSettings & { database?: number | undefined },
): Promise<App> {
  const { directory, env } = scope;
  const { database: wanted, ...rest } = settings;
  requireWebhookKey(rest);
  if (wanted !== undefined) requireBound(env, wanted);
  const places = wanted === undefined ? await leastFull(scope) : [wanted];
  const fresh = await placeApp(scope, places, appId, rest);
  const making = [
    insertApp(directory, fresh),
    ...(fresh.database === DIRECTORY ? [] : [closeInDirectory(directory, appId)]),
  ] as const;
  const [made] = await scope.writeDirectory({ app: appId }, making, answerOfApp(fresh));
  const [app] = made;
  if (!app) throw new Refusal("app_taken");
  rememberApp(app);
  return app;
}

/** Changes the app; it holds here from the next call on, and everywhere within a minute. */
export async function setApp(scope: Scope, settings: AppSettings): Promise<App> {
  const { app: current, directory, now } = scope;
  requireWebhookKey({
    webhook_url: settings.webhook_url ?? current.webhook_url,
    webhook_secret: settings.webhook_secret ?? current.webhook_secret,
  });
  const changing = [updateApp(directory, current.app_id, settings, now)] as const;
  const [changed] = await scope.writeDirectory("the subject", changing, answerOfApp(current));
  const [app] = changed;
  if (!app) throw new Refusal("app_unknown");
  rememberApp(app);
  return app;
}

/** An admin token as it is asked for. `expire` is in ms since 1970; null for never. */
interface TokenOrder {
  name: string;
  role: Role;
  expire: number | null;
}

/** Makes an admin token; refuses a name that another one in force has. */
export async function createAdminToken(scope: Scope, { name, role, expire }: TokenOrder) {
  const { app, db, directory, now } = scope;
  const token = newToken("admin");
  const kept = {
    app_id: app.app_id,
    hash: hashToken(token),
    name,
    role,
    expires_at: expire,
    created_at: now,
  };
  const statements = [freeName(directory, kept), insertAdminToken(directory, kept)] as const;
  const [, made] = await scope.writeDirectory("the subject", statements).catch((error: unknown) => {
    throw isNameTaken(error) ? new Refusal("name_taken") : error;
  });
  const id = rowId(made);
  if (id === undefined) throw new Error("a new admin token has no id");
  await copyAdminToken(db, { ...kept, id });
  return { id, token, name, role, expire };
}

/** Revokes an admin token of the app. */
export async function dropAdminToken(scope: Scope, id: number): Promise<void> {
  const { app, db, directory, now } = scope;
  await revokeCopy(db, app.app_id, id, now);
  const [gone] = await scope.writeDirectory("the subject", [
    revokeAdminToken(directory, app.app_id, id, now),
  ]);
  if (gone.length === 0) throw new Refusal("parameter_wrong", "id must be that of an admin token in force");
}

/** Says which user a group stands for; refuses one that is none. A group outlives its owner, so the two need no transaction. */
export async function nameGroup(scope: Scope, groupId: number, ownerId: number): Promise<void> {
  const { app, db, directory } = scope;
  const owner = await db.run(selectUser(db, app.app_id, ownerId));
  if (owner.length === 0) throw new Refusal("user_unknown", "owner_id is no user of the app");
  await scope.writeDirectory("the subject", [putGroup(directory, app.app_id, groupId, ownerId)]);
}
