import { type Origin, nameActor } from "../domain/actors.ts";
import type { Own, OwnChange, OwnPart } from "../domain/own.ts";
import { Refusal, type Refused, refusedBy } from "../domain/reasons.ts";
import { openDatabase } from "../store/apps.ts";
import { DatabaseFault } from "../store/database.ts";
import { type Owner, changeOwn, findOwn, partOf } from "../store/own.ts";
import type { Writer } from "../store/records.ts";
import { Changed, keptOf } from "./answers.ts";
import type { Acting, Command } from "./contract.ts";
import type { Entry } from "./entry.ts";
import { cameOf } from "./kept.ts";
import type { Sockets } from "./sockets.ts";
import type { HubState } from "./state.ts";
import type { Writes } from "./writes.ts";

/** What pushes are judged by. */
export type Judged = Pick<Own, "profile" | "settings" | "bound">;

/** How often D1 is read for one question, where others go on changing what is read. */
const MOST_READS = 4;

/** What else of the hub has part in it. */
interface Parts {
  sockets: Sockets;
  entry: Entry;
  writes: Writes;
}

/**
 * What is the user's own: read from the hub's copy, which is made from D1 when it is first asked for; changed in D1, then in
 * the copy, then told to the other devices. D1 decides: what it refuses changes no copy.
 */
export class OwnData {
  readonly #env: Env;
  readonly #owner: Owner;
  readonly #state: HubState;
  readonly #sockets: Sockets;
  readonly #entry: Entry;
  readonly #writes: Writes;
  #loading: { version: number; own: Promise<Own | undefined> } | undefined;

  constructor(env: Env, owner: Owner, state: HubState, { sockets, entry, writes }: Parts) {
    this.#env = env;
    this.#owner = owner;
    this.#state = state;
    this.#sockets = sockets;
    this.#entry = entry;
    this.#writes = writes;
  }

  /** A part of what is the user's own, for a caller, who is judged first and, where D1 had to be waited for, again. */
  async read<Part extends OwnPart>(
    acting: Acting,
    part: Part,
  ): Promise<{ ok: true; own: Own[Part] } | Refused> {
    const admitted = this.#entry.admit(acting, Date.now());
    if (!admitted.ok) return admitted;
    const copy = this.#state.copies.get(part);
    if (copy !== undefined) return { ok: true, own: copy };
    const own = await this.#load();
    const still = this.#entry.admit(acting, Date.now());
    if (!still.ok) return still;
    if (own === undefined) return { ok: false, reason: "user_unknown" };
    return { ok: true, own: this.#state.copies.shown(part, own[part]) };
  }

  /**
   * What pushes are judged by, for a caller whom no hub judges; undefined where there is no such user. Where others changed it
   * while D1 was waited for it is read anew, so that what is said does not come behind what they have been answered.
   */
  async newest(): Promise<Judged | undefined> {
    const { copies } = this.#state;
    for (let tries = 1; ; tries++) {
      const [profile, settings, bound] = [copies.get("profile"), copies.get("settings"), copies.get("bound")];
      if (profile && settings && bound) return { profile, settings, bound };
      // Of a user who was deleted D1 has nothing to tell.
      if (this.#state.user.read().status === "deleted") return undefined;
      const { version } = copies;
      const own = await this.#load();
      if (version !== copies.version && tries < MOST_READS) continue;
      if (own === undefined) return undefined;
      return {
        ...own,
        settings: copies.shown("settings", own.settings),
        bound: copies.shown("bound", own.bound),
      };
    }
  }

  /**
   * Makes the copy. It is read among the writes, so that it has none of them half; what others change in D1 meanwhile has it
   * read again by whoever asks after that.
   */
  async #load(): Promise<Own | undefined> {
    const { copies } = this.#state;
    const { version } = copies;
    if (this.#loading?.version === version) return await this.#loading.own;
    const own = this.#writes.between(async () => {
      const found = await findOwn(await openDatabase(this.#env, this.#owner.app_id), this.#owner);
      if (found) copies.put(found, version);
      return found;
    });
    const loading = { version, own };
    this.#loading = loading;
    try {
      return await own;
    } finally {
      if (this.#loading === loading) this.#loading = undefined;
    }
  }

  /**
   * Does a caller's command when its turn comes, where it has not been done; the caller is judged then. D1 is written first:
   * should the machine die before the answer is kept, there is no copy, and a repeat writes the same again; or D1 has kept that
   * the key of its request is done.
   */
  async change(
    command: Command,
    acting: Acting,
    change: OwnChange,
    tells: boolean,
  ): Promise<Changed | Refused> {
    return await this.#writes.inTurn({ isAdmin: "admin" in acting }, async () => {
      const { answers, copies, counts, devices, generation, sessions } = this.#state;
      const now = Date.now();
      const judge = () => this.#entry.refuses(acting, now);
      const known = answers.recall(command, Changed, judge);
      if (known) return known;
      const admitted = this.#entry.admit(acting, now);
      if (!admitted.ok) return admitted;
      const { by } = admitted;
      const signal = { kind: "changed", at: command.at } as const;
      const isPush = "settings" in change && change.settings.push_token !== undefined;
      // Noted before D1 is written: should the session end meanwhile, the release of it comes behind this write.
      const session = isPush && admitted.session ? sessions.writesPush(admitted.session.id) : null;
      const writer = writerOf(command, acting, this.#owner, now);
      const { key } = command;
      const write = { owner: this.#owner, writer, signal, session, key };
      const send = async () =>
        copies.during([partOf(change)], async () =>
          this.#writes.send(async (db, generation) => changeOwn(db, { ...write, generation }, change)),
        );
      const isBadge = "settings" in change && change.settings.badge !== undefined;
      try {
        const sent = isBadge ? counts.during(send, () => generation.isUnderWay) : send();
        const outcome = await cameOf(sent, { env: this.#env, owner: this.#owner, command });
        if (!outcome.ok) return outcome;
        if (isPush && admitted.session?.device_sn) devices.setTokenDead(admitted.session.device_sn, false);
        answers.keepSoon(command, keptOf(outcome));
        if (tells && this.#sockets.anyOnline()) {
          const device = admitted.session?.device_sn ?? undefined;
          this.#sockets.tellOthers(device, { event: "info_updated", reason: "", by, at: Date.now() });
        }
        return outcome;
      } catch (error) {
        if (error instanceof Refusal) {
          const refused = refusedBy(error);
          if (key) answers.keep(command, refused);
          return refused;
        }
        throw error instanceof DatabaseFault ? error.notRepeatable() : error;
      }
    });
  }
}

/** Who writes, as the audit has it: an admin, for the user; what users write for themselves is not recorded. */
export function writerOf(
  { id: event_key }: Command,
  acting: Acting & { from: Origin },
  { app_id }: Owner,
  at: number,
): Writer | undefined {
  if (!("admin" in acting)) return undefined;
  const { admin, token, operation, from } = acting;
  return { app_id, caller: nameActor({ admin }), operation, at, from, token, event_key };
}
