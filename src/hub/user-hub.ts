import { DurableObject } from "cloudflare:workers";
import type { z } from "zod";
import type { Actor } from "../domain/actors.ts";
import type { Platform } from "../domain/fields.ts";
import type { Own, OwnChange } from "../domain/own.ts";
import type { Placement, SignInPolicy } from "../domain/policy.ts";
import type { EndsPage } from "../store/picture.ts";
import type { PushOrder } from "../domain/push-route.ts";
import type { Refused } from "../domain/reasons.ts";
import type { BroughtDevice, DeviceReceipt, OwedSignal } from "../domain/signals.ts";
import { isClosingReason } from "../protocol/closes.ts";
import { closeAtOnce, upgradeHeaders } from "../protocol/upgrade.ts";
import { LOOK_WITHIN, RETRY } from "./alarm.ts";
import { type Changed, Counted, Done, Kicked, SignedIn } from "./answers.ts";
import type { Waiting } from "./attempts.ts";
import { liftBan } from "./bans.ts";
import {
  type Acting,
  type Command,
  type DevicePage,
  type SignInOrder,
  connectHeader,
  parseConnectOrder,
  parseWatchOrder,
  watchHeader,
} from "./contract.ts";
import { type Dues, timesOf } from "./dues.ts";
import type { Admitted, SignInOutcome } from "./entry.ts";
import { partsOf } from "./parts.ts";
import type { Pictured } from "./picture.ts";
import type { PushBinding } from "./push-bindings.ts";
import type { Routed } from "./push-routes.ts";

/** How long a turn waits for D1 (ms): for what it releases, and for what an ended session is writing. */
const QUIET = 2_000;

/**
 * One user's hub: the one place that knows which of the user's sessions live, which devices are on the list and which
 * are connected. Every call, sign-in, connection, push binding and end of a session passes through it, one at a time and
 * so in an order. What it decides is in its tables before the caller hears of it, and so is the answer to a command.
 */
export class UserHub extends DurableObject<Env> {
  readonly #parts = partsOf(this.ctx, this.env);
  readonly #owner = this.#parts.owner;
  readonly #alarm = this.#parts.alarm;
  readonly #state = this.#parts.state;
  readonly #sockets = this.#parts.sockets;
  readonly #endings = this.#parts.endings;
  readonly #presence = this.#parts.presence;
  readonly #signals = this.#parts.signals;
  readonly #entry = this.#parts.entry;
  readonly #writes = this.#parts.writes;
  readonly #push = this.#parts.push;
  readonly #own = this.#parts.own;
  readonly #routes = this.#parts.routes;
  readonly #pictures = this.#parts.pictures;
  readonly #watchers = this.#parts.watchers;
  readonly #postings = this.#parts.postings;
  readonly #attempts = this.#parts.attempts;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    void ctx.blockConcurrencyWhile(async () => this.#alarm.read());
  }

  /** Says whether a caller's session lives at this moment, and which device's it is. */
  check(acting: Acting): { ok: true; by: Actor } | Refused {
    return this.#read(acting, ({ by }) => ({ ok: true, by }));
  }

  /**
   * Says whether an address may try a password now; `strangersOnly` where one that is known to the user may. Where nothing
   * has failed nothing is written, so that a try at nobody's name takes no longer than one at a user's.
   */
  mayTry(address: string, isKnown: boolean): { ok: true } | Waiting {
    return this.#attempts.mustWait(address, isKnown, Date.now()) ?? { ok: true };
  }

  /** True for an address that the user has signed in from. */
  knows(address: string): boolean {
    return this.#state.throttle.isKnown(address);
  }

  /**
   * Judges a wrong password: it counts, and is told as such unless the address must wait by now. So many tries at once
   * get no more answers than so many in a row. The user whom it was meant for, if any, is told when the caller has heard.
   */
  async failed(
    command: Command,
    address: string,
    isKnown: boolean,
    userId: number | undefined,
  ): Promise<Refused> {
    return this.#state.answers.once<Counted>(command, Counted, () => {
      const outcome = this.#attempts.fail(address, isKnown, Date.now());
      if (outcome.reason !== "credentials_wrong") return outcome;
      // It leaves nothing but a time to forget it.
      this.#schedule();
      if (userId !== undefined) this.ctx.waitUntil(this.#attempts.tellUser(userId));
      return outcome;
    });
  }

  /** Says of a right password whether its address may go on by now, and whether it has failed before. */
  passed(address: string, isKnown: boolean): { ok: true; hasFailed: boolean } | Refused {
    return this.#attempts.pass(address, isKnown, Date.now());
  }

  /** Forgives an address whose try has come to its end. */
  forgive(address: string): void {
    this.#state.throttle.forgive(address);
  }

  /** Counts a failure of this user, whatever was tried. */
  countFailure(command: Command): void {
    this.#state.answers.once<Done>(command, Done, () => {
      this.#state.throttle.count(Date.now());
      return { ok: true };
    });
  }

  /**
   * Signs in: makes a session, and a device of it where one is named. Refuses as wrong what comes from a strange address when
   * strangers have had their tries at this user. Refuses where the user is disabled or gone, where the password that was
   * compared has been overtaken (`stale`: read it again), and where the sign-in policy has no place.
   */
  async signIn(command: Command, order: SignInOrder): Promise<SignInOutcome> {
    return await this.#turn(() =>
      this.#state.answers.once<SignInOutcome>(command, SignedIn, () => this.#entry.signIn(order, Date.now())),
    );
  }

  /** Takes signals that D1 owes this user, in order and each once; says what became of the devices. */
  async take(owed: OwedSignal[]): Promise<DeviceReceipt[]> {
    return await this.#turn(() => this.#signals.take(owed));
  }

  /** Ends the caller's own session. */
  async logout(command: Command, acting: Acting): Promise<Done | Refused> {
    return await this.#command<Done>(command, acting, Done, ({ by, session }) => {
      const { from } = acting;
      if (session) this.#endings.end([session], { reason: "signed out", by, others: "device_logout", from });
      return { ok: true };
    });
  }

  /** Signs a device out, or every one where none is named; they stay on the list. */
  async kick(command: Command, acting: Acting, sn: number | undefined): Promise<Kicked | Refused> {
    return await this.#command<Kicked>(command, acting, Kicked, ({ by }) =>
      this.#endings.kick(acting, by, sn),
    );
  }

  /** Signs a device out and takes it off the list. */
  async removeDevice(command: Command, acting: Acting, sn: number): Promise<Done | Refused> {
    return await this.#command<Done>(command, acting, Done, ({ by }) => {
      if (!this.#state.devices.get(sn)) return { ok: false, reason: "device_unknown" };
      this.#state.outbox.record(acting, sn);
      this.#endings.remove(sn, by, "removed", acting.from);
      return { ok: true };
    });
  }

  /** Has nothing pushed to a device, or has it pushed again. */
  async muteDevice(command: Command, acting: Acting, sn: number, muted: boolean): Promise<Done | Refused> {
    return await this.#command<Done>(command, acting, Done, () => {
      if (!this.#state.devices.get(sn)) return { ok: false, reason: "device_unknown" };
      this.#state.outbox.record(acting, sn);
      this.#state.devices.mute(sn, muted);
      return { ok: true };
    });
  }

  /** Says where a push goes, to who may send them to any user; `add` counts it on the badge. */
  async route(command: Command, order: PushOrder, add: number): Promise<Routed> {
    const routed = await this.#routes.route(command, order, add);
    if (add > 0) this.#watched();
    return routed;
  }

  /** The user's profile. */
  async profile(acting: Acting): Promise<{ ok: true; own: Own["profile"] } | Refused> {
    return await this.#own.read(acting, "profile");
  }

  /** The user's settings, alias and badge. */
  async settings(acting: Acting): Promise<{ ok: true; own: Own["settings"] } | Refused> {
    const read = await this.#own.read(acting, "settings");
    if (!read.ok) return read;
    return { ok: true, own: { ...read.own, badge: this.#state.counts.badge(read.own.badge) } };
  }

  /** The user's push tags. */
  async tags(acting: Acting): Promise<{ ok: true; own: Own["tags"] } | Refused> {
    return await this.#own.read(acting, "tags");
  }

  /**
   * Changes what is the user's own, in D1 and here; where it `tells`, the devices but the caller's hear of it. Refuses what
   * D1 refuses, which changes nothing.
   */
  async change(
    command: Command,
    acting: Acting,
    change: OwnChange,
    tells: boolean,
  ): Promise<Changed | Refused> {
    const outcome = await this.#own.change(command, acting, change, tells);
    this.ctx.waitUntil(this.#tell());
    return outcome;
  }

  /** A page of the device list, and its version. */
  async listDevices(acting: Acting, after: number, limit: number): Promise<DevicePage | Refused> {
    const bound = await this.#own.read(acting, "bound");
    if (!bound.ok) return bound;
    return this.#presence.list(after, limit, new Set(bound.own.map(({ device_sn }) => device_sn)));
  }

  /** What the sign-in policy would say to a device that signed in now, by the function that says it then. */
  tryPolicy(
    acting: Acting,
    facts: { platform: Platform; guid?: string | undefined },
    policy: SignInPolicy,
  ): { ok: true; placement: Placement } | Refused {
    return this.#read(acting, () => ({
      ok: true,
      placement: this.#entry.placement(policy, facts, Date.now()),
    }));
  }

  /** Says whether all devices with these guids are on the list. */
  listsDevices(acting: Acting, guids: string[]): { ok: true; lists: boolean } | Refused {
    return this.#read(acting, () => ({
      ok: true,
      lists: guids.every((guid) => this.#state.devices.ofGuid(guid) !== undefined),
    }));
  }

  /** The devices of the list that have a guid, for an export. A hub that knows of nothing is left as it is. */
  devicesToTake(): BroughtDevice[] {
    return this.#state.isBlank ? [] : this.#state.devices.named();
  }

  /** Says whether any device of the user is connected. */
  online(acting: Acting): { ok: true; online: boolean } | Refused {
    return this.#read(acting, () => ({ ok: true, online: this.#sockets.anyOnline() }));
  }

  /** Binds a push token to a device that is signed in. */
  async bindPush(command: Command, acting: Acting, binding: PushBinding): Promise<Changed | Refused> {
    return await this.#push.bind(command, acting, binding).finally(() => this.#watched());
  }

  /** Takes the push token off a device; one that has none is as good. */
  async unbindPush(command: Command, acting: Acting, sn: number): Promise<Changed | Refused> {
    return await this.#push.unbind(command, acting, sn).finally(() => this.#watched());
  }

  /** All that is known of the user, for staff, and a page of the ends of the user's sessions. */
  async picture(acting: Acting, page: EndsPage): Promise<({ ok: true } & Pictured) | Refused> {
    const admitted = this.#pictures.admit(acting);
    if (!admitted.ok) return admitted;
    const pictured = await this.#pictures.take(page);
    return pictured ? { ok: true, ...pictured } : { ok: false, reason: "user_unknown" };
  }

  /**
   * Connects a device: the order travels in a header, as a socket cannot travel by RPC. A token that is no good is told
   * by the close code, all else by a JSON refusal in place of the upgrade.
   */
  override async fetch(request: Request): Promise<Response> {
    const watch = request.headers.get(watchHeader);
    if (watch !== null) return this.#watch(watch);
    const order = parseConnectOrder(request.headers.get(connectHeader));
    const headers = upgradeHeaders(order.subprotocol);
    const now = Date.now();
    const admitted = this.#read({ session: order.session, from: order.from }, (caller) => caller);
    if (!admitted.ok) {
      if (!isClosingReason(admitted.reason)) return Response.json(admitted);
      // The code is that of any dead token; the reason tells apart a user who may not come back at all.
      const isDead = admitted.reason === "token_invalid";
      const isBarred = isDead && this.#entry.barred(now)?.reason === "user_disabled";
      return closeAtOnce(isBarred ? "user_disabled" : admitted.reason, headers);
    }
    const connected = await this.#turn(() => this.#entry.connect(admitted, order, now));
    if (!connected.ok) return Response.json(connected);
    return new Response(null, { status: 101, webSocket: connected.socket, headers });
  }

  /** Lets staff watch the user. */
  #watch(header: string): Response {
    const { acting, subprotocol } = parseWatchOrder(header);
    const admitted = this.#pictures.admit(acting);
    if (!admitted.ok) return Response.json(admitted);
    const { 0: client, 1: server } = new WebSocketPair();
    this.#watchers.accept(server, acting.token.id);
    this.#watched();
    return new Response(null, { status: 101, webSocket: client, headers: upgradeHeaders(subprotocol) });
  }

  /** A frame that the platform has not answered itself: no client may send it. */
  override async webSocketMessage(socket: WebSocket): Promise<void> {
    if (this.#watchers.owns(socket)) return this.#watchers.refuseFrame(socket);
    const { device_sn, ended } = this.#sockets.identify(socket);
    if (ended) return;
    this.#sockets.refuseFrame(socket);
    await this.#left(device_sn);
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    await this.#closed(socket);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.#closed(socket);
  }

  /**
   * Ends what time ends: sessions, bans, the memory of failures. It also hands on what is owed to D1. It is no turn that settles:
   * it is what settling leans on, and sets itself anew for what is left.
   */
  override async alarm(): Promise<void> {
    this.#alarm.hasCome();
    const now = Date.now();
    this.#endings.expire(now);
    for (const sn of this.#sockets.closeSilent(now)) this.#presence.lostSocket(sn, now);
    this.#endings.removeSilent(now);
    if (this.#owner.counts && (this.#state.throttle.idleAt() ?? 0) <= now) {
      await this.#state.wipe();
      return;
    }
    this.#schedule();
    this.ctx.waitUntil(this.#afterwards());
    // What D1 does not take stays due, and is tried again.
    const background = (work: Promise<unknown>) => this.ctx.waitUntil(work);
    const lifting = { env: this.env, owner: this.#owner, state: this.#state, background };
    await liftBan(lifting, now).catch(() => undefined);
    this.#watched();
    await this.#payReleases();
  }

  /** A socket went of its own accord, or broke. */
  async #closed(socket: WebSocket): Promise<void> {
    if (this.#watchers.owns(socket)) return;
    const { device_sn, ended } = this.#sockets.identify(socket);
    if (!ended) await this.#left(device_sn);
  }

  /** A device has lost a socket: there is something to settle where it was the last one. */
  async #left(sn: number): Promise<void> {
    await this.#turn(
      () => this.#presence.lostSocket(sn, Date.now()),
      (isOffline) => isOffline,
    );
  }

  /** Looks for a caller, who is judged first. All that a look may change is when its device was heard of. */
  #read<T extends { ok: true }>(acting: Acting, work: (admitted: Admitted) => T | Refused): T | Refused {
    const admitted = this.#entry.admit(acting, Date.now());
    return admitted.ok ? work(admitted) : admitted;
  }

  /** Does a caller's command once, in one turn; the caller is judged first. A refusal has changed nothing. */
  async #command<T extends { ok: true }>(
    command: Command,
    acting: Acting,
    kept: z.ZodType<T>,
    work: (admitted: Admitted) => T | Refused,
  ): Promise<T | Refused> {
    // An answer that was kept is settled as well: the first time may have come to its end before.
    return await this.#turn(
      () => this.#state.answers.once(command, kept, () => this.#read(acting, work)),
      ({ ok }) => ok,
    );
  }

  /**
   * Does the work that changes sessions, devices or sockets, in one turn and so in one transaction, and settles what it
   * leaves. `leaves` says whether an outcome leaves anything.
   */
  async #turn<T>(work: () => T, leaves: (outcome: T) => boolean = () => true): Promise<T> {
    const { count } = this.#endings;
    const outcome = work();
    const hasEnded = this.#endings.count > count;
    if (leaves(outcome)) await this.#settle(hasEnded);
    return outcome;
  }

  /**
   * Ends a turn: sets the alarm, which looks after all that the turn leaves should the machine die now, and pays what the
   * caller waits for: where the turn `hasEnded` sessions, also that nothing of theirs is on its way to D1 any more. All else
   * comes when what the turn has written is safe.
   */
  async #settle(hasEnded: boolean): Promise<void> {
    this.#alarm.comeBy(Date.now() + LOOK_WITHIN);
    this.ctx.waitUntil(this.#afterwards());
    if (this.#state.releases.isOwing) this.ctx.waitUntil(this.#payReleases());
    else if (!hasEnded) return;
    await this.#writes.quiet(QUIET);
  }

  async #payReleases(): Promise<void> {
    if (!this.#state.releases.isOwing) return;
    this.#schedule();
    await this.#push.payReleases();
    this.#watched();
  }

  /** Tells the other devices, when what is told of is safe. */
  async #tell(): Promise<void> {
    await this.ctx.storage.sync();
    this.#sockets.tellNews();
    this.#watched();
  }

  /** Has who watches hear what is new; nobody waits for it. */
  #watched(): void {
    if (this.#watchers.any) this.ctx.waitUntil(this.#watchers.tell());
  }

  /** Does what nobody waits for: tells the other devices, sets the alarm to the moment, and posts its events. */
  async #afterwards(): Promise<void> {
    await this.#tell();
    if (!this.#schedule().owes_events) return;
    await this.#postings.post();
    if (this.#state.outbox.isOwing) this.#alarm.comeBy(Date.now() + RETRY);
  }

  /** Sets the alarm, so that it comes no later than the next thing that time brings about; says what is owed. */
  #schedule(): Dues {
    const now = Date.now();
    const dues = this.#state.dues();
    const idleAt = this.#owner.counts ? this.#state.throttle.idleAt() : undefined;
    const times = [...timesOf(dues, now), this.#sockets.nextSilence(), idleAt];
    const next = Math.min(...times.filter((at) => at !== undefined));
    if (Number.isFinite(next)) this.#alarm.comeBy(Math.max(next, now));
    return dues;
  }
}
