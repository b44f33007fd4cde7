import type { Refused } from "../domain/reasons.ts";
import { type Database, DatabaseFault, databaseFor, noTrips } from "../store/database.ts";
import { bindPushToken, unbindPushTokens } from "../store/push.ts";
import type { HubState } from "./state.ts";

/** Whose hub writes. */
interface Owner {
  app_id: string;
  user_id: number;
}

/**
 * The push bindings of one user's devices in D1, written from the user's hub one after another: a release never overtakes
 * the binding that it undoes. A release is owed in the hub's tables until D1 has taken it.
 */
export class PushBindings {
  readonly #env: Env;
  readonly #owner: Owner;
  readonly #state: HubState;
  #last: Promise<unknown> = Promise.resolve();

  constructor(env: Env, owner: Owner, state: HubState) {
    this.#env = env;
    this.#owner = owner;
    this.#state = state;
  }

  /** Binds a push token to a device that is signed in when its turn comes. `admit` judges the caller then. */
  async bind(
    admit: () => { ok: true } | Refused,
    binding: { device_sn: number; device_token: string; notifier_name: string },
  ): Promise<{ ok: true } | Refused> {
    return await this.#inTurn(async () => {
      const now = Date.now();
      const { device_sn } = binding;
      const refused = this.#refuse(admit(), device_sn);
      if (refused) return refused;
      if (!this.#state.sessionsOfDevice(device_sn).some((session) => session.expires_at > now)) {
        const message = `device_sn ${device_sn} is signed out: a push token is bound to a device that is signed in`;
        return { ok: false, reason: "device_unknown", message };
      }
      // Noted before D1 is written: should the machine die between the two, a release of nothing does no harm.
      this.#state.setPushBound(device_sn, true);
      try {
        await bindPushToken(this.#database(), { ...this.#owner, ...binding }, now);
      } catch (error) {
        // D1 has deleted the user already, and the signal of it is on its way here.
        if (error instanceof DatabaseFault && error.isOrphaned) return { ok: false, reason: "user_unknown" };
        throw error;
      }
      return { ok: true };
    });
  }

  /** Takes the push token off a device; one that has none is as good. */
  async unbind(admit: () => { ok: true } | Refused, sn: number): Promise<{ ok: true } | Refused> {
    return await this.#inTurn(async () => {
      const refused = this.#refuse(admit(), sn);
      if (refused) return refused;
      await this.#release([sn]);
      return { ok: true };
    });
  }

  /** Pays what is owed; what D1 does not take now stays owed. */
  async payReleases(): Promise<void> {
    await this.#inTurn(async () => this.#release(this.#state.owedReleases())).catch(() => undefined);
  }

  #refuse(admitted: { ok: true } | Refused, sn: number): Refused | undefined {
    if (!admitted.ok) return admitted;
    return this.#state.device(sn) ? undefined : { ok: false, reason: "device_unknown" };
  }

  async #release(sns: number[]): Promise<void> {
    const db = this.#database();
    await db.run(unbindPushTokens(db, this.#owner.user_id, sns));
    for (const sn of sns) this.#state.setPushBound(sn, false);
  }

  #database(): Database {
    return databaseFor(this.#env, this.#owner.app_id, noTrips());
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return await turn;
  }
}
