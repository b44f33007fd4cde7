import { z } from "zod";
import { Id, Instant, rows, text } from "../domain/fields.ts";
import { Refusal } from "../domain/reasons.ts";
import { operation } from "../http/operation.ts";
import { LONGEST_BAN, disableUsers, enableUsers } from "../services/bans.ts";
import { listBans } from "../store/bans.ts";
import { DeviceReceipt } from "./devices.ts";
import { cursorOf, listing, pageOf, paging } from "./pages.ts";

const StatusRows = z.object({
  results: z.array(
    z.object({ user_id: z.int(), success: z.boolean(), reason: z.string(), devices: z.array(DeviceReceipt) }),
  ),
});

const everyRow = z.boolean().meta({ description: "true only where every row succeeded" });

/** What admins do with bans, and read of them. */
export const bans = [
  operation({
    id: "disableUsers",
    summary: "Disable users: none of them can call, connect or stay connected when this succeeds",
    tag: "users",
    methods: ["PUT"],
    path: "/user/disable",
    caller: "admin",
    scope: "bans",
    databaseDecides: true,
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
    tag: "users",
    methods: ["PUT"],
    path: "/user/enable",
    caller: "admin",
    scope: "bans",
    databaseDecides: true,
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
    ...listing,
    id: "listBans",
    summary: "List the bans there were, newest first",
    path: "/admin/bans",
    params: z.object({ user_id: Id.optional(), ...paging }),
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
    async handle(scope, { user_id, cursor, limit }) {
      const { app, db } = scope;
      const before = cursorOf(cursor) || undefined;
      return await pageOf(limit, (most) => listBans(db, app.app_id, { before, limit: most, user_id }));
    },
  }),
];
