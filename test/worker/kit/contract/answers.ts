import { z } from "zod";

/**
 * What the specification says that an operation answers, written out apart from the declarations: a field that is
 * missing, surplus or of another type is a mistake.
 */

export const True = z.literal(true);
export const Online = z.strictObject({ online: z.boolean() });
export const Tags = z.array(z.string());
export const Badge = z.int().min(0);
export const PushAlias = z.strictObject({ alias: z.string(), push_token: z.string() });

const id = z.int().min(1);
const hour = z.int().min(0).max(23);

export const Settings = z.strictObject({
  id,
  user_id: id,
  auth_mode: z.int().min(0).max(3),
  auth_question: z.string(),
  auth_answer: z.string(),
  auto_download: z.boolean(),
  group_confirm: z.boolean(),
  no_push: z.boolean(),
  no_push_detail: z.boolean(),
  no_push_start_hour: hour,
  no_push_end_hour: hour,
  no_sounds: z.boolean(),
  push_nick_name: z.string(),
  push_token: z.string(),
  silence_start_time: hour,
  silence_end_time: hour,
  vibratory: z.boolean(),
});

export const Profile = z.strictObject({
  user_id: id,
  username: z.string(),
  avatar: z.string(),
  description: z.string(),
  mobile: z.string(),
  email: z.string(),
  nick_name: z.string(),
  public_info: z.string(),
  private_info: z.string(),
});

export const Devices = z.array(
  z.strictObject({
    device_sn: id,
    platform: z.int().min(1).max(6),
    user_agent: z.string(),
    user_id: id,
    online: z.boolean(),
    last_active_at: z.int(),
    device_name: z.string(),
    push_bound: z.boolean(),
  }),
);

export const Registered = z.array(
  z.strictObject({ user_id: z.int(), username: z.string(), success: z.boolean(), reason: z.string() }),
);

export const Changed = z.array(
  z.strictObject({ user_id: z.int(), success: z.boolean(), reason: z.string() }),
);

export const Users = z.array(
  z.strictObject({ user_id: id, username: z.string(), status: z.union([z.literal(0), z.literal(1)]) }),
);

export const Token = z.strictObject({
  token: z.string().min(1),
  user_id: id,
  expire: z.int(),
  public_key: z.literal(""),
  device_sn: id.optional(),
});

const limit = z.int().min(1).optional();

export const App = z.strictObject({
  app_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  name: z.string(),
  status: z.union([z.literal(0), z.literal(1)]),
  registration: z.enum(["open", "closed"]),
  token_ttl: z.int().min(1),
  sign_in_policy: z.strictObject({
    limits: z.strictObject({ mobile: limit, desktop: limit, web: limit, total: limit }),
    overflow: z.enum(["kick_oldest", "refuse_new"]),
  }),
  device_ttl: z.int().min(0),
  webhook_url: z.string(),
  allowed_origins: z.array(z.string()),
});

export const Apps = z.array(App);

export const AdminTokens = z.array(
  z.strictObject({
    id,
    name: z.string(),
    created_at: z.int(),
    expire: z.int().nullable(),
    revoked_at: z.int().nullable(),
  }),
);

export const NewAdminToken = z.strictObject({
  id,
  token: z.string().min(1),
  name: z.string(),
  expire: z.int().nullable(),
});

export const Placement = z.strictObject({ admitted: z.boolean(), displaced: z.array(id) });

const instant = z.int();

export const Bans = z.array(
  z.strictObject({
    id,
    user_id: id,
    reason: z.string(),
    note: z.string(),
    until: instant.nullable(),
    banned_at: instant,
    banned_by: z.string(),
    lifted_at: instant.nullable(),
    lifted_by: z.string().nullable(),
  }),
);

export const Audit = z.array(
  z.strictObject({
    id,
    caller: z.string(),
    subject: id.nullable(),
    device_sn: id.nullable(),
    operation: z.string(),
    reason: z.string(),
    at: instant,
    address: z.string(),
    request_id: z.string(),
  }),
);

export const DeadEvents = z.array(
  z.strictObject({
    id: z.string(),
    type: z.string(),
    data: z.record(z.string(), z.unknown()),
    created_at: instant,
    dead_at: instant.nullable(),
    last_error: z.string(),
  }),
);

/** A list that is empty in this service. */
export const Nothing = z.tuple([]);
