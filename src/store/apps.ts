import { type SQL, and, asc, eq, sql } from "drizzle-orm";
import { LRUCache } from "lru-cache";
import { defaultPolicy } from "../domain/policy.ts";
import { newTag } from "../domain/tokens.ts";
import { type Database, type Trips, databaseFor, directoryOf, writing, noTrips } from "./database.ts";
import { DIRECTORY } from "./numbering.ts";
import { apps } from "./schema.ts";

/** An app as stored. */
export type App = typeof apps.$inferSelect;

/** What an admin may set of an app. */
export type AppSettings = {
  [K in Exclude<keyof App, "app_id" | "database" | "tag" | "created_at" | "updated_at">]?: App[K] | undefined;
};

/** How long tokens live where an app does not say (seconds): 90 days. */
const DEFAULT_TTL = 90 * 24 * 3600;

/** The zone of an app that does not say: that of the product's own service. */
const DEFAULT_ZONE = "Asia/Shanghai";

/**
 * Reads how long an app is taken as it was read (ms): a change made elsewhere holds here within this time, which is no more
 * than admins are promised.
 */
export function parseAppCache(text: string): number {
  const ms = /^[1-9]\d{3,4}$/.test(text) ? Number(text) : 0;
  if (ms < 1_000 || ms > 30_000) throw new Error("APP_CACHE_MS must be milliseconds from 1000 to 30000");
  return ms;
}

const cachedFor = (env: Env) => parseAppCache(env.APP_CACHE_MS);

/**
 * How long an app may be taken for where it was (ms), once it stands elsewhere: as long as it is taken as it was read, and
 * half as long again for the calls that have begun with it.
 */
export const believedFor = (env: Env) => Math.ceil(cachedFor(env) * 1.5);

/** Apps as this isolate last read them. One that is not fresh is read anew, but it is known to be none that is made up. */
const recent = new LRUCache<string, { app: App; readAt: number }>({ max: 1_000 });

/** An app as on the wire: without its secrets. */
export function wireApp(app: App) {
  const {
    push_secret: _secret,
    webhook_secret: _key,
    tag: _tag,
    created_at: _created,
    updated_at: _updated,
    ...shown
  } = app;
  return shown;
}

/**
 * The app of that id, as old as `APP_CACHE_MS` allows; undefined where there is none. `admitStranger` comes before the read of an id that
 * this isolate has never seen, as anyone can make one up; it throws where there are to be no more of them.
 */
export async function findApp(
  env: Env,
  appId: string,
  trips: Trips,
  admitStranger: () => Promise<void>,
): Promise<App | undefined> {
  const known = recent.get(appId);
  if (known && Date.now() - known.readAt < cachedFor(env)) return known.app;
  if (!known) await admitStranger();
  return await readApp(env, appId, trips);
}

/** The app as the directory has it at this moment; undefined where there is none. */
export async function readApp(env: Env, appId: string, trips: Trips): Promise<App | undefined> {
  const app = await selectApp(directoryOf(env, trips), appId);
  return app && rememberApp(app);
}

/** The same, and the isolate remembers nothing of it. */
export async function selectApp(directory: Database, appId: string): Promise<App | undefined> {
  const [app] = await directory.run(directory.query.select().from(apps).where(eq(apps.app_id, appId)));
  return app;
}

/**
 * The database where a user's token may stand whose app nothing says but its tag; undefined where the tag is no app's. A token
 * without one is from before there were any, and from the directory.
 */
export async function databaseOfTag(
  env: Env,
  tag: string | undefined,
  trips: Trips,
): Promise<Database | undefined> {
  const directory = directoryOf(env, trips);
  if (tag === undefined) return directory;
  // The index has those with a tag: said as it says it, so that it is used.
  const isTagged = and(eq(apps.tag, tag), sql`${apps.tag} <> ''`);
  const [app] = await directory.run(
    directory.query.select({ database: apps.database }).from(apps).where(isTagged),
  );
  return app && databaseFor(env, app, trips);
}

/** An app, and the database where its users stand. */
export interface OpenedApp {
  app: App;
  db: Database;
}

/**
 * Opens an app of which only the id is known, as `findApp` does: for hubs, queues and all else that no caller can name an app
 * to that is none.
 */
export async function openApp(env: Env, appId: string, trips: Trips): Promise<OpenedApp> {
  const app = await findApp(env, appId, trips, async () => undefined);
  if (!app) throw new Error("a hub or a queue names an app that is none");
  return { app, db: databaseFor(env, app, trips) };
}

/** The database where the users of such an app stand. */
export async function openDatabase(env: Env, appId: string): Promise<Database> {
  return (await openApp(env, appId, noTrips())).db;
}

/** All apps by id: the holder of the root key asks for all of them (SCAN apps), and nobody else for any but one. */
export async function listApps(directory: Database): Promise<App[]> {
  return await directory.run(directory.query.select().from(apps).orderBy(asc(apps.app_id)));
}

/** The statement that makes an app; it returns nothing where the id is taken. */
export function insertApp(db: Database, app: App) {
  return writing(db.query.insert(apps).values(app).onConflictDoNothing().returning());
}

/**
 * Has the database of an app's users know the app, as they refer to it; of that row only the id counts. Where the app stands
 * in the directory it is known there.
 */
export async function copyApp(db: Database, app: App): Promise<void> {
  if (db.number === DIRECTORY) return;
  await db.runUnrecorded("bookkeeping", insertApp(db, app));
}

/** A new app of that id, whose users stand in that database. */
export function newApp(appId: string, settings: AppSettings, database: number, now: number): App {
  return {
    app_id: appId,
    name: settings.name ?? "",
    status: settings.status ?? 0,
    registration: settings.registration ?? "open",
    token_ttl: settings.token_ttl ?? DEFAULT_TTL,
    sign_in_policy: settings.sign_in_policy ?? defaultPolicy,
    push_secret: settings.push_secret ?? "",
    device_ttl: settings.device_ttl ?? 0,
    webhook_url: settings.webhook_url ?? "",
    webhook_secret: settings.webhook_secret ?? "",
    allowed_origins: settings.allowed_origins ?? ["*"],
    time_zone: settings.time_zone ?? DEFAULT_ZONE,
    database,
    tag: newTag(),
    created_at: now,
    updated_at: now,
  };
}

/** A later `updated_at` than any before it, whatever the clocks of two machines say: by it an isolate knows the newest. */
export function laterThan(now: number) {
  return sql<number>`max(${apps.updated_at} + 1, ${now})`;
}

const jsonColumns = new Set(["sign_in_policy", "allowed_origins"]);

/** The answer of an app as on the wire, as the database says it when the app is written: see `wireApp`. */
export function answerOfApp(app: App): SQL {
  const fields = Object.keys(wireApp(app)).map((name) => {
    const column = sql.raw(name);
    return sql`${name}, ${jsonColumns.has(name) ? sql`json(${column})` : column}`;
  });
  const shown = sql`(select json_object(${sql.join(fields, sql`, `)}) from ${apps} where app_id = ${app.app_id})`;
  return sql`json_object('status', 200, 'body', json_object('code', 200, 'message', '', 'data', json(${shown})))`;
}

/** The statement that changes an app and returns it. */
export function updateApp(db: Database, appId: string, settings: AppSettings, now: number) {
  return writing(
    db.query
      .update(apps)
      .set({ ...settings, updated_at: laterThan(now) })
      .where(eq(apps.app_id, appId))
      .returning(),
  );
}

/** Makes a change hold from the next call here on; a read that began before it does not undo it. Returns what holds. */
export function rememberApp(app: App): App {
  const known = recent.get(app.app_id)?.app;
  const newest = known && known.updated_at > app.updated_at ? known : app;
  recent.set(app.app_id, { app: newest, readAt: Date.now() });
  return newest;
}
