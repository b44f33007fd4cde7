import { z } from "zod";
import { Id, Instant, text } from "../domain/fields.ts";
import { shownInstant, shownInt, shownText } from "../domain/shown.ts";
import { operation } from "../http/operation.ts";
import { listRecords } from "../services/records.ts";
import { PAGE, listing, paging, placeIn, placeOf } from "./pages.ts";

const AuditRecord = z
  .object({
    id: shownInt("the record's id", 77, 1),
    caller: shownText('who did it: "admin:<name>", "user:<id>", "root" or "system"', "admin:robot"),
    subject: z
      .int()
      .min(1)
      .nullable()
      .meta({ description: "for which user, by id; null where it was for none", examples: [1000] }),
    device_sn: z
      .int()
      .min(1)
      .nullable()
      .meta({ description: "of which device, by serial; null where it was of none", examples: [null] }),
    operation: shownText("what: an operation's id, or session.<event>", "disableUsers"),
    reason: shownText('why, as far as that was said; "" else', "spam"),
    at: shownInstant("when"),
    address: shownText('the IP address it was done from; "" where time did it', "203.0.113.7"),
    request_id: shownText(
      'the X-Request-Id of the request; "" where time did it',
      "9c1e4f0a-3c55-4a53-9a35-0f6c1cf3f6d1",
    ),
  })
  .meta({ id: "AuditRecord", description: "Who did what, when and for whom." });

/** What admins read of what was done. */
export const records = [
  operation({
    ...listing,
    id: "listAudit",
    example: { cursor: "1795608000000.77" },
    summary: "List who did what for whom, newest first; kept 180 days",
    path: "/admin/audit",
    params: z.object({
      user_id: Id.optional(),
      caller: text(1, 80, 'who: "admin:<name>", "user:<id>", "root" or "system"')
        .meta({ examples: ["admin:robot"] })
        .optional(),
      operation: text(1, 64, "what: an operation's id, or session.<event>")
        .meta({ examples: ["disableUsers"] })
        .optional(),
      since: Instant.meta({
        description: "an instant in ms since 1970: not before it",
        examples: [0],
      }).optional(),
      until: Instant.meta({ description: "an instant in ms since 1970: not after it" }).optional(),
      ...paging,
    }),
    data: z.array(AuditRecord),
    async handle(scope, { cursor, limit = PAGE, user_id, caller, operation: what, since, until }) {
      const filter = { before: placeOf(cursor), limit, user_id, caller, operation: what, since, until };
      const { rows, end } = await listRecords(scope, filter);
      return { data: rows, ...(end && { cursor: placeIn(end) }) };
    },
  }),
];
