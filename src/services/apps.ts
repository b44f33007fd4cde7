import { Refusal } from "../domain/reasons.ts";
import { hashToken, newToken } from "../domain/tokens.ts";
import { insertAdminToken, revokeAdminToken } from "../store/admin-tokens.ts";
import { type App, type AppSettings, insertApp, rememberApp, updateApp } from "../store/apps.ts";
import { rowId } from "../store/database.ts";
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

/** Makes an app; refuses a taken id. */
export async function createApp(scope: Scope, appId: string, settings: AppSettings): Promise<App> {
  const { db, now } = scope;
  requireWebhookKey(settings);
  const [made] = await scope.write({ app: appId }, [insertApp(db, appId, settings, now)]);
  const [app] = made;
  if (!app) throw new Refusal("app_taken");
  rememberApp(app);
  return app;
}

/** Changes the app; it holds here from the next call on, and everywhere within a minute. */
export async function setApp(scope: Scope, settings: AppSettings): Promise<App> {
  const { app: current, db, now } = scope;
  requireWebhookKey({
    webhook_url: settings.webhook_url ?? current.webhook_url,
    webhook_secret: settings.webhook_secret ?? current.webhook_secret,
  });
  const [changed] = await scope.write("the subject", [updateApp(db, current.app_id, settings, now)]);
  const [app] = changed;
  if (!app) throw new Refusal("app_unknown");
  rememberApp(app);
  return app;
}

/** Makes an admin token. `expire` is in ms since 1970; null for never. */
export async function createAdminToken(scope: Scope, name: string, expire: number | null) {
  const { app, db, now } = scope;
  const token = newToken("admin");
  const kept = {
    app_id: app.app_id,
    hash: await hashToken(token),
    name,
    expires_at: expire,
    created_at: now,
  };
  const [made] = await scope.write("the subject", [insertAdminToken(db, kept)]);
  const id = rowId(made);
  if (id === undefined) throw new Error("a new admin token has no id");
  return { id, token, name, expire };
}

/** Revokes an admin token of the app. */
export async function dropAdminToken(scope: Scope, id: number): Promise<void> {
  const { app, db, now } = scope;
  const [gone] = await scope.write("the subject", [revokeAdminToken(db, app.app_id, id, now)]);
  if (gone.length === 0) throw new Refusal("parameter_wrong", "id must be that of an admin token in force");
}
