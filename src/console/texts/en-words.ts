/** Words for what the service names; what has none is shown by its name. */
export type Words = Readonly<Record<string, string>>;

/** What the service names, by kind. */
export type Named = Record<
  "matched" | "roles" | "platforms" | "ends" | "gates" | "reasons" | "operations",
  Words
>;

/** In English. */
export const enWords: Named = {
  matched: {
    id: "by the id",
    external_id: "by the external id",
    mobile: "by the mobile number",
    email: "by the e-mail address",
    name: "by the name",
    token: "by the token",
    device_guid: "by the device",
    request_id: "by the request",
  },
  roles: {
    viewer: "Viewer",
    support: "Support",
    moderator: "Moderator",
    push: "Push",
    operator: "Operator",
    owner: "Owner",
  },
  platforms: { 1: "iOS", 2: "Android", 3: "Windows", 4: "macOS", 5: "Linux", 6: "Web" },
  ends: {
    logout: "Signed out",
    kicked: "Kicked",
    replaced: "Replaced by another sign-in",
    device_removed: "Device removed",
    password_changed: "Password changed",
    disabled: "Disabled",
    deleted: "Deleted",
    expired: "Time was up",
  },
  gates: {
    app_known: "There is such an app",
    app_running: "The app runs",
    app_writes: "The app takes writes",
    origin_allowed: "The page may call",
    user_known: "There is such a user",
    user_there: "The user is there",
    user_enabled: "The user is not disabled",
    token_form: "The token has its form",
    token_known: "The token is known",
    session_there: "The session is there",
    session_lives: "The session lives",
    same_device: "It is the same device",
    device_place: "There is room for the device",
    strange_addresses: "Strange addresses may try",
    tries: "There were few wrong tries",
    password: "There is a password",
    push_on: "Push is switched on",
    awake: "Push is not snoozed",
    hours: "It is no time of rest",
    device: "There is a device for it",
  },
  reasons: {
    user_unknown: "There is no such user",
    user_disabled: "The user is disabled",
    push_off: "Push is switched off",
    snoozed: "Push is snoozed",
    do_not_disturb: "It is a time of rest",
    no_device: "No device has a push token",
    token_invalid: "The token is no good",
    token_expired: "The token's time is up",
    app_suspended: "The app is suspended",
    too_many_failures: "Too many wrong tries",
    credentials_wrong: "The name or the password is wrong",
    app_unknown: "There is no such app",
    app_moving: "The app is being moved",
    forbidden: "Not allowed from there",
    too_many_devices: "Too many devices are signed in",
    parameter_wrong: "It is not the device of this token",
  },
  operations: {
    kick: "Signed out",
    removeDevice: "Device removed",
    disableUsers: "Disabled",
    enableUsers: "Enabled",
    setPassword: "Password set",
    setProfile: "Profile changed",
    setMobile: "Mobile number changed",
    importUsers: "Imported",
    registerBatch: "Registered",
    deleteUser: "Deleted",
    "ban.ended": "Ban ended by itself",
    "session.logout": "Session ended: signed out",
    "session.kicked": "Session ended: kicked",
    "session.replaced": "Session ended: replaced by another sign-in",
    "session.device_removed": "Session ended: device removed",
    "session.password_changed": "Session ended: password changed",
    "session.disabled": "Session ended: disabled",
    "session.expired": "Session ended: time was up",
  },
};

/** What a gate went by, as the service says it: in English, and as a key with what it names. */
export interface Told {
  fact: string;
  fact_key: string;
  values: Readonly<Record<string, string>>;
  remedy: string;
}
