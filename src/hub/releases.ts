import type { Devices } from "./devices.ts";
import type { HubStorage } from "./storage.ts";

/** A column of `Dues`: since when a release is owed. */
export const duesOfReleases =
  "(select min(since) from (select since from releases union all select since from session_releases)) as releases_since";

/** Push tokens that a user is to have no more: of devices by serial, of the settings by the push keys that they go with. */
export interface Owed {
  devices: readonly number[];
  sessions: readonly string[];
}

const nothing: Owed = { devices: [], sessions: [] };

/**
 * The push tokens that D1 is still to release: the tables `releases`, of devices by their serials, and `session_releases`, of
 * the settings by the push keys of the sessions that wrote them. Whatever D1 still has of them, nobody is to see any more.
 */
export class Releases {
  readonly #storage: HubStorage;
  readonly #devices: Devices;
  /** False where there is nothing to look for. */
  #mayOwe = true;

  constructor(storage: HubStorage, devices: Devices) {
    this.#storage = storage;
    this.#devices = devices;
  }

  /** Owes D1 the release of a device's push token, where it may have one. */
  owe(sn: number): void {
    if (!this.#devices.unbind(sn)) return;
    this.#storage.sql.exec("insert or ignore into releases (device_sn, since) values (?, ?)", sn, Date.now());
    this.#mayOwe = true;
  }

  /** The same of the settings' push token, which a session may have written. */
  oweSession({ push_key }: { push_key: string | null }): void {
    if (push_key === null) return;
    this.#storage.sql.exec(
      "insert or ignore into session_releases (push_key, since) values (?, ?)",
      push_key,
      Date.now(),
    );
    this.#mayOwe = true;
  }

  /** What D1 is still to release. */
  owed(): Owed {
    if (!this.#mayOwe) return nothing;
    const { sql } = this.#storage;
    const devices = sql.exec<{ device_sn: number }>("select device_sn from releases").toArray();
    const sessions = sql.exec<{ push_key: string }>("select push_key from session_releases").toArray();
    this.#mayOwe = devices.length + sessions.length > 0;
    return {
      devices: devices.map((row) => row.device_sn),
      sessions: sessions.map((row) => row.push_key),
    };
  }

  /** True while D1 is still to release anything. */
  get isOwing(): boolean {
    const { devices, sessions } = this.owed();
    return devices.length + sessions.length > 0;
  }

  /** Notes that a push token may be bound to a device now, or that none is: either way no release is owed. */
  note(sn: number, isBound: boolean): void {
    this.#devices.setPushBound(sn, isBound);
    this.#storage.sql.exec("delete from releases where device_sn = ?", sn);
  }

  /** Notes that D1 has released what was owed. */
  made({ devices, sessions }: Owed): void {
    for (const sn of devices) this.note(sn, false);
    for (const key of sessions)
      this.#storage.sql.exec("delete from session_releases where push_key = ?", key);
  }

  /** Forgets what is owed for a deleted user, whose bindings D1 has deleted. */
  forget(): void {
    this.#storage.sql.exec("delete from releases");
    this.#storage.sql.exec("delete from session_releases");
  }
}
