import type { Actor } from "../domain/actors.ts";
import type { AppRules } from "./contract.ts";
import { type HubStorage, Look } from "./storage.ts";

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

/** Columns of `Dues`: what the user's status and the app's rule may bring about in time; null where nothing is known. */
export const duesOfUser = `
  (select status from user) as status, (select until from user) as until, (select device_ttl from user) as device_ttl`;

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

/** What the hub knows of its user: the table `user`, which has one row. */
export class User {
  readonly #storage: HubStorage;
  readonly #id: number;
  readonly #row: Look<UserRow>;

  constructor(storage: HubStorage, id: number) {
    this.#storage = storage;
    this.#id = id;
    this.#row = new Look(
      storage,
      "select epoch, status, reason, until, version, last_sn, device_ttl, webhooks from user",
    );
  }

  /** The user as known here; a user never heard of is normal and at epoch 0. */
  read(): Readonly<UserRow> {
    return this.#row.rows()[0] ?? nobody;
  }

  /** Writes what changes of the user. */
  set(change: Partial<UserRow>): void {
    const user = { ...this.read(), ...change };
    this.#storage.sql.exec(
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

  /** Takes in what the app has told of itself now. */
  learn(rules: AppRules): void {
    const [device_ttl, webhooks] = [rules.device_ttl * 1000, rules.webhooks ? 1 : 0];
    const known = this.read();
    if (known.device_ttl === device_ttl && known.webhooks === webhooks) return;
    this.set({ device_ttl, webhooks });
  }

  /** Marks the device list as changed. */
  listChanged(): void {
    this.#storage.sql.exec(
      "insert into user (only, version) values (1, 1) on conflict (only) do update set version = version + 1",
    );
  }

  /** A serial for a new device; none is given twice. */
  nextSerial(): number {
    const { last_sn } = this.#storage.sql
      .exec<{ last_sn: number }>(
        `insert into user (only, last_sn) values (1, 1)
         on conflict (only) do update set last_sn = last_sn + 1 returning last_sn`,
      )
      .one();
    return last_sn;
  }

  /** Takes a serial that was given elsewhere; false where one as high was given here before. */
  takeSerial(sn: number): boolean {
    const taken = this.#storage.sql.exec(
      `insert into user (only, last_sn) values (1, ?1)
       on conflict (only) do update set last_sn = ?1 where last_sn < ?1 returning last_sn`,
      sn,
    );
    return taken.toArray().length > 0;
  }

  /** The user as who causes something, by a device where one is known. */
  actor(sn: number | null): Actor {
    return sn === null ? { user_id: this.#id } : { user_id: this.#id, device_sn: sn };
  }

  /** Forgets of a deleted user all but that there was one, which serials it had, and what its app has told. */
  forget(epoch: number): void {
    this.set({ epoch, status: "deleted", reason: "", until: null });
  }
}
