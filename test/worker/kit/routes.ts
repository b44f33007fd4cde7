import { z } from "zod";
import { type App, type Client, type User, dataOf } from "./client.ts";
import { PushRoute, done } from "./wire.ts";

/** A route as on the wire. */
export type Route = z.infer<typeof PushRoute>;

/** Asks where pushes to users go; `more` is what else is asked. */
export async function routesOf(
  app: App,
  list: readonly number[],
  more: Record<string, unknown> = {},
): Promise<Route[]> {
  return dataOf(await app.admin.post("/admin/push/route", { list, ...more }), z.array(PushRoute));
}

/** The same of one user. */
export async function routeOf(app: App, user: User, more: Record<string, unknown> = {}): Promise<Route> {
  const [route] = await routesOf(app, [user.id], more);
  if (!route) throw new Error("no route");
  return route;
}

/** Whether a push is let through, and why not. */
export async function saidOf(app: App, user: User, more: Record<string, unknown> = {}): Promise<string> {
  const { push, reason } = await routeOf(app, user, more);
  return push ? "pushed" : reason;
}

/** The push tokens that a push goes to. */
export async function tokensOf(app: App, user: User, more: Record<string, unknown> = {}): Promise<string[]> {
  return (await routeOf(app, user, more)).devices.map((device) => device.device_token);
}

/** Binds a push token to a device. */
export async function bind(
  client: Client,
  device_sn: number | undefined,
  device_token: string,
  notifier_name = "apns",
): Promise<void> {
  await done(client.post("/user/token/bind", { device_sn, device_token, notifier_name }));
}

/** A user whose phone has a push token. */
export async function withPhone(app: App, token = "phone-token") {
  const { user, session } = await app.session({ device_guid: "phone", platform: 1 });
  await bind(session, 1, token);
  return { user, session };
}
