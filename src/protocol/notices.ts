import type { Actor } from "../domain/actors.ts";

/** What a device hears, and the product's own number for it. */
export const notices = {
  password_changed: 1,
  disabled: 2,
  deleted: 3,
  replaced: 4,
  kicked: 5,
  info_updated: 6,
  device_login: 7,
  device_logout: 8,
  device_added: 9,
  device_removed: 10,
} as const;

/** The number of a notice that the product has none for: who knows the product's alone is not told it. */
export const UNNUMBERED = 0;

/** The name of the notice that a push token is dead. */
export const TOKEN_DEAD = "push_token_dead";

/** A push token that is dead, on its way to its device; `device_sn` 0 where it was that of the settings. */
export interface TokenDead {
  device_sn: number;
  notifier_name: string;
  reason: string;
  by: Actor;
  /** ms since 1970. */
  at: number;
}

/** The name of what a device hears. */
export type NoticeEvent = keyof typeof notices;

/** A notice on its way to devices. */
export interface Notice {
  event: NoticeEvent;
  reason: string;
  by: Actor;
  /** ms since 1970. */
  at: number;
}
