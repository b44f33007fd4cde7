import { z } from "zod";
import { Id, Instant, text } from "../domain/fields.ts";
import { operation } from "../http/operation.ts";
import { listRecords } from "../services/records.ts";
import type { AuditPlace } from "../store/audit-list.ts";
import { listDeadEvents } from "../store/webhooks.ts";
import { PAGE, listing, pageOf, paging, wrongCursor } from "./pages.ts";

/** Reads a cursor of the records: the place of the last one of the page before. */
function placeOf(cursor: string | undefined): AuditPlace | undefined {
  if (cursor === undefined) return undefined;
  const [, at, id] = /^(0|[1-9][0-9]{0,15})\.([1-9][0-9]{0,15})$/.exec(cursor) ?? [];
  if (at === undefined || id === undefined) throw wrongCursor();
  return { at: Number(at), id: Number(id) };
}

/** What admins read of what was done. */
export const records = [
  operation({
    ...listing,
    id: "listAudit",
    summary: "List who did what for whom, newest first; kept 180 days",
    path: "/admin/audit",
    params: z.object({
      user_id: Id.optional(),
      caller: text(1, 80, 'who: "admin:<name>", "user:<id>", "root" or "system"').optional(),
      operation: text(1, 64, "what: an operation's id, or session.<event>").optional(),
      since: Instant.optional(),
      until: Instant.optional(),
      ...paging,
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
      const filter = { before: placeOf(cursor), limit, user_id, caller, operation: what, since, until };
      const { rows, end } = await listRecords(scope, filter);
      return { data: rows, ...(end && { cursor: `${end.at}.${end.id}` }) };
    },
  }),
  operation({
    ...listing,
    id: "listDeadEvents",
    summary: "List the webhook events that were given up; kept 30 days",
    path: "/admin/webhooks/dead",
    params: z.object(paging),
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
    async handle(scope, { cursor = "", limit }) {
      return await pageOf(limit, (most) => listDeadEvents(scope.db, scope.app.app_id, cursor, most));
    },
  }),
];
