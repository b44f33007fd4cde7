import { z } from "zod";
import { AppId, Id, Instant, integer, secret, text } from "../domain/fields.ts";
import { SignInPolicy } from "../domain/policy.ts";
import { Refusal } from "../domain/reasons.ts";
import { shownInstant, shownInstantOrNone, shownInt, shownText } from "../domain/shown.ts";
import { roleNames } from "../domain/roles.ts";
import { isWebhookSecret } from "../domain/signatures.ts";
import { TimeZone } from "../domain/zones.ts";
import { Done, done, nothing, operation } from "../http/operation.ts";
import { createAdminToken, createApp, dropAdminToken, nameGroup, setApp } from "../services/apps.ts";
import { LAST_DATABASE } from "../store/numbering.ts";
import { listAdminTokens } from "../store/admin-tokens.ts";
import { listApps, wireApp } from "../store/apps.ts";
import { deleteGroup } from "../store/groups.ts";

const tag = "administration";

const WebOrigin = z
  .string()
  .regex(/^(\*|https?:\/\/[a-z0-9.[\]:-]+)$/)
  .max(256)
  .meta({
    description: 'an origin such as "https://app.example", or "*" for any',
    examples: ["https://app.example"],
  });

const WebhookUrl = z
  .string()
  .refine(
    (value) => value === "" || (/^https?:\/\//.test(value) && value.length <= 2048 && URL.canParse(value)),
  )
  .meta({
    description: 'an http or https URL of up to 2048 characters, or "" for none',
    examples: ["https://birds.example/hooks"],
  });

const WebhookSecret = secret(
  z
    .string()
    .refine(isWebhookSecret)
    .meta({
      description: "the key of the events' signatures: whsec_ and the base64 of 24–64 bytes",
      examples: ["whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"],
    }),
);

const settings = {
  name: text(0, 64, "a text of 0–64 characters: what the app is called").meta({ examples: ["Birds"] }),
  status: integer(0, 1, "0 (normal) or 1 (suspended)").meta({ examples: [0] }),
  registration: z
    .enum(["open", "closed"])
    .meta({ description: '"open" or "closed": whether anybody may register', examples: ["open"] }),
  token_ttl: integer(
    1,
    10 * 366 * 24 * 3600,
    "seconds: an integer of 1–316224000, the life of a user's token",
  ).meta({ examples: [2_592_000] }),
  sign_in_policy: SignInPolicy,
  device_ttl: integer(
    0,
    10 * 366 * 24 * 3600,
    "seconds, or 0 for never: an integer of 0–316224000, after which a device without a session leaves the list",
  ).meta({ examples: [0] }),
  webhook_url: WebhookUrl,
  allowed_origins: z
    .array(WebOrigin)
    .max(100)
    .meta({ description: 'up to 100 origins of up to 256 characters each; ["*"] for any' }),
  time_zone: TimeZone,
};

const database = integer(
  0,
  LAST_DATABASE,
  "where the app's users stand: 0 for the directory, k for USERS_k, which must be bound",
).meta({ examples: [0] });

const App = z
  .object({ app_id: AppId, ...settings, database })
  .meta({ id: "App", description: "An app, a tenant, without its secrets." });

const AppSettings = z
  .object({
    ...settings,
    push_secret: secret(
      text(0, 256, 'the push secret, up to 256 characters, or "" for none').meta({ examples: [""] }),
    ),
    webhook_secret: WebhookSecret,
  })
  .partial()
  .meta({ id: "AppSettings", description: "Settings of an app; one that is left out stays as it is." });

const Role = z.enum(roleNames).meta({
  description: `${roleNames.map((name) => `"${name}"`).join(", ")}: what the token may do; "owner", which is all, where it is left out`,
  examples: ["viewer"],
});

const tokenName = shownText("what it is called, 1–64 characters", "robot");

const AdminToken = z
  .object({
    id: shownInt("the token's id", 5, 1),
    name: tokenName,
    role: Role,
    created_at: shownInstant("when it was made"),
    expire: shownInstantOrNone("when its life is over; null for never", null),
    revoked_at: shownInstantOrNone("when it was revoked; null while it is in force", null),
    last_used_at: shownInstantOrNone("when it was used last, to the minute; null for never"),
  })
  .meta({ id: "AdminToken", description: "An admin token, without its secret." });

const NewAdminToken = z
  .object({
    id: shownInt("the token's id", 5, 1),
    token: shownText("the token itself, up to 128 characters: a secret", "at0.8sWq1LrT.example"),
    name: tokenName,
    role: Role,
    expire: shownInstantOrNone("when its life is over; null for never", null),
  })
  .meta({ id: "NewAdminToken", description: "An admin token as it is made." });

const GroupId = Id.meta({ examples: [7] });

const root = { tag, caller: "root" } as const;

export const admin = [
  operation({
    ...root,
    id: "listApps",
    summary: "List the apps",
    methods: ["GET"],
    path: "/admin/apps",
    app: false,
    from: "none",
    params: nothing,
    data: z.array(App),
    async handle(scope) {
      return { data: (await listApps(scope.directory)).map(wireApp) };
    },
  }),
  operation({
    ...root,
    id: "createApp",
    refuses: ["app_taken"],
    summary: "Make an app",
    methods: ["POST"],
    path: "/admin/apps",
    app: false,
    from: "json",
    params: AppSettings.extend({ app_id: AppId, database: database.optional() }),
    data: App,
    async handle(scope, { app_id, ...rest }) {
      return { data: wireApp(await createApp(scope, app_id, rest)) };
    },
  }),
  operation({
    ...root,
    id: "getApp",
    summary: "Read an app",
    methods: ["GET"],
    path: "/admin/app",
    from: "none",
    params: nothing,
    data: App,
    handle(scope) {
      return { data: wireApp(scope.app) };
    },
  }),
  operation({
    ...root,
    id: "setApp",
    summary: "Change an app; a field left out stays as it is",
    methods: ["PUT"],
    path: "/admin/app",
    from: "json",
    params: AppSettings,
    data: App,
    async handle(scope, input) {
      return { data: wireApp(await setApp(scope, input)) };
    },
  }),
  operation({
    ...root,
    id: "listAdminTokens",
    summary: "List the app's admin tokens, without their secrets",
    methods: ["GET"],
    path: "/admin/tokens",
    from: "none",
    params: nothing,
    data: z.array(AdminToken),
    async handle(scope) {
      return { data: await listAdminTokens(scope.directory, scope.app.app_id) };
    },
  }),
  operation({
    ...root,
    id: "createAdminToken",
    refuses: ["name_taken"],
    secret: true,
    summary: "Make an admin token; it is shown this once",
    methods: ["POST"],
    path: "/admin/tokens",
    from: "json",
    params: z.object({
      name: text(1, 64, "a text of 1–64 characters: what it is called").meta({ examples: ["robot"] }),
      role: Role.optional(),
      expire: Instant.meta({
        description:
          "an instant in ms since 1970, in the future: when its life is over; never where it is left out",
      }).optional(),
    }),
    data: NewAdminToken,
    async handle(scope, input) {
      const { name, role = "owner", expire = null } = input;
      if (expire !== null && expire <= scope.now) {
        throw new Refusal("parameter_wrong", "expire must be an instant in ms since 1970, in the future");
      }
      return { data: await createAdminToken(scope, { name, role, expire }) };
    },
  }),
  operation({
    ...root,
    id: "revokeAdminToken",
    summary: "Revoke an admin token: it is refused from the next call on",
    methods: ["DELETE"],
    path: "/admin/tokens",
    from: "query",
    params: z.object({
      id: Id.meta({
        description: "the id of an admin token in force: an integer from 1 to 9007199254740991",
        examples: [5],
      }),
    }),
    data: Done,
    async handle(scope, input) {
      await dropAdminToken(scope, input.id);
      return done;
    },
  }),
  operation({
    id: "putGroup",
    summary: "Say which user a group_id stands for",
    tag,
    methods: ["PUT"],
    path: "/admin/groups",
    caller: "root or admin",
    scope: "groups",
    from: "json",
    params: z.object({ group_id: GroupId, owner_id: Id }),
    data: Done,
    async handle(scope, input) {
      await nameGroup(scope, input.group_id, input.owner_id);
      return done;
    },
  }),
  operation({
    id: "deleteGroup",
    summary: "Forget a group",
    tag,
    methods: ["DELETE"],
    path: "/admin/groups",
    caller: "root or admin",
    scope: "groups",
    from: "query",
    params: z.object({ group_id: GroupId }),
    data: Done,
    async handle(scope, input) {
      const { app, directory } = scope;
      const [gone] = await scope.writeDirectory("the subject", [
        deleteGroup(directory, app.app_id, input.group_id),
      ]);
      if (gone.length === 0) throw new Refusal("group_unknown");
      return done;
    },
  }),
];
