import { env } from "cloudflare:workers";
import { z } from "zod";
import { OF_SETTINGS, bindingId } from "../../../src/domain/bindings.ts";
import { type App, type Client, type Session, dataOf } from "./client.ts";
import * as wire from "../../wire.ts";
import { FeedbackRow, done } from "./wire.ts";

/** Who has a push token, and where: serial 0 is that of the settings. */
export interface Holding {
  user_id: number;
  device_sn: number;
  notifier_name: string;
  device_token: string;
  held_until: number | null;
  binding_id: string;
}

const Row = z.object({
  user_id: z.int(),
  device_sn: z.int(),
  notifier_name: z.string(),
  device_token: z.string(),
  held_until: z.int().nullable(),
  nonce: z.string(),
});

/** All push tokens of an app's users, as D1 has them. What went with a device's registration is that device's. */
export async function holdings(app: { id: string }, DB = env.DB): Promise<Holding[]> {
  const { results } = await DB.prepare(
    `select user_id, device_sn, notifier_name, device_token, held_until, nonce from push_bindings where app_id = ?1
     union all select user_id, ${OF_SETTINGS}, '', push_token, push_held_until, push_nonce from user_settings
       where app_id = ?1 and push_token is not null and coalesce(push_session, '') not glob 'device:*'
     order by user_id, device_sn`,
  )
    .bind(app.id)
    .all();
  return z
    .array(Row)
    .parse(results)
    .map(({ nonce, ...row }) => ({ ...row, binding_id: bindingId({ ...row, nonce }) }));
}

/** The id of the binding of a user's device, or of the settings' push token by the serial 0. */
export async function bindingIdOf(
  app: { id: string },
  user: { id: number },
  sn: number,
  DB = env.DB,
): Promise<string> {
  const found = (await holdings(app, DB)).find((row) => row.user_id === user.id && row.device_sn === sn);
  if (!found) throw new Error(`nothing is bound to ${sn}`);
  return found.binding_id;
}

/** A report of what a provider made of a push. */
export interface Report {
  binding_id: string;
  result: "unregistered" | "bad_token" | "delivered";
  at?: number;
}

/** Reports; says of each whether it released its push token. */
export async function report(admin: Client, ...list: Report[]): Promise<boolean[]> {
  const rows = dataOf(await admin.post("/admin/push/feedback", { list }), z.array(FeedbackRow));
  const ids = rows.map(({ binding_id }) => binding_id);
  if (ids.join() !== list.map(({ binding_id }) => binding_id).join()) throw new Error("rows out of order");
  return rows.map(({ released }) => released);
}

/** How often what was reported in an app, by results that were reported at all. */
export async function countsOf({ admin }: App): Promise<Record<string, unknown>> {
  const { push_feedback } = dataOf(await admin.get("/admin/overview"), wire.Overview);
  return Object.fromEntries(Object.entries(push_feedback).filter(([, total]) => total > 0));
}

/** A user whose phone has a push token. */
export async function newPhone(app: App, device_token = "token") {
  const { user, session: phone } = await app.session({ device_guid: "phone" });
  await bind(phone, device_token);
  return { user, phone, id: await bindingIdOf(app, user, 1) };
}

/** Binds a push token to a session's device. */
export async function bind(session: Session, device_token: string): Promise<void> {
  const binding = { device_sn: session.deviceSn, device_token, notifier_name: "apns" };
  await done(session.post("/user/token/bind", binding));
}

/** The report that a token is gone; `at` in ms. */
export const unregistered = (binding_id: string, at?: number): Report => ({
  binding_id,
  result: "unregistered",
  ...(at !== undefined && { at }),
});

/** The report that a provider refuses a token. */
export const bad = (binding_id: string): Report => ({ binding_id, result: "bad_token" });
