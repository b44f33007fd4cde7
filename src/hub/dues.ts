import { LOOK_WITHIN, retryAt } from "./alarm.ts";
import { duesOfDevices } from "./devices.ts";
import { duesOfOutbox } from "./outbox.ts";
import { duesOfReleases } from "./releases.ts";
import { duesOfSessions } from "./sessions.ts";
import type { HubStorage } from "./storage.ts";
import { type UserRow, duesOfUser } from "./user.ts";

const MINUTE = 60_000;

/** What a hub must wake for; instants in ms, and null where there is nothing. */
export type Dues = {
  status: UserRow["status"] | null;
  until: number | null;
  device_ttl: number | null;
  /** When the next session ends of itself. */
  next_expiry: number | null;
  /** When the device that was not heard of for the longest was heard of last. */
  oldest_activity: number | null;
  /** When the release was noted that D1 has not taken for the longest. */
  releases_since: number | null;
  owes_events: number;
};

/** What each subject has due, in one statement, as every turn that changes something looks for it. */
const look = `select ${[duesOfUser, duesOfSessions, duesOfDevices, duesOfReleases, duesOfOutbox].join(", ")}`;

/** What time and debt will ask of the hub. */
export function findDues(storage: HubStorage): Dues {
  return storage.sql.exec<Dues>(look).one();
}

/** When what is due asks for the hub (ms). */
export function timesOf(dues: Dues, now: number): number[] {
  const { status, until, device_ttl, next_expiry, oldest_activity, releases_since } = dues;
  return [
    status === "disabled" && until !== null ? (until > now ? until : retryAt(until, now)) : null,
    next_expiry,
    releases_since === null ? null : retryAt(releases_since, now),
    dues.owes_events ? now + LOOK_WITHIN : null,
    device_ttl && oldest_activity !== null ? Math.max(oldest_activity + device_ttl, now + MINUTE) : null,
  ].filter((at) => at !== null);
}
