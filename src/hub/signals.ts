import type { DeviceReceipt, OwedSignal, PushFeedbackSignal, Signal } from "../domain/signals.ts";
import { tokenDeadFrame } from "../protocol/frames.ts";
import type { Endings } from "./endings.ts";
import type { Sockets } from "./sockets.ts";
import type { HubState } from "./state.ts";

type Imported = Extract<Signal, { kind: "imported" }>;
type Ban = NonNullable<Imported["ban"]>;
type Cause = Pick<Imported, "by" | "from">;

/** What D1 tells the hub of its user: each signal is taken once, by its epoch. */
export class Signals {
  readonly #state: HubState;
  readonly #sockets: Sockets;
  readonly #endings: Endings;

  constructor(state: HubState, sockets: Sockets, endings: Endings) {
    this.#state = state;
    this.#sockets = sockets;
    this.#endings = endings;
  }

  /**
   * Takes signals that D1 owes this user, in order and each once; says what became of the devices. Who repeats the last
   * of them, as its answer was lost or another call has brought it, hears the same.
   */
  take(owed: readonly OwedSignal[]): DeviceReceipt[] {
    const { user, receipts: kept } = this.#state;
    const receipts: DeviceReceipt[] = [];
    for (const each of owed) {
      if (each.epoch <= user.read().epoch) continue;
      const ended = this.#obey(each);
      receipts.push(...ended);
      // A deleted user has nobody who asks again.
      if (ended.length > 0 && each.signal.kind !== "deleted") kept.keep(each.epoch, ended);
    }
    if (receipts.length > 0) return receipts;
    return owed.flatMap(({ epoch }) => kept.of(epoch));
  }

  /** Has a device hear that its push token is dead: at once, and in each welcome until it has another. */
  #tellDead(
    { device_sn, notifier_name, session, reason }: PushFeedbackSignal["dead"][number],
    { by, at }: PushFeedbackSignal,
  ): void {
    const { devices, sessions } = this.#state;
    const sn = session === null ? device_sn : sessions.ofPushKey(session)?.device_sn;
    if (!sn || !devices.get(sn)) return;
    devices.setTokenDead(sn, true);
    this.#sockets.tellDevice(sn, tokenDeadFrame({ device_sn, notifier_name, reason, by, at }));
  }

  #obey({ epoch, signal }: OwedSignal): DeviceReceipt[] {
    const { user, devices, sessions, copies } = this.#state;
    switch (signal.kind) {
      case "password_changed":
        user.set({ epoch });
        return this.#changePassword(signal, signal.keep);
      case "disabled":
        user.set({ epoch });
        return this.#disable(signal, signal);
      case "enabled":
        user.set({ epoch, status: "normal", reason: "", until: null });
        return [];
      case "deleted": {
        const { by, from } = signal;
        const reason = "the user was deleted";
        const ending = { event: "deleted", reason, by, others: "none", from } as const;
        const receipts = this.#endings.end(sessions.standing(), ending);
        this.#state.bury(epoch);
        return receipts;
      }
      case "changed": {
        const { by, at } = signal;
        user.set({ epoch });
        copies.forget();
        if (by) this.#sockets.tellOthers(undefined, { event: "info_updated", reason: "", by, at });
        return [];
      }
      case "push_feedback":
        user.set({ epoch });
        copies.forget();
        for (const token of signal.dead) this.#tellDead(token, signal);
        return [];
      case "device_registered": {
        const sn = devices.put(signal, devices.ofGuid(signal.guid), signal.at);
        if (signal.push) devices.setPushBound(sn, true);
        user.set({ epoch });
        return [];
      }
      case "imported":
        user.set({ epoch });
        return this.#import(signal);
      default:
        return signal satisfies never;
    }
  }

  /** Ends every session but the one to `keep`, and what goes with devices that have none. */
  #changePassword({ by, from }: Cause, keep?: string): DeviceReceipt[] {
    const ended = this.#state.sessions.standing().filter((session) => session.id !== keep);
    const reason = "the password was changed";
    this.#endings.endRegistered();
    return this.#endings.end(ended, { event: "password_changed", reason, by, others: "device_logout", from });
  }

  /** Bars the user, and ends every session and what goes with devices that have none. */
  #disable({ reason, until }: Ban, { by, from }: Cause): DeviceReceipt[] {
    const { user, sessions } = this.#state;
    user.set({ status: "disabled", reason, until });
    this.#endings.endRegistered();
    return this.#endings.end(sessions.standing(), { event: "disabled", reason, by, others: "none", from });
  }

  /** Takes what was brought along: the ban and the password first, which may end sessions. */
  #import(signal: Imported): DeviceReceipt[] {
    const { ban, password, devices: brought, at, by } = signal;
    const { user, devices, copies } = this.#state;
    const receipts = ban ? this.#disable(ban, signal) : password ? this.#changePassword(signal) : [];
    if (ban === null) user.set({ status: "normal", reason: "", until: null });
    // In the order of their serials: one that was passed over is not free any more.
    const inOrder = brought.toSorted(
      (one, other) => (one.device_sn ?? Infinity) - (other.device_sn ?? Infinity),
    );
    for (const { device_sn, ...facts } of inOrder) {
      devices.put({ ...facts, user_agent: "" }, devices.ofGuid(facts.guid), at, device_sn);
    }
    this.#endings.shorten();
    copies.forget();
    this.#sockets.tellOthers(undefined, { event: "info_updated", reason: "", by, at });
    return receipts;
  }
}
