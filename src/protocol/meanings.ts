import type { closeCodes } from "./closes.ts";
import type { NoticeEvent, TOKEN_DEAD } from "./notices.ts";
import type { WatchEnd } from "./watch.ts";

/** What something that a device or a watcher hears means, as sentences for who writes the other end. */
export interface Meaning {
  /** When it is heard. */
  when: string;
  /** What who hears it does then. */
  does: string;
}

/** The name of any notice. */
export type AnyNotice = NoticeEvent | typeof TOKEN_DEAD;

/** Whom a notice ends the socket of: all who hear it, none, or the one device that it is of. */
type Ends = "always" | "never" | "its own";

/** What each notice means. */
export const noticeMeanings: Record<AnyNotice, Meaning & { ends: Ends }> = {
  password_changed: {
    when: "another session changed the password, or an admin did",
    does: "its token is dead: asks for the password",
    ends: "always",
  },
  disabled: {
    when: "an admin disabled the user",
    does: "its token is dead: tells the user the `reason`",
    ends: "always",
  },
  deleted: {
    when: "the user was deleted",
    does: "its token is dead: forgets the account",
    ends: "always",
  },
  replaced: {
    when: "the same session opened a newer socket (the token lives), or the same `device_guid` signed in again (it is dead)",
    does: "does not come back before its user acts",
    ends: "always",
  },
  kicked: {
    when: "`/user/kick`, or the sign-in policy made room for another device",
    does: "its token is dead: asks for the password",
    ends: "always",
  },
  info_updated: {
    when: "another session or an admin changed the profile, the name or the settings",
    does: "reads them anew",
    ends: "never",
  },
  device_login: { when: "another device connected", does: "may read the list anew", ends: "never" },
  device_logout: {
    when: "another device disconnected, or was signed out",
    does: "may read the list anew",
    ends: "never",
  },
  device_added: {
    when: "another device is new on the list",
    does: "may read the list anew",
    ends: "never",
  },
  device_removed: {
    when: "to the removed device: it is signed out. To the others, without a close: the list is shorter",
    does: "its token is dead / may read the list anew",
    ends: "its own",
  },
  push_token_dead: {
    when: "a provider said that the device's push token is dead, or refused it for more than a day",
    does: "registers a new one and binds it",
    ends: "never",
  },
};

/** What each close means that follows no notice. */
export const closeMeanings: Record<keyof typeof closeCodes, Meaning> = {
  silent: { when: "no ping was heard for 95 s", does: "connects again; its token lives" },
  restart: {
    when: "the service was deployed anew, which drops every socket",
    does: "connects again after a random wait",
  },
  logout: { when: "the session signed itself out", does: "nothing" },
  bad_frame: { when: "it sent a frame that is not `ping`", does: "is mended; its token lives" },
  bad_token: {
    when: "on connecting: the token is unknown, revoked or kicked. The close reason is `token_invalid`, or `user_disabled` while the user is disabled",
    does: "asks for the password",
  },
  token_expired: {
    when: "the life of the token is over, on connecting or while connected",
    does: "signs in again",
  },
};

/** What each end of a watch means. */
export const watchMeanings: Record<WatchEnd, Meaning> = {
  token_invalid: { when: "the admin token was revoked", does: "asks for another token" },
  token_expired: { when: "the life of the admin token is over", does: "asks for another token" },
  app_suspended: { when: "the app is suspended", does: "waits until the app is started again" },
  displaced: {
    when: "so many watch the user that the one who came first had to make room",
    does: "does not come back before its user acts",
  },
  deleted: { when: "the user was deleted", does: "nothing: there is nobody to watch any more" },
  restart: {
    when: "a change could not be told, or the service was deployed anew",
    does: "connects again, and hears all of it",
  },
  silent: { when: "no ping was heard for 95 s when a change was to be told", does: "connects again" },
  bad_frame: { when: "it sent a frame that is not `ping`", does: "is mended; its token lives" },
};
