import { z } from "zod";
import { pageSize, text } from "../domain/fields.ts";
import { Refusal } from "../domain/reasons.ts";
import { shownText } from "../domain/shown.ts";
import type { AuditPlace } from "../store/audit-list.ts";

/** What a cursor is, for who gives another. */
export const whatCursor = "a cursor that an earlier page gave";

/** Where a page begins that is not the first. */
export const Cursor = text(0, 64, whatCursor).meta({ examples: ["1000"] });

/** Where the next page begins. A page that was filtered may be short before the list ends: see `LOOK`. */
export const NextCursor = shownText(
  "where the next page begins: there as long as there may be more, be the page short or empty",
  "1000",
).optional();

/** What a cursor is refused with that this list has never given. */
export function wrongCursor(): Refusal {
  return new Refusal("parameter_wrong", "cursor must be one that an earlier page gave");
}

/** Reads a cursor: the last id or serial of the page before, as this service wrote it. */
export function cursorOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (/^[1-9][0-9]{0,15}$/.test(cursor)) return Number(cursor);
  throw wrongCursor();
}

/** Reads a cursor of records: the place of the last one of the page before. */
export function placeOf(cursor: string | undefined): AuditPlace | undefined {
  if (cursor === undefined) return undefined;
  const [, at, id] = /^(0|[1-9][0-9]{0,15})\.([1-9][0-9]{0,15})$/.exec(cursor) ?? [];
  if (at === undefined || id === undefined) throw wrongCursor();
  return { at: Number(at), id: Number(id) };
}

/** Writes such a cursor. */
export const placeIn = ({ at, id }: AuditPlace) => `${at}.${id}`;

/** Rows of a page where the caller does not say. */
export const PAGE = 50;

/** What lists of what was done have in common: admins read them page by page, newest first. */
export const listing = {
  tag: "records",
  methods: ["GET"],
  caller: "admin",
  scope: "read",
  from: "query",
  beside: z.object({ cursor: NextCursor }),
} as const;

/** The parameters that choose a page of them. */
export const paging = { cursor: Cursor.optional(), limit: pageSize(PAGE) };

/** A page of rows, which `read` reads so many of, and the cursor where there are more behind it. */
export async function pageOf<Row extends { id: number | string }>(
  limit: number | undefined,
  read: (limit: number) => Promise<Row[]>,
) {
  const most = limit ?? PAGE;
  const rows = await read(most + 1);
  const data = rows.slice(0, most);
  const last = data.at(-1);
  return { data, ...(rows.length > most && last ? { cursor: String(last.id) } : {}) };
}
