import { z } from "zod";
import type { Platform } from "../domain/fields.ts";
import type { SignedIn } from "../domain/policy.ts";
import { DeviceReceipt } from "../domain/signals.ts";
import { AFTERLIFE } from "../domain/tokens.ts";
import { bringUpToDate } from "./tables.ts";

/** What the hub itself knows of its user. `until` is in ms, null for never. */
export type UserRow = {
  epoch: number;
  status: "normal" | "disabled" | "deleted";
  reason: string;
  until: number | null;
  /** Grows with every change of the device list. */
  version: number;
  last_sn: number;
  /** Of the app, as last told: ms after which an unheard device leaves the list (0 never), and whether it has a webhook. */
  device_ttl: number;
  webhooks: number;
};

/**
 * A session: one token's life; instants in ms. It is in the table for as long as it was not ended. One whose time was up
 * stays, over and without its device, so that its token hears why.
 */
type SessionEntry = { id: string; device_sn: number | null; signed_in_at: number; expires_at: number };

/** A session, whether it is over (1), and what is known of its device: null where it has none. */
export type SessionRow = SessionEntry & { is_over: number } & Nullable<
    Pick<DeviceRow, "last_active_at" | "push_bound">
  >;

type Nullable<T> = { [Key in keyof T]: T[Key] | null };

/** A device on the list. `push_bound` is 1 once a push token may have been bound to it. */
export type DeviceRow = {
  sn: number;
  guid: string | null;
  platform: Platform;
  name: string;
  user_agent: string;
  last_active_at: number;
  push_bound: number;
};

/** What a hub must wake for; instants in ms, and null where there is nothing. */
export type Dues = {
  status: UserRow["status"] | null;
  until: number | null;
  device_ttl: number | null;
  /** When the next session ends of itself. */
  next_expiry: number | null;
  /** When the device that was not heard of for the longest was heard of last. */
  oldest_activity: number | null;
  owes_releases: number;
  owes_events: number;
};

/** What a device tells of itself. */
export interface DeviceFacts {
  guid?: string | undefined;
  platform?: Platform | undefined;
  name?: string | undefined;
  user_agent: string;
}

const sessions = `
  select id, device_sn, signed_in_at, expires_at, is_over,
    (select last_active_at from devices where sn = device_sn) as last_active_at,
    (select push_bound from devices where sn = device_sn) as push_bound
  from sessions
`;

const nobody: UserRow = {
  epoch: 0,
  status: "normal",
  reason: "",
  until: null,
  version: 0,
  last_sn: 0,
  device_ttl: 0,
  webhooks: 0,
};

/** Of how many signals it is kept what became of devices. */
const RECEIPTS_KEPT = 8;

/** How stale `last_active_at` may grow before a call writes it anew (ms). */
const ACTIVITY_GRAIN = 60_000;

/** The lasting part of a user's hub: its own SQLite tables. A field only ever says that there is nothing to look for. */
export class HubState {
  readonly #storage: DurableObjectStorage;
  #hasTables = false;
  #mayOweReleases = true;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** The tables, as they are to be. */
  get sql(): SqlStorage {
    if (!this.#hasTables) bringUpToDate(this.#storage.sql);
    this.#hasTables = true;
    return this.#storage.sql;
  }

  /** True where there are no tables yet: to look into them would make them. */
  get isBlank(): boolean {
    if (this.#hasTables) return false;
    const known = this.#storage.sql.exec("select 1 from sqlite_master where name = 'steps'").toArray();
    return known.length === 0;
  }

  /** Leaves nothing behind, not even the tables. */
  async wipe(): Promise<void> {
    this.#hasTables = false;
    await this.#storage.deleteAll();
  }

  /** The user as known here; a user never heard of is normal and at epoch 0. */
  user(): UserRow {
    const [row] = this.sql
      .exec<UserRow>("select epoch, status, reason, until, version, last_sn, device_ttl, webhooks from user")
      .toArray();
    return row ?? { ...nobody };
  }

  /** Writes what changes of the user. */
  setUser(change: Partial<UserRow>): void {
    const user = { ...this.user(), ...change };
    this.sql.exec(
      `insert into user (only, epoch, status, reason, until, version, last_sn, device_ttl, webhooks)
       values (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
       on conflict (only) do update set epoch = ?1, status = ?2, reason = ?3, until = ?4, version = ?5, last_sn = ?6,
         device_ttl = ?7, webhooks = ?8`,
      user.epoch,
      user.status,
      user.reason,
      user.until,
      user.version,
      user.last_sn,
      user.device_ttl,
      user.webhooks,
    );
  }

  /** Marks the device list as changed. */
  listChanged(): void {
    this.sql.exec(
      "insert into user (only, version) values (1, 1) on conflict (only) do update set version = version + 1",
    );
  }

  /** A session, over or not. */
  session(id: string): SessionRow | undefined {
    return this.sql.exec<SessionRow>(`${sessions} where id = ?`, id).toArray()[0];
  }

  /** The sessions that are not over, by their devices' serials. */
  sessions(): SessionRow[] {
    return this.sql.exec<SessionRow>(`${sessions} where is_over = 0 order by device_sn`).toArray();
  }

  /** The sessions whose time is up and which nobody has looked after. */
  overdueSessions(now: number): SessionRow[] {
    return this.sql.exec<SessionRow>(`${sessions} where is_over = 0 and expires_at <= ?`, now).toArray();
  }

  /** The sessions without a device, beside this one, by which there are more than `length` with it: those that are oldest. */
  surplusSessions(id: string, length: number): SessionRow[] {
    const bare = "device_sn is null and is_over = 0 and id <> ?1";
    return this.sql
      .exec<SessionRow>(
        `${sessions} where ${bare} order by signed_in_at, id
         limit max(0, (select count(*) from sessions where ${bare}) + 1 - ?2)`,
        id,
        length,
      )
      .toArray();
  }

  sessionsOfDevice(sn: number): SessionRow[] {
    return this.sql.exec<SessionRow>(`${sessions} where device_sn = ?`, sn).toArray();
  }

  /** Keeps a new session, and drops those that are so long past their life that nobody asks any more. */
  addSession(session: SessionEntry): void {
    this.sql.exec("delete from sessions where expires_at < ?", session.signed_in_at - AFTERLIFE);
    this.sql.exec(
      "insert or ignore into sessions (id, device_sn, signed_in_at, expires_at) values (?, ?, ?, ?)",
      session.id,
      session.device_sn,
      session.signed_in_at,
      session.expires_at,
    );
  }

  /** Makes a session that of a device; it signs in there at `now`. */
  giveDevice(sessionId: string, sn: number, now: number): void {
    this.sql.exec("update sessions set device_sn = ?, signed_in_at = ? where id = ?", sn, now, sessionId);
  }

  endSession(id: string): void {
    this.sql.exec("delete from sessions where id = ?", id);
  }

  /** Notes that a session's time was up. */
  markOver(id: string): void {
    this.sql.exec("update sessions set is_over = 1, device_sn = null where id = ?", id);
  }

  /** Forgets the sessions that were over first, but for so many. */
  forgetOver(kept: number): void {
    this.sql.exec(
      `delete from sessions where id in
         (select id from sessions where is_over = 1 order by expires_at desc, id limit -1 offset ?)`,
      kept,
    );
  }

  /** The devices whose session lives at `now`: what the sign-in policy counts. */
  signedIn(now: number): SignedIn[] {
    return this.sql
      .exec<{ sn: number; platform: Platform; signed_in_at: number }>(
        "select sn, platform, signed_in_at from sessions join devices on sn = device_sn where expires_at > ?",
        now,
      )
      .toArray()
      .map((row) => ({ sn: row.sn, platform: row.platform, signedInAt: row.signed_in_at }));
  }

  device(sn: number): DeviceRow | undefined {
    return this.sql.exec<DeviceRow>("select * from devices where sn = ?", sn).toArray()[0];
  }

  deviceOfGuid(guid: string): DeviceRow | undefined {
    return this.sql.exec<DeviceRow>("select * from devices where guid = ?", guid).toArray()[0];
  }

  /** Devices by serial, after `after`. */
  devices(after: number, limit: number): DeviceRow[] {
    return this.sql
      .exec<DeviceRow>("select * from devices where sn > ? order by sn limit ?", after, limit)
      .toArray();
  }

  /** Puts a device on the list, or notes what is new of one that is; returns its serial. A serial is never reused. */
  putDevice(facts: DeviceFacts, known: DeviceRow | undefined, now: number): number {
    const platform = facts.platform ?? known?.platform ?? 6;
    const name = facts.name ?? known?.name ?? "";
    const agent = facts.user_agent || (known?.user_agent ?? "");
    const sn = known?.sn ?? this.user().last_sn + 1;
    if (known === undefined) {
      this.setUser({ last_sn: sn });
      this.sql.exec(
        "insert into devices (sn, guid, platform, name, user_agent, last_active_at) values (?, ?, ?, ?, ?, ?)",
        sn,
        facts.guid ?? null,
        platform,
        name,
        agent,
        now,
      );
    } else {
      this.sql.exec(
        "update devices set platform = ?, name = ?, user_agent = ?, last_active_at = ? where sn = ?",
        platform,
        name,
        agent,
        now,
        sn,
      );
    }
    this.listChanged();
    return sn;
  }

  removeDevice(sn: number): void {
    this.sql.exec("delete from devices where sn = ?", sn);
    this.listChanged();
  }

  /** Notes that a device was heard of. */
  touch(sn: number, now: number): void {
    this.sql.exec("update devices set last_active_at = ? where sn = ?", now, sn);
  }

  /** The same by a call of its session; at most once a minute, as every call says it. */
  called({ device_sn, last_active_at }: SessionRow, now: number): void {
    if (device_sn !== null && (last_active_at ?? 0) < now - ACTIVITY_GRAIN) this.touch(device_sn, now);
  }

  /** Says that a push token may be bound to a device from now on, or that none is. */
  setPushBound(sn: number, bound: boolean): void {
    this.sql.exec("update devices set push_bound = ? where sn = ?", bound ? 1 : 0, sn);
    this.sql.exec("delete from releases where device_sn = ?", sn);
  }

  /** Owes D1 the release of a device's push token, where it may have one. */
  oweRelease(sn: number): void {
    const unbound = "update devices set push_bound = 0 where sn = ? and push_bound = 1 returning sn";
    if (this.sql.exec(unbound, sn).toArray().length === 0) return;
    this.sql.exec("insert or ignore into releases (device_sn) values (?)", sn);
    this.#mayOweReleases = true;
  }

  /** The devices whose push tokens D1 is still to release. */
  owedReleases(): number[] {
    if (!this.#mayOweReleases) return [];
    const rows = this.sql.exec<{ device_sn: number }>("select device_sn from releases").toArray();
    this.#mayOweReleases = rows.length > 0;
    return rows.map((row) => row.device_sn);
  }

  /** What became of devices when a signal was taken; none where that is too long ago. */
  receipts(epoch: number): DeviceReceipt[] {
    const [row] = this.sql
      .exec<{ body: string }>("select body from receipts where epoch = ?", epoch)
      .toArray();
    return z.array(DeviceReceipt).parse(JSON.parse(row?.body ?? "[]"));
  }

  /** Keeps it for who repeats the signal, and forgets what nobody repeats any more. */
  keepReceipts(epoch: number, receipts: readonly DeviceReceipt[]): void {
    this.sql.exec("delete from receipts where epoch <= ?", epoch - RECEIPTS_KEPT);
    this.sql.exec("insert into receipts (epoch, body) values (?, ?)", epoch, JSON.stringify(receipts));
  }

  /** What time and debt will ask of the hub, in one look. */
  dues(): Dues {
    const [row] = this.sql
      .exec<Dues>(
        `select status, until, device_ttl,
           (select min(expires_at) from sessions where is_over = 0) as next_expiry,
           (select min(last_active_at) from devices) as oldest_activity,
           exists (select 1 from releases) as owes_releases,
           exists (select 1 from outbox) as owes_events
         from (select 1) left join user`,
      )
      .toArray();
    if (!row) throw new Error("a select of one row gave none");
    return row;
  }

  /** The signed-out devices by which the list is longer than `length`: those not heard of for the longest. */
  surplusDevices(length: number): { sn: number }[] {
    return this.sql
      .exec<{ sn: number }>(
        `select sn from devices where not exists (select 1 from sessions where device_sn = sn)
         order by last_active_at, sn limit max(0, (select count(*) from devices) - ?)`,
        length,
      )
      .toArray();
  }

  /** Devices not heard of since before `before`. */
  staleDevices(before: number): DeviceRow[] {
    return this.sql.exec<DeviceRow>("select * from devices where last_active_at <= ?", before).toArray();
  }

  /** Forgets all of a deleted user but that there was one, and what D1 is owed of it. */
  bury(epoch: number): void {
    for (const table of [
      "sessions",
      "devices",
      "receipts",
      "releases",
      "failures",
      "failure_minutes",
      "addresses",
      "answers",
    ]) {
      this.sql.exec(`delete from ${table}`);
    }
    this.setUser({ epoch, status: "deleted", reason: "", until: null });
  }
}
