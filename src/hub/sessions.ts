import { type Actor, type Origin, nameActor, noOrigin } from "../domain/actors.ts";
import type { HubEvent } from "../domain/events.ts";
import { type Placement, type SignInPolicy, place } from "../domain/policy.ts";
import type { Refused } from "../domain/reasons.ts";
import type { DeviceReceipt, OwedSignal } from "../domain/signals.ts";
import { closeCodes, endCode } from "../protocol/closes.ts";
import type { NoticeEvent } from "../protocol/notices.ts";
import type { Acting, AppRules, DevicePage } from "./contract.ts";
import type { Outbox } from "./outbox.ts";
import type { Sockets } from "./sockets.ts";
import type { DeviceFacts, HubState, SessionRow } from "./state.ts";

/** How many devices are listed, where not more are signed in. */
export const LISTED = 100;

/** How many sessions without a device live at once. Those with one are as many as the sign-in policy has places. */
export const BARE = 200;

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

/** A device that takes its place: what it tells of itself, its app's rules, and where it calls from. */
export interface Seating {
  device: DeviceFacts;
  rules: AppRules;
  from: Origin;
}

/** A caller that may go on, and the session it calls by; an admin token has none. */
export interface Admitted {
  ok: true;
  by: Actor;
  session: SessionRow | undefined;
}

/**
 * The sessions of one user: who is let in, what ends them, and what the devices hear of it. Everything here is done in
 * one turn of the object, so it stands in one order with all else.
 */
export class Sessions {
  readonly #userId: number;
  readonly #state: HubState;
  readonly #sockets: Sockets;
  readonly #outbox: Outbox;

  constructor(userId: number, state: HubState, sockets: Sockets, outbox: Outbox) {
    this.#userId = userId;
    this.#state = state;
    this.#sockets = sockets;
    this.#outbox = outbox;
  }

  /** The one decision on a caller: an admin may act for any user there is, a session while it lives. */
  admit(acting: Acting, now: number): Admitted | Refused {
    if ("admin" in acting) {
      if (this.#state.user().status === "deleted") return { ok: false, reason: "user_unknown" };
      return { ok: true, by: { admin: acting.admin }, session: undefined };
    }
    const session = this.#state.session(acting.session);
    if (session === undefined) return { ok: false, reason: "token_invalid" };
    if (session.is_over === 1 || session.expires_at <= now) return { ok: false, reason: "token_expired" };
    this.#state.called(session, now);
    return { ok: true, by: this.#by(session.device_sn), session };
  }

  /** Why nobody may sign in now; undefined where one may. A ban whose end has passed is none. */
  barred(now: number): Refused | undefined {
    const { status, reason, until } = this.#state.user();
    if (status === "deleted") return { ok: false, reason: "credentials_wrong" };
    if (status === "normal" || (until !== null && until <= now)) return undefined;
    const end = until === null ? "" : ` until ${new Date(until).toISOString()}`;
    return {
      ok: false,
      reason: "user_disabled",
      message: `the user is disabled${end}${reason && `: ${reason}`}`,
    };
  }

  /**
   * Takes signals that D1 owes this user, in order and each once; says what became of the devices. Who repeats the last
   * of them, as its answer was lost or another call has brought it, hears the same.
   */
  take(owed: readonly OwedSignal[]): DeviceReceipt[] {
    const receipts: DeviceReceipt[] = [];
    for (const each of owed) {
      if (each.epoch <= this.#state.user().epoch) continue;
      receipts.push(...this.#obey(each));
      // A deleted user has nobody who asks again.
      if (each.signal.kind !== "deleted") this.#state.keepReceipts(each.epoch, receipts);
    }
    if (receipts.length > 0) return receipts;
    return this.#state.receipts(owed.at(-1)?.epoch ?? 0);
  }

  #obey({ epoch, signal }: OwedSignal): DeviceReceipt[] {
    switch (signal.kind) {
      case "password_changed": {
        const { by, from } = signal;
        const others = this.#state.sessions().filter((session) => session.id !== signal.keep);
        this.#state.setUser({ epoch });
        const reason = "the password was changed";
        return this.end(others, { event: "password_changed", reason, by, others: "device_logout", from });
      }
      case "disabled": {
        const { reason, until, by, from } = signal;
        this.#state.setUser({ epoch, status: "disabled", reason, until });
        return this.end(this.#state.sessions(), { event: "disabled", reason, by, others: "none", from });
      }
      case "enabled":
        this.#state.setUser({ epoch, status: "normal", reason: "", until: null });
        return [];
      case "deleted": {
        const { by, from } = signal;
        const ending = {
          event: "deleted",
          reason: "the user was deleted",
          by,
          others: "none",
          from,
        } as const;
        const receipts = this.end(this.#state.sessions(), ending);
        this.#state.bury(epoch);
        return receipts;
      }
      case "device_registered":
        this.#state.putDevice(signal, this.#state.deviceOfGuid(signal.guid), signal.at);
        this.#state.setUser({ epoch });
        return [];
      default:
        return signal satisfies never;
    }
  }

  /**
   * Ends sessions: they are dead in the table first, then their sockets hear it, then the user's other devices. One whose
   * time is up has come to that end already, though its alarm may be late.
   */
  end(ended: readonly SessionRow[], ending: Ending): DeviceReceipt[] {
    const at = Date.now();
    const sessions = ended.filter((session) => session.expires_at > at);
    if (sessions.length < ended.length) this.expire(at);
    const { event, reason, others, from } = ending;
    const by = ending.by ?? this.#by(null);
    const code = endCode(event);
    const receipts: DeviceReceipt[] = [];
    for (const session of sessions) this.#state.endSession(session.id);
    for (const session of sessions) {
      const told = this.#sockets.end(session.id, code, event && { event, reason, by, at });
      const caller = nameActor(ending.by);
      this.#recordEnd(session, event ?? "logout", { at, caller, reason, from });
      if (session.device_sn === null) continue;
      // A device that signs in anew keeps its push token: it is the same device.
      if (event !== "replaced" && session.push_bound === 1) this.#state.oweRelease(session.device_sn);
      receipts.push({ device_sn: session.device_sn, was_online: told.open > 0, notified: told.notified > 0 });
    }
    if (receipts.length > 0) this.#state.listChanged();
    if (others === "none") return receipts;
    for (const { device_sn } of receipts)
      this.#sockets.tellOthers(device_sn, { event: others, reason, by, at });
    return receipts;
  }

  /** Nobody can make sessions without end: one that comes without a device takes the place of the oldest such. */
  makeRoom(session: Pick<SessionRow, "id">, from: Origin): void {
    const reason = "signed out to make room for another session";
    const surplus = this.#state.surplusSessions(session.id, BARE);
    this.end(surplus, { event: "kicked", reason, by: this.#by(null), others: "none", from });
  }

  /**
   * Gives a session its device, where the sign-in policy has a place for it: the one place that signs devices in. A
   * device that is on the list keeps its serial, and an older session of it ends.
   */
  seat(session: Pick<SessionRow, "id">, order: Seating, now: number): { ok: true; sn: number } | Refused {
    const { device: facts, rules, from } = order;
    this.learn(rules);
    const known = facts.guid === undefined ? undefined : this.#state.deviceOfGuid(facts.guid);
    const placement = this.placement(rules.sign_in_policy, facts, now);
    if (!placement.admitted) return { ok: false, reason: "too_many_devices" };
    const ofDevice = known ? this.#state.sessionsOfDevice(known.sn) : [];
    const older = ofDevice.filter((each) => each.id !== session.id);
    const sn = this.#state.putDevice(facts, known, now);
    const by = this.#by(sn);
    const displaced = placement.displaced.flatMap((each) => this.#state.sessionsOfDevice(each));
    const room = "signed out to make room for another device";
    this.end(displaced, { event: "kicked", reason: room, by, others: "device_logout", from });
    const isOnline = known !== undefined && this.#sockets.isOnline(known.sn);
    this.end(older, {
      event: "replaced",
      reason: "the device signed in again",
      by,
      others: isOnline ? "device_logout" : "none",
      from,
    });
    this.#state.giveDevice(session.id, sn, now);
    if (!known) {
      this.#sockets.tellOthers(sn, { event: "device_added", reason: "", by, at: now });
      this.#shorten();
    }
    return { ok: true, sn };
  }

  /** A page of the device list by serial, after `after`, and its version. */
  list(after: number, limit: number): DevicePage {
    const rows = this.#state.devices(after, limit + 1);
    const page = rows.slice(0, limit);
    const devices = page.map((row) => ({
      device_sn: row.sn,
      platform: row.platform,
      user_agent: row.user_agent,
      device_name: row.name,
      online: this.#sockets.isOnline(row.sn),
      last_active_at: Math.max(row.last_active_at, this.#sockets.lastHeard(row.sn)),
    }));
    const next = rows.length > limit ? page.at(-1)?.sn : undefined;
    return { ok: true, devices, version: this.#state.user().version, next };
  }

  /** Nobody can make the list grow without end: signed-out devices leave it, the longest unused first. */
  #shorten(): void {
    for (const { sn } of this.#state.surplusDevices(LISTED))
      this.remove(sn, undefined, "the list is full", noOrigin);
  }

  /** Takes in what the app has told of itself now. */
  learn(rules: AppRules): void {
    const [device_ttl, webhooks] = [rules.device_ttl * 1000, rules.webhooks ? 1 : 0];
    const known = this.#state.user();
    if (known.device_ttl === device_ttl && known.webhooks === webhooks) return;
    this.#state.setUser({ device_ttl, webhooks });
  }

  /** What the sign-in policy says to a device: who would have to go, or that it may not come. */
  placement(policy: SignInPolicy, facts: Pick<DeviceFacts, "guid" | "platform">, now: number): Placement {
    const known = facts.guid === undefined ? undefined : this.#state.deviceOfGuid(facts.guid);
    const platform = facts.platform ?? known?.platform ?? 6;
    return place(policy, this.#state.signedIn(now), { sn: known?.sn, platform });
  }

  /** Takes a device off the list; its session, where it has one, ends. */
  remove(sn: number, by: Actor | undefined, reason: string, from: Origin): void {
    const event = "device_removed";
    this.end(this.#state.sessionsOfDevice(sn), { event, reason, ...(by && { by }), others: "none", from });
    this.#state.oweRelease(sn);
    this.#state.removeDevice(sn);
    this.#sockets.tellOthers(sn, { event, reason, by: by ?? this.#by(null), at: Date.now() });
  }

  /** Ends what is past its life: sockets are closed, push tokens released. The session is remembered as over. */
  expire(now: number): void {
    const reason = "the token's life is over";
    const caller = nameActor(undefined);
    const overdue = this.#state.overdueSessions(now);
    for (const session of overdue) {
      const { id, device_sn, push_bound } = session;
      this.#state.markOver(id);
      this.#recordEnd(session, "expired", { at: now, caller, reason, from: noOrigin });
      if (device_sn === null) continue;
      if (push_bound === 1) this.#state.oweRelease(device_sn);
      if (this.#sockets.end(id, closeCodes.token_expired).open > 0) this.#state.touch(device_sn, now);
      this.#state.listChanged();
      this.#sockets.tellOthers(device_sn, {
        event: "device_logout",
        reason,
        by: this.#by(device_sn),
        at: now,
      });
    }
    if (overdue.length > 0) this.#state.forgetOver(OVER);
  }

  /** Owes D1 the record of a session's end, which the app's webhook hears as that of its device. */
  #recordEnd(
    { device_sn }: SessionRow,
    event: NoticeEvent | "logout" | "expired",
    about: Pick<HubEvent, "at" | "caller" | "reason" | "from">,
  ): void {
    const webhook = event === "kicked" ? "device.kicked" : "device.logout";
    const operation = `session.${event}`;
    this.#outbox.add({ ...about, device_sn, operation, ...(device_sn !== null && { webhook }) });
  }

  /** Takes off the list what the app's rule says has been silent for too long. A connected device is not silent. */
  removeSilent(now: number): void {
    const { device_ttl } = this.#state.user();
    if (device_ttl === 0) return;
    for (const { sn } of this.#state.staleDevices(now - device_ttl)) {
      if (this.#sockets.isOnline(sn)) this.#state.touch(sn, now);
      else this.remove(sn, undefined, "not used for too long", noOrigin);
    }
  }

  /** Notes and tells that a device has an open socket now. */
  cameOnline(sn: number, at: number, from: Origin): void {
    this.#state.listChanged();
    this.#connection("device.login", sn, at, from);
    this.#sockets.tellOthers(sn, { event: "device_login", reason: "", by: this.#by(sn), at });
  }

  /** Notes and tells that a device has no open socket any more. */
  wentOffline(sn: number, at: number): void {
    this.#state.touch(sn, at);
    this.#state.listChanged();
    this.#connection("device.logout", sn, at, noOrigin);
    this.#sockets.tellOthers(sn, { event: "device_logout", reason: "", by: this.#by(sn), at });
  }

  /** An app with a webhook hears of a device that came or went; not where it comes and goes while D1 takes nothing. */
  #connection(type: "device.login" | "device.logout", device_sn: number, at: number, from: Origin): void {
    if (this.#state.user().webhooks === 0 || this.#outbox.isFull) return;
    const caller = nameActor(this.#by(device_sn));
    this.#outbox.add({ at, caller, device_sn, reason: "", from, webhook: type });
  }

  #by(deviceSn: number | null): Actor {
    return deviceSn === null ? { user_id: this.#userId } : { user_id: this.#userId, device_sn: deviceSn };
  }
}
