import { z } from "zod";
import { integer, pageSize, text } from "../domain/fields.ts";
import { Refusal } from "../domain/reasons.ts";
import { ShownUserId, ShownUsername, shownInt } from "../domain/shown.ts";
import { operation } from "../http/operation.ts";
import { foldName } from "../domain/names.ts";
import { LOOK } from "../store/look.ts";
import { listUsers } from "../store/user-list.ts";
import { NextCursor, cursorOf, whatCursor, wrongCursor } from "./pages.ts";

/** Rows of a page where the caller does not say. */
const PAGE = 50;

/** What a cursor of a list by keyword begins with; behind it stands the folded name of the last user of the page before. */
const BY_NAME = "name:";

function nameOf(cursor: string | undefined, keyword: string): string | undefined {
  if (cursor === undefined) return undefined;
  if (!cursor.startsWith(BY_NAME + foldName(keyword))) throw wrongCursor();
  return cursor.slice(BY_NAME.length);
}

const User = z
  .object({
    user_id: ShownUserId,
    username: ShownUsername,
    status: shownInt("0 (normal) or 1 (disabled)", 0),
  })
  .meta({ id: "User", description: "A user of the app." });

/** What admins read of users. */
export const users = [
  operation({
    id: "listUsers",
    example: { cursor: undefined },
    summary:
      "List the app's users by id, page by page or by cursor, of a status; or by name those whose name begins so",
    tag: "users",
    methods: ["GET"],
    path: "/user/list",
    caller: "admin",
    scope: "read",
    from: "query",
    params: z.object({
      page_num: integer(1, 1_000_000_000, "a page's number: an integer from 1")
        .meta({ examples: [1] })
        .optional(),
      page_size: pageSize(PAGE),
      cursor: text(0, 64 + BY_NAME.length, whatCursor)
        .meta({ examples: ["1000"] })
        .optional(),
      status: integer(0, 1, "0 (normal) or 1 (disabled)")
        .meta({ examples: [0] })
        .optional(),
      keyword: text(1, 64, "the beginning of a username, 1–64 characters")
        .meta({ examples: ["wr"] })
        .optional(),
    }),
    data: z.array(User),
    beside: z.object({
      total: shownInt(
        `how many users there are; with a keyword, counted among the first ${LOOK} names that begin so`,
        1,
      ),
      cursor: NextCursor,
    }),
    async handle(scope, input) {
      const { cursor, page_num, status, keyword, page_size: limit = PAGE } = input;
      if (cursor !== undefined && page_num !== undefined) {
        throw new Refusal("parameter_wrong", "cursor and page_num must not be given together");
      }
      const after = keyword === undefined ? cursorOf(cursor) || undefined : nameOf(cursor, keyword);
      const offset = page_num === undefined ? undefined : (page_num - 1) * limit;
      const filter = { after, offset, limit, status, keyword };
      const { rows, end, total } = await listUsers(scope.db, scope.app.app_id, filter, scope.now);
      const data = rows.map((user) => ({
        user_id: user.user_id,
        username: user.username,
        status: user.status,
      }));
      const behind = end && (keyword === undefined ? String(end.user_id) : BY_NAME + end.name);
      return { data, total, ...(behind !== undefined && { cursor: behind }) };
    },
  }),
];
