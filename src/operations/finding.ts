import { z } from "zod";
import { pageSize, text } from "../domain/fields.ts";
import { EndedSession, Picture } from "../domain/picture.ts";
import { Profile } from "../domain/own.ts";
import { refusal } from "../domain/reasons.ts";
import { ShownUserId, ShownUsername, shownInstant, shownInt, shownTextOrNone } from "../domain/shown.ts";
import { Done, nothing, operation } from "../http/operation.ts";
import { openWatch } from "../services/connect.ts";
import { findUsers } from "../services/finding.ts";
import { readPicture } from "../services/picture.ts";
import { matches } from "../store/find-users.ts";
import { Cursor, NextCursor, PAGE, placeIn, placeOf } from "./pages.ts";

const FoundUser = z
  .object({
    user_id: ShownUserId,
    username: ShownUsername,
    nick_name: Profile.shape.nick_name,
    mobile: Profile.shape.mobile,
    email: Profile.shape.email,
    external_id: shownTextOrNone(
      "the user's id in another system, 1–128 characters; null for none",
      "crm-17",
    ),
    status: shownInt("0 (normal) or 1 (disabled), at this moment", 0),
    created_at: shownInstant("when the user was registered"),
    matched_by: z.enum(matches).meta({
      description: "what of the user q is, the first of these; name: what the name begins with",
      examples: ["name"],
    }),
  })
  .meta({ id: "FoundUser", description: "A user that was found." });

const FoundCursor = text(0, 80, "a cursor that an earlier page gave").meta({ examples: ["name:wren"] });

const params = z.object({
  q: text(
    1,
    256,
    "whom to find: an id, an external_id, a mobile number, an e-mail address, a device_guid, a request id or the beginning of a username, 1–256 characters",
  ).meta({ examples: ["wren"] }),
  cursor: FoundCursor.optional(),
  limit: pageSize(PAGE),
});

const finding = {
  tag: "users",
  caller: "admin",
  scope: "read",
  path: "/admin/users",
  data: z.array(FoundUser),
  beside: z.object({
    cursor: NextCursor,
    requested_at: shownInstant("where q is the id of a request: when it came").optional(),
  }),
} as const;

/** What staff see of a user. */
export const findings = [
  operation({
    ...finding,
    id: "findUsers",
    summary:
      "Find users by request id, id, external_id, mobile, e-mail, device_guid or the beginning of the name, in this order",
    methods: ["GET"],
    from: "query",
    params,
    async handle(scope, input) {
      return await findUsers(scope, input, false);
    },
  }),
  operation({
    ...finding,
    id: "findUsersBy",
    summary: "The same with q in the body: it may also be a user's token, which belongs in no log",
    methods: ["POST"],
    looks: true,
    from: "json",
    params,
    async handle(scope, input) {
      return await findUsers(scope, input, true);
    },
  }),
  operation({
    id: "readPicture",
    example: { cursor: "1795608000000.77" },
    summary: "Read all that is known of a user; cursor and limit page through the sessions that have ended",
    tag: "users",
    methods: ["GET"],
    path: "/admin/user",
    caller: "admin for user",
    scope: "read",
    from: "query",
    params: z.object({ cursor: Cursor.optional(), limit: pageSize(PAGE) }),
    data: Picture,
    beside: z.object({
      sessions_ended: z.array(EndedSession).meta({
        description:
          "within 90 days, newest first; the first page also has, beside its limit, those of the last seconds",
      }),
      cursor: NextCursor,
    }),
    async handle(scope, { cursor, limit = PAGE }) {
      const { picture, ended } = await readPicture(scope, { before: placeOf(cursor), limit });
      return {
        data: picture,
        sessions_ended: ended.rows,
        ...(ended.end && { cursor: placeIn(ended.end) }),
      };
    },
  }),
  operation({
    id: "watchUser",
    summary: "Watch a user: a WebSocket that says all that is known, then each change as it happens",
    tag: "users",
    methods: ["GET"],
    path: "/admin/user/watch",
    caller: "admin for user",
    scope: "read",
    socket: true,
    from: "none",
    params: nothing,
    data: Done,
    async handle(scope) {
      const opened = await openWatch(scope);
      if (opened instanceof Response) return opened;
      throw refusal(opened);
    },
  }),
];
