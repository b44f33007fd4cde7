import { z } from "zod";
import { Id, Instant, integer, pageSize, rows, text } from "../domain/fields.ts";
import { Refusal } from "../domain/reasons.ts";
import { operation } from "../http/operation.ts";
import { LONGEST_BAN, disableUsers, enableUsers } from "../services/bans.ts";
import { listUsers } from "../store/users.ts";
import { Cursor, DeviceReceipt, cursorOf } from "./devices.ts";

const tag = "users";

/** Rows of a page where the caller does not say. */
const PAGE = 50;

const StatusRows = z.object({
  results: z.array(
    z.object({ user_id: z.int(), success: z.boolean(), reason: z.string(), devices: z.array(DeviceReceipt) }),
  ),
});

const everyRow = z.boolean().meta({ description: "true only where every row succeeded" });

/** Operations of an admin on many users. */
export const users = [
  operation({
    id: "disableUsers",
    summary: "Disable users: none of them can call, connect or stay connected when this succeeds",
    tag,
    methods: ["PUT"],
    path: "/user/disable",
    caller: "admin",
    from: "json",
    params: z.object({
      list: rows(Id),
      reason: text(0, 256).optional(),
      until: Instant.optional(),
      note: text(0, 1024).optional(),
    }),
    data: everyRow,
    beside: StatusRows,
    async handle(scope, input) {
      const { until = null } = input;
      if (until !== null && (until <= scope.now || until > scope.now + LONGEST_BAN)) {
        throw new Refusal(
          "parameter_wrong",
          "until must be an instant in ms since 1970, in the future and at most 10 years ahead",
        );
      }
      const order = { reason: input.reason ?? "", note: input.note ?? "", until };
      const results = await disableUsers(scope, input.list, order);
      return { data: results.every((row) => row.success), results };
    },
  }),
  operation({
    id: "enableUsers",
    summary: "Enable users: they can sign in again; older tokens stay dead",
    tag,
    methods: ["PUT"],
    path: "/user/enable",
    caller: "admin",
    from: "json",
    params: z.object({ list: rows(Id) }),
    data: everyRow,
    beside: StatusRows,
    async handle(scope, input) {
      const results = await enableUsers(scope, input.list);
      return { data: results.every((row) => row.success), results };
    },
  }),
  operation({
    id: "listUsers",
    summary: "List the app's users by page or by cursor, of a status or with a beginning of the name",
    tag,
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
