import { type PushOrder, type PushVerdict, judgePush } from "../domain/push-route.ts";
import { Done } from "./answers.ts";
import type { Command } from "./contract.ts";
import { destinations } from "./destinations.ts";
import type { Judged, OwnData } from "./own.ts";
import type { Sockets } from "./sockets.ts";
import type { HubState } from "./state.ts";

/** What a hub says of a push, and the user's badge by then. */
export type Routed = PushVerdict & { badge: number };

/** What else of the hub has part in it. */
interface Parts {
  sockets: Sockets;
  own: OwnData;
}

const unknown: Routed = { push: false, reason: "user_unknown", until: null, badge: 0 };

/**
 * Says of pushes whether they are let through and where they go: in one turn, by what the hub itself knows of sessions, devices
 * and sockets, and by a copy that nobody has made old.
 */
export class PushRoutes {
  readonly #state: HubState;
  readonly #sockets: Sockets;
  readonly #own: OwnData;

  constructor(state: HubState, { sockets, own }: Parts) {
    this.#state = state;
    this.#sockets = sockets;
    this.#own = own;
  }

  /**
   * Says where a push goes. `add` counts it on the badge of a user who is not disabled, whether or not it is let through: once a
   * command, as a repeat of one finds that it has counted.
   */
  async route(command: Command, order: PushOrder, add: number): Promise<Routed> {
    const own = await this.#known();
    if (!own) return unknown;
    if (add > 0) {
      this.#state.answers.once<Done>(command, Done, () => {
        if (!this.#ban(Date.now())) this.#state.counts.add(add);
        return { ok: true };
      });
    }
    return this.#judge(order, own);
  }

  /** What is the user's own; undefined of a user who is not there, of whom D1 is not asked where the hub knows that. */
  async #known(): Promise<Judged | undefined> {
    if (this.#isDeleted()) return undefined;
    const own = await this.#own.newest();
    return this.#isDeleted() ? undefined : own;
  }

  #isDeleted(): boolean {
    return this.#state.user.read().status === "deleted";
  }

  #judge(order: PushOrder, own: Judged): Routed {
    const { profile, settings } = own;
    const at = order.at ?? Date.now();
    const addressee = {
      profile,
      settings,
      ban: this.#ban(at),
      destinations: () =>
        destinations(this.#state, own, at).map((place) => ({
          ...place,
          online: this.#sockets.isOnline(place.device_sn),
        })),
    };
    return { ...judgePush(order, addressee, at), badge: this.#state.counts.badge(settings.badge) };
  }

  /** The ban that is in force at a moment (ms). */
  #ban(at: number): { until: number | null } | undefined {
    const { status, until } = this.#state.user.read();
    return status === "disabled" && (until === null || until > at) ? { until } : undefined;
  }
}
