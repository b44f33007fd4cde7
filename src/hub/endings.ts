import { type Actor, type Origin, nameActor, noOrigin } from "../domain/actors.ts";
import type { HubEvent } from "../domain/events.ts";
import type { DeviceReceipt } from "../domain/signals.ts";
import { closeCodes, endCode } from "../protocol/closes.ts";
import type { Refused } from "../domain/reasons.ts";
import type { NoticeEvent } from "../protocol/notices.ts";
import type { Kicked } from "./answers.ts";
import type { Acting } from "./contract.ts";
import type { SessionRow } from "./sessions.ts";
import type { Sockets } from "./sockets.ts";
import type { HubState } from "./state.ts";

/** How many devices are listed, where not more are signed in. */
export const LISTED = 100;

/** How many sessions are remembered as over. */
const OVER = 1000;

/** Why sessions end: what their own sockets hear, and what the user's other devices hear of it. */
export interface Ending {
  /** Absent where the session hears nothing, as it ended itself. */
  event?: NoticeEvent;
  reason: string;
  /** Absent where nobody did it: time did. */
  by?: Actor;
  others: "device_logout" | "device_removed" | "none";
  from: Origin;
}

/** What ends sessions and takes devices off the list, and what the devices hear of it. */
export class Endings {
  readonly #state: HubState;
  readonly #sockets: Sockets;
  #count = 0;

  constructor(state: HubState, sockets: Sockets) {
    this.#state = state;
    this.#sockets = sockets;
  }

  /** How many sessions this has ended so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * Ends sessions: they are dead in the table first, then their sockets hear it, then the user's other devices. One whose
   * time is up has come to that end already, though its alarm may be late.
   */
  end(ended: readonly SessionRow[], ending: Ending): DeviceReceipt[] {
    const { user, sessions, releases } = this.#state;
    const at = Date.now();
    const alive = ended.filter((session) => session.expires_at > at);
    if (alive.length < ended.length) this.expire(at);
    const { event, reason, others, from } = ending;
    const by = ending.by ?? user.actor(null);
    const code = endCode(event);
    const receipts: DeviceReceipt[] = [];
    for (const session of alive) sessions.drop(session.id);
    this.#count += alive.length;
    for (const session of alive) {
      // A device that signs in anew keeps its push tokens: it is the same device.
      if (event !== "replaced") releases.oweSession(session);
      const told = this.#sockets.end(session.id, code, event && { event, reason, by, at });
      const caller = nameActor(ending.by);
      this.#recordEnd(session, event ?? "logout", { at, caller, reason, from });
      if (session.device_sn === null) continue;
      if (event !== "replaced" && session.push_bound === 1) releases.owe(session.device_sn);
      receipts.push({ device_sn: session.device_sn, was_online: told.open > 0, notified: told.notified > 0 });
    }
    if (receipts.length > 0) user.listChanged();
    if (others === "none") return receipts;
    for (const { device_sn } of receipts)
      this.#sockets.tellOthers(device_sn, { event: others, reason, by, at });
    return receipts;
  }

  /**
   * Releases the push tokens of devices that were registered with them and have not signed in since, or of the one that is
   * named: what ends every session ends what is to go with one.
   */
  endRegistered(sn?: number): void {
    const { devices, releases } = this.#state;
    for (const each of devices.registered()) if (sn === undefined || sn === each) releases.owe(each);
  }

  /** Signs a device out for a caller, or every one where none is named. Refuses a device that is not on the list. */
  kick(acting: Acting, by: Actor, sn: number | undefined): Kicked | Refused {
    const { devices, sessions, outbox } = this.#state;
    const ended = sn === undefined ? sessions.standing() : sessions.ofDevice(sn);
    if (sn !== undefined && ended.length === 0 && !devices.get(sn)) {
      return { ok: false, reason: "device_unknown" };
    }
    outbox.record(acting, sn);
    // A device that has a session is released with it.
    if (sn === undefined || ended.length === 0) this.endRegistered(sn);
    const { from } = acting;
    const ending = { event: "kicked", reason: "kicked", by, others: "device_logout", from } as const;
    const results = this.end(ended, ending);
    if (sn !== undefined && results.length === 0) {
      results.push({ device_sn: sn, was_online: false, notified: false });
    }
    return { ok: true, results };
  }

  /** Takes a device off the list; its session, where it has one, ends. */
  remove(sn: number, by: Actor | undefined, reason: string, from: Origin): void {
    const { user, devices, sessions, releases } = this.#state;
    const event = "device_removed";
    this.end(sessions.ofDevice(sn), { event, reason, ...(by && { by }), others: "none", from });
    releases.owe(sn);
    devices.remove(sn);
    this.#sockets.tellOthers(sn, { event, reason, by: by ?? user.actor(null), at: Date.now() });
  }

  /** Nobody can make the list grow without end: signed-out devices leave it, the longest unused first. */
  shorten(): void {
    for (const { sn } of this.#state.devices.surplus(LISTED))
      this.remove(sn, undefined, "the list is full", noOrigin);
  }

  /** Ends what is past its life: sockets are closed, push tokens released. The session is remembered as over. */
  expire(now: number): void {
    const { user, devices, sessions, releases } = this.#state;
    const reason = "the token's life is over";
    const caller = nameActor(undefined);
    const overdue = sessions.overdue(now);
    for (const session of overdue) {
      const { id, device_sn, push_bound } = session;
      sessions.markOver(id);
      this.#recordEnd(session, "expired", { at: now, caller, reason, from: noOrigin });
      releases.oweSession(session);
      if (device_sn === null) continue;
      if (push_bound === 1) releases.owe(device_sn);
      if (this.#sockets.end(id, closeCodes.token_expired).open > 0) devices.touch(device_sn, now);
      user.listChanged();
      this.#sockets.tellOthers(device_sn, {
        event: "device_logout",
        reason,
        by: user.actor(device_sn),
        at: now,
      });
    }
    if (overdue.length > 0) sessions.dropOver(OVER);
  }

  /** Takes off the list what the app's rule says has been silent for too long. A connected device is not silent. */
  removeSilent(now: number): void {
    const { user, devices } = this.#state;
    const { device_ttl } = user.read();
    if (device_ttl === 0) return;
    for (const { sn } of devices.stale(now - device_ttl)) {
      if (this.#sockets.isOnline(sn)) devices.touch(sn, now);
      else this.remove(sn, undefined, "not used for too long", noOrigin);
    }
  }

  /** Remembers how a session ended, and owes D1 the record of it, which the app's webhook hears as that of its device. */
  #recordEnd(
    { id, device_sn, signed_in_at }: SessionRow,
    event: NoticeEvent | "logout" | "expired",
    about: Pick<HubEvent, "at" | "caller" | "reason" | "from">,
  ): void {
    const { at: ended_at, caller: by, reason, from } = about;
    const webhook = event === "kicked" ? "device.kicked" : "device.logout";
    const operation = `session.${event}`;
    const hears = device_sn !== null && ({ webhook } as const);
    const event_id = this.#state.outbox.add({ ...about, device_sn, operation, ...hears });
    this.#state.ended.add({ id, device_sn, signed_in_at, ended_at, event, reason, by, event_id, ...from });
  }
}
