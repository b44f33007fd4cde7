import type { Devices } from "./devices.ts";
import type { HubStorage } from "./storage.ts";

/** A column of `Dues`: since when a release is owed. */
export const duesOfReleases = "(select min(since) from releases) as releases_since";

/** The push tokens that D1 is still to release: the table `releases`, by the serials of their devices. */
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

  /** The devices whose push tokens D1 is still to release. */
  owed(): number[] {
    if (!this.#mayOwe) return [];
    const rows = this.#storage.sql.exec<{ device_sn: number }>("select device_sn from releases").toArray();
    this.#mayOwe = rows.length > 0;
    return rows.map((row) => row.device_sn);
  }

  /** Notes that a push token may be bound to a device now, or that none is: either way no release is owed. */
  note(sn: number, isBound: boolean): void {
    this.#devices.setPushBound(sn, isBound);
    this.#storage.sql.exec("delete from releases where device_sn = ?", sn);
  }

  /** Forgets what is owed for a deleted user, whose bindings D1 has deleted. */
  forget(): void {
    this.#storage.sql.exec("delete from releases");
  }
}
