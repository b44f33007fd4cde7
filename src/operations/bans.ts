import { z } from "zod";
import { Id, Instant, rows, text } from "../domain/fields.ts";
import { Refusal } from "../domain/reasons.ts";
import { PicturedBan } from "../domain/picture.ts";
import { ShownUserId, shownFlag, shownInt, shownText } from "../domain/shown.ts";
import { operation } from "../http/operation.ts";
import { LONGEST_BAN, disableUsers, enableUsers } from "../services/bans.ts";
import { listBans } from "../store/bans.ts";
import { DeviceReceipt } from "./devices.ts";
import { cursorOf, listing, pageOf, paging } from "./pages.ts";

/** Why a user is banned, as it is shown to the user. */
export const BanReason = text(0, 256, "a text of 0–256 characters, which is shown to the user").meta({
  examples: ["spam"],
});

/** What staff note of a ban. */
export const BanNote = text(0, 1024, "a text of 0–1024 characters, for staff").meta({
  examples: ["second time"],
});

const StatusRow = z
  .object({
    user_id: shownInt("the id that the row gave; 0 where it gave none", 1000),
    success: shownFlag("the row is done"),
    reason: shownText('why it is not; "" where it is', ""),
    devices: z.array(DeviceReceipt).meta({ description: "the user's devices that were signed out" }),
  })
  .meta({ id: "StatusRow", description: "What became of a row of a ban, or of its lifting." });

const StatusRows = z.object({
  results: z.array(StatusRow).meta({ description: "what became of each row, in their order" }),
});

const everyRow = shownFlag("true only where every row succeeded");

const { id, ...ofBan } = PicturedBan.shape;

const Ban = z
  .object({ id, user_id: ShownUserId, ...ofBan })
  .meta({ id: "Ban", description: "A ban that there was, or is." });

/** What admins do with bans, and read of them. */
export const bans = [
  operation({
    id: "disableUsers",
    example: { until: undefined },
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
      reason: BanReason.optional(),
      until: Instant.meta({
        description:
          "an instant in ms since 1970, in the future and at most 10 years ahead: when the ban lifts itself",
      }).optional(),
      note: BanNote.optional(),
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
    data: z.array(Ban),
    async handle(scope, { user_id, cursor, limit }) {
      const { app, db } = scope;
      const before = cursorOf(cursor) || undefined;
      return await pageOf(limit, (most) => listBans(db, app.app_id, { before, limit: most, user_id }));
    },
  }),
];
