import { type SQL, and, asc, eq, gt, gte, lt, or, sql } from "drizzle-orm";
import { endOfPrefix, foldName } from "../domain/names.ts";
import type { Builder, Database } from "./database.ts";
import { LOOK, type Page, cutLook, cutPage } from "./look.ts";
import { type Slots, preparedRead } from "./prepared.ts";
import { userCounts, users } from "./schema.ts";

/** Which users to list. */
export interface UserFilter {
  /** Behind which the page begins: an id or, with a keyword, the folded name. */
  after: number | string | undefined;
  /** How many are passed over first: each of them is read. Undefined where the page has no number. */
  offset: number | undefined;
  limit: number;
  status: number | undefined;
  /** What the folded name begins with. */
  keyword: string | undefined;
}

/** A user as listed; `name` is the folded one. */
export interface ListedUser {
  user_id: number;
  username: string;
  name: string;
  status: number;
}

/** A page of users, and how many match: with a keyword, of the first `LOOK` names that begin so. */
export interface UserPage extends Page<ListedUser> {
  total: number;
}

/** Disabled at this instant: a ban whose end has passed counts no more. */
export function isDisabled(now: number | SQL): SQL<number> {
  return sql<number>`(${users.status} = 1 and (${users.disabled_until} is null or ${users.disabled_until} > ${now}))`;
}

/** The users that the page is read of, as a range of one index, and the column which that index has them by. */
function rangeOf(appId: string, { after, status, keyword }: UserFilter) {
  const ofApp = eq(users.app_id, appId);
  if (keyword === undefined) {
    // As text, for the index of the disabled alone.
    const stored = status === 1 ? sql`${users.status} = 1` : undefined;
    return {
      by: users.id,
      range: and(ofApp, stored, after === undefined ? undefined : gt(users.id, Number(after))),
    };
  }
  const begin = foldName(keyword);
  const end = endOfPrefix(begin);
  const from = after === undefined ? gte(users.username_key, begin) : gt(users.username_key, String(after));
  return {
    by: users.username_key,
    range: and(ofApp, from, end === undefined ? undefined : lt(users.username_key, end)),
  };
}

/** Users by id or, with a keyword, by folded name; and how many there are, in one trip. */
export async function listUsers(
  db: Database,
  appId: string,
  filter: UserFilter,
  now: number,
): Promise<UserPage> {
  const { limit, status, offset } = filter;
  const counting = countUsers(db, appId, filter, now);
  if (status === undefined || offset !== undefined) {
    const [read, [counted]] = await db.batch([numbered(db, appId, filter, now), counting]);
    return { ...cutPage(read, limit), total: counted?.total ?? 0 };
  }
  const [read, [counted]] = await db.batch([lookedThrough(db, appId, { ...filter, status }, now), counting]);
  return { ...cutLook(read, limit), total: counted?.total ?? 0 };
}

/** All of an app's users are asked for, from one on: what those ask who go through them. */
const isPlain = ({ offset, status, keyword }: UserFilter) =>
  offset === undefined && status === undefined && keyword === undefined;

const plainPage = preparedRead(pageOfAll);
const plainCount = preparedRead(countOfAll);

type Plain = Slots<{ app: string; after: UserFilter["after"]; most: number; now: number }>;

function pageOfAll(query: Builder, given: Plain) {
  const after = given.maybe("after");
  return query
    .select(listedColumns(given.of("now")))
    .from(users)
    .where(and(eq(users.app_id, given.of("app")), after && gt(users.id, after)))
    .orderBy(asc(users.id))
    .limit(given.placeholder("most"));
}

function countOfAll(query: Builder, given: Slots<{ app: string }>) {
  return query
    .select({ total: sql<number>`coalesce(sum(${userCounts.total}), 0)`.as("total") })
    .from(userCounts)
    .where(eq(userCounts.app_id, given.of("app")));
}

const listedColumns = (now: number | SQL) => ({
  user_id: users.id,
  username: users.username,
  name: users.username_key,
  status: isDisabled(now).as("status_now"),
});

/** The statement that reads a page as far as it goes: all of its range is shown, or it has a number. */
function numbered(db: Database, appId: string, filter: UserFilter, now: number) {
  const { after, limit } = filter;
  if (isPlain(filter)) return plainPage(db, { app: appId, after, most: limit + 1, now });
  const { by, range } = rangeOf(appId, filter);
  const disabled = isDisabled(now);
  return db.query
    .select(listedColumns(now))
    .from(users)
    .where(and(range, filter.status === undefined ? undefined : sql`${disabled} = ${filter.status}`))
    .orderBy(asc(by))
    .limit(limit + 1)
    .offset(filter.offset ?? 0);
}

/** The statement that reads a page of those of its range that have a status at this moment. */
function lookedThrough(db: Database, appId: string, filter: UserFilter & { status: number }, now: number) {
  const { by, range } = rangeOf(appId, filter);
  const looked = db.query
    .select({
      ...listedColumns(now),
      place: sql<number>`row_number() over (order by ${by})`.as("place"),
    })
    .from(users)
    .where(range)
    .orderBy(asc(by))
    .limit(LOOK)
    .as("looked");
  const fits = eq(looked.status, filter.status);
  const isLast = eq(looked.place, LOOK);
  // In the order in which they were looked at: to sort them here would look at all of them for every page.
  return db.query
    .select({
      user_id: looked.user_id,
      username: looked.username,
      name: looked.name,
      status: looked.status,
      fits: sql<number>`${fits}`.as("fits"),
      isLast: sql<number>`${isLast}`.as("is_last"),
    })
    .from(looked)
    .where(or(fits, isLast))
    .limit(filter.limit + 1);
}

/** The statement that says how many users match: as triggers have counted them or, with a keyword, counted to a bound. */
function countUsers(db: Database, appId: string, filter: UserFilter, now: number) {
  const { status, keyword } = filter;
  const disabled = isDisabled(now);
  if (keyword !== undefined) {
    const { by, range } = rangeOf(appId, { ...filter, after: undefined });
    const found = db.query
      .select({ status: (status === undefined ? sql<number>`0` : disabled).as("status_now") })
      .from(users)
      .where(range)
      .orderBy(asc(by))
      .limit(LOOK)
      .as("found");
    return db.query
      .select({ total: sql<number>`count(*)`.as("total") })
      .from(found)
      .where(status === undefined ? undefined : eq(found.status, status));
  }
  if (status === undefined) return plainCount(db, { app: appId });
  // Those whose ban is over and whose row does not say so yet are counted with the disabled: as text, for their index.
  const over = db.query
    .select({ id: users.id })
    .from(users)
    .where(
      sql`${users.app_id} = ${appId} and ${users.status} = 1 and ${users.disabled_until} is not null and ${users.disabled_until} <= ${now}`,
    )
    .limit(LOOK)
    .as("over");
  const ended = db.query.select({ total: sql<number>`count(*)`.as("ended") }).from(over);
  const moved = status === 1 ? sql`-(${ended})` : status === 0 ? sql`(${ended})` : sql`0`;
  return db.query
    .select({
      total: sql<number>`coalesce(sum(${userCounts.total}), 0) + ${moved}`.as("total"),
    })
    .from(userCounts)
    .where(and(eq(userCounts.app_id, appId), eq(userCounts.status, status)));
}
