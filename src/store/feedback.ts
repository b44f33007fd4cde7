import { type SQL, and, eq, sql } from "drizzle-orm";
import type { Actor } from "../domain/actors.ts";
import { type BindingKey, OF_SETTINGS, bindingId } from "../domain/bindings.ts";
import type { FeedbackResult, Standing } from "../domain/feedback.ts";
import type { Signal } from "../domain/signals.ts";
import { type Database, writing } from "./database.ts";
import { raiseEpochs, tellOwed } from "./owed.ts";
import { owedSignals, pushBindings, pushFeedback, userSettings, users } from "./schema.ts";
import { noPushToken } from "./settings.ts";
import { inList } from "./users.ts";

/** The bindings of these keys that there are in an app, by their ids. */
export async function findBindings(
  db: Database,
  appId: string,
  keys: readonly BindingKey[],
): Promise<Map<string, Standing>> {
  const list = JSON.stringify(keys.map(({ user_id, device_sn, nonce }) => [user_id, device_sn, nonce]));
  const named = sql`(select value ->> 0, value ->> 1, value ->> 2 from json_each(${list}))`;
  const ofSettings = JSON.stringify(
    keys.filter(({ device_sn }) => device_sn === OF_SETTINGS).map(({ user_id, nonce }) => [user_id, nonce]),
  );
  const namedSettings = sql`(select value ->> 0, value ->> 1 from json_each(${ofSettings}))`;
  const [devices, settings] = await db.batch([
    db.query
      .select({
        user_id: pushBindings.user_id,
        device_sn: pushBindings.device_sn,
        nonce: pushBindings.nonce,
        bound_at: pushBindings.bound_at,
        held_until: pushBindings.held_until,
      })
      .from(pushBindings)
      .where(
        and(
          sql`(${pushBindings.user_id}, ${pushBindings.device_sn}, ${pushBindings.nonce}) in ${named}`,
          eq(pushBindings.app_id, appId),
        ),
      ),
    db.query
      .select({
        user_id: userSettings.user_id,
        device_sn: sql<number>`${OF_SETTINGS}`.as("device_sn"),
        nonce: userSettings.push_nonce,
        bound_at: userSettings.push_bound_at,
        held_until: userSettings.push_held_until,
      })
      .from(userSettings)
      .where(
        and(
          sql`(${userSettings.user_id}, ${userSettings.push_nonce}) in ${namedSettings}`,
          sql`${userSettings.push_token} is not null`,
          eq(userSettings.app_id, appId),
        ),
      ),
  ]);
  return new Map([...devices, ...settings].map((row) => [bindingId(row), row]));
}

/** What is to become of a binding. */
export interface BindingChange extends BindingKey {
  /** Until when it was held back as it was judged (ms). */
  held_until: number | null;
  /** The result that releases it; or until when it is to be held back from now on (ms). */
  to: { released: FeedbackResult } | { held_until: number | null };
}

/** Who reported, of whose app, when (ms), and by which request. */
interface Reporter {
  app_id: string;
  by: Actor;
  at: number;
  request_id: string;
}

/** The changes as one parameter: by users, so that what is of one user is found without going through those of all. */
function listOf(changes: readonly BindingChange[]): string {
  const ofUsers = Map.groupBy(changes, ({ user_id }) => user_id);
  return JSON.stringify(
    [...ofUsers].map(([user, ofUser]) => ({
      user,
      changes: ofUser.map(({ device_sn: sn, nonce, held_until: was, to }) =>
        "released" in to
          ? // That the token is gone is so, however it was held back; what is refused twice may have been delivered since.
            { sn, nonce, was, reason: to.released, whatever: to.released === "unregistered" ? 1 : 0 }
          : { sn, nonce, was, until: to.held_until, whatever: 0 },
      ),
    })),
  );
}

/**
 * The statements that change bindings where they still are those that were judged, and signal it to their users; and the
 * condition of the users of whom they changed anything. Of their results the third and the fourth are of what is released, of
 * devices and of settings.
 */
export function changeBindings(db: Database, changes: readonly BindingChange[], reporter: Reporter) {
  const { app_id, at, request_id } = reporter;
  const list = listOf(changes);
  const ids = changes.map(({ user_id }) => user_id);
  const each = sql`json_each(${list}) as each_user cross join json_each(each_user.value, '$.changes') as change`;
  const bound = sql.raw("bound");
  const own = sql.raw("own");
  const devices = sql`${each} cross join ${pushBindings} as bound on ${isDevice(bound, app_id)}`;
  const settings = sql`${each} cross join ${userSettings} as own on ${isSettings(own, app_id)}`;
  const touched = sql`${users.id} in (select bound.user_id from ${devices} union all select own.user_id from ${settings})`;

  const entry = sql`json_object('device_sn', change.value ->> 'sn', 'notifier_name', coalesce(bound.notifier_name, ''), 'session', own.push_session, 'reason', change.value ->> 'reason')`;
  const dead = sql`(select json_group_array(${entry}) from json_each(each_user.value, '$.changes') as change left join ${pushBindings} as bound on ${isDevice(bound, app_id)} left join ${userSettings} as own on ${isSettings(own, app_id)} where ${isRelease} and coalesce(bound.user_id, own.user_id) is not null)`;
  const by = sql`json(${JSON.stringify(reporter.by)})`;
  const signal = sql<Signal>`json_object('kind', 'push_feedback', 'at', ${at}, 'by', ${by}, 'request_id', ${request_id}, 'dead', json(${dead}))`;
  const owing = db.query
    .select({
      user_id: users.id,
      epoch: users.epoch,
      app_id: users.app_id,
      signal: signal.as("signal"),
      created_at: sql<number>`${at}`.as("created_at"),
    })
    .from(sql`json_each(${list}) as each_user`)
    .crossJoin(users)
    .where(and(sql`${users.id} = each_user.value ->> 'user'`, touched));
  const statements = [
    raiseEpochs(db, touched),
    writing(db.query.insert(owedSignals).select(owing)),
    writing(
      db.query
        .delete(pushBindings)
        .where(sql`rowid in (select bound.rowid from ${devices} where ${isRelease})`)
        .returning({
          user_id: pushBindings.user_id,
          device_sn: pushBindings.device_sn,
          nonce: pushBindings.nonce,
        }),
    ),
    writing(
      db.query
        .update(userSettings)
        .set(noPushToken)
        .where(sql`${userSettings.user_id} in (select own.user_id from ${settings} where ${isRelease})`)
        .returning({ user_id: userSettings.user_id }),
    ),
    clearShadows(db, ids),
    writing(
      db.query
        .update(pushBindings)
        .set({ held_until: sql`change.value ->> 'until'` })
        .from(each)
        .where(and(isDevice(sql`${pushBindings}`, app_id), isHold)),
    ),
    writing(
      db.query
        .update(userSettings)
        .set({ push_held_until: sql`change.value ->> 'until'` })
        .from(each)
        .where(and(isSettings(sql`${userSettings}`, app_id), isHold)),
    ),
  ] as const;
  const isTold = sql`exists (select 1 from ${owedSignals} where ${owedSignals.user_id} = ${users.id} and ${owedSignals.epoch} = ${users.epoch} and ${owedSignals.signal} ->> 'request_id' = ${request_id})`;
  return { statements, touched: sql`${inList(users.id, ids)} and ${isTold}` };
}

const isRelease = sql.raw("change.value ->> 'reason' is not null");
const isHold = sql.raw("change.value ->> 'reason' is null");

/** A row of a device's binding, by its table's name, is the one that a change was judged by. */
function isDevice(table: SQL, appId: string): SQL {
  const isOf = sql`${table}.user_id = each_user.value ->> 'user' and ${table}.device_sn = change.value ->> 'sn' and ${table}.app_id = ${appId}`;
  return sql`${isOf} and ${table}.nonce = change.value ->> 'nonce' and (change.value ->> 'whatever' = 1 or ${table}.held_until is change.value ->> 'was')`;
}

/** The same of a row of settings. */
function isSettings(table: SQL, appId: string): SQL {
  const isOf = sql`${table}.user_id = each_user.value ->> 'user' and change.value ->> 'sn' = ${OF_SETTINGS} and ${table}.app_id = ${appId} and ${table}.push_token is not null`;
  return sql`${isOf} and ${table}.push_nonce = change.value ->> 'nonce' and (change.value ->> 'whatever' = 1 or ${table}.push_held_until is change.value ->> 'was')`;
}

/** The statement that takes from the settings of these users what went with a device's binding that is gone. */
function clearShadows(db: Database, userIds: readonly number[]) {
  const body = sql`select 1 from ${pushBindings} where ${pushBindings.user_id} = ${userSettings.user_id} and 'device:' || ${pushBindings.device_sn} = ${userSettings.push_session}`;
  return writing(
    db.query
      .update(userSettings)
      .set(noPushToken)
      .where(
        and(
          inList(userSettings.user_id, userIds),
          sql`${userSettings.push_session} glob 'device:*'`,
          sql`not exists (${body})`,
        ),
      ),
  );
}

/** A report, and whether it is the one that releases its binding. */
export interface AnsweredReport {
  binding_id: string;
  key: BindingKey | undefined;
  isReleasing: boolean;
}

/** The answer to reports, as the database says it when their bindings are changed: what was to be released is gone by then. */
export function answerOfFeedback(appId: string, reports: readonly AnsweredReport[]): SQL {
  const rows = reports.map(({ binding_id, key, isReleasing }) => ({
    id: binding_id,
    ...(isReleasing && key && { user: key.user_id, sn: key.device_sn, nonce: key.nonce }),
  }));
  const bound = sql`exists (select 1 from ${pushBindings} where user_id = j.value ->> 'user' and device_sn = j.value ->> 'sn' and nonce = j.value ->> 'nonce')`;
  const own = sql`exists (select 1 from ${userSettings} where user_id = j.value ->> 'user' and j.value ->> 'sn' = ${OF_SETTINGS} and push_nonce = j.value ->> 'nonce' and push_token is not null)`;
  // Whom an earlier call could not tell, which changed what this one finds, is told by this one.
  const named = [...new Set(reports.flatMap(({ key }) => key?.user_id ?? []))];
  const tell = tellOwed(appId, inList(owedSignals.user_id, named));
  const released = sql`j.value ->> 'user' is not null and not ${bound} and not ${own}`;
  return sql`json_object('status', 200, 'tell', json(${tell}), 'body', json_object('code', 200, 'message', '', 'data', (select json_group_array(json_object('binding_id', j.value ->> 'id', 'released', json(iif(${released}, 'true', 'false')))) from json_each(${JSON.stringify(rows)}) as j)))`;
}

/** The statement that counts what was reported, by result. */
export function countFeedback(db: Database, appId: string, counts: Readonly<Record<string, number>>) {
  const rows = db.query
    .select({
      app_id: sql<string>`${appId}`.as("app_id"),
      result: sql<string>`key`.as("result"),
      total: sql<number>`value`.as("total"),
    })
    .from(sql`json_each(${JSON.stringify(counts)})`)
    .where(sql`true`);
  return writing(
    db.query
      .insert(pushFeedback)
      .select(rows)
      .onConflictDoUpdate({
        target: [pushFeedback.app_id, pushFeedback.result],
        set: { total: sql`${pushFeedback.total} + excluded.total` },
      }),
  );
}
