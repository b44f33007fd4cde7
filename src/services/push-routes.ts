import type { PushOrder, PushReason, RoutedDevice } from "../domain/push-route.ts";
import type { Routed } from "../hub/push-routes.ts";
import { selectExisting } from "../store/users.ts";
import { pooled, welcome } from "./deliver.ts";
import type { Scope } from "./scope.ts";
import { noteSeen, wasSeen } from "./seen-users.ts";

/** A push token that a push is to go to, and how it is shown there. */
export interface ShownDevice extends RoutedDevice {
  nick_name: string;
  /** What the push says may be shown. */
  detail: boolean;
  sound: boolean;
  vibrate: boolean;
}

/** What is said of a push to one user; `reason` is "" where it is let through. */
export interface PushRoute {
  user_id: number;
  push: boolean;
  reason: PushReason | "";
  /** When a push would be let through (ms); null where time alone does not lift what bars it, and where nothing does. */
  until: number | null;
  badge: number;
  devices: ShownDevice[];
}

/**
 * Says of a push to each of these users whether it is let through and where it goes, by their hubs and in the order given; one
 * that is named twice is asked once. `add` counts the push on the badges. Of who is no user of the app no hub is asked, as
 * asking would make one.
 */
export async function routePushes(
  scope: Scope,
  userIds: readonly number[],
  order: PushOrder,
  add: number,
): Promise<PushRoute[]> {
  const ids = [...new Set(userIds)];
  if (add > 0) await scope.letIn();
  const there = await existing(scope, ids);
  const ask = async (userId: number): Promise<[number, PushRoute]> => {
    return [userId, routeOf(userId, await scope.hub(userId).call((hub) => hub.route(order, add)))];
  };
  const routes = new Map(
    await pooled(
      ids.filter((userId) => there.has(userId)),
      ask,
      AT_ONCE,
    ),
  );
  return userIds.map((userId) => routes.get(userId) ?? unknownRoute(userId));
}

/** How many hubs are asked at once: all that one call may name, as the runtime itself has those wait that are too many for it. */
const AT_ONCE = 100;

async function existing(scope: Scope, ids: readonly number[]): Promise<Set<number>> {
  const { app, db } = scope;
  const { app_id } = app;
  const there = ids.filter((id) => wasSeen(app_id, id));
  const strange = ids.filter((id) => !wasSeen(app_id, id));
  if (strange.length === 0) return new Set(there);
  const found = await db.run(selectExisting(db, app_id, strange));
  // Nobody asks a hub of a user who brings something along before it has that.
  const arrived = found.flatMap(({ id, is_new }) => (is_new === 1 ? [id] : []));
  if (arrived.length > 0) await welcome(scope, arrived);
  for (const { id } of found) noteSeen(app_id, id);
  return new Set([...there, ...found.map(({ id }) => id)]);
}

function unknownRoute(user_id: number): PushRoute {
  return { user_id, push: false, reason: "user_unknown", until: null, badge: 0, devices: [] };
}

function routeOf(user_id: number, routed: Routed): PushRoute {
  const { badge } = routed;
  if (!routed.push) {
    const { reason, until } = routed;
    return { user_id, push: false, reason, until, badge, devices: [] };
  }
  const { nick_name, detail, sound, vibrate } = routed;
  const devices = routed.devices.map((device) => ({ ...device, nick_name, detail, sound, vibrate }));
  return { user_id, push: true, reason: "", until: null, badge, devices };
}
