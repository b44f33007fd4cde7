import { and, asc, desc, eq, isNotNull, isNull, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import type { FeedbackResult } from "../domain/feedback.ts";
import { owedSignals, pushFeedback, userCounts, users, webhookEvents } from "./schema.ts";

/** How far what waits is counted: whether it is hundreds or thousands, somebody has to look. */
export const COUNTED = 100;

/** How an app is: users by status, and what waits, each counted to `COUNTED`; of signals among the oldest of its database. */
export interface Overview {
  users: number;
  disabled: number;
  owed: number;
  /** Since when the oldest of them is owed (ms); null where none is. */
  owed_since: number | null;
  events_waiting: number;
  events_dead: number;
  /** How often senders have reported each result of a push, since there is the app. */
  push_feedback: Record<FeedbackResult, number>;
}

const count = (name: string) => sql<number>`count(*)`.as(name);

/** Reads how an app is, in one trip whose cost does not grow with the app. */
export async function readOverview(db: Database, appId: string): Promise<Overview> {
  const counts = db.query
    .select({ status: userCounts.status, total: userCounts.total })
    .from(userCounts)
    .where(eq(userCounts.app_id, appId));
  // The first of an index, up to a bound (SCAN owed_signals).
  const oldest = db.query
    .select({ app_id: owedSignals.app_id, created_at: owedSignals.created_at })
    .from(owedSignals)
    .orderBy(asc(owedSignals.created_at))
    .limit(COUNTED)
    .as("oldest");
  const owed = db.query
    .select({
      owed: count("owed"),
      since: sql<number | null>`min(${oldest.created_at})`.as("since"),
    })
    .from(oldest)
    .where(eq(oldest.app_id, appId));
  const feedback = db.query
    .select({ result: pushFeedback.result, total: pushFeedback.total })
    .from(pushFeedback)
    .where(eq(pushFeedback.app_id, appId));
  const [byStatus, [signals], [waiting], [dead], reports] = await db.batch([
    counts,
    owed,
    countEvents(db, appId, false),
    countEvents(db, appId, true),
    feedback,
  ]);
  const reported = (result: FeedbackResult) => reports.find((row) => row.result === result)?.total ?? 0;
  const sum = (rows: typeof byStatus) => rows.reduce((all, { total }) => all + total, 0);
  return {
    users: sum(byStatus),
    disabled: sum(byStatus.filter(({ status }) => status === 1)),
    owed: signals?.owed ?? 0,
    owed_since: signals?.since ?? null,
    events_waiting: waiting?.events ?? 0,
    events_dead: dead?.events ?? 0,
    push_feedback: {
      unregistered: reported("unregistered"),
      bad_token: reported("bad_token"),
      delivered: reported("delivered"),
    },
  };
}

/** The ids of some users of an app, at random and each once; of all, where there are no more than `most`. */
export async function sampleUsers(db: Database, appId: string, most: number): Promise<number[]> {
  const ofApp = eq(users.app_id, appId);
  const [first, last] = await db.batch([
    db.query
      .select({ id: users.id })
      .from(users)
      .where(ofApp)
      .orderBy(asc(users.id))
      .limit(most + 1),
    db.query.select({ id: users.id }).from(users).where(ofApp).orderBy(desc(users.id)).limit(1),
  ]);
  const [low, high] = [first[0]?.id, last[0]?.id];
  if (low === undefined || high === undefined || first.length <= most) return first.map(({ id }) => id);
  // Ids of one app stand between those of others: the next one behind a place at random.
  const places = Array.from({ length: most }, () => low + Math.floor(Math.random() * (high - low + 1)));
  const next = sql<number>`(select ${users.id} from ${users} where ${ofApp} and ${users.id} >= value order by ${users.id} limit 1)`;
  const found = await db.run(
    db.query.select({ id: next.as("next") }).from(sql`json_each(${JSON.stringify(places)})`),
  );
  return [...new Set(found.map(({ id }) => id))];
}

function countEvents(db: Database, appId: string, isDead: boolean) {
  const is = isDead ? isNotNull : isNull;
  const found = db.query
    .select({ id: webhookEvents.id })
    .from(webhookEvents)
    .where(and(eq(webhookEvents.app_id, appId), is(webhookEvents.dead_at)))
    .limit(COUNTED)
    .as("found");
  return db.query.select({ events: count("events") }).from(found);
}
