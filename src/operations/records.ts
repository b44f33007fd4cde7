import { z } from "zod";
import { Id, Instant, text } from "../domain/fields.ts";
import { operation } from "../http/operation.ts";
import { listRecords } from "../services/records.ts";
import { PAGE, listing, paging, placeIn, placeOf } from "./pages.ts";

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
      return { data: rows, ...(end && { cursor: placeIn(end) }) };
    },
  }),
];
