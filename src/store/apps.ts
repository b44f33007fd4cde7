import { asc, eq } from "drizzle-orm";
import { LRUCache } from "lru-cache";
import { defaultPolicy } from "../domain/policy.ts";
import { type Database, type Trips, databaseFor, writing } from "./database.ts";
import { apps } from "./schema.ts";

/** An app as stored. */
export type App = typeof apps.$inferSelect;

/** What an admin may set of an app. */
export type AppSettings = {
  [K in Exclude<keyof App, "app_id" | "created_at" | "updated_at">]?: App[K] | undefined;
};

/** How long tokens live where an app does not say (seconds): 90 days. */
const DEFAULT_TTL = 90 * 24 * 3600;

/** How long an app is taken as it was read (ms): a change made elsewhere holds here within this time. */
const FRESH = 30_000;

/** Apps as this isolate last read them. One that is not fresh is read anew, but it is known to be none that is made up. */
const recent = new LRUCache<string, { app: App; readAt: number }>({ max: 1_000 });

/** An app as on the wire: without its secrets. */
export function wireApp(app: App) {
  const {
    push_secret: _secret,
    webhook_secret: _key,
    created_at: _created,
    updated_at: _updated,
    ...shown
  } = app;
  return shown;
}

/**
 * The app of that id, at most 30 s old; undefined where there is none. `admitStranger` comes before the read of an id that
 * this isolate has never seen, as anyone can make one up; it throws where there are to be no more of them.
 */
export async function findApp(
  env: Env,
  appId: string,
  trips: Trips,
  admitStranger: () => Promise<void>,
): Promise<App | undefined> {
  const known = recent.get(appId);
  if (known && Date.now() - known.readAt < FRESH) return known.app;
  if (!known) await admitStranger();
  const db = databaseFor(env, appId, trips);
  const [app] = await db.run(db.query.select().from(apps).where(eq(apps.app_id, appId)));
  return app && rememberApp(app);
}

/** All apps by id: the holder of the root key asks for all of them (SCAN apps), and nobody else for any but one. */
export async function listApps(db: Database): Promise<App[]> {
  return await db.run(db.query.select().from(apps).orderBy(asc(apps.app_id)));
}

/** The statement that makes an app; it returns nothing where the id is taken. */
export function insertApp(db: Database, appId: string, settings: AppSettings, now: number) {
  return writing(
    db.query
      .insert(apps)
      .values({
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
        created_at: now,
        updated_at: now,
      })
      .onConflictDoNothing()
      .returning(),
  );
}

/** The statement that changes an app and returns it. */
export function updateApp(db: Database, appId: string, settings: AppSettings, now: number) {
  return writing(
    db.query
      .update(apps)
      .set({ ...settings, updated_at: now })
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
