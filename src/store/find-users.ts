import { type SQL, and, asc, between, eq, gt, gte, inArray, lt } from "drizzle-orm";
import { z } from "zod";
import { DeviceGuid, MAX_ID } from "../domain/fields.ts";
import { canonicalMobile } from "../domain/mobile.ts";
import { endOfPrefix, foldEmail, foldName } from "../domain/names.ts";
import { momentOf } from "../domain/request-ids.ts";
import { hashToken, tokenKind } from "../domain/tokens.ts";
import type { Database } from "./database.ts";
import { LOOK } from "./look.ts";
import { audit, tokens, users } from "./schema.ts";
import { whoNamed } from "./seen-devices.ts";
import { isDisabled } from "./user-list.ts";

/** What a user can be found by, in the order in which it counts. */
export const matches = [
  "token",
  "request_id",
  "id",
  "external_id",
  "mobile",
  "email",
  "device_guid",
  "name",
] as const;

type Match = (typeof matches)[number];

/** Most users who are found by a device, those who came last first, or by a request. */
const MOST_OF_ONE = 20;
/** Most users that a text can name exactly: one each, two by a number that is written without its +, and those of a device. */
const MOST_EXACT = 5 + MOST_OF_ONE;

/**
 * How long after a request came its records are looked for (ms), and how long before, as clocks differ. `LOOK` of the app's records are
 * looked at within it, the first of them.
 */
const RECORDED = { before: 2_000, after: 60_000 };

/** Where a page begins: behind so many of those who are named exactly, or behind a folded name. */
export type FoundPlace = { exact: number } | { name: string };

/** A user as found; `name` is the folded one. */
const Row = z.object({
  user_id: z.int(),
  username: z.string(),
  name: z.string(),
  nick_name: z.string(),
  mobile: z.string(),
  email: z.string(),
  external_id: z.string().nullable(),
  status: z.int(),
  created_at: z.int(),
});

export type FoundUser = z.infer<typeof Row> & { matched_by: Match };

const columnsAt = (now: number) => ({
  user_id: users.id,
  username: users.username,
  name: users.username_key,
  nick_name: users.nick_name,
  mobile: users.mobile,
  email: users.email,
  external_id: users.external_id,
  status: isDisabled(now).as("status_now"),
  created_at: users.created_at,
});

/** The forms of a mobile number that a text may be: as it is unique, and with the + that it may lack. */
function mobilesOf(text: string): string[] {
  if (!/^\+?[0-9]{8,15}$/.test(text)) return [];
  return [...new Set([canonicalMobile(text), text.startsWith("+") ? text : `+${text}`])];
}

/** What names a user exactly, each by a unique index. */
function exactly(text: string): { by: Match; which: SQL }[] {
  const id = /^[1-9][0-9]{0,15}$/.test(text) ? Number(text) : undefined;
  const mobiles = mobilesOf(text);
  return [
    ...(id !== undefined && id <= MAX_ID ? [{ by: "id" as const, which: eq(users.id, id) }] : []),
    { by: "external_id" as const, which: eq(users.external_id, text) },
    ...(mobiles.length > 0 ? [{ by: "mobile" as const, which: inArray(users.mobile_key, mobiles) }] : []),
    ...(text.includes("@") ? [{ by: "email" as const, which: eq(users.email_key, foldEmail(text)) }] : []),
  ];
}

/** The statement that reads who has named a device. */
function ofDevice(db: Database, appId: string, guid: string, columns: ReturnType<typeof columnsAt>) {
  const named = whoNamed(db, appId, guid, MOST_OF_ONE);
  return db.query
    .select(columns)
    .from(named)
    .innerJoin(users, and(eq(users.id, named.user_id), eq(users.app_id, appId)));
}

/** The statement that reads of whom there are records of a request that came at a moment (ms). */
function ofRequest(
  db: Database,
  appId: string,
  { requestId, at }: { requestId: string; at: number },
  columns: ReturnType<typeof columnsAt>,
) {
  const looked = db.query
    .select({ subject: audit.subject, request_id: audit.request_id })
    .from(audit)
    .where(and(eq(audit.app_id, appId), between(audit.at, at - RECORDED.before, at + RECORDED.after)))
    .orderBy(asc(audit.at))
    .limit(LOOK)
    .as("looked");
  const subjects = db.query
    .select({ subject: looked.subject })
    .from(looked)
    .where(eq(looked.request_id, requestId));
  return db.query
    .select(columns)
    .from(users)
    .where(and(eq(users.app_id, appId), inArray(users.id, subjects)))
    .limit(MOST_OF_ONE);
}

/** The first user of whom there are records of a request, and when it came (ms); undefined of a text that is no request's id. */
export async function findByRequest(
  db: Database,
  appId: string,
  requestId: string,
): Promise<{ at: number; user_id: number | undefined } | undefined> {
  const at = momentOf(requestId);
  if (at === undefined) return undefined;
  const [first] = await db.run(ofRequest(db, appId, { requestId, at }, columnsAt(at)));
  return { at, user_id: first?.user_id };
}

/**
 * A page of the app's users whom a text finds, in one trip: first those whom it names exactly, as `matches` has them, then by
 * name those whose names begin with it. Each is found once. A user's token finds its user, however dead it is.
 */
export async function findUsersBy(
  db: Database,
  appId: string,
  text: string,
  { after, limit, now }: { after: FoundPlace; limit: number; now: number },
): Promise<{ rows: FoundUser[]; end: FoundPlace | undefined }> {
  const columns = columnsAt(now);
  const ofApp = eq(users.app_id, appId);
  const begin = foldName(text);
  const end = endOfPrefix(begin);
  const from = "name" in after ? gt(users.username_key, after.name) : gte(users.username_key, begin);
  const byName = db.query
    .select(columns)
    .from(users)
    .where(and(ofApp, from, end === undefined ? undefined : lt(users.username_key, end)))
    .orderBy(asc(users.username_key))
    .limit(limit + 1 + MOST_EXACT);
  const named = exactly(text);
  const ofToken = db.query
    .select(columns)
    .from(tokens)
    .innerJoin(users, and(eq(users.id, tokens.user_id), ofApp))
    .where(eq(tokens.hash, hashToken(text)));
  const isToken = tokenKind(text) === "user";
  const at = momentOf(text);
  const isGuid = DeviceGuid.safeParse(text).success;
  const [names, ...found] = await db.batch([
    byName,
    ...(isToken ? [ofToken] : []),
    ...(at === undefined ? [] : [ofRequest(db, appId, { requestId: text, at }, columns)]),
    ...named.map(({ which }) => db.query.select(columns).from(users).where(and(ofApp, which))),
    ...(isGuid ? [ofDevice(db, appId, text, columns)] : []),
  ]);
  const by: Match[] = [
    ...(isToken ? ["token" as const] : []),
    ...(at === undefined ? [] : ["request_id" as const]),
    ...named.map((each) => each.by),
    ...(isGuid ? ["device_guid" as const] : []),
  ];
  const exact = new Map<number, FoundUser>();
  for (const [index, matched_by] of by.entries()) {
    for (const row of z.array(Row).parse(found[index])) {
      if (!exact.has(row.user_id)) exact.set(row.user_id, { ...row, matched_by });
    }
  }
  const others = names
    .filter((row) => !exact.has(row.user_id))
    .map((row): FoundUser => ({ ...row, matched_by: "name" }));
  const skipped = "exact" in after ? after.exact : exact.size;
  const first = [...exact.values()].slice(skipped);
  const all = [...first, ...others];
  const rows = all.slice(0, limit);
  const last = rows.at(-1);
  if (all.length <= limit || !last) return { rows, end: undefined };
  return { rows, end: last.matched_by === "name" ? { name: last.name } : { exact: skipped + rows.length } };
}
