import { foldName } from "../domain/names.ts";
import { Refusal } from "../domain/reasons.ts";
import { momentOf } from "../domain/request-ids.ts";
import { tokenKind } from "../domain/tokens.ts";
import { type FoundPlace, findUsersBy } from "../store/find-users.ts";
import type { Scope } from "./scope.ts";

/** Rows of a page where the caller does not say. */
const PAGE = 50;

function wireCursor(place: FoundPlace): string {
  return "name" in place ? `name:${place.name}` : `exact:${place.exact}`;
}

function readCursor(cursor: string | undefined, q: string): FoundPlace {
  if (cursor === undefined) return { exact: 0 };
  const [, exact] = /^exact:([1-9][0-9]?)$/.exec(cursor) ?? [];
  if (exact !== undefined) return { exact: Number(exact) };
  if (cursor.startsWith(`name:${foldName(q)}`)) return { name: cursor.slice("name:".length) };
  throw new Refusal("parameter_wrong", "cursor must be one that an earlier page gave");
}

/**
 * A page of the users whom a text finds: see `findUsersBy`. Refuses a token where it stands in a query, as those are kept in
 * logs on the way.
 */
export async function findUsers(
  { app, db, now }: Scope,
  { q, cursor, limit = PAGE }: { q: string; cursor?: string | undefined; limit?: number | undefined },
  isPrivate: boolean,
) {
  if (!isPrivate && tokenKind(q) !== undefined) {
    throw new Refusal(
      "parameter_wrong",
      "q must be no token here: find its user by POST, with q in the body",
    );
  }
  const place = { after: readCursor(cursor, q), limit, now };
  const requested_at = momentOf(q);
  const { rows, end } = await findUsersBy(db, app.app_id, q, place);
  return {
    data: rows.map(({ name: _name, ...row }) => row),
    ...(end && { cursor: wireCursor(end) }),
    ...(requested_at !== undefined && { requested_at }),
  };
}
