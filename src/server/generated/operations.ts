// Made by `npm run pages` from the declarations in src/operations. Change those, not this file.

export type Registration = {
  /** 1–64 of letters a–z A–Z, digits, _ and Chinese characters, not digits alone, not beginning with mta or maxim */
  username: string;
  /** 6–128 characters */
  password: string;
};

export type RegisteredRow = {
  /** the new user's id; 0 where the row failed */
  user_id: number;
  /** the name that the row gave, as far as it gave one */
  username: string;
  /** the user was registered */
  success: boolean;
  /** why not; "" where it was */
  reason: string;
};

export type ChangedRow = {
  /** the id that the row gave; 0 where it gave none */
  user_id: number;
  /** the row is done */
  success: boolean;
  /** why it is not; "" where it is */
  reason: string;
};

export type PushRoute = {
  /** the user's id */
  user_id: number;
  /** the user may be pushed now */
  push: boolean;
  /** why nothing is to be pushed; "" where it is */
  reason: "" | "user_unknown" | "user_disabled" | "push_off" | "snoozed" | "do_not_disturb" | "no_device";
  /** when a push would be let through; null where it is now, or where time alone does not lift it, in ms since 1970 */
  until: number | null;
  /** the user's badge, with what was added */
  badge: number;
  /** where the push is to go; empty where it is not */
  devices: Array<PushTarget>;
};

export type PushTarget = {
  /** the device's serial; 0 for the push token of the settings */
  device_sn: number;
  /** 1 (ios), 2 (android), 3 (windows), 4 (mac), 5 (linux) or 6 (web); 0 where it is no device's */
  platform: number;
  /** the name of the notifier, up to 64 characters; "" where none was named */
  notifier_name: string;
  /** the push token, 1–512 bytes */
  device_token: string;
  /** what reports of the push name, up to 128 characters: new with every bind */
  binding_id: string;
  /** the device has an open socket */
  online: boolean;
  /** what the push calls the user, up to 64 characters */
  nick_name: string;
  /** the push may show what it is about */
  detail: boolean;
  /** the push may make a sound */
  sound: boolean;
  /** the push vibrates */
  vibrate: boolean;
};

export type Feedback = {
  /** a binding_id as /admin/push/route gives it, 1–128 characters */
  binding_id: string;
  /** "unregistered", "bad_token" or "delivered": the token is dead; the provider refuses it; it has the push */
  result: "unregistered" | "bad_token" | "delivered";
  /** when the provider says that it was so, in ms since 1970; now where it is left out */
  at?: number | undefined;
};

export type User = {
  /** the user's id */
  user_id: number;
  /** the username, 1–64 characters */
  username: string;
  /** 0 (normal) or 1 (disabled) */
  status: number;
};

export type FoundUser = {
  /** the user's id */
  user_id: number;
  /** the username, 1–64 characters */
  username: string;
  /** the nickname, up to 64 characters */
  nick_name: string;
  /** the mobile number; "" for none */
  mobile: string;
  /** the e-mail address, up to 254 characters; "" for none */
  email: string;
  /** the user's id in another system, 1–128 characters; null for none */
  external_id: string | null;
  /** 0 (normal) or 1 (disabled), at this moment */
  status: number;
  /** when the user was registered, in ms since 1970 */
  created_at: number;
  /** what of the user q is, the first of these; name: what the name begins with */
  matched_by: "token" | "request_id" | "id" | "external_id" | "mobile" | "email" | "device_guid" | "name";
};

export type Overview = {
  /** an app's id: 1–64 of A–Z a–z 0–9 _ - */
  app_id: string;
  /** the app's name, up to 64 characters */
  name: string;
  /** the IANA name of the app's time zone */
  time_zone: string;
  /** the caller's own token */
  token: {
    /** what it is called, 1–64 characters */
    name: string;
    /** its role */
    role: "viewer" | "support" | "moderator" | "push" | "operator" | "owner";
    /** what it may do */
    scopes: Array<"read" | "sessions" | "explain" | "bans" | "profile" | "act" | "push" | "import" | "export" | "export_secrets" | "webhooks" | "groups">;
    /** when its life is over; null for never, in ms since 1970 */
    expire: number | null;
  };
  /** how many users the app has */
  users: number;
  /** how many of them are disabled */
  disabled: number;
  /** signals that hubs have not taken, among the 100 oldest of the app's database */
  owed: number;
  /** since when the oldest of them waits; null where there is none, in ms since 1970 */
  owed_since: number | null;
  /** webhook events on their way, counted up to 100 */
  events_waiting: number;
  /** webhook events that were given up, counted up to 100 */
  events_dead: number;
  /** what senders have reported of the app's pushes, by result, since there is the app */
  push_feedback: {
    /** how often the token was dead */
    unregistered: number;
    /** how often the provider refused the token */
    bad_token: number;
    /** how often the provider had the push */
    delivered: number;
  };
};

export type Connected = {
  /** how many users' hubs have answered */
  asked: number;
  /** how many of these users have a device that is connected */
  connected: number;
};

export type MovedUser = {
  /** the user's id in another system, 1–128 characters */
  external_id?: string | undefined;
  /** ignored: an export says it */
  user_id?: unknown | undefined;
  /** 1–64 of letters a–z A–Z, digits, _ and Chinese characters, not digits alone, not beginning with mta or maxim */
  username: string;
  /** 6–128 characters */
  password?: string | undefined;
  /** a hash as its source has it, a text or an object */
  password_hash?: string | Record<string, unknown> | undefined;
  /** 0 (normal) or 1 (disabled) */
  status?: number | undefined;
  /** {"reason"?, "note"?, "until"?}: up to 256 and up to 1024 characters, and an instant in ms since 1970 */
  ban?: {
    /** a text of 0–256 characters, which is shown to the user */
    reason?: string | undefined;
    /** a text of 0–1024 characters, for staff */
    note?: string | undefined;
    /** when it lifts itself, in ms since 1970, at most 10 years ahead; null for never */
    until?: number | null | undefined;
  } | undefined;
  /** an instant in ms since 1970 */
  created_at?: number | undefined;
  /** an http or https URL of up to 2048 characters, or "" for none */
  avatar?: string | undefined;
  /** a text of 0–64 characters */
  nick_name?: string | undefined;
  /** a text of 0–512 characters */
  description?: string | undefined;
  /** a mobile number, + and 8–15 digits or a mainland number 1[3-9]…, or "" for none */
  mobile?: string | undefined;
  /** an e-mail address of up to 254 characters, or "" for none */
  email?: string | undefined;
  /** a text of up to 16384 bytes of UTF-8 */
  public_info?: string | undefined;
  /** a text of up to 16384 bytes of UTF-8 */
  private_info?: string | undefined;
  /** an object of settings, each as /user/settings takes it, and no other fields */
  settings?: {
    /** 0 (anyone), 1 (confirm), 2 (question) or 3 (nobody): how friend requests are met */
    auth_mode?: number | undefined;
    /** a text of 0–256 characters: what is asked in auth_mode 2 */
    auth_question?: string | undefined;
    /** a text of 0–256 characters: what is answered to it */
    auth_answer?: string | undefined;
    /** true or false: files are downloaded by themselves */
    auto_download?: boolean | undefined;
    /** true or false: an invitation to a group waits for the user's consent */
    group_confirm?: boolean | undefined;
    /** true or false: nothing is pushed to the user */
    no_push?: boolean | undefined;
    /** true or false: a push does not show what it is about */
    no_push_detail?: boolean | undefined;
    /** an hour, an integer of 0–23: from when nothing is pushed, each day */
    no_push_start_hour?: number | undefined;
    /** an hour, an integer of 0–23: until when nothing is pushed; no hours where it is the start */
    no_push_end_hour?: number | undefined;
    /** true or false: a push makes no sound */
    no_sounds?: boolean | undefined;
    /** a text of 0–64 characters: the name that pushes show */
    push_nick_name?: string | undefined;
    /** a push token of up to 512 bytes, or "" for none */
    push_token?: string | undefined;
    /** an hour, an integer of 0–23: from when pushes are silent, each day */
    silence_start_time?: number | undefined;
    /** an hour, an integer of 0–23: until when pushes are silent; no hours where it is the start */
    silence_end_time?: number | undefined;
    /** true or false: a push vibrates */
    vibratory?: boolean | undefined;
    /** the IANA name of a time zone, such as "Asia/Shanghai", or "" for that of the app */
    time_zone?: string | undefined;
    /** a list of up to 14 windows {days, from, to}: days a list of 1 (Monday) to 7 (Sunday), none of them twice; from and to a time "00:00"–"23:59" */
    push_schedule?: Array<PushWindow> | undefined;
  } | undefined;
  /** {"alias"?, "tags"?, "badge"?}: up to 64 bytes, up to 100 tags of 1–64 bytes, an integer from 0 */
  push?: {
    /** an alias of up to 64 bytes, or "" for none */
    alias?: string | undefined;
    /** up to 100 tags of 1–64 bytes */
    tags?: Array<string> | undefined;
    /** an integer from 0 */
    badge?: number | undefined;
  } | undefined;
  /** up to 100 of {"device_sn"?, "device_guid", "platform"?, "device_name"?}, each guid once */
  devices?: Array<MovedDevice> | undefined;
};

export type PushWindow = {
  /** on which days it begins: 1 (Monday) to 7 (Sunday), none of them twice */
  days: Array<number>;
  /** when it begins: a time "00:00"–"23:59" */
  from: string;
  /** when it ends, the next day where that is not after `from`: a time "00:00"–"23:59" */
  to: string;
};

export type MovedDevice = {
  /** a device's serial: an integer from 1 */
  device_sn?: number | undefined;
  /** the device's own id, 1–128 characters */
  device_guid: string;
  /** 1 (ios), 2 (android), 3 (windows), 4 (mac), 5 (linux) or 6 (web) */
  platform?: number | undefined;
  /** the device's name, up to 64 characters */
  device_name?: string | undefined;
};

export type ImportedRow = {
  /** which row, from 1 */
  row: number;
  /** the external_id that the row gave; null where it gave none */
  external_id: string | null;
  /** the user's id; 0 where there is none */
  user_id: number;
  /** the name that the row gave, as far as it gave one */
  username: string;
  /** what became of it */
  result: "created" | "updated" | "unchanged" | "failed";
  /** why it failed; "" where it did not */
  reason: string;
};

export type StatusRow = {
  /** the id that the row gave; 0 where it gave none */
  user_id: number;
  /** the row is done */
  success: boolean;
  /** why it is not; "" where it is */
  reason: string;
  /** the user's devices that were signed out */
  devices: Array<DeviceReceipt>;
};

export type DeviceReceipt = {
  /** the device's serial, from 1, among its user's devices */
  device_sn: number;
  /** it had an open socket */
  was_online: boolean;
  /** its socket was handed the notice */
  notified: boolean;
};

export type Ban = {
  /** the ban's id */
  id: number;
  /** the user's id */
  user_id: number;
  /** what is shown to the user, up to 256 characters */
  reason: string;
  /** what staff have noted, up to 1024 characters */
  note: string;
  /** when it lifts itself; null for never, in ms since 1970 */
  until: number | null;
  /** since when, in ms since 1970 */
  banned_at: number;
  /** who did it: "admin:<name>", or "system" */
  banned_by: string;
  /** when it was lifted; null while it is in force, in ms since 1970 */
  lifted_at: number | null;
  /** who lifted it; "expiry" where time did, null while it is in force */
  lifted_by: string | null;
};

export type AuditRecord = {
  /** the record's id */
  id: number;
  /** who did it: "admin:<name>", "user:<id>", "root" or "system" */
  caller: string;
  /** for which user, by id; null where it was for none */
  subject: number | null;
  /** of which device, by serial; null where it was of none */
  device_sn: number | null;
  /** what: an operation's id, or session.<event> */
  operation: string;
  /** why, as far as that was said; "" else */
  reason: string;
  /** when, in ms since 1970 */
  at: number;
  /** the IP address it was done from; "" where time did it */
  address: string;
  /** the X-Request-Id of the request; "" where time did it */
  request_id: string;
};

export type DeadEvent = {
  /** the webhook-id */
  id: string;
  /** what it tells of */
  type: string;
  /** what it says, as the webhook was to hear it */
  data: Record<string, unknown>;
  /** when it happened, in ms since 1970 */
  created_at: number;
  /** when it was given up, in ms since 1970 */
  dead_at: number | null;
  /** why the last try failed */
  last_error: string;
};

export type Delivery = {
  /** the webhook-id */
  event_id: string;
  /** what it tells of */
  type: string;
  /** which try of the event it was: from 1 */
  try: number;
  /** when it began, in ms since 1970 */
  at: number;
  /** the answer was 2xx */
  delivered: boolean;
  /** the HTTP status of the answer; 0 where there was none */
  status: number;
  /** why there was none; "" where there was */
  error: string;
  /** how long it took (ms) */
  ms: number;
};

export type Picture = {
  /** the user's id */
  user_id: number;
  /** the user's id in another system, 1–128 characters; null for none */
  external_id: string | null;
  /** when the user was registered, in ms since 1970 */
  created_at: number;
  profile: Profile;
  /** the settings, and what push keeps beside them */
  settings: {
    /** 0 (anyone), 1 (confirm), 2 (question) or 3 (nobody): how friend requests are met */
    auth_mode: number;
    /** what is asked in auth_mode 2, up to 256 characters */
    auth_question: string;
    /** what is answered to it, up to 256 characters */
    auth_answer: string;
    /** true or false: files are downloaded by themselves */
    auto_download: boolean;
    /** true or false: an invitation to a group waits for the user's consent */
    group_confirm: boolean;
    /** true or false: nothing is pushed to the user */
    no_push: boolean;
    /** true or false: a push does not show what it is about */
    no_push_detail: boolean;
    /** an hour, an integer of 0–23: from when nothing is pushed, each day */
    no_push_start_hour: number;
    /** an hour, an integer of 0–23: until when nothing is pushed; no hours where it is the start */
    no_push_end_hour: number;
    /** true or false: a push makes no sound */
    no_sounds: boolean;
    /** the name that pushes show, up to 64 characters */
    push_nick_name: string;
    /** the push token without its middle; "" for none */
    push_token: string;
    /** an hour, an integer of 0–23: from when pushes are silent, each day */
    silence_start_time: number;
    /** an hour, an integer of 0–23: until when pushes are silent; no hours where it is the start */
    silence_end_time: number;
    /** true or false: a push vibrates */
    vibratory: boolean;
    /** the IANA name of the zone of all hours; "" for that of the app */
    time_zone: string;
    /** a list of up to 14 windows {days, from, to}: days a list of 1 (Monday) to 7 (Sunday), none of them twice; from and to a time "00:00"–"23:59" */
    push_schedule: Array<PushWindow>;
    /** until when nothing is pushed, in ms since 1970; 0 for none */
    snooze_until: number;
    /** the push alias, up to 64 bytes; "" for none */
    alias: string;
    /** the badge: an integer from 0 */
    badge: number;
  };
  /** whether the user is disabled */
  status: {
    /** 0 (normal) or 1 (disabled), at this moment */
    status: number;
    /** the ban in force; null for none */
    ban: PicturedBan | null;
  };
  /** the bans so far, newest first: 20 at most, the one in force among them */
  bans: Array<PicturedBan>;
  /** any device has an open socket */
  online: boolean;
  /** by serial: 200 at most */
  devices: Array<PicturedDevice>;
  /** those that live, the newest first: 400 at most */
  sessions: Array<PicturedSession>;
  /** what pushes to the user go by */
  push: {
    /** the push tokens of the devices, by serial */
    bindings: Array<{
      /** the device's serial, from 1, among its user's devices */
      device_sn: number;
      /** the name of the notifier, up to 64 characters; "" where none was named */
      notifier_name: string;
      /** the push token without its middle */
      device_token: string;
      /** what reports of pushes name */
      binding_id: string;
      /** since when, in ms since 1970 */
      bound_at: number;
      /** until when it is held back; null where no provider has refused it, in ms since 1970 */
      held_until: number | null;
    }>;
    /** that of the settings; null for none */
    settings_token: {
      /** the push token without its middle */
      push_token: string;
      /** what reports of pushes name */
      binding_id: string;
      /** since when, in ms since 1970 */
      bound_at: number;
      /** until when it is held back; null where no provider has refused it, in ms since 1970 */
      held_until: number | null;
    } | null;
    /** the push tags, in code-point order */
    tags: Array<string>;
    /** nothing is pushed to the user */
    no_push: boolean;
    /** a list of up to 14 windows {days, from, to}: days a list of 1 (Monday) to 7 (Sunday), none of them twice; from and to a time "00:00"–"23:59" */
    push_schedule: Array<PushWindow>;
    /** until when nothing is pushed, in ms since 1970; 0 for none */
    snooze_until: number;
    /** the IANA name of the zone of all hours: the user's, or else the app's */
    time_zone: string;
  };
  /** what the user's hub has still to be told, in its order: 100 at most */
  owed: Array<{
    /** its place among the user's signals */
    epoch: number;
    /** what it tells */
    kind: string;
    /** since when it waits, in ms since 1970 */
    since: number;
  }>;
};

export type Profile = {
  /** the user's id */
  user_id: number;
  /** the username, 1–64 characters */
  username: string;
  /** an http or https URL of a picture, up to 2048 characters; "" for none */
  avatar: string;
  /** what the user says of itself, up to 512 characters */
  description: string;
  /** the mobile number; "" for none */
  mobile: string;
  /** the e-mail address, up to 254 characters; "" for none */
  email: string;
  /** the nickname, up to 64 characters */
  nick_name: string;
  /** a text for all, up to 16384 bytes of UTF-8, kept byte for byte */
  public_info: string;
  /** a text for the user alone, up to 16384 bytes of UTF-8, kept byte for byte */
  private_info: string;
};

export type PicturedBan = {
  /** the ban's id */
  id: number;
  /** what is shown to the user, up to 256 characters */
  reason: string;
  /** what staff have noted, up to 1024 characters */
  note: string;
  /** when it lifts itself; null for never, in ms since 1970 */
  until: number | null;
  /** since when, in ms since 1970 */
  banned_at: number;
  /** who did it: "admin:<name>", or "system" */
  banned_by: string;
  /** when it was lifted; null while it is in force, in ms since 1970 */
  lifted_at: number | null;
  /** who lifted it; "expiry" where time did, null while it is in force */
  lifted_by: string | null;
};

export type PicturedDevice = {
  /** the device's serial, from 1, among its user's devices */
  device_sn: number;
  /** the device's own id, 1–128 characters; null where it gave none */
  device_guid: string | null;
  /** 1 (ios), 2 (android), 3 (windows), 4 (mac), 5 (linux) or 6 (web) */
  platform: number;
  /** its name, up to 64 characters; "" for none */
  device_name: string;
  /** what it signed in with, up to 256 characters */
  user_agent: string;
  /** it has an open socket */
  online: boolean;
  /** when it was heard of last, in ms since 1970 */
  last_active_at: number;
  /** it has a push token */
  push_bound: boolean;
  /** nothing is pushed to it */
  no_push: boolean;
};

export type PicturedSession = {
  /** the session's own id; no token */
  id: string;
  /** its device's serial; null where it has no device */
  device_sn: number | null;
  /** when it signed in, in ms since 1970 */
  signed_in_at: number;
  /** when it ends of itself, in ms since 1970 */
  expires_at: number;
  /** the IP address it signed in from; "" where that was not kept yet */
  address: string;
  /** what it signed in with, up to 256 characters */
  user_agent: string;
};

export type EndedSession = {
  /** the id of the record of the end */
  id: string;
  /** its device's serial; null where it had no device */
  device_sn: number | null;
  /** what ended it: logout, kicked, replaced, device_removed, password_changed, disabled, deleted, expired */
  event: string;
  /** why, as far as that was said; "" else */
  reason: string;
  /** who ended it: "admin:<name>", "user:<id>", "root" or "system" */
  by: string;
  /** when, in ms since 1970 */
  at: number;
  /** the IP address it was ended from; "" where time ended it */
  address: string;
  /** the X-Request-Id of the request; "" where time ended it */
  request_id: string;
};

export type App = {
  /** an app's id: 1–64 of A–Z a–z 0–9 _ - */
  app_id: string;
  /** a text of 0–64 characters: what the app is called */
  name: string;
  /** 0 (normal) or 1 (suspended) */
  status: number;
  /** "open" or "closed": whether anybody may register */
  registration: "open" | "closed";
  /** seconds: an integer of 1–316224000, the life of a user's token */
  token_ttl: number;
  sign_in_policy: SignInPolicy;
  /** seconds, or 0 for never: an integer of 0–316224000, after which a device without a session leaves the list */
  device_ttl: number;
  /** an http or https URL of up to 2048 characters, or "" for none */
  webhook_url: string;
  /** up to 100 origins of up to 256 characters each; ["*"] for any */
  allowed_origins: Array<string>;
  /** the IANA name of a time zone, such as "Asia/Shanghai" */
  time_zone: string;
  /** where the app's users stand: 0 for the directory, k for USERS_k, which must be bound */
  database: number;
};

export type SignInPolicy = {
  /** how many devices of a user may be signed in; of all 10000 where it has none */
  limits: {
    /** a number of devices, of ios and android: an integer of 1–10000 */
    mobile?: number | undefined;
    /** a number of devices, of windows, mac and linux: an integer of 1–10000 */
    desktop?: number | undefined;
    /** a number of devices, of web: an integer of 1–10000 */
    web?: number | undefined;
    /** a number of devices, of all platforms together: an integer of 1–10000 */
    total?: number | undefined;
  };
  /** "kick_oldest" signs out who signed in longest ago to make room, "refuse_new" refuses the newcomer with 10031 */
  overflow: "kick_oldest" | "refuse_new";
};

export type AppSettings = {
  /** a text of 0–64 characters: what the app is called */
  name?: string | undefined;
  /** 0 (normal) or 1 (suspended) */
  status?: number | undefined;
  /** "open" or "closed": whether anybody may register */
  registration?: "open" | "closed" | undefined;
  /** seconds: an integer of 1–316224000, the life of a user's token */
  token_ttl?: number | undefined;
  sign_in_policy?: SignInPolicy | undefined;
  /** seconds, or 0 for never: an integer of 0–316224000, after which a device without a session leaves the list */
  device_ttl?: number | undefined;
  /** an http or https URL of up to 2048 characters, or "" for none */
  webhook_url?: string | undefined;
  /** up to 100 origins of up to 256 characters each; ["*"] for any */
  allowed_origins?: Array<string> | undefined;
  /** the IANA name of a time zone, such as "Asia/Shanghai" */
  time_zone?: string | undefined;
  /** the push secret, up to 256 characters, or "" for none */
  push_secret?: string | undefined;
  /** the key of the events' signatures: whsec_ and the base64 of 24–64 bytes */
  webhook_secret?: string | undefined;
};

export type AdminToken = {
  /** the token's id */
  id: number;
  /** what it is called, 1–64 characters */
  name: string;
  /** "viewer", "support", "moderator", "push", "operator", "owner": what the token may do; "owner", which is all, where it is left out */
  role: "viewer" | "support" | "moderator" | "push" | "operator" | "owner";
  /** when it was made, in ms since 1970 */
  created_at: number;
  /** when its life is over; null for never, in ms since 1970 */
  expire: number | null;
  /** when it was revoked; null while it is in force, in ms since 1970 */
  revoked_at: number | null;
  /** when it was used last, to the minute; null for never, in ms since 1970 */
  last_used_at: number | null;
};

export type NewAdminToken = {
  /** the token's id */
  id: number;
  /** the token itself, up to 128 characters: a secret */
  token: string;
  /** what it is called, 1–64 characters */
  name: string;
  /** "viewer", "support", "moderator", "push", "operator", "owner": what the token may do; "owner", which is all, where it is left out */
  role: "viewer" | "support" | "moderator" | "push" | "operator" | "owner";
  /** when its life is over; null for never, in ms since 1970 */
  expire: number | null;
};

export type AppMove = {
  /** the database that the app moves from: 0 for the directory, k for USERS_k */
  source: number;
  /** the database that it moves to */
  target: number;
  /** what the move is about to do, or how it ended */
  phase: "closing" | "copying" | "waiting" | "emptying" | "done" | "undoing" | "undone";
  /** rows copied so far */
  copied: number;
  /** when it was ordered, in ms since 1970 */
  started_at: number;
  /** since when the app takes no writes; null before, in ms since 1970 */
  closed_at: number | null;
  /** when it may take them again, once all is copied; null before, in ms since 1970 */
  open_at: number | null;
  /** since when it does; null before, in ms since 1970 */
  opened_at: number | null;
  /** when the move was over; null before, in ms since 1970 */
  ended_at: number | null;
  /** how many steps failed one after another; of ten before the app stands at the target it is undone */
  failures: number;
  /** why the last one did; "" where none did */
  fault: string;
};

export type Explanation = {
  /** "let_through" or "refused": what becomes of it */
  verdict: "let_through" | "refused";
  /** what the user hears: 200 where it is let through; 0 of a push, which is told none */
  code: number;
  /** the name of the refusal, or why nothing is pushed; "" where it is let through */
  reason: string;
  /** all that may stand in the way, in its order */
  gates: Array<Gate>;
};

export type Gate = {
  /** the name of what may stand in the way */
  gate: string;
  /** null where it was not asked, as an earlier one leaves nothing to ask it of */
  passed: boolean | null;
  /** what it was decided on */
  fact: string;
  /** the same as a word that stays, for who shows it in another language */
  fact_key: string;
  /** what the fact names, by name; instants in ISO 8601 */
  values: Record<string, string>;
  /** since when that is so; null where that is not known, in ms since 1970 */
  since: number | null;
  /** who has made it so, as in the audit; null where that is not known */
  by: string | null;
  /** when time alone lifts it; null where it does not, in ms since 1970 */
  lifts_at: number | null;
  /** what staff can do; "" where nothing is to be done */
  remedy: string;
};

export type Actor = {
  /** who it is */
  kind: "admin";
  /** the name of the admin token, 1–64 characters */
  name: string;
} | {
  /** who it is */
  kind: "user";
  /** the user's id */
  user_id: number;
} | {
  /** who it is */
  kind: "root";
} | {
  /** who it is */
  kind: "system";
};

/** What an admin token calls. */
export interface AdminOperations {
  /** Register up to 100 users; each row succeeds or fails by itself. */
  registerBatch: {
    params: {
      /** a list of 1–100 rows */
      list: Array<Registration>;
    };
    answer: {
      data: Array<RegisteredRow>;
    };
  };
  /** Set the avatars of up to 100 users. */
  setAvatars: {
    params: {
      /** a list of 1–100 rows */
      list: Array<{
        /** an id: an integer from 1 to 9007199254740991 */
        user_id: number;
        /** an http or https URL of up to 2048 characters, or "" for none */
        avatar: string;
      }>;
    };
    answer: {
      data: Array<ChangedRow>;
    };
  };
  /** Change the profiles of up to 100 users. */
  setProfiles: {
    params: {
      /** a list of 1–100 rows */
      list: Array<{
        /** an id: an integer from 1 to 9007199254740991 */
        user_id: number;
        /** a text of 0–64 characters */
        nick_name?: string | undefined;
        /** a text of 0–512 characters */
        description?: string | undefined;
        /** a text of up to 16384 bytes of UTF-8 */
        public_info?: string | undefined;
        /** a text of up to 16384 bytes of UTF-8 */
        private_info?: string | undefined;
        /** an e-mail address of up to 254 characters, or "" for none */
        email?: string | undefined;
      }>;
    };
    answer: {
      data: Array<ChangedRow>;
    };
  };
  /** Ask whether users may be pushed now, on which devices and with which push tokens. */
  routePush: {
    params: {
      /** a list of 1–100 user ids */
      list: Array<number>;
      /** true or false: it passes the hours, the silence and a snooze */
      urgent?: boolean | undefined;
      /** true or false: devices with an open socket are left out */
      skip_online?: boolean | undefined;
      /** {add}: an integer of 0–1000, which is added to each user's badge */
      badge?: {
        /** an integer of 0–1000, which is added to each user's badge */
        add: number;
      } | undefined;
      /** an instant in ms since 1970, up to 253402300799999 */
      at?: number | undefined;
    };
    answer: {
      data: Array<PushRoute>;
    };
  };
  /** Say what providers made of pushes: dead push tokens are released, refused ones held back. */
  pushFeedback: {
    params: {
      /** a list of 1–500 rows */
      list: Array<Feedback>;
    };
    answer: {
      data: Array<{
        /** what the report named */
        binding_id: string;
        /** this report released the push token */
        released: boolean;
      }>;
    };
  };
  /** List the app's users by id, page by page or by cursor, of a status; or by name those whose name begins so. */
  listUsers: {
    params: {
      /** a page's number: an integer from 1 */
      page_num?: number | undefined;
      /** an integer of 1–200; 50 where it is left out */
      page_size?: number | undefined;
      /** a cursor that an earlier page gave */
      cursor?: string | undefined;
      /** 0 (normal) or 1 (disabled) */
      status?: number | undefined;
      /** the beginning of a username, 1–64 characters */
      keyword?: string | undefined;
    };
    answer: {
      data: Array<User>;
      /** how many users there are; with a keyword, counted among the first 1000 names that begin so */
      total: number;
      /** where the next page begins: there as long as there may be more, be the page short or empty */
      cursor?: string | undefined;
    };
  };
  /** Find users by request id, id, external_id, mobile, e-mail, device_guid or the beginning of the name, in this order. */
  findUsers: {
    params: {
      /** whom to find: an id, an external_id, a mobile number, an e-mail address, a device_guid, a request id or the beginning of a username, 1–256 characters */
      q: string;
      /** a cursor that an earlier page gave */
      cursor?: string | undefined;
      /** an integer of 1–200; 50 where it is left out */
      limit?: number | undefined;
    };
    answer: {
      data: Array<FoundUser>;
      /** where the next page begins: there as long as there may be more, be the page short or empty */
      cursor?: string | undefined;
      /** where q is the id of a request: when it came, in ms since 1970 */
      requested_at?: number | undefined;
    };
  };
  /** The same with q in the body: it may also be a user's token, which belongs in no log. */
  findUsersBy: {
    params: {
      /** whom to find: an id, an external_id, a mobile number, an e-mail address, a device_guid, a request id or the beginning of a username, 1–256 characters */
      q: string;
      /** a cursor that an earlier page gave */
      cursor?: string | undefined;
      /** an integer of 1–200; 50 where it is left out */
      limit?: number | undefined;
    };
    answer: {
      data: Array<FoundUser>;
      /** where the next page begins: there as long as there may be more, be the page short or empty */
      cursor?: string | undefined;
      /** where q is the id of a request: when it came, in ms since 1970 */
      requested_at?: number | undefined;
    };
  };
  /** Say how the app is, and what the caller's token may do. */
  overview: {
    params: object;
    answer: {
      data: Overview;
    };
  };
  /** Ask the hubs of 24 users at random whether any device is connected; of all, where there are no more. */
  sampleConnected: {
    params: object;
    answer: {
      data: Connected;
    };
  };
  /** Make users of up to 500 lines of JSON, or change them; each row succeeds or fails by itself. */
  importUsers: {
    params: {
      /** "insert" (who is there is not changed) or "upsert" (who is there by external_id is changed) */
      mode?: "insert" | "upsert" | undefined;
      /** true or false: nothing is written */
      dry_run?: boolean | undefined;
      /** 1–500 lines of JSON */
      rows: Array<MovedUser>;
    };
    answer: {
      data: Array<ImportedRow>;
    };
  };
  /** Give the app's users as the import takes them, by id, a line each; the last line is {"cursor"} or {"end":true,"count"}. */
  exportUsers: {
    params: {
      /** a cursor that an earlier page gave */
      cursor?: string | undefined;
      /** an integer of 1–1000, which is also meant where it is left out */
      limit?: number | undefined;
      /** true or false: with the hashes of passwords; it needs the scope export_secrets */
      hashes?: boolean | undefined;
    };
    answer: {
      data: Array<MovedUser>;
      /** there as long as there is more */
      cursor?: string | undefined;
      /** with the last page: how many there were in all */
      count?: number | undefined;
    };
  };
  /** Disable users: none of them can call, connect or stay connected when this succeeds. */
  disableUsers: {
    params: {
      /** a list of 1–100 rows */
      list: Array<number>;
      /** a text of 0–256 characters, which is shown to the user */
      reason?: string | undefined;
      /** an instant in ms since 1970, in the future and at most 10 years ahead: when the ban lifts itself */
      until?: number | undefined;
      /** a text of 0–1024 characters, for staff */
      note?: string | undefined;
    };
    answer: {
      /** true only where every row succeeded */
      data: boolean;
      /** what became of each row, in their order */
      results: Array<StatusRow>;
    };
  };
  /** Enable users: they can sign in again; older tokens stay dead. */
  enableUsers: {
    params: {
      /** a list of 1–100 rows */
      list: Array<number>;
    };
    answer: {
      /** true only where every row succeeded */
      data: boolean;
      /** what became of each row, in their order */
      results: Array<StatusRow>;
    };
  };
  /** List the bans there were, newest first. */
  listBans: {
    params: {
      /** an id: an integer from 1 to 9007199254740991 */
      user_id?: number | undefined;
      /** a cursor that an earlier page gave */
      cursor?: string | undefined;
      /** an integer of 1–200; 50 where it is left out */
      limit?: number | undefined;
    };
    answer: {
      data: Array<Ban>;
      /** where the next page begins: there as long as there may be more, be the page short or empty */
      cursor?: string | undefined;
    };
  };
  /** List who did what for whom, newest first; kept 180 days. */
  listAudit: {
    params: {
      /** an id: an integer from 1 to 9007199254740991 */
      user_id?: number | undefined;
      /** who: "admin:<name>", "user:<id>", "root" or "system" */
      caller?: string | undefined;
      /** what: an operation's id, or session.<event> */
      operation?: string | undefined;
      /** an instant in ms since 1970: not before it */
      since?: number | undefined;
      /** an instant in ms since 1970: not after it */
      until?: number | undefined;
      /** a cursor that an earlier page gave */
      cursor?: string | undefined;
      /** an integer of 1–200; 50 where it is left out */
      limit?: number | undefined;
    };
    answer: {
      data: Array<AuditRecord>;
      /** where the next page begins: there as long as there may be more, be the page short or empty */
      cursor?: string | undefined;
    };
  };
  /** List the webhook events that were given up; kept 30 days. */
  listDeadEvents: {
    params: {
      /** a cursor that an earlier page gave */
      cursor?: string | undefined;
      /** an integer of 1–200; 50 where it is left out */
      limit?: number | undefined;
    };
    answer: {
      data: Array<DeadEvent>;
      /** where the next page begins: there as long as there may be more, be the page short or empty */
      cursor?: string | undefined;
    };
  };
  /** List the tries to deliver webhook events, newest first; kept 7 days. */
  listDeliveries: {
    params: {
      /** a cursor that an earlier page gave */
      cursor?: string | undefined;
      /** an integer of 1–200; 50 where it is left out */
      limit?: number | undefined;
    };
    answer: {
      data: Array<Delivery>;
      /** where the next page begins: there as long as there may be more, be the page short or empty */
      cursor?: string | undefined;
    };
  };
  /** Send webhook events anew that were given up: those that are named, or the 100 that were first since an instant. */
  replayEvents: {
    params: {
      /** a list of 1–100 ids of events that were given up */
      ids?: Array<string> | undefined;
      /** an instant in ms since 1970: events that were given up then or later */
      since?: number | undefined;
    };
    answer: {
      /** the ids of the events that are sent anew; of those that were named, the others are not dead */
      data: Array<string>;
      /** call again: there may be more since then */
      more: boolean;
    };
  };
}

/** How each of them is asked for: method, path, and what its body or its answer is where that is not JSON. */
export const adminRoutes = {
  registerBatch: "POST /user/register/batch",
  setAvatars: "POST /user/avatar/batch",
  setProfiles: "POST /user/profile/batch",
  routePush: "POST /admin/push/route",
  pushFeedback: "POST /admin/push/feedback",
  listUsers: "GET /user/list",
  findUsers: "GET /admin/users",
  findUsersBy: "POST /admin/users",
  overview: "GET /admin/overview",
  sampleConnected: "GET /admin/connected",
  importUsers: "POST /admin/import rows",
  exportUsers: "GET /admin/export lines",
  disableUsers: "PUT /user/disable",
  enableUsers: "PUT /user/enable",
  listBans: "GET /admin/bans",
  listAudit: "GET /admin/audit",
  listDeadEvents: "GET /admin/webhooks/dead",
  listDeliveries: "GET /admin/webhooks/deliveries",
  replayEvents: "POST /admin/webhooks/replay",
} as const;

/** What an admin token calls on behalf of a user, and no user does. */
export interface SubjectOperations {
  /** Set a user's password; every session of the user ends. */
  setPassword: {
    params: {
      /** 6–128 characters */
      password: string;
    };
    answer: {
      data: true;
    };
  };
  /** Read all that is known of a user; cursor and limit page through the sessions that have ended. */
  readPicture: {
    params: {
      /** a cursor that an earlier page gave */
      cursor?: string | undefined;
      /** an integer of 1–200; 50 where it is left out */
      limit?: number | undefined;
    };
    answer: {
      data: Picture;
      /** within 90 days, newest first; the first page also has, beside its limit, those of the last seconds */
      sessions_ended: Array<EndedSession>;
      /** where the next page begins: there as long as there may be more, be the page short or empty */
      cursor?: string | undefined;
    };
  };
}

/** How each of them is asked for: method, path, and what its body or its answer is where that is not JSON. */
export const subjectRoutes = {
  setPassword: "POST /user/change_password_admin",
  readPicture: "GET /admin/user",
} as const;

/** What the root key calls. */
export interface RootOperations {
  /** List the apps. */
  listApps: {
    params: object;
    answer: {
      data: Array<App>;
    };
  };
  /** Make an app. */
  createApp: {
    params: {
      /** a text of 0–64 characters: what the app is called */
      name?: string | undefined;
      /** 0 (normal) or 1 (suspended) */
      status?: number | undefined;
      /** "open" or "closed": whether anybody may register */
      registration?: "open" | "closed" | undefined;
      /** seconds: an integer of 1–316224000, the life of a user's token */
      token_ttl?: number | undefined;
      sign_in_policy?: SignInPolicy | undefined;
      /** seconds, or 0 for never: an integer of 0–316224000, after which a device without a session leaves the list */
      device_ttl?: number | undefined;
      /** an http or https URL of up to 2048 characters, or "" for none */
      webhook_url?: string | undefined;
      /** up to 100 origins of up to 256 characters each; ["*"] for any */
      allowed_origins?: Array<string> | undefined;
      /** the IANA name of a time zone, such as "Asia/Shanghai" */
      time_zone?: string | undefined;
      /** the push secret, up to 256 characters, or "" for none */
      push_secret?: string | undefined;
      /** the key of the events' signatures: whsec_ and the base64 of 24–64 bytes */
      webhook_secret?: string | undefined;
      /** an app's id: 1–64 of A–Z a–z 0–9 _ - */
      app_id: string;
      /** where the app's users stand: 0 for the directory, k for USERS_k, which must be bound */
      database?: number | undefined;
    };
    answer: {
      data: App;
    };
  };
  /** Read an app. */
  getApp: {
    params: object;
    answer: {
      data: App;
    };
  };
  /** Change an app; a field left out stays as it is. */
  setApp: {
    params: AppSettings;
    answer: {
      data: App;
    };
  };
  /** List the app's admin tokens, without their secrets. */
  listAdminTokens: {
    params: object;
    answer: {
      data: Array<AdminToken>;
    };
  };
  /** Make an admin token; it is shown this once. */
  createAdminToken: {
    params: {
      /** a text of 1–64 characters: what it is called */
      name: string;
      /** "viewer", "support", "moderator", "push", "operator", "owner": what the token may do; "owner", which is all, where it is left out */
      role?: "viewer" | "support" | "moderator" | "push" | "operator" | "owner" | undefined;
      /** an instant in ms since 1970, in the future: when its life is over; never where it is left out */
      expire?: number | undefined;
    };
    answer: {
      data: NewAdminToken;
    };
  };
  /** Revoke an admin token: it is refused from the next call on. */
  revokeAdminToken: {
    params: {
      /** the id of an admin token in force: an integer from 1 to 9007199254740991 */
      id: number;
    };
    answer: {
      data: true;
    };
  };
  /** Read how far the app's move to another database is, or how its last one ended. */
  getMove: {
    params: object;
    answer: {
      data: AppMove;
    };
  };
  /** Move the app to another database, or go on with it: a call works for some seconds, the rest goes on without it. */
  moveApp: {
    params: {
      /** the number of a bound database, higher than where the app stands */
      database: number;
    };
    answer: {
      data: AppMove;
    };
  };
  /** Stop the app's move: it opens again where it stands. After the app stands at the target it is too late. */
  stopMove: {
    params: object;
    answer: {
      data: AppMove;
    };
  };
}

/** How each of them is asked for: method, path, and what its body or its answer is where that is not JSON. */
export const rootRoutes = {
  listApps: "GET /admin/apps",
  createApp: "POST /admin/apps",
  getApp: "GET /admin/app",
  setApp: "PUT /admin/app",
  listAdminTokens: "GET /admin/tokens",
  createAdminToken: "POST /admin/tokens",
  revokeAdminToken: "DELETE /admin/tokens",
  getMove: "GET /admin/app/database",
  moveApp: "PUT /admin/app/database",
  stopMove: "DELETE /admin/app/database",
} as const;

/** What the root key and an admin token call. */
export interface SharedOperations {
  /** Say which user a group_id stands for. */
  putGroup: {
    params: {
      /** an id: an integer from 1 to 9007199254740991 */
      group_id: number;
      /** an id: an integer from 1 to 9007199254740991 */
      owner_id: number;
    };
    answer: {
      data: true;
    };
  };
  /** Forget a group. */
  deleteGroup: {
    params: {
      /** an id: an integer from 1 to 9007199254740991 */
      group_id: number;
    };
    answer: {
      data: true;
    };
  };
  /** Say what stands in the way of a user's call, sign-in, connection or push, and who can do what about it. */
  explain: {
    params: {
      /** "call", "sign_in", "connect" or "push": what of the user is asked about */
      for: "call" | "sign_in" | "connect" | "push";
      /** an id: an integer from 1 to 9007199254740991 */
      user_id?: number | undefined;
      /** a user's token, whole, 1–128 characters; in a POST it is in no log of the way */
      token?: string | undefined;
      /** the X-Request-Id of an answer, 1–64 characters: whom it is about, where it has left a record, and at which moment */
      request_id?: string | undefined;
      /** a device's serial: an integer from 1 */
      device_sn?: number | undefined;
      /** 1 (ios), 2 (android), 3 (windows), 4 (mac), 5 (linux) or 6 (web) */
      platform?: number | undefined;
      /** the device's own id, 1–128 characters */
      device_guid?: string | undefined;
      /** the IP address that the user calls from, 1–64 characters */
      address?: string | undefined;
      /** the origin of the page that the user calls from, 1–256 characters */
      origin?: string | undefined;
      /** an instant in ms since 1970, up to 253402300799999: what is to be judged for it */
      at?: number | undefined;
    };
    answer: {
      data: Explanation;
    };
  };
  /** The same by a body, so that a token is in no log of the way. */
  explainToken: {
    params: {
      /** "call", "sign_in", "connect" or "push": what of the user is asked about */
      for: "call" | "sign_in" | "connect" | "push";
      /** an id: an integer from 1 to 9007199254740991 */
      user_id?: number | undefined;
      /** a user's token, whole, 1–128 characters; in a POST it is in no log of the way */
      token?: string | undefined;
      /** the X-Request-Id of an answer, 1–64 characters: whom it is about, where it has left a record, and at which moment */
      request_id?: string | undefined;
      /** a device's serial: an integer from 1 */
      device_sn?: number | undefined;
      /** 1 (ios), 2 (android), 3 (windows), 4 (mac), 5 (linux) or 6 (web) */
      platform?: number | undefined;
      /** the device's own id, 1–128 characters */
      device_guid?: string | undefined;
      /** the IP address that the user calls from, 1–64 characters */
      address?: string | undefined;
      /** the origin of the page that the user calls from, 1–256 characters */
      origin?: string | undefined;
      /** an instant in ms since 1970, up to 253402300799999: what is to be judged for it */
      at?: number | undefined;
    };
    answer: {
      data: Explanation;
    };
  };
}

/** How each of them is asked for: method, path, and what its body or its answer is where that is not JSON. */
export const sharedRoutes = {
  putGroup: "PUT /admin/groups",
  deleteGroup: "DELETE /admin/groups",
  explain: "GET /admin/explain",
  explainToken: "POST /admin/explain",
} as const;

/** What an app's webhook hears, by its type. */
export interface WebhookEvents {
  /** a user was registered */
  "user.registered": {
    /** what it tells of */
    type: "user.registered";
    /** when it happened, in UTC as ISO 8601 has it */
    timestamp: string;
    /** a user was registered */
    data: {
      /** the user's id */
      user_id: number;
      /** the username, 1–64 characters */
      username: string;
      /** when it happened, in ms since 1970 */
      at: number;
    };
    /** who did it, in parts: what data has as a text, as `by` or as `caller`; absent where it has neither */
    actor?: Actor | undefined;
  };
  /** an admin disabled a user */
  "user.disabled": {
    /** what it tells of */
    type: "user.disabled";
    /** when it happened, in UTC as ISO 8601 has it */
    timestamp: string;
    /** an admin disabled a user */
    data: {
      /** the user's id */
      user_id: number;
      /** the username, 1–64 characters */
      username: string;
      /** when it happened, in ms since 1970 */
      at: number;
      /** who did it: "admin:<name>", "user:<id>", "root" or "system" */
      by: string;
      /** what is shown to the user, up to 256 characters */
      reason: string;
      /** when the ban lifts itself; null for never, in ms since 1970 */
      until: number | null;
    };
    /** who did it, in parts: what data has as a text, as `by` or as `caller`; absent where it has neither */
    actor?: Actor | undefined;
  };
  /** an admin enabled a user, or a ban ended at its time: by the system */
  "user.enabled": {
    /** what it tells of */
    type: "user.enabled";
    /** when it happened, in UTC as ISO 8601 has it */
    timestamp: string;
    /** an admin enabled a user, or a ban ended at its time: by the system */
    data: {
      /** the user's id */
      user_id: number;
      /** the username, 1–64 characters */
      username: string;
      /** when it happened, in ms since 1970 */
      at: number;
      /** who did it: "admin:<name>", "user:<id>", "root" or "system" */
      by: string;
    };
    /** who did it, in parts: what data has as a text, as `by` or as `caller`; absent where it has neither */
    actor?: Actor | undefined;
  };
  /** a user was deleted */
  "user.deleted": {
    /** what it tells of */
    type: "user.deleted";
    /** when it happened, in UTC as ISO 8601 has it */
    timestamp: string;
    /** a user was deleted */
    data: {
      /** the user's id */
      user_id: number;
      /** the username, 1–64 characters */
      username: string;
      /** when it happened, in ms since 1970 */
      at: number;
      /** who did it: "admin:<name>", "user:<id>", "root" or "system" */
      by: string;
    };
    /** who did it, in parts: what data has as a text, as `by` or as `caller`; absent where it has neither */
    actor?: Actor | undefined;
  };
  /** an import made or changed users; none of them has an event of its own */
  "users.imported": {
    /** what it tells of */
    type: "users.imported";
    /** when it happened, in UTC as ISO 8601 has it */
    timestamp: string;
    /** an import made or changed users; none of them has an event of its own */
    data: {
      /** how many users the call has made or changed */
      count: number;
      /** who did it: "admin:<name>", "user:<id>", "root" or "system" */
      by: string;
      /** when it happened, in ms since 1970 */
      at: number;
    };
    /** who did it, in parts: what data has as a text, as `by` or as `caller`; absent where it has neither */
    actor?: Actor | undefined;
  };
  /** a device connected */
  "device.login": {
    /** what it tells of */
    type: "device.login";
    /** when it happened, in UTC as ISO 8601 has it */
    timestamp: string;
    /** a device connected */
    data: {
      /** the user's id */
      user_id: number;
      /** the device's serial; null where the session had no device */
      device_sn: number | null;
      /** why, as far as that was said; "" else */
      reason: string;
      /** who did it: "admin:<name>", "user:<id>", "root" or "system" */
      caller: string;
      /** when it happened, in ms since 1970 */
      at: number;
    };
    /** who did it, in parts: what data has as a text, as `by` or as `caller`; absent where it has neither */
    actor?: Actor | undefined;
  };
  /** a device disconnected, or its session ended otherwise than by a kick */
  "device.logout": {
    /** what it tells of */
    type: "device.logout";
    /** when it happened, in UTC as ISO 8601 has it */
    timestamp: string;
    /** a device disconnected, or its session ended otherwise than by a kick */
    data: {
      /** the user's id */
      user_id: number;
      /** the device's serial; null where the session had no device */
      device_sn: number | null;
      /** why, as far as that was said; "" else */
      reason: string;
      /** who did it: "admin:<name>", "user:<id>", "root" or "system" */
      caller: string;
      /** when it happened, in ms since 1970 */
      at: number;
    };
    /** who did it, in parts: what data has as a text, as `by` or as `caller`; absent where it has neither */
    actor?: Actor | undefined;
  };
  /** a device was kicked, or made room for another */
  "device.kicked": {
    /** what it tells of */
    type: "device.kicked";
    /** when it happened, in UTC as ISO 8601 has it */
    timestamp: string;
    /** a device was kicked, or made room for another */
    data: {
      /** the user's id */
      user_id: number;
      /** the device's serial; null where the session had no device */
      device_sn: number | null;
      /** why, as far as that was said; "" else */
      reason: string;
      /** who did it: "admin:<name>", "user:<id>", "root" or "system" */
      caller: string;
      /** when it happened, in ms since 1970 */
      at: number;
    };
    /** who did it, in parts: what data has as a text, as `by` or as `caller`; absent where it has neither */
    actor?: Actor | undefined;
  };
}

/** The scope that each operation needs of an admin token; "root" where it takes the root key alone. */
export const scopes = {
  registerBatch: "act",
  deleteUser: "act",
  rename: "act",
  changePassword: "act",
  setPassword: "act",
  setAvatar: "act",
  setAvatars: "act",
  setNickName: "act",
  setMobile: "act",
  setPublicInfo: "act",
  setPrivateInfo: "act",
  setProfile: "profile",
  setProfiles: "act",
  getProfile: "read",
  setDownload: "act",
  setAuthMode: "act",
  setSettings: "act",
  getSettings: "read",
  bindToken: "act",
  unbindToken: "act",
  setAlias: "act",
  getAlias: "read",
  addTags: "act",
  removeTags: "act",
  removeAllTags: "act",
  listTags: "read",
  setBadge: "act",
  getBadge: "read",
  setPushLimit: "act",
  setSnooze: "act",
  setPushNickName: "act",
  setSounds: "act",
  setVibratory: "act",
  setPush: "act",
  setPushDetail: "act",
  muteDevice: "act",
  routePush: "push",
  pushFeedback: "push",
  listDevices: "read",
  removeDevice: "sessions",
  kick: "sessions",
  tryPolicy: "read",
  onlineStatus: "read",
  listUsers: "read",
  findUsers: "read",
  findUsersBy: "read",
  readPicture: "read",
  watchUser: "read",
  listApps: "root",
  createApp: "root",
  getApp: "root",
  setApp: "root",
  listAdminTokens: "root",
  createAdminToken: "root",
  revokeAdminToken: "root",
  putGroup: "groups",
  deleteGroup: "groups",
  overview: "read",
  sampleConnected: "read",
  getMove: "root",
  moveApp: "root",
  stopMove: "root",
  importUsers: "import",
  exportUsers: "export",
  disableUsers: "bans",
  enableUsers: "bans",
  listBans: "read",
  listAudit: "read",
  explain: "explain",
  explainToken: "explain",
  listDeadEvents: "read",
  listDeliveries: "webhooks",
  replayEvents: "webhooks",
} as const;
