import { expect } from "vitest";
import { z } from "zod";

/**
 * What is on the wire, as the specification has it, written out apart from the declarations in `src/`: a field that is
 * missing, surplus or of another type is a mistake. All tests read answers and frames by these.
 */

const id = z.int().min(1);
const hour = z.int().min(0).max(23);
const status = z.union([z.literal(0), z.literal(1)]);
/** ms since 1970. */
export const instant = z.int();

/** Every answer. Beside `data` may stand what belongs to it, as `results` or `cursor`. */
export const Envelope = z.looseObject({ code: z.int(), message: z.string(), data: z.unknown() });

/** The names of refusals by their codes. */
const refusals: Readonly<Record<number, readonly string[]>> = {
  402: ["token_expired"],
  10000: ["user_unknown"],
  10002: ["parameter_wrong"],
  10003: ["token_missing"],
  10004: ["username_taken", "name_taken", "app_taken"],
  10008: ["token_invalid"],
  10010: ["forbidden"],
  10015: ["mobile_taken", "email_taken"],
  10028: ["too_many_failures"],
  10029: ["user_disabled"],
  10030: ["device_unknown"],
  10031: ["too_many_devices"],
  11001: ["credentials_wrong"],
  20001: ["group_unknown"],
  40000: ["app_unknown"],
  40001: ["registration_closed"],
  40003: ["app_suspended"],
};

/** What stands beside a code, as a matcher: one of its names. */
export function reasonOf(code: number): unknown {
  return expect.toBeOneOf([...(refusals[code] ?? [])]);
}

export const True = z.literal(true);
export const Online = z.strictObject({ online: z.boolean() });
export const Tags = z.array(z.string());
export const Badge = z.int().min(0);
export const PushAlias = z.strictObject({ alias: z.string(), push_token: z.string() });
/** A list that is empty in this service. */
export const Nothing = z.tuple([]);

const timeOfDay = z.string().regex(/^\d\d:\d\d$/);

/** A window of a schedule. */
const PushWindow = z.strictObject({ days: z.array(z.int().min(1).max(7)), from: timeOfDay, to: timeOfDay });

/** The settings of a user: these 17 fields, the three beside them, and no other. */
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
  time_zone: z.string(),
  push_schedule: z.array(PushWindow).max(14),
  snooze_until: instant,
});

/** What a new user has, beside the two ids. */
export const newSettings = {
  auth_mode: 0,
  auth_question: "",
  auth_answer: "",
  auto_download: false,
  group_confirm: false,
  no_push: false,
  no_push_detail: false,
  no_push_start_hour: 0,
  no_push_end_hour: 0,
  no_sounds: false,
  push_nick_name: "",
  push_token: "",
  silence_start_time: 0,
  silence_end_time: 0,
  vibratory: false,
  time_zone: "",
  push_schedule: [],
  snooze_until: 0,
};

/** The profile of a user: these 9 fields and no other. */
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

/** A device in the list. */
export const Device = z.strictObject({
  device_sn: id,
  platform: z.int().min(1).max(6),
  user_agent: z.string(),
  user_id: id,
  online: z.boolean(),
  last_active_at: instant,
  device_name: z.string(),
  push_bound: z.boolean(),
  no_push: z.boolean(),
});

/** What a sign-in answers. */
export const Token = z.strictObject({
  token: z.string().min(1),
  user_id: id,
  expire: instant,
  public_key: z.literal(""),
  device_sn: id.optional(),
});

/** What became of a row of a batch of changes. A row that names nobody is told with the id it gave. */
export const ChangedRow = z.strictObject({ user_id: z.int(), success: z.boolean(), reason: z.string() });

/** What became of a row of a batch of registrations. */
export const RegisteredRow = ChangedRow.extend({ username: z.string() });

/** What is said of a push to a user. */
export const PushRoute = z.strictObject({
  user_id: id,
  push: z.boolean(),
  reason: z.enum(["", "user_unknown", "user_disabled", "push_off", "snoozed", "do_not_disturb", "no_device"]),
  until: instant.nullable(),
  badge: Badge,
  devices: z.array(
    z.strictObject({
      device_sn: z.int().min(0),
      platform: z.int().min(0).max(6),
      notifier_name: z.string(),
      device_token: z.string().min(1),
      binding_id: z.string().min(1),
      online: z.boolean(),
      nick_name: z.string(),
      detail: z.boolean(),
      sound: z.boolean(),
      vibrate: z.boolean(),
    }),
  ),
});

/** What became of a row of an import. */
export const ImportedRow = z.strictObject({
  row: z.int().min(1),
  external_id: z.string().nullable(),
  user_id: z.int().min(0),
  username: z.string(),
  result: z.enum(["created", "updated", "unchanged", "failed"]),
  reason: z.string(),
});

/** What became of a device whose session was ended. */
export const Receipt = z.strictObject({ device_sn: id, was_online: z.boolean(), notified: z.boolean() });

/** A user in the list. */
export const ListedUser = z.strictObject({ user_id: id, username: z.string(), status });

/** What a dry run of the sign-in policy answers. */
export const Placement = z.strictObject({ admitted: z.boolean(), displaced: z.array(id) });

const limit = z.int().min(1).optional();

/** An app, without its secrets. */
export const App = z.strictObject({
  app_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  name: z.string(),
  status,
  registration: z.enum(["open", "closed"]),
  token_ttl: z.int().min(1),
  sign_in_policy: z.strictObject({
    limits: z.strictObject({ mobile: limit, desktop: limit, web: limit, total: limit }),
    overflow: z.enum(["kick_oldest", "refuse_new"]),
  }),
  device_ttl: z.int().min(0),
  webhook_url: z.string(),
  allowed_origins: z.array(z.string()),
  time_zone: z.string().min(1),
  database: z.int().min(0).max(1023),
});

/** A move of an app to another database. */
export const AppMove = z.strictObject({
  source: z.int().min(0),
  target: z.int().min(1),
  phase: z.enum(["closing", "copying", "waiting", "emptying", "done", "undoing", "undone"]),
  copied: z.int().min(0),
  started_at: instant,
  closed_at: instant.nullable(),
  open_at: instant.nullable(),
  opened_at: instant.nullable(),
  ended_at: instant.nullable(),
  failures: z.int().min(0),
  fault: z.string(),
});

/** What stands in the way of a user. */
export const Explanation = z.strictObject({
  verdict: z.enum(["let_through", "refused"]),
  code: z.int(),
  reason: z.string(),
  gates: z
    .array(
      z.strictObject({
        gate: z.string().min(1),
        passed: z.boolean().nullable(),
        fact: z.string().min(1),
        fact_key: z.string().min(1),
        values: z.record(z.string(), z.string()),
        since: instant.nullable(),
        by: z.string().nullable(),
        lifts_at: instant.nullable(),
        remedy: z.string(),
      }),
    )
    .min(1),
});

const Role = z.enum(["viewer", "support", "moderator", "push", "operator", "owner"]);

/** An admin token in the list: of the token itself nothing is told. */
export const AdminToken = z.strictObject({
  id,
  name: z.string(),
  role: Role,
  created_at: instant,
  expire: instant.nullable(),
  revoked_at: instant.nullable(),
  last_used_at: instant.nullable(),
});

/** An admin token as it is made. */
export const NewAdminToken = z.strictObject({
  id,
  token: z.string().min(20),
  name: z.string(),
  role: Role,
  expire: instant.nullable(),
});

/** How an app is, and what the caller's token may do. */
export const Connected = z.strictObject({ asked: z.int(), connected: z.int() });

export const Overview = z.strictObject({
  app_id: z.string(),
  name: z.string(),
  time_zone: z.string(),
  token: z.strictObject({
    name: z.string(),
    role: z.string(),
    scopes: z.array(z.string()),
    expire: instant.nullable(),
  }),
  users: z.int().min(0),
  disabled: z.int().min(0),
  owed: z.int().min(0),
  owed_since: instant.nullable(),
  events_waiting: z.int().min(0),
  events_dead: z.int().min(0),
  push_feedback: z.strictObject({
    unregistered: z.int().min(0),
    bad_token: z.int().min(0),
    delivered: z.int().min(0),
  }),
});

/** A ban. */
export const Ban = z.strictObject({
  id,
  user_id: id,
  reason: z.string(),
  note: z.string(),
  until: instant.nullable(),
  banned_at: instant,
  banned_by: z.string(),
  lifted_at: instant.nullable(),
  lifted_by: z.string().nullable(),
});

/** A record of the audit. */
export const AuditRecord = z.strictObject({
  id,
  caller: z.string(),
  subject: id.nullable(),
  device_sn: id.nullable(),
  operation: z.string(),
  reason: z.string(),
  at: instant,
  address: z.string(),
  request_id: z.string(),
});

/** A webhook event that nobody took. */
export const DeadEvent = z.strictObject({
  id: z.string(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
  created_at: instant,
  dead_at: instant,
  last_error: z.string(),
});

/** What became of a report of what a provider made of a push. */
export const FeedbackRow = z.strictObject({ binding_id: z.string(), released: z.boolean() });

/** The first frame that a device hears. */
export const Welcome = z.strictObject({
  type: z.literal("welcome"),
  device_sn: id,
  expire: instant,
  push_token_dead: z.literal(true).optional(),
});

/** What a device hears of what happens to it, or to its user. */
export const Notice = z.strictObject({
  type: z.literal("notice"),
  event: z.string(),
  notice_type: z.int(),
  reason: z.string(),
  by: z.record(z.string(), z.unknown()),
  at: instant,
  retry: z.boolean(),
});

/** The notice that a push token is dead. */
const TokenDead = Notice.extend({
  event: z.literal("push_token_dead"),
  device_sn: z.int(),
  notifier_name: z.string(),
});

/** A frame that a device hears, but for the answer to a ping. */
export const Frame = z.union([Welcome, TokenDead, Notice]);
