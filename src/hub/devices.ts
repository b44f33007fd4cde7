import type { Platform } from "../domain/fields.ts";
import type { BroughtDevice } from "../domain/signals.ts";
import type { DeviceFacts } from "./contract.ts";
import { type HubStorage, Look } from "./storage.ts";
import type { User, UserRow } from "./user.ts";

/**
 * A device on the list. `push_bound` is 1 once a push token may have been bound to it, `token_dead` while it has none as that
 * was dead; instants in ms.
 */
export type DeviceRow = {
  sn: number;
  guid: string | null;
  platform: Platform;
  name: string;
  user_agent: string;
  last_active_at: number;
  push_bound: number;
  token_dead: number;
  /** 1 where the user wants no pushes on it. */
  no_push: number;
};

/** How the user stands, and a device that may have a push token, with the end of its session's life (ms). */
export type PushedRow = { [Key in "status" | "until"]: UserRow[Key] | null } & {
  [Key in "sn" | "platform" | "no_push"]: DeviceRow[Key] | null;
} & { expires_at: number | null };

/** Does work after the answer to whatever is being done. */
export type Later = (work: () => void) => void;

/** A column of `Dues`: when the device that was not heard of for the longest was heard of last (ms). */
export const duesOfDevices = "(select min(last_active_at) from devices) as oldest_activity";

/** How stale `last_active_at` may grow before a call writes it anew (ms). */
const ACTIVITY_GRAIN = 60_000;

/** The list of devices: the table `devices`. What changes the list raises its version. */
export class Devices {
  readonly #storage: HubStorage;
  readonly #user: User;
  readonly #later: Later;
  readonly #pushed: Look<PushedRow>;
  /** When devices were heard of (ms) that is still to be written. */
  readonly #heard = new Map<number, number>();

  constructor(storage: HubStorage, user: User, later: Later) {
    this.#storage = storage;
    this.#user = user;
    this.#later = later;
    this.#pushed = new Look(
      storage,
      `select status, until, sn, platform, no_push, expires_at from (select 1)
       left join user left join devices on push_bound = 1 left join sessions on device_sn = sn`,
    );
  }

  /** The device of a serial. */
  get(sn: number): DeviceRow | undefined {
    return this.#storage.sql.exec<DeviceRow>("select * from devices where sn = ?", sn).toArray()[0];
  }

  /** The device of a guid. */
  ofGuid(guid: string): DeviceRow | undefined {
    return this.#storage.sql.exec<DeviceRow>("select * from devices where guid = ?", guid).toArray()[0];
  }

  /** Devices by serial, after `after`. */
  page(after: number, limit: number): DeviceRow[] {
    this.#note();
    return this.#storage.sql
      .exec<DeviceRow>("select * from devices where sn > ? order by sn limit ?", after, limit)
      .toArray();
  }

  /** The devices that have a guid, by serial. */
  named(): BroughtDevice[] {
    return this.#storage.sql
      .exec<{ device_sn: number; guid: string; platform: Platform; name: string }>(
        "select sn as device_sn, guid, platform, name from devices where guid is not null order by sn",
      )
      .toArray();
  }

  /**
   * Puts a device on the list, or notes what is new of one that is; returns its serial. A new one has the serial that is
   * `wanted`, where that is higher than all that were given.
   */
  put(facts: DeviceFacts, known: DeviceRow | undefined, now: number, wanted?: number): number {
    const platform = facts.platform ?? known?.platform ?? 6;
    const name = facts.name ?? known?.name ?? "";
    const agent = facts.user_agent || (known?.user_agent ?? "");
    const isFree = known === undefined && wanted !== undefined && this.#user.takeSerial(wanted);
    const sn = known?.sn ?? (isFree ? wanted : this.#user.nextSerial());
    if (known === undefined) {
      this.#storage.sql.exec(
        "insert into devices (sn, guid, platform, name, user_agent, last_active_at) values (?, ?, ?, ?, ?, ?)",
        sn,
        facts.guid ?? null,
        platform,
        name,
        agent,
        now,
      );
    } else {
      this.#storage.sql.exec(
        "update devices set platform = ?, name = ?, user_agent = ?, last_active_at = ? where sn = ?",
        platform,
        name,
        agent,
        now,
        sn,
      );
    }
    this.#user.listChanged();
    return sn;
  }

  /** Takes a device off the list. */
  remove(sn: number): void {
    this.#storage.sql.exec("delete from devices where sn = ?", sn);
    this.#user.listChanged();
  }

  /** Notes that a device was heard of. */
  touch(sn: number, now: number): void {
    const heard = "update devices set last_active_at = ?1 where sn = ?2 and last_active_at < ?1";
    this.#storage.sql.exec(heard, now, sn);
  }

  /**
   * The same by a call of its session: at most once a minute, as every call says it, and when the call has been answered, as
   * nobody is to wait for it.
   */
  called(
    { device_sn, last_active_at }: { device_sn: number | null; last_active_at: number | null },
    now: number,
  ): void {
    if (device_sn === null || (last_active_at ?? 0) >= now - ACTIVITY_GRAIN) return;
    if (this.#heard.size === 0) this.#later(() => this.#note());
    this.#heard.set(device_sn, now);
  }

  /** Writes of which devices has been heard. */
  #note(): void {
    for (const [sn, at] of this.#heard) this.touch(sn, at);
    this.#heard.clear();
  }

  /** Says that a push token may be bound to a device from now on, or that none is. */
  setPushBound(sn: number, bound: boolean): void {
    this.#storage.sql.exec("update devices set push_bound = ? where sn = ?", bound ? 1 : 0, sn);
  }

  /** Says that the push token of a device is dead, which the device is to hear; or that it has another. */
  setTokenDead(sn: number, isDead: boolean): void {
    this.#storage.sql.exec(
      "update devices set token_dead = ?1 where sn = ?2 and token_dead <> ?1",
      isDead ? 1 : 0,
      sn,
    );
  }

  /** Has a device have pushes, or none. */
  mute(sn: number, isMuted: boolean): void {
    const muted = "update devices set no_push = ?1 where sn = ?2 and no_push <> ?1 returning sn";
    const changed = this.#storage.sql.exec(muted, isMuted ? 1 : 0, sn).toArray();
    if (changed.length > 0) this.#user.listChanged();
  }

  /**
   * The devices that may have a push token, and beside them how the user stands; in one look, as every push asks for it. Null
   * where nothing is known; a device has no `expires_at` where it has no session.
   */
  pushed(): readonly Readonly<PushedRow>[] {
    return this.#pushed.rows();
  }

  /** The devices that may have a push token and are signed out: they were registered with it. */
  registered(): number[] {
    return this.#storage.sql
      .exec<{ sn: number }>(
        "select sn from devices where push_bound = 1 and not exists (select 1 from sessions where device_sn = sn)",
      )
      .toArray()
      .map(({ sn }) => sn);
  }

  /** Says that none is to be bound any more; true where one may be. */
  unbind(sn: number): boolean {
    const unbound = "update devices set push_bound = 0 where sn = ? and push_bound = 1 returning sn";
    return this.#storage.sql.exec(unbound, sn).toArray().length > 0;
  }

  /** The signed-out devices by which the list is longer than `length`: those not heard of for the longest. */
  surplus(length: number): { sn: number }[] {
    this.#note();
    return this.#storage.sql
      .exec<{ sn: number }>(
        `select sn from devices where not exists (select 1 from sessions where device_sn = sn)
         order by last_active_at, sn limit max(0, (select count(*) from devices) - ?)`,
        length,
      )
      .toArray();
  }

  /** Devices not heard of since before `before` (ms). */
  stale(before: number): DeviceRow[] {
    this.#note();
    return this.#storage.sql
      .exec<DeviceRow>("select * from devices where last_active_at <= ?", before)
      .toArray();
  }

  /** Forgets the devices of a deleted user. */
  forget(): void {
    this.#storage.sql.exec("delete from devices");
  }
}
