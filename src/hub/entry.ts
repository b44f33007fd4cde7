import type { Actor, Origin } from "../domain/actors.ts";
import { firstStop } from "../domain/gates/gate.ts";
import { guidGates, sessionGates } from "../domain/gates/session.ts";
import { addressGates, placeGates, userGates } from "../domain/gates/sign-in.ts";
import { type Placement, type SignInPolicy, place } from "../domain/policy.ts";
import type { Refused } from "../domain/reasons.ts";
import { endCode } from "../protocol/closes.ts";
import type { SignedIn } from "./answers.ts";
import type { Acting, AppRules, ConnectOrder, DeviceFacts, SignInOrder } from "./contract.ts";
import type { Endings } from "./endings.ts";
import type { Presence } from "./presence.ts";
import type { SessionRow } from "./sessions.ts";
import type { Signals } from "./signals.ts";
import type { Sockets } from "./sockets.ts";
import type { HubState } from "./state.ts";

/** How many sessions without a device live at once. Those with one are as many as the sign-in policy has places. */
export const BARE = 200;

/** A caller that may go on, and the session it calls by; an admin token has none. */
export interface Admitted {
  ok: true;
  by: Actor;
  session: SessionRow | undefined;
}

/** What becomes of a sign-in whose password was right; `stale` where the password has been overtaken. */
export type SignInOutcome = SignedIn | Refused | { ok: false; reason: "stale" };

/** A device that takes its place: what it tells of itself, its app's rules, and where it calls from. */
interface Seating {
  device: DeviceFacts;
  rules: AppRules;
  from: Origin;
}

/** What else of the hub has part in letting somebody in. */
interface Parts {
  sockets: Sockets;
  endings: Endings;
  signals: Signals;
  presence: Presence;
}

/** Who is let in: a caller, a sign-in, a device to its place and to a socket. */
export class Entry {
  readonly #state: HubState;
  readonly #sockets: Sockets;
  readonly #endings: Endings;
  readonly #signals: Signals;
  readonly #presence: Presence;

  constructor(state: HubState, { sockets, endings, signals, presence }: Parts) {
    this.#state = state;
    this.#sockets = sockets;
    this.#endings = endings;
    this.#signals = signals;
    this.#presence = presence;
  }

  /** The one decision on a caller: an admin may act for any user there is, a session while it lives. */
  admit(acting: Acting, now: number): Admitted | Refused {
    const { user, devices, sessions } = this.#state;
    if ("admin" in acting) {
      if (user.read().status === "deleted") return { ok: false, reason: "user_unknown" };
      return { ok: true, by: { admin: acting.admin }, session: undefined };
    }
    const session = sessions.get(acting.session);
    const stop = firstStop(sessionGates, { session, now });
    if (stop) return stop;
    if (session === undefined) return { ok: false, reason: "token_invalid" };
    devices.called(session, now);
    return { ok: true, by: user.actor(session.device_sn), session };
  }

  /** Why a caller may not go on, by the same decision; undefined where it may. */
  refuses(acting: Acting, now: number): Refused | undefined {
    const admitted = this.admit(acting, now);
    return admitted.ok ? undefined : admitted;
  }

  /** Why nobody may sign in now; undefined where one may. A ban whose end has passed is none. */
  barred(now: number): Refused | undefined {
    const { status, reason, until } = this.#state.user.read();
    return firstStop(userGates, { status, reason, until, now });
  }

  /** Signs in, as `UserHub.signIn` says; what D1 owed is taken first, even where the sign-in is refused. */
  signIn(order: SignInOrder, now: number): SignInOutcome {
    this.#signals.take(order.owed);
    const { user, sessions, throttle } = this.#state;
    const { address } = order.from;
    const strange = firstStop(addressGates, throttle.strangeness(address, now));
    if (strange) return strange;
    if (order.epoch < user.read().epoch) return { ok: false, reason: "stale" };
    const barred = this.barred(now);
    if (barred) return barred;
    const { session: id, expires_at, device } = order;
    const { user_agent } = device;
    const session = { id, device_sn: null, signed_in_at: now, expires_at, address, user_agent };
    sessions.add(session);
    let sn: number | undefined;
    if (order.device.guid !== undefined) {
      const seat = this.#seat({ id: session.id, push_key: null }, order, now);
      if (!seat.ok) {
        sessions.drop(session.id);
        return seat;
      }
      ({ sn } = seat);
    } else this.#makeRoom(session, order.from);
    throttle.know(address, now);
    return { ok: true, device_sn: sn };
  }

  /** Connects the device of a caller's session; one that has none yet takes its place first. */
  connect(
    { session }: Admitted,
    order: ConnectOrder,
    now: number,
  ): { ok: true; socket: WebSocket } | Refused {
    if (!session) return { ok: false, reason: "token_invalid" };
    const { user, devices } = this.#state;
    let sn = session.device_sn;
    if (sn === null) {
      const seat = this.#seat(session, order, now);
      if (!seat.ok) return seat;
      ({ sn } = seat);
    } else {
      const known = devices.get(sn);
      const other = firstStop(guidGates, { told: order.device.guid, known: known?.guid ?? null });
      if (other) return other;
      user.learn(order.rules);
      devices.put(order.device, known, now);
    }
    const wasOnline = this.#sockets.isOnline(sn);
    const reason = "the device connected again";
    const older = { event: "replaced", reason, by: user.actor(sn), at: now } as const;
    this.#sockets.end(session.id, endCode("replaced"), older);
    const { 0: client, 1: server } = new WebSocketPair();
    const isTokenDead = devices.get(sn)?.token_dead === 1;
    this.#sockets.accept(server, session.id, sn, session.expires_at, isTokenDead);
    if (!wasOnline) this.#presence.cameOnline(sn, now, order.from);
    return { ok: true, socket: client };
  }

  /** What the sign-in policy says to a device: who would have to go, or that it may not come. */
  placement(
    policy: SignInPolicy,
    facts: Pick<DeviceFacts, "guid" | "platform">,
    now: number,
    signedIn = this.#state.sessions.signedIn(now),
  ): Placement {
    const { devices } = this.#state;
    const known = facts.guid === undefined ? undefined : devices.ofGuid(facts.guid);
    const platform = facts.platform ?? known?.platform ?? 6;
    return place(policy, signedIn, { sn: known?.sn, platform });
  }

  /**
   * Gives a session its device, where the sign-in policy has a place for it: the one place that signs devices in. A
   * device that is on the list keeps its serial, and an older session of it ends.
   */
  #seat(
    session: Pick<SessionRow, "id" | "push_key">,
    order: Seating,
    now: number,
  ): { ok: true; sn: number } | Refused {
    const { user, devices, sessions, releases } = this.#state;
    const { device: facts, rules, from } = order;
    user.learn(rules);
    const known = facts.guid === undefined ? undefined : devices.ofGuid(facts.guid);
    const placement = this.placement(rules.sign_in_policy, facts, now);
    const stop = firstStop(placeGates, { placement });
    if (stop || !placement.admitted) return stop ?? { ok: false, reason: "too_many_devices" };
    const ofDevice = known ? sessions.ofDevice(known.sn) : [];
    const older = ofDevice.filter((each) => each.id !== session.id);
    const sn = devices.put(facts, known, now);
    const by = user.actor(sn);
    const displaced = placement.displaced.flatMap((each) => sessions.ofDevice(each));
    const room = "signed out to make room for another device";
    this.#endings.end(displaced, { event: "kicked", reason: room, by, others: "device_logout", from });
    const isOnline = known !== undefined && this.#sockets.isOnline(known.sn);
    this.#endings.end(older, {
      event: "replaced",
      reason: "the device signed in again",
      by,
      others: isOnline ? "device_logout" : "none",
      from,
    });
    sessions.giveDevice(session.id, sn, now);
    for (const each of older) {
      if (each.push_key === null || each.expires_at <= now) continue;
      if (session.push_key === null) sessions.inheritPush(session.id, each.push_key);
      else releases.oweSession(each);
    }
    if (!known) {
      this.#sockets.tellOthers(sn, { event: "device_added", reason: "", by, at: now });
      this.#endings.shorten();
    }
    return { ok: true, sn };
  }

  /** Nobody can make sessions without end: one that comes without a device takes the place of the oldest such. */
  #makeRoom(session: Pick<SessionRow, "id">, from: Origin): void {
    const { user, sessions } = this.#state;
    const reason = "signed out to make room for another session";
    const surplus = sessions.surplus(session.id, BARE);
    this.#endings.end(surplus, { event: "kicked", reason, by: user.actor(null), others: "none", from });
  }
}
