import type { Platform } from "../domain/fields.ts";
import type { SignedIn } from "../domain/policy.ts";
import { AFTERLIFE } from "../domain/tokens.ts";
import type { DeviceRow } from "./devices.ts";
import { type HubStorage, Look } from "./storage.ts";

/**
 * A session: one token's life; instants in ms. It is in the table for as long as it was not ended. One whose time was up
 * stays, over and without its device, so that its token hears why.
 */
export type SessionEntry = {
  id: string;
  device_sn: number | null;
  signed_in_at: number;
  expires_at: number;
  /** Where it signed in from, and with what; "" where that was not kept. */
  address: string;
  user_agent: string;
};

/**
 * A session, whether it is over (1), and what is known of its device: null where it has none. By `push_key` D1 knows with what
 * session the settings' push token goes: null where this one has written none.
 */
export type SessionRow = Omit<SessionEntry, "address" | "user_agent"> & {
  is_over: number;
  push_key: string | null;
} & Nullable<Pick<DeviceRow, "last_active_at" | "push_bound">>;

type Nullable<T> = { [Key in keyof T]: T[Key] | null };

/** A column of `Dues`: when the next session ends of itself (ms). */
export const duesOfSessions = "(select min(expires_at) from sessions where is_over = 0) as next_expiry";

const rows = `
  select id, device_sn, signed_in_at, expires_at, is_over, push_key,
    (select last_active_at from devices where sn = device_sn) as last_active_at,
    (select push_bound from devices where sn = device_sn) as push_bound
  from sessions
`;

/** Which sessions there are: the table `sessions`. */
export class Sessions {
  readonly #storage: HubStorage;
  readonly #byId: Look<SessionRow>;
  readonly #byPushKey: Look<SessionRow>;

  constructor(storage: HubStorage) {
    this.#storage = storage;
    this.#byId = new Look(storage, `${rows} where id = ?`);
    this.#byPushKey = new Look(storage, `${rows} where push_key = ? and is_over = 0`);
  }

  /** A session, over or not. */
  get(id: string): Readonly<SessionRow> | undefined {
    return this.#byId.rows(id)[0];
  }

  /** The sessions that are not over, by their devices' serials. */
  standing(): SessionRow[] {
    return this.#storage.sql.exec<SessionRow>(`${rows} where is_over = 0 order by device_sn`).toArray();
  }

  /** The sessions that live at `now`, as staff see them: so many of the newest. */
  newest(now: number, limit: number): SessionEntry[] {
    return this.#storage.sql
      .exec<SessionEntry>(
        `select id, device_sn, signed_in_at, expires_at, address, user_agent from sessions
         where is_over = 0 and expires_at > ? order by signed_in_at desc, id limit ?`,
        now,
        limit,
      )
      .toArray();
  }

  /** The sessions whose time is up and which nobody has looked after. */
  overdue(now: number): SessionRow[] {
    return this.#storage.sql.exec<SessionRow>(`${rows} where is_over = 0 and expires_at <= ?`, now).toArray();
  }

  /** The sessions without a device, beside this one, by which there are more than `length` with it: those that are oldest. */
  surplus(id: string, length: number): SessionRow[] {
    const bare = "device_sn is null and is_over = 0 and id <> ?1";
    return this.#storage.sql
      .exec<SessionRow>(
        `${rows} where ${bare} order by signed_in_at, id
         limit max(0, (select count(*) from sessions where ${bare}) + 1 - ?2)`,
        id,
        length,
      )
      .toArray();
  }

  /** The session of a device: one at most. */
  ofDevice(sn: number): SessionRow[] {
    return this.#storage.sql.exec<SessionRow>(`${rows} where device_sn = ?`, sn).toArray();
  }

  /** The devices whose session lives at `now`: what the sign-in policy counts. */
  signedIn(now: number): SignedIn[] {
    return this.#storage.sql
      .exec<{ sn: number; platform: Platform; signed_in_at: number }>(
        "select sn, platform, signed_in_at from sessions join devices on sn = device_sn where expires_at > ?",
        now,
      )
      .toArray()
      .map((row) => ({ sn: row.sn, platform: row.platform, signedInAt: row.signed_in_at }));
  }

  /** Keeps a new session, and drops those that are so long past their life that nobody asks any more. */
  add(session: SessionEntry): void {
    this.#storage.sql.exec("delete from sessions where expires_at < ?", session.signed_in_at - AFTERLIFE);
    this.#storage.sql.exec(
      "insert or ignore into sessions (id, device_sn, signed_in_at, expires_at, address, user_agent) values (?, ?, ?, ?, ?, ?)",
      session.id,
      session.device_sn,
      session.signed_in_at,
      session.expires_at,
      session.address,
      session.user_agent,
    );
  }

  /** Makes a session that of a device; it signs in there at `now`. */
  giveDevice(id: string, sn: number, now: number): void {
    this.#storage.sql.exec("update sessions set device_sn = ?, signed_in_at = ? where id = ?", sn, now, id);
  }

  /** Notes, before D1 is told, that a session writes the settings' push token; returns with what key that goes. */
  writesPush(id: string): string {
    return this.#storage.sql
      .exec<{ push_key: string }>(
        "update sessions set push_key = coalesce(push_key, id) where id = ? returning push_key",
        id,
      )
      .one().push_key;
  }

  /** Has a session go on for another one of its device: what goes with that one goes with this one. */
  inheritPush(id: string, key: string): void {
    this.#storage.sql.exec("update sessions set push_key = ? where id = ?", key, id);
  }

  /** The session with which the settings' push token goes; undefined where it has ended. */
  ofPushKey(key: string): Readonly<SessionRow> | undefined {
    return this.#byPushKey.rows(key)[0];
  }

  /** Drops a session: its token is dead. */
  drop(id: string): void {
    this.#storage.sql.exec("delete from sessions where id = ?", id);
  }

  /** Notes that a session's time was up. */
  markOver(id: string): void {
    this.#storage.sql.exec("update sessions set is_over = 1, device_sn = null where id = ?", id);
  }

  /** Drops the sessions that were over first, but for so many. */
  dropOver(kept: number): void {
    this.#storage.sql.exec(
      `delete from sessions where id in
         (select id from sessions where is_over = 1 order by expires_at desc, id limit -1 offset ?)`,
      kept,
    );
  }

  /** Forgets the sessions of a deleted user. */
  forget(): void {
    this.#storage.sql.exec("delete from sessions");
  }
}
