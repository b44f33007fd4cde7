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
