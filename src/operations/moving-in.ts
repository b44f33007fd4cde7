import { z } from "zod";
import {
  Alias,
  Avatar,
  Description,
  DeviceGuid,
  DeviceName,
  DeviceSn,
  Email,
  Info,
  Instant,
  Mobile,
  NickName,
  Password,
  Platform,
  Tag,
  Username,
  flag,
  integer,
  lines,
  secret,
  text,
  MAX_ID,
} from "../domain/fields.ts";
import { shownInt, shownText } from "../domain/shown.ts";
import { operation } from "../http/operation.ts";
import { LISTED } from "../hub/endings.ts";
import { type ExportPlace, exportUsers } from "../services/exporting.ts";
import { ImportedRow } from "../services/import-rows.ts";
import { MOST_IMPORTED, importUsers } from "../services/importing.ts";
import { MAX_TAGS } from "../store/tags.ts";
import { BanNote, BanReason } from "./bans.ts";
import { Cursor, wrongCursor } from "./pages.ts";
import { fields } from "./settings.ts";

/** What another system knows a user by. */
export const ExternalId = text(1, 128, "the user's id in another system, 1–128 characters").meta({
  examples: ["crm-17"],
});

const Device = z
  .strictObject({
    device_sn: DeviceSn.optional(),
    device_guid: DeviceGuid,
    platform: Platform.default(6),
    device_name: DeviceName.default(""),
  })
  .meta({ id: "MovedDevice", description: "A device that a user brings along." })
  .transform(({ device_guid: guid, device_name: name, ...rest }) => ({ ...rest, guid, name }));

const isEachOther = (list: readonly { guid: string }[]) =>
  new Set(list.map(({ guid }) => guid)).size === list.length;

/** A user as an import takes it and an export gives it. */
export const MovedUser = z
  .object({
    external_id: ExternalId.optional(),
    user_id: z
      .unknown()
      .meta({ description: "ignored: an export says it", examples: [1000] })
      .optional(),
    username: Username,
    password: Password.optional(),
    password_hash: secret(
      z.union([z.string(), z.record(z.string(), z.unknown())]).meta({
        description: "a hash as its source has it, a text or an object",
        examples: ["$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"],
      }),
    ).optional(),
    status: integer(0, 1, "0 (normal) or 1 (disabled)")
      .meta({ examples: [0] })
      .optional(),
    ban: z
      .strictObject({
        reason: BanReason.optional(),
        note: BanNote.optional(),
        until: Instant.nullable()
          .meta({
            description: "when it lifts itself, in ms since 1970, at most 10 years ahead; null for never",
          })
          .optional(),
      })
      .meta({
        description:
          '{"reason"?, "note"?, "until"?}: up to 256 and up to 1024 characters, and an instant in ms since 1970',
      })
      .optional(),
    created_at: Instant.optional(),
    avatar: Avatar.optional(),
    nick_name: NickName.optional(),
    description: Description.optional(),
    mobile: Mobile.optional(),
    email: Email.optional(),
    public_info: Info.optional(),
    private_info: Info.optional(),
    settings: z
      .strictObject(fields)
      .partial()
      .meta({ description: "an object of settings, each as /user/settings takes it, and no other fields" })
      .optional(),
    push: z
      .strictObject({
        alias: Alias.optional(),
        tags: z
          .array(Tag)
          .max(MAX_TAGS)
          .meta({ description: `up to ${MAX_TAGS} tags of 1–64 bytes` })
          .optional(),
        badge: integer(0, MAX_ID, "an integer from 0")
          .meta({ examples: [3] })
          .optional(),
      })
      .meta({
        description: `{"alias"?, "tags"?, "badge"?}: up to 64 bytes, up to ${MAX_TAGS} tags of 1–64 bytes, an integer from 0`,
      })
      .optional(),
    devices: z
      .array(Device)
      .max(LISTED)
      .refine(isEachOther)
      .meta({
        description: `up to ${LISTED} of {"device_sn"?, "device_guid", "platform"?, "device_name"?}, each guid once`,
      })
      .optional(),
  })
  .meta({ id: "MovedUser", description: "A user as an import takes it and an export gives it." });

const Mode = z
  .enum(["insert", "upsert"])
  .meta({
    description:
      '"insert" (who is there is not changed) or "upsert" (who is there by external_id is changed)',
    examples: ["insert"],
  })
  .optional();

const tag = "moving";

/** Most users of one call of the export. */
const MOST_EXPORTED = 1_000;

/** The last line of an export. */
const LastLine = z.union([
  z.object({
    cursor: shownText("where the next call goes on: there are more users", "1000.50"),
  }),
  z.object({
    end: z.literal(true).meta({ description: "there are no more" }),
    count: shownInt("how many users were given, by all of its calls", 1200),
  }),
]);

/** Reads a cursor of the export: the last user of the call before, and how many users there were until then. */
function placeOf(cursor: string | undefined): ExportPlace {
  if (cursor === undefined) return { after: 0, count: 0 };
  const [, after, count] = /^([1-9][0-9]{0,15})\.([1-9][0-9]{0,15})$/.exec(cursor) ?? [];
  if (after === undefined || count === undefined) throw wrongCursor();
  return { after: Number(after), count: Number(count) };
}

/** How users come from another system, and go to one. */
export const movingIn = [
  operation({
    id: "importUsers",
    example: {
      username: "robin",
      user_id: undefined,
      password_hash: undefined,
      ban: undefined,
      created_at: 1_700_000_000_000,
    },
    summary: `Make users of up to ${MOST_IMPORTED} lines of JSON, or change them; each row succeeds or fails by itself`,
    tag,
    methods: ["POST"],
    path: "/admin/import",
    caller: "admin",
    scope: "import",
    from: "rows",
    params: z.object({
      mode: Mode,
      dry_run: flag("nothing is written").optional(),
      rows: lines(MovedUser, MOST_IMPORTED),
    }),
    data: z.array(ImportedRow),
    async handle(scope, { mode = "insert", dry_run: isDry = false, rows }) {
      return { data: await importUsers(scope, MovedUser, rows, { mode, isDry }) };
    },
  }),
  operation({
    id: "exportUsers",
    example: { cursor: "1000.50" },
    lastLine: LastLine,
    summary:
      'Give the app\'s users as the import takes them, by id, a line each; the last line is {"cursor"} or {"end":true,"count"}',
    tag,
    methods: ["GET"],
    path: "/admin/export",
    caller: "admin",
    scope: "export",
    streams: true,
    from: "query",
    params: z.object({
      cursor: Cursor.optional(),
      limit: integer(
        1,
        MOST_EXPORTED,
        `an integer of 1–${MOST_EXPORTED}, which is also meant where it is left out`,
      )
        .meta({ examples: [1000] })
        .optional(),
      hashes: flag("with the hashes of passwords; it needs the scope export_secrets").optional(),
    }),
    data: MovedUser,
    scopeFor: ({ hashes }) => (hashes ? "export_secrets" : undefined),
    async handle(scope, { cursor, limit = MOST_EXPORTED, hashes = false }) {
      return await exportUsers(scope, placeOf(cursor), limit, hashes);
    },
  }),
];
