/** What a fact names beside its key: words of the service, texts and instants in ISO 8601, by name. */
export type Values = Readonly<Record<string, string>>;

/** What a fact says, and what staff can do about it where it stands in the way. */
export interface FactText {
  fact: string | ((values: Values) => string);
  remedy?: string;
}

const enable = "PUT /user/enable, with the scope bans";

const keys: Values = { user_id: "the id", mobile: "the mobile number", email: "the e-mail address" };

/** What of a sign-in is counted: always by the username, and by what else must wait. */
const tried = ({ from, waiting = "" }: Values) => {
  const also = waiting
    .split(",")
    .filter((key) => key !== "")
    .map((key) => `by ${keys[key] ?? key}`);
  const any = from === "" ? ", from an address that has not failed" : "";
  return ` by the username${any}${also.length === 0 ? "" : `; too many ${also.join(", ")}`}`;
};

const because = ({ reason = "" }: Values) => reason && `: ${reason}`;

/** All that gates can say that they went by, in English. */
export const facts = {
  app_there: { fact: "the app is there" },
  app_gone: { fact: "there is no app of this id", remedy: "correct the header app_id" },
  app_running: { fact: "the app is not suspended" },
  app_suspended: {
    fact: "the app is suspended",
    remedy: "who holds the root key sets status to 0 by PUT /admin/app",
  },
  origin_none: { fact: "no web page is named as the caller" },
  origin_allowed: { fact: "the app allows calls from this origin" },
  origin_barred: {
    fact: "the app does not allow calls from this origin",
    remedy: "who holds the root key adds the origin to allowed_origins by PUT /admin/app",
  },
  token_formed: { fact: "the text has the form of a user's token" },
  token_malformed: {
    fact: "the text is no token that this service makes",
    remedy: "look whether the client sends the whole token, as it was given",
  },
  token_known: { fact: "the token is a user's of this app" },
  token_unknown: {
    fact: "the app has no such token",
    remedy: "look at the header app_id; else have the user sign in again",
  },
  session_stands: { fact: "the session was not ended" },
  session_unknown: {
    fact: "the user has no such session: how it ended is not known any more",
    remedy: "have the user sign in again",
  },
  session_ended: {
    fact: ({ event, reason }) => `the session was ended: ${event}, as ${reason}`,
    remedy: "have the user sign in again",
  },
  life_none: { fact: "there is no session whose life could be over" },
  life_lasts: { fact: ({ until }) => `the token's life ends ${until}` },
  life_over: { fact: "the token's life is over", remedy: "have the user sign in again" },
  connects_none: { fact: "there is no session that connects" },
  device_none: { fact: "no device has signed in with this token yet" },
  device_same: { fact: "no other device is named than the one that signed in with this token" },
  device_other: {
    fact: "another device signed in with this token",
    remedy: "the device signs in for a token of its own",
  },
  user_none: { fact: "there is no user to ask it of" },
  user_known: { fact: "the user is there" },
  user_unknown: {
    fact: "the app has no such user",
    remedy: "look for the user by another id or name",
  },
  name_unknown: {
    fact: "the app has no such user",
    remedy: "look for the user by another name; the caller hears the same of a wrong password",
  },
  tries_few: { fact: (values) => `not too many wrong passwords${tried(values)}` },
  tries_many: {
    fact: (values) => `too many wrong passwords${tried(values)}`,
    remedy: "wait; a password that the user knows does not help before, and a new one does not shorten it",
  },
  password_set: { fact: "the user has a password: whether it is typed right is not known here" },
  password_none: {
    fact: "the user has no password",
    remedy: "set one by POST /user/change_password_admin",
  },
  app_writes: { fact: "the app takes sign-ins" },
  app_moving: {
    fact: "the app is being moved and takes no sign-ins: the caller hears HTTP 503",
    remedy: "wait until the move is over: GET /admin/app/database says how far it is",
  },
  strangers_few: {
    fact: ({ address }) =>
      `not too many wrong passwords within an hour, from anywhere; the address is ${address} to the user`,
  },
  strangers_many: {
    fact: ({ address }) =>
      `too many wrong passwords within an hour, from anywhere; the address is ${address} to the user`,
    remedy: "sign in from an address that the user has signed in from, or wait an hour",
  },
  user_there: { fact: "the user was not deleted" },
  user_deleted: { fact: "the user was deleted" },
  user_enabled: { fact: "the user is not disabled" },
  user_disabled: { fact: (values) => `the user is disabled${because(values)}`, remedy: enable },
  place_unasked: { fact: "no device asks for a place: device_guid or platform names one" },
  place_none: {
    fact: "the sign-in policy has no place for one more device, and refuses newcomers",
    remedy: "sign a device out by /user/kick, or have the app's sign_in_policy changed",
  },
  place_free: { fact: "there is a place for the device" },
  place_taken: { fact: ({ devices }) => `there is a place: device ${devices} goes for it` },
  push_on: { fact: "the user wants pushes" },
  push_off: {
    fact: "the user wants no pushes: no_push is true",
    remedy: "the user sets no_push to false by /user/push",
  },
  snooze_none: { fact: "no snooze" },
  snooze_passed: { fact: "no snooze that an urgent push would heed" },
  snooze_lasts: {
    fact: ({ until }) => `the user has snoozed pushes until ${until}`,
    remedy: "the user ends the snooze by /user/push/snooze; an urgent push passes it",
  },
  hours_open: { fact: ({ zone }) => `no hours without pushes, in the zone ${zone}` },
  hours_shut: {
    fact: ({ zone }) => `the hours in which the user wants no pushes, in the zone ${zone}`,
    remedy: "the user changes the hours by /user/push/limit or push_schedule; an urgent push passes them",
  },
  push_tokens: {
    fact: ({ devices = "" }) => {
      const on = devices.split(",").map((sn) => (sn === "0" ? "the settings" : `device ${sn}`));
      return `there are push tokens: of ${on.join(", ")}`;
    },
  },
  push_tokens_held: {
    fact: "every push token is held back, as a provider has refused it",
    remedy: "wait, or have the app bind a new push token by /user/token/bind",
  },
  push_tokens_muted: {
    fact: "every device with a push token is muted by the user",
    remedy: "the user has it pushed again by /user/push/device",
  },
  push_tokens_none: {
    fact: "no device that is signed in has a push token",
    remedy: "the user signs in, and the app binds a push token by /user/token/bind",
  },
} satisfies Record<string, FactText>;

/** The key of a fact: what it says in another language is looked up by it. */
export type FactKey = keyof typeof facts;

/** What a fact says in a language, of these values. */
export function factIn(texts: Readonly<Record<FactKey, FactText>>, key: FactKey, values: Values) {
  const { fact, remedy = "" }: FactText = texts[key];
  return { fact: typeof fact === "string" ? fact : fact(values), remedy };
}
