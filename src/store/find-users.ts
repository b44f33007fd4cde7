import { type SQL, and, asc, eq, gt, gte, inArray, lt } from "drizzle-orm";
import { z } from "zod";
import { MAX_ID } from "../domain/fields.ts";
import { canonicalMobile } from "../domain/mobile.ts";
import { endOfPrefix, foldEmail, foldName } from "../domain/names.ts";
import { hashToken, tokenKind } from "../domain/tokens.ts";
import type { Database } from "./database.ts";
import { tokens, users } from "./schema.ts";
import { isDisabled } from "./user-list.ts";

/** What a user can be found by, in the order in which it counts. */
export const matches = ["token", "id", "external_id", "mobile", "email", "name"] as const;

type Match = (typeof matches)[number];

/** Most users that a text can name exactly: one each, and two by a number that is written without its +. */
const MOST_EXACT = 6;

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
  const [names, ...found] = await db.batch([
    byName,
    ...(isToken ? [ofToken] : []),
    ...named.map(({ which }) => db.query.select(columns).from(users).where(and(ofApp, which))),
  ]);
  const by: Match[] = [...(isToken ? ["token" as const] : []), ...named.map((each) => each.by)];
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
