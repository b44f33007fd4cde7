import type { Reason } from "./reasons.ts";

/** When each refusal is given, as a sentence for who writes a client; names of fields stand in backticks. */
export const refusalMeanings: Record<Reason, string> = {
  token_expired:
    "the life of the token is over. A user's token says so for 30 days, unless its session was ended meanwhile; then it is 10008. An admin token that is past its `expire` says so for ever",
  user_unknown:
    "the user named by the token, by `user_id`, by `owner_id` or as the owner of `group_id` does not exist in this app",
  parameter_wrong:
    "a parameter or header is missing, malformed, given twice with different values, or out of its range. The message names it and what is allowed",
  token_missing: "`access-token` is missing",
  username_taken: "another user of the app has the name",
  name_taken: "another admin token in force has the name",
  app_taken: "another app has the id",
  token_invalid:
    "the token is of no known form, unknown, of another app or revoked, or its session was ended: signed out, kicked, replaced, removed, or ended by a new password, a ban or a deletion",
  forbidden:
    "the caller may not do this: the wrong kind of token, another user's `user_id`, `group_id` without an admin token, a wrong root key, an origin that the app does not allow, a wrong `sign`, an admin token without the scope that the operation needs",
  mobile_taken: "another user of the app has the mobile number",
  email_taken: "another user of the app has the e-mail address",
  too_many_failures: "too many wrong passwords. `Retry-After` says how many seconds to wait",
  user_disabled:
    "a sign-in with the right password, while the user is disabled. The message has the end and the reason, where there are any",
  device_unknown:
    "the serial is not on the user's list; or a push token is to be bound to a device that is signed out",
  too_many_devices:
    "the app's sign-in policy has no place and refuses newcomers: at a sign-in with `device_guid`, or at the first connection without one",
  credentials_wrong:
    "wrong name or wrong password: one message and one cost for both. Also a wrong `old_password` or `password` of one's own account",
  group_unknown: "the group does not exist in this app",
  app_unknown: "the app does not exist",
  registration_closed: "the app takes no registrations",
  app_suspended: "the app is suspended",
};
