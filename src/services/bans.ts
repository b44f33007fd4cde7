import { z } from "zod";
import { nameActor } from "../domain/actors.ts";
import { Id } from "../domain/fields.ts";
import { reasons } from "../domain/reasons.ts";
import type { DeviceReceipt, Signal } from "../domain/signals.ts";
import { type BanOrder, insertBans, liftBans, setStatus } from "../store/bans.ts";
import { answerOfStatus } from "../store/kept-answers.ts";
import { oweSignal, owedTo } from "../store/owed.ts";
import { these, theseUsers } from "../store/users.ts";
import { hasWebhook, insertUserEvents } from "../store/webhooks.ts";
import { UNTOLD, courierOf, deliver } from "./deliver.ts";
import type { Scope } from "./scope.ts";

/** The longest a ban may be set for (ms): ten years. */
export const LONGEST_BAN = 10 * 366 * 24 * 3600 * 1000;

/** What became of one user of a list. */
export interface StatusRow {
  user_id: number;
  success: boolean;
  reason: string;
  devices: DeviceReceipt[];
}

/**
 * Disables users: when this returns with a row's success, none of that user's sessions lives, no socket is open and no
 * sign-in is let through. The status, the history and the signal are one transaction.
 */
export async function disableUsers(
  scope: Scope,
  list: readonly unknown[],
  order: BanOrder,
): Promise<StatusRow[]> {
  const { now: at, by, from } = scope;
  const signal: Signal = { kind: "disabled", reason: order.reason, until: order.until, at, by, from };
  return await changeStatus(scope, list, 1, signal, order);
}

/** Enables users: they can sign in again. What the ban ended stays ended. */
export async function enableUsers(scope: Scope, list: readonly unknown[]): Promise<StatusRow[]> {
  return await changeStatus(
    scope,
    list,
    0,
    { kind: "enabled", at: scope.now, by: scope.by, from: scope.from },
    undefined,
  );
}

const unknown = (user_id: number): StatusRow => ({
  user_id,
  success: false,
  reason: reasons.user_unknown.message,
  devices: [],
});

async function changeStatus(
  scope: Scope,
  list: readonly unknown[],
  status: 0 | 1,
  signal: Signal,
  order: BanOrder | undefined,
): Promise<StatusRow[]> {
  const { app, db, now } = scope;
  const rows = list.map((each) => Id.safeParse(each));
  const ids = [...new Set(rows.flatMap((row) => (row.success ? [row.data] : [])))];
  const whichUsers = these(app.app_id, ids);
  const actor = nameActor(scope.by);
  const about = { by: actor, at: now };
  const rowOf = (row: (typeof rows)[number], receipts: DeviceReceipt[] | undefined): StatusRow => {
    if (!row.success) {
      const reason = `list must hold user ids: ${z.globalRegistry.get(Id)?.description}`;
      return { user_id: 0, success: false, reason, devices: [] };
    }
    if (receipts === undefined) return { user_id: row.data, success: false, reason: UNTOLD, devices: [] };
    return { user_id: row.data, success: true, reason: "", devices: receipts };
  };
  const answer = answerOfStatus(
    app.app_id,
    rows.map((row) => {
      if (!row.success) return { key: null, mark: 0, won: null, lost: rowOf(row, []) };
      return { key: row.data, mark: 0, won: rowOf(row, []), lost: unknown(row.data) };
    }),
  );
  const eventOf = () => {
    const which = theseUsers(app.app_id, ids);
    if (!order) return insertUserEvents(db, app, which, "user.enabled", about, now);
    const { reason, until } = order;
    return insertUserEvents(db, app, which, "user.disabled", { ...about, reason, until }, now);
  };
  const statements = [
    setStatus(db, whichUsers, status, order?.until ?? null),
    oweSignal(db, whichUsers, signal, now),
    owedTo(db, ids),
    liftBans(db, whichUsers, actor, now),
    ...(order ? [insertBans(db, whichUsers, order, actor, now)] : []),
    ...(hasWebhook(app) ? [eventOf()] : []),
  ] as const;
  const [changed, , owed] = await scope.write({ users: whichUsers }, statements, answer);
  scope.queueEvents();
  const known = new Set(changed.map((row) => row.id));
  const deliveries = await deliver(
    courierOf(scope),
    owed.filter((row) => known.has(row.user_id)),
  );
  // Whom a hub was not told of is told by a repeat: until then what was kept with the effect stands.
  const receipts = deliveries.map((delivery) => delivery.receipts);
  if (receipts.every((each) => each !== undefined) && receipts.some((each) => each.length > 0))
    scope.keepAnew();
  const devices = new Map(deliveries.map((delivery) => [delivery.user_id, delivery.receipts]));
  return rows.map((row) => {
    if (row.success && !known.has(row.data)) return unknown(row.data);
    return rowOf(row, row.success ? devices.get(row.data) : []);
  });
}
