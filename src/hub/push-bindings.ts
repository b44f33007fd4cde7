import type { AnswerKey } from "../domain/answers.ts";
import { Refusal, type Refused, refusedBy } from "../domain/reasons.ts";
import type { ChangedSignal } from "../domain/signals.ts";
import { DatabaseFault } from "../store/database.ts";
import type { Owner } from "../store/own.ts";
import type { Writer } from "../store/records.ts";
import type { OwedRow } from "../store/owed.ts";
import { writerOf } from "./own.ts";
import { cameOf } from "./kept.ts";
import { bindPushToken, unbindPushTokens } from "../store/push.ts";
import { Changed, keptOf } from "./answers.ts";
import type { Acting, Command } from "./contract.ts";
import type { Entry } from "./entry.ts";
import type { Owed } from "./releases.ts";
import type { HubState } from "./state.ts";
import type { Writes } from "./writes.ts";

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
      const { releases, devices, copies } = this.#state;
      // What went with a session before this one goes first, whatever becomes of the binding.
      if (releases.owed().devices.includes(device_sn)) {
        await this.#release({ devices: [device_sn], sessions: [] });
        const refused = this.#entry.refuses(acting, Date.now());
        if (refused) return refused;
      }
      const now = Date.now();
      if (!this.#state.sessions.ofDevice(device_sn).some((session) => session.expires_at > now)) {
        const message = `device_sn ${device_sn} is signed out: a push token is bound to a device that is signed in`;
        return { ok: false, reason: "device_unknown", message };
      }
      // Noted before D1 is written: should the machine die between the two, a release of nothing does no harm.
      releases.note(device_sn, true);
      const signal: ChangedSignal = { kind: "changed", at: command.at };
      const held = { ...this.#owner, ...binding };
      const writer = this.#writerOf(command, acting, device_sn, now);
      try {
        const sent = copies.during(["bound", "settings"], async () => {
          return await this.#writes.send(async (db) =>
            bindPushToken(db, held, signal, now, writer, command.key),
          );
        });
        const outcome = await this.#cameOf(sent, command);
        if (outcome.ok) devices.setTokenDead(device_sn, false);
        return outcome;
      } catch (error) {
        // D1 has deleted the user already, and the signal of it is on its way here.
        if (error instanceof DatabaseFault && error.isOrphaned) return { ok: false, reason: "user_unknown" };
        throw error;
      }
    });
  }

  /** Takes the push token off a device; one that has none is as good. */
  async unbind(command: Command, acting: Acting, sn: number): Promise<Changed | Refused> {
    return await this.#once(command, acting, sn, async () => {
      const writer = this.#writerOf(command, acting, sn, Date.now());
      const sent = this.#release({ devices: [sn], sessions: [] }, writer, command.key);
      const owing = sent.then(() => ({ owed: [] }));
      return await this.#cameOf(owing, command);
    });
  }

  /** Pays what is owed; what D1 does not take now stays owed. */
  async payReleases(): Promise<void> {
    const pay = async () => {
      // Another payment may have come before.
      if (this.#state.releases.isOwing) await this.#release(this.#state.releases.owed());
    };
    await this.#writes.inTurn({ isAdmin: true }, pay).catch(() => undefined);
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
    return await this.#writes.inTurn({ isAdmin: "admin" in acting }, async () => {
      const { answers, devices } = this.#state;
      const judge = () => this.#entry.refuses(acting, Date.now());
      const known = answers.recall(command, Changed, judge);
      if (known) return known;
      const refused = judge();
      if (refused) return refused;
      const outcome = devices.get(sn)
        ? await work().catch((error: unknown) => {
            if (error instanceof Refusal) return refusedBy(error);
            throw error instanceof DatabaseFault ? error.notRepeatable() : error;
          })
        : ({ ok: false, reason: "device_unknown" } as const);
      if (outcome.ok) answers.keepSoon(command, keptOf(outcome));
      else if (command.key && !("keyRefused" in outcome)) answers.keep(command, outcome);
      return outcome;
    });
  }

  #writerOf(command: Command, acting: Acting, device_sn: number, at: number): Writer | undefined {
    const writer = writerOf(command, acting, this.#owner, at);
    return writer && { ...writer, device_sn };
  }

  async #cameOf(sent: Promise<{ owed: OwedRow[] }>, command: Command) {
    return await cameOf(sent, { env: this.#env, owner: this.#owner, command });
  }

  async #release(owed: Owed, writer?: Writer, key?: AnswerKey): Promise<undefined> {
    const { user_id } = this.#owner;
    await this.#state.copies.during(["bound", "settings"], async () => {
      return { own: await this.#writes.send(async (db) => unbindPushTokens(db, user_id, owed, writer, key)) };
    });
    this.#state.releases.made(owed);
  }
}
