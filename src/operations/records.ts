import { z } from "zod";
import { Id, Instant, MAX_ID, text } from "../domain/fields.ts";
import { operation } from "../http/operation.ts";
import { type AuditPlace, auditOfTwo } from "../services/records.ts";
import { listAudit } from "../store/audit.ts";
import { DIRECTORY } from "../store/numbering.ts";
import { listDeadEvents } from "../store/webhooks.ts";
import { PAGE, cursorOf, listing, pageOf, paging } from "./pages.ts";

/** Reads a cursor of two databases; one of an app that has been moved since is of both. */
function placeOf(cursor: string | undefined): AuditPlace {
  const [directory, users] = (/^[0-9]+\.[0-9]+$/.test(cursor ?? "") ? cursor?.split(".") : undefined) ?? [];
  if (directory !== undefined && users !== undefined) {
    return { directory: cursorOf(directory), users: cursorOf(users) };
  }
  const both = cursorOf(cursor) || undefined;
  return { directory: both, users: both };
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
    async handle(scope, { cursor, limit, user_id, caller, operation: what, since, until }) {
      const { app, db } = scope;
      const filter = { user_id, caller, operation: what, since, until };
      if (app.database === DIRECTORY) {
        const before = cursorOf(cursor) || undefined;
        return await pageOf(limit, (most) => listAudit(db, app.app_id, { ...filter, before, limit: most }));
      }
      const { data, next } = await auditOfTwo(scope, placeOf(cursor), { ...filter, limit: limit ?? PAGE });
      return { data, ...(next && { cursor: `${next.directory ?? MAX_ID}.${next.users ?? MAX_ID}` }) };
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
