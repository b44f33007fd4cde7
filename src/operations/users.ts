import { z } from "zod";
import { integer, pageSize, text } from "../domain/fields.ts";
import { Refusal } from "../domain/reasons.ts";
import { operation } from "../http/operation.ts";
import { listUsers } from "../store/users.ts";
import { Cursor, cursorOf } from "./pages.ts";

/** Rows of a page where the caller does not say. */
const PAGE = 50;

/** What admins read of users. */
export const users = [
  operation({
    id: "listUsers",
    summary: "List the app's users by page or by cursor, of a status or with a beginning of the name",
    tag: "users",
    methods: ["GET"],
    path: "/user/list",
    caller: "admin",
    from: "query",
    params: z.object({
      page_num: integer(1, 1_000_000_000, "a page's number: an integer from 1").optional(),
      page_size: pageSize(PAGE),
      cursor: Cursor.optional(),
      status: integer(0, 1, "0 (normal) or 1 (disabled)").optional(),
      keyword: text(1, 64, "the beginning of a username, 1–64 characters").optional(),
    }),
    data: z.array(z.object({ user_id: z.int(), username: z.string(), status: z.int() })),
    beside: z.object({ total: z.int(), cursor: z.string().optional() }),
    async handle(scope, input) {
      const { cursor, page_num, status, keyword, page_size: limit = PAGE } = input;
      if (cursor !== undefined && page_num !== undefined) {
        throw new Refusal("parameter_wrong", "cursor and page_num must not be given together");
      }
      const offset = ((page_num ?? 1) - 1) * limit;
      const filter = { after: cursorOf(cursor), offset, limit: limit + 1, status, keyword };
      const { page, total } = await listUsers(scope.db, scope.app.app_id, filter, scope.now);
      const data = page.slice(0, limit);
      const last = data.at(-1);
      const next = page.length > limit && last ? { cursor: String(last.user_id) } : {};
      return { data, total, ...next };
    },
  }),
];
