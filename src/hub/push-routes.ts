import { z } from "zod";
import { isDisabled } from "../domain/gates/sign-in.ts";
import { type Destination, type PushOrder, type PushVerdict, judgePush } from "../domain/push-route.ts";
import { Done } from "./answers.ts";
import type { Command } from "./contract.ts";
import type { PushedRow } from "./devices.ts";
import { destinations } from "./destinations.ts";
import type { Judged, OwnData } from "./own.ts";
import type { Sockets } from "./sockets.ts";
import type { HubState } from "./state.ts";

/** What a hub says of a push, and the user's badge by then. */
export type Routed = PushVerdict & { badge: number };

/** Of a push it is kept that it was counted, and not where it went: a push token may be another user's a minute later. */
const Pushed = Done.extend({ isReplayed: z.boolean().optional() });

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
   * command, as a repeat of one finds that it has counted; and once a request that may be sent again. Where it goes is judged each
   * time.
   */
  async route(command: Command, order: PushOrder, add: number): Promise<Routed> {
    const own = await this.#own.newest();
    const devices = this.#state.devices.pushed();
    const user = { status: devices[0]?.status, until: devices[0]?.until ?? null };
    if (own === undefined || user.status === "deleted") return unknown;
    const { answers, counts } = this.#state;
    const count = (): Done => {
      if (add > 0 && !banOf(user, Date.now())) counts.add(add);
      return { ok: true };
    };
    const isKept = add > 0 || command.key !== undefined;
    const counted = isKept ? answers.once<z.infer<typeof Pushed>>(command, Pushed, count) : undefined;
    if (counted && !counted.ok) return Object.assign({ ...unknown }, counted);
    const at = order.at ?? Date.now();
    const { profile, settings } = own;
    const places = () => this.#places(own, devices, at);
    const verdict = judgePush(order, { profile, settings, ban: banOf(user, at), destinations: places }, at);
    const isReplayed = counted?.isReplayed === true;
    return { ...verdict, badge: counts.badge(settings.badge), ...(isReplayed && { isReplayed }) };
  }

  #places(own: Judged, devices: readonly PushedRow[], at: number): Destination[] {
    return destinations(this.#state.sessions, devices, own, at).map((place) => ({
      ...place,
      online: this.#sockets.isOnline(place.device_sn),
    }));
  }
}

/** How the user stands, as far as the hub knows. */
interface Standing {
  status: PushedRow["status"] | undefined;
  until: number | null;
}

/** The ban that is in force at a moment (ms). */
function banOf({ status, until }: Standing, at: number): { until: number | null } | undefined {
  return status && isDisabled({ status, until }, at) ? { until } : undefined;
}
