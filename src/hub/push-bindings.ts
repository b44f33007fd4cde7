import type { Refused } from "../domain/reasons.ts";
import type { ChangedSignal } from "../domain/signals.ts";
import { openApp } from "../store/apps.ts";
import { type Database, DatabaseFault, noTrips } from "../store/database.ts";
import { bindPushToken, unbindPushTokens } from "../store/push.ts";
import { Changed } from "./answers.ts";
import type { Acting, Command } from "./contract.ts";
import type { Entry } from "./entry.ts";
import type { HubState } from "./state.ts";
import type { Writes } from "./writes.ts";

/** Whose hub writes. */
interface Owner {
  app_id: string;
  user_id: number;
}

/** A push token, and the device that is to have it. */
export interface PushBinding {
  device_sn: number;
  device_token: string;
  notifier_name: string;
}

/**
 * The push bindings of one user's devices in D1, written from the user's hub one after another: a release never overtakes
 * the binding that it undoes. A release is owed in the hub's table until D1 has taken it.
 */
export class PushBindings {
  readonly #env: Env;
  readonly #owner: Owner;
  readonly #state: HubState;
  readonly #entry: Entry;
  readonly #writes: Writes;

  constructor(env: Env, owner: Owner, state: HubState, { entry, writes }: { entry: Entry; writes: Writes }) {
    this.#env = env;
    this.#owner = owner;
    this.#state = state;
    this.#entry = entry;
    this.#writes = writes;
  }

  /** Binds a push token to a device that is signed in when its turn comes. */
  async bind(command: Command, acting: Acting, binding: PushBinding): Promise<Changed | Refused> {
    const { device_sn } = binding;
    return await this.#once(command, acting, device_sn, async () => {
      const now = Date.now();
      const { copies } = this.#state;
      if (!this.#state.sessions.ofDevice(device_sn).some((session) => session.expires_at > now)) {
        const message = `device_sn ${device_sn} is signed out: a push token is bound to a device that is signed in`;
        return { ok: false, reason: "device_unknown", message };
      }
      // Noted before D1 is written: should the machine die between the two, a release of nothing does no harm.
      this.#state.releases.note(device_sn, true);
      const signal: ChangedSignal = { kind: "changed", at: now };
      const { version } = copies;
      copies.suspend("bound");
      try {
        const { bound, owed } = await bindPushToken(
          await this.#database(),
          { ...this.#owner, ...binding },
          signal,
          now,
        );
        copies.put({ bound }, version);
        return { ok: true, owed };
      } catch (error) {
        copies.drop("bound");
        // D1 has deleted the user already, and the signal of it is on its way here.
        if (error instanceof DatabaseFault && error.isOrphaned) return { ok: false, reason: "user_unknown" };
        throw error;
      }
    });
  }

  /** Takes the push token off a device; one that has none is as good. */
  async unbind(command: Command, acting: Acting, sn: number): Promise<Changed | Refused> {
    return await this.#once(command, acting, sn, async () => {
      await this.#release([sn]);
      return { ok: true, owed: [] };
    });
  }

  /** Pays what is owed; what D1 does not take now stays owed. */
  async payReleases(): Promise<void> {
    await this.#writes.inTurn(async () => this.#release(this.#state.releases.owed())).catch(() => undefined);
  }

  /**
   * Does a command when its turn comes, where it has not been done; its caller is judged then. D1 is written first: should
   * the machine die before the answer is kept, a repeat writes the same again.
   */
  async #once(
    command: Command,
    acting: Acting,
    sn: number,
    work: () => Promise<Changed | Refused>,
  ): Promise<Changed | Refused> {
    return await this.#writes.inTurn(async () => {
      const { answers, devices, outbox } = this.#state;
      const known = answers.recall(command, Changed);
      if (known) return known;
      const admitted = this.#entry.admit(acting, Date.now());
      if (!admitted.ok) return admitted;
      if (!devices.get(sn)) return { ok: false, reason: "device_unknown" };
      const outcome = await work();
      if (!outcome.ok) return outcome;
      outbox.record(acting, sn);
      answers.keep(command, outcome.owed.length === 0 ? { ok: true } : outcome);
      return outcome;
    });
  }

  async #release(sns: number[]): Promise<void> {
    const { copies } = this.#state;
    const { version } = copies;
    copies.suspend("bound");
    try {
      const bound = await unbindPushTokens(await this.#database(), this.#owner.user_id, sns);
      copies.put({ bound }, version);
    } catch (error) {
      copies.drop("bound");
      throw error;
    }
    for (const sn of sns) this.#state.releases.note(sn, false);
  }

  async #database(): Promise<Database> {
    const { db } = await openApp(this.#env, this.#owner.app_id, noTrips());
    return db;
  }
}
