import { type Origin, nameActor, noOrigin } from "../domain/actors.ts";
import type { DevicePage, DeviceView } from "./contract.ts";
import type { DeviceRow } from "./devices.ts";
import type { Sockets } from "./sockets.ts";
import type { HubState } from "./state.ts";

/** A device as it is shown; `bound` are the devices that have a push token. */
export function viewOf(row: DeviceRow, sockets: Sockets, bound: ReadonlySet<number>): DeviceView {
  return {
    device_sn: row.sn,
    platform: row.platform,
    user_agent: row.user_agent,
    device_name: row.name,
    online: sockets.isOnline(row.sn),
    last_active_at: Math.max(row.last_active_at, sockets.lastHeard(row.sn)),
    push_bound: bound.has(row.sn),
    no_push: row.no_push === 1,
  };
}

/** Which devices are connected, and who hears of one that comes or goes. */
export class Presence {
  readonly #state: HubState;
  readonly #sockets: Sockets;

  constructor(state: HubState, sockets: Sockets) {
    this.#state = state;
    this.#sockets = sockets;
  }

  /** A page of the device list by serial, after `after`, and its version; `bound` are the devices that have a push token. */
  list(after: number, limit: number, bound: ReadonlySet<number>): DevicePage {
    const rows = this.#state.devices.page(after, limit + 1);
    const page = rows.slice(0, limit);
    const devices = page.map((row) => viewOf(row, this.#sockets, bound));
    const next = rows.length > limit ? page.at(-1)?.sn : undefined;
    return { ok: true, devices, version: this.#state.user.read().version, next };
  }

  /** Notes and tells that a device has an open socket now. */
  cameOnline(sn: number, at: number, from: Origin): void {
    const { user } = this.#state;
    user.listChanged();
    this.#owe("device.login", sn, at, from);
    this.#sockets.tellOthers(sn, { event: "device_login", reason: "", by: user.actor(sn), at });
  }

  /** Notes and tells that a device that lost a socket is not connected any more; false where it has another socket. */
  lostSocket(sn: number, at: number): boolean {
    if (this.#sockets.isOnline(sn)) return false;
    const { user, devices } = this.#state;
    devices.touch(sn, at);
    user.listChanged();
    this.#owe("device.logout", sn, at, noOrigin);
    this.#sockets.tellOthers(sn, { event: "device_logout", reason: "", by: user.actor(sn), at });
    return true;
  }

  /** An app with a webhook hears of a device that came or went; not where it comes and goes while D1 takes nothing. */
  #owe(webhook: "device.login" | "device.logout", device_sn: number, at: number, from: Origin): void {
    const { user, outbox } = this.#state;
    if (user.read().webhooks === 0 || outbox.isFull) return;
    const caller = nameActor(user.actor(device_sn));
    outbox.add({ at, caller, device_sn, reason: "", from, webhook });
  }
}
