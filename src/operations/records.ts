import { z } from "zod";
import { Id, Instant, pageSize, text } from "../domain/fields.ts";
import { operation } from "../http/operation.ts";
import { listAudit } from "../store/audit.ts";
import { listBans } from "../store/status.ts";
import { listDeadEvents } from "../store/webhooks.ts";
import { Cursor, cursorOf } from "./devices.ts";

/** Rows of a page where the caller does not say. */
const PAGE = 50;

const Limit = pageSize(PAGE);

const record = {
  tag: "records",
  methods: ["GET"],
  caller: "admin",
  from: "query",
  beside: z.object({ cursor: z.string().optional() }),
} as const;

/** A page of rows that were read one further than it is long, and the cursor where there are more. */
function pageOf<Row extends { id: number | string }>(rows: Row[], limit: number) {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return { data, ...(rows.length > limit && last ? { cursor: String(last.id) } : {}) };
}

/** What admins read of what was done. */
export const records = [
  operation({
    ...record,
    id: "listBans",
    summary: "List the bans there were, newest first",
    path: "/admin/bans",
    params: z.object({ user_id: Id.optional(), cursor: Cursor.optional(), limit: Limit }),
    data: z.array(
      z.object({
        id: z.int(),
        user_id: z.int(),
        reason: z.string(),
        note: z.string(),
        until: z.int().nullable(),
        banned_at: z.int(),
        banned_by: z.string(),
        lifted_at: z.int().nullable(),
        lifted_by: z.string().nullable(),
      }),
    ),
    async handle(scope, { user_id, cursor, limit = PAGE }) {
      const filter = { before: cursorOf(cursor) || undefined, limit: limit + 1, user_id };
      return pageOf(await listBans(scope.db, scope.app.app_id, filter), limit);
    },
  }),
  operation({
    ...record,
    id: "listAudit",
    summary: "List who did what for whom, newest first; kept 180 days",
    path: "/admin/audit",
    params: z.object({
      user_id: Id.optional(),
      caller: text(1, 80, 'who: "admin:<name>", "user:<id>", "root" or "system"').optional(),
      operation: text(1, 64, "what: an operation's id, or session.<event>").optional(),
      since: Instant.optional(),
      until: Instant.optional(),
      cursor: Cursor.optional(),
      limit: Limit,
    }),
    data: z.array(
      z.object({
        id: z.int(),
        caller: z.string(),
        subject: z.int().nullable(),
        device_sn: z.int().nullable(),
        operation: z.string(),
        reason: z.string(),
        at: z.int(),
        address: z.string(),
        request_id: z.string(),
      }),
    ),
    async handle(scope, { cursor, limit = PAGE, user_id, caller, operation: what, since, until }) {
      const before = cursorOf(cursor) || undefined;
      const filter = { before, limit: limit + 1, user_id, caller, operation: what, since, until };
      return pageOf(await listAudit(scope.db, scope.app.app_id, filter), limit);
    },
  }),
  operation({
    ...record,
    id: "listDeadEvents",
    summary: "List the webhook events that were given up; kept 30 days",
    path: "/admin/webhooks/dead",
    params: z.object({ cursor: Cursor.optional(), limit: Limit }),
    data: z.array(
      z.object({
        id: z.string(),
        type: z.string(),
        data: z.record(z.string(), z.unknown()),
        created_at: z.int(),
        dead_at: z.int().nullable(),
        last_error: z.string(),
      }),
    ),
    async handle(scope, { cursor = "", limit = PAGE }) {
      return pageOf(await listDeadEvents(scope.db, scope.app.app_id, cursor, limit + 1), limit);
    },
  }),
];
