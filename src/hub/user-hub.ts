import { DurableObject } from "cloudflare:workers";
import type { z } from "zod";
import type { Actor } from "../domain/actors.ts";
import type { Platform } from "../domain/fields.ts";
import type { Placement, SignInPolicy } from "../domain/policy.ts";
import type { Refused } from "../domain/reasons.ts";
import type { DeviceReceipt, OwedSignal } from "../domain/signals.ts";
import { endCode, isClosingReason } from "../protocol/closes.ts";
import { closeAtOnce, upgradeHeaders } from "../protocol/upgrade.ts";
import { Alarm, LOOK_WITHIN, RETRY, timesOf } from "./alarm.ts";
import { Answers, Counted, Done, Kicked, SignedIn } from "./answers.ts";
import { Attempts, type Waiting } from "./attempts.ts";
import { liftBan } from "./bans.ts";
import {
  type Acting,
  type Command,
  type ConnectOrder,
  type DevicePage,
  type SignInOrder,
  connectHeader,
  parseConnectOrder,
  parseHubName,
} from "./contract.ts";
import { Outbox } from "./outbox.ts";
import { type PushBinding, PushBindings } from "./push-bindings.ts";
import { type Admitted, Sessions } from "./sessions.ts";
import { Sockets } from "./sockets.ts";
import { type Dues, HubState } from "./state.ts";
import { Throttle } from "./throttle.ts";

/** What becomes of a sign-in whose password was right; `stale` where the password has been overtaken. */
type SignInOutcome = SignedIn | Refused | { ok: false; reason: "stale" };

/**
 * One user's hub: the one place that knows which of the user's sessions live, which devices are on the list and which
 * are connected. Every call, sign-in, connection, push binding and end of a session passes through it, one at a time and
 * so in an order. What it decides is in its tables before the caller hears of it, and so is the answer to a command.
 */
export class UserHub extends DurableObject<Env> {
  readonly #owner = parseHubName(this.ctx.id.name);
  readonly #state = new HubState(this.ctx.storage);
  readonly #sockets = new Sockets(this.ctx);
  readonly #alarm = new Alarm(this.ctx.storage);
  readonly #outbox = new Outbox(this.env, this.#owner, this.#state, this.#alarm);
  readonly #sessions = new Sessions(this.#owner.user_id, this.#state, this.#sockets, this.#outbox);
  readonly #answers = new Answers(this.#state);
  readonly #push = new PushBindings(this.env, this.#owner, {
    state: this.#state,
    sessions: this.#sessions,
    outbox: this.#outbox,
    answers: this.#answers,
  });
  readonly #throttle = new Throttle(this.#state);
  readonly #attempts = new Attempts(this.env, this.#owner.app_id, this.#throttle);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    void ctx.blockConcurrencyWhile(async () => this.#alarm.read());
  }

  /** Says whether a caller's session lives at this moment, and which device's it is. */
  check(acting: Acting): { ok: true; by: Actor } | Refused {
    const admitted = this.#sessions.admit(acting, Date.now());
    return admitted.ok ? { ok: true, by: admitted.by } : admitted;
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
    return this.#throttle.isKnown(address);
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
    return this.#answers.once<Counted>(command, Counted, () => {
      const outcome = this.#attempts.fail(address, isKnown, Date.now());
      if (outcome.reason !== "credentials_wrong") return outcome;
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
    this.#throttle.forgive(address);
  }

  /** Counts a failure of this user, whatever was tried. */
  countFailure(command: Command): void {
    this.#answers.once<Done>(command, Done, () => {
      this.#throttle.count(Date.now());
      return { ok: true };
    });
  }

  /**
   * Signs in: makes a session, and a device of it where one is named. Refuses as wrong what comes from a strange address when
   * strangers have had their tries at this user. Refuses where the user is disabled or gone, where the password that was
   * compared has been overtaken (`stale`: read it again), and where the sign-in policy has no place.
   */
  async signIn(command: Command, order: SignInOrder): Promise<SignInOutcome> {
    const outcome = this.#answers.once<SignInOutcome>(command, SignedIn, () => this.#signIn(order));
    await this.#settle();
    return outcome;
  }

  #signIn(order: SignInOrder): SignInOutcome {
    this.#sessions.take(order.owed);
    const now = Date.now();
    const { address } = order.from;
    if (this.#throttle.isSpent(now) && !this.#throttle.isKnown(address)) {
      return { ok: false, reason: "credentials_wrong" };
    }
    if (order.epoch < this.#state.user().epoch) return { ok: false, reason: "stale" };
    const barred = this.#sessions.barred(now);
    if (barred) return barred;
    const session = { id: order.session, device_sn: null, signed_in_at: now, expires_at: order.expires_at };
    this.#state.addSession(session);
    let sn: number | undefined;
    if (order.device.guid !== undefined) {
      const seat = this.#sessions.seat(session, order, now);
      if (!seat.ok) {
        this.#state.endSession(session.id);
        return seat;
      }
      ({ sn } = seat);
    } else this.#sessions.makeRoom(session, order.from);
    this.#throttle.know(address, now);
    return { ok: true, device_sn: sn };
  }

  /** Takes signals that D1 owes this user, in order and each once; says what became of the devices. */
  async take(owed: OwedSignal[]): Promise<DeviceReceipt[]> {
    const receipts = this.#sessions.take(owed);
    await this.#settle();
    return receipts;
  }

  /** Ends the caller's own session. */
  async logout(command: Command, acting: Acting): Promise<Done | Refused> {
    return await this.#once<Done>(command, acting, Done, ({ by, session }) => {
      const { from } = acting;
      if (session) this.#sessions.end([session], { reason: "signed out", by, others: "device_logout", from });
      return { ok: true };
    });
  }

  /** Signs a device out, or every one where none is named; they stay on the list. */
  async kick(command: Command, acting: Acting, sn: number | undefined): Promise<Kicked | Refused> {
    return await this.#once<Kicked>(command, acting, Kicked, ({ by }) => {
      const sessions = sn === undefined ? this.#state.sessions() : this.#state.sessionsOfDevice(sn);
      if (sn !== undefined && sessions.length === 0 && !this.#state.device(sn)) {
        return { ok: false, reason: "device_unknown" };
      }
      this.#outbox.record(acting, sn);
      const results = this.#sessions.end(sessions, {
        event: "kicked",
        reason: "kicked",
        by,
        others: "device_logout",
        from: acting.from,
      });
      if (sn !== undefined && results.length === 0) {
        results.push({ device_sn: sn, was_online: false, notified: false });
      }
      return { ok: true, results };
    });
  }

  /** Signs a device out and takes it off the list. */
  async removeDevice(command: Command, acting: Acting, sn: number): Promise<Done | Refused> {
    return await this.#once<Done>(command, acting, Done, ({ by }) => {
      if (!this.#state.device(sn)) return { ok: false, reason: "device_unknown" };
      this.#outbox.record(acting, sn);
      this.#sessions.remove(sn, by, "removed", acting.from);
      return { ok: true };
    });
  }

  /** A page of the device list, and its version. */
  listDevices(acting: Acting, after: number, limit: number): DevicePage | Refused {
    const admitted = this.#sessions.admit(acting, Date.now());
    return admitted.ok ? this.#sessions.list(after, limit) : admitted;
  }

  /** What the sign-in policy would say to a device that signed in now, by the function that says it then. */
  tryPolicy(
    acting: Acting,
    facts: { platform: Platform; guid?: string | undefined },
    policy: SignInPolicy,
  ): { ok: true; placement: Placement } | Refused {
    const now = Date.now();
    const admitted = this.#sessions.admit(acting, now);
    return admitted.ok ? { ok: true, placement: this.#sessions.placement(policy, facts, now) } : admitted;
  }

  /** Says whether any device of the user is connected. */
  online(acting: Acting): { ok: true; online: boolean } | Refused {
    const admitted = this.#sessions.admit(acting, Date.now());
    return admitted.ok ? { ok: true, online: this.#sockets.anyOnline() } : admitted;
  }

  /** Binds a push token to a device that is signed in. */
  async bindPush(command: Command, acting: Acting, binding: PushBinding): Promise<Done | Refused> {
    const outcome = await this.#push.bind(command, acting, binding);
    if (outcome.ok && "admin" in acting) await this.#settle();
    return outcome;
  }

  /** Takes the push token off a device; one that has none is as good. */
  async unbindPush(command: Command, acting: Acting, sn: number): Promise<Done | Refused> {
    const outcome = await this.#push.unbind(command, acting, sn);
    if (outcome.ok && "admin" in acting) await this.#settle();
    return outcome;
  }

  /** Tells the user's devices, but the caller's own, that the profile or the settings have changed. */
  infoUpdated(command: Command, acting: Acting, by: Actor): void {
    // Where nobody is told there is nothing to be told twice.
    if (!this.#sockets.anyOnline()) return;
    this.#answers.once<Done>(command, Done, () => {
      const own = "session" in acting ? this.#state.session(acting.session)?.device_sn : undefined;
      this.#sockets.tellOthers(own ?? undefined, { event: "info_updated", reason: "", by, at: Date.now() });
      this.#sockets.tellNews();
      return { ok: true };
    });
  }

  /**
   * Connects a device: the order travels in a header, as a socket cannot travel by RPC. A token that is no good is told
   * by the close code, all else by a JSON refusal in place of the upgrade.
   */
  override async fetch(request: Request): Promise<Response> {
    const order = parseConnectOrder(request.headers.get(connectHeader));
    const headers = upgradeHeaders(order.subprotocol);
    const now = Date.now();
    const admitted = this.#sessions.admit({ session: order.session, from: order.from }, now);
    if (!admitted.ok) {
      if (!isClosingReason(admitted.reason)) return Response.json(admitted);
      // The code is that of any dead token; the reason tells apart a user who may not come back at all.
      const isDead = admitted.reason === "token_invalid";
      const isBarred = isDead && this.#sessions.barred(now)?.reason === "user_disabled";
      return closeAtOnce(isBarred ? "user_disabled" : admitted.reason, headers);
    }
    const connected = this.#connect(order, now);
    await this.#settle();
    if (!connected.ok) return Response.json(connected);
    return new Response(null, { status: 101, webSocket: connected.socket, headers });
  }

  /** A frame that the platform has not answered itself: no client may send it. */
  override async webSocketMessage(socket: WebSocket): Promise<void> {
    const { device_sn, ended } = this.#sockets.identify(socket);
    if (ended) return;
    this.#sockets.refuseFrame(socket);
    if (!this.#sockets.isOnline(device_sn)) this.#sessions.wentOffline(device_sn, Date.now());
    await this.#settle();
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    await this.#left(socket);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.#left(socket);
  }

  /** Ends what time ends: sessions, bans, the memory of failures. It also pays what is owed to D1. */
  override async alarm(): Promise<void> {
    this.#alarm.hasCome();
    const now = Date.now();
    this.#sessions.expire(now);
    for (const sn of this.#sockets.closeSilent(now)) {
      if (!this.#sockets.isOnline(sn)) this.#sessions.wentOffline(sn, now);
    }
    this.#sessions.removeSilent(now);
    if (this.#isAttempts() && (this.#throttle.idleAt() ?? 0) <= now) {
      await this.#state.wipe();
      return;
    }
    this.#schedule();
    this.ctx.waitUntil(this.#afterwards());
    // What D1 does not take stays due, and is tried again.
    const background = (work: Promise<unknown>) => this.ctx.waitUntil(work);
    const lifting = { env: this.env, owner: this.#owner, state: this.#state, background };
    await liftBan(lifting, now).catch(() => undefined);
    await this.#payReleases();
  }

  /** True for a hub that is no user's: it only counts what is tried. */
  #isAttempts(): boolean {
    return this.#owner.user_id === 0;
  }

  #connect(order: ConnectOrder, now: number): { ok: true; socket: WebSocket } | Refused {
    const session = this.#state.session(order.session);
    if (!session) return { ok: false, reason: "token_invalid" };
    let sn = session.device_sn;
    if (sn === null) {
      const seat = this.#sessions.seat(session, order, now);
      if (!seat.ok) return seat;
      ({ sn } = seat);
    } else {
      const known = this.#state.device(sn);
      if (order.device.guid !== undefined && known?.guid !== order.device.guid) {
        const message = "device_guid must be that of the device that signed in with this token";
        return { ok: false, reason: "parameter_wrong", message };
      }
      this.#sessions.learn(order.rules);
      this.#state.putDevice(order.device, known, now);
    }
    const by = { user_id: this.#owner.user_id, device_sn: sn };
    const wasOnline = this.#sockets.isOnline(sn);
    const older = { event: "replaced", reason: "the device connected again", by, at: now } as const;
    this.#sockets.end(session.id, endCode("replaced"), older);
    const { 0: client, 1: server } = new WebSocketPair();
    this.#sockets.accept(server, session.id, sn, session.expires_at);
    if (!wasOnline) this.#sessions.cameOnline(sn, now, order.from);
    return { ok: true, socket: client };
  }

  /** A socket went of its own accord, or broke. */
  async #left(socket: WebSocket): Promise<void> {
    const was = this.#sockets.identify(socket);
    if (was.ended || this.#sockets.isOnline(was.device_sn)) return;
    this.#sessions.wentOffline(was.device_sn, Date.now());
    await this.#settle();
  }

  /**
   * Ends a turn: sets the alarm, which looks after all that the turn leaves should the machine die now, and pays what the
   * caller waits for. All else comes when what the turn has written is safe.
   */
  async #settle(): Promise<void> {
    this.#alarm.comeBy(Date.now() + LOOK_WITHIN);
    this.ctx.waitUntil(this.#afterwards());
    await this.#payReleases();
  }

  async #payReleases(): Promise<void> {
    if (this.#state.owedReleases().length === 0) return;
    this.#alarm.comeBy(Date.now() + RETRY);
    await this.#push.payReleases();
  }

  /** Does what nobody waits for: tells the other devices, sets the alarm to the moment, and pays D1. */
  async #afterwards(): Promise<void> {
    await this.ctx.storage.sync();
    this.#sockets.tellNews();
    if (!this.#schedule().owes_events) return;
    await this.#outbox.pay();
    if (this.#outbox.isOwing) this.#alarm.comeBy(Date.now() + RETRY);
  }

  /** Does a caller's command once, in one turn. It is settled each time: the first may have come to its end before. */
  async #once<T extends { ok: true }>(
    command: Command,
    acting: Acting,
    kept: z.ZodType<T>,
    work: (admitted: Admitted) => T | Refused,
  ): Promise<T | Refused> {
    const answer = this.#answers.once(command, kept, () => {
      const admitted = this.#sessions.admit(acting, Date.now());
      return admitted.ok ? work(admitted) : admitted;
    });
    if (answer.ok) await this.#settle();
    return answer;
  }

  /** Sets the alarm, so that it comes no later than the next thing that time brings about; says what is owed. */
  #schedule(): Dues {
    const now = Date.now();
    const dues = this.#state.dues();
    const idleAt = this.#isAttempts() ? this.#throttle.idleAt() : undefined;
    const times = [...timesOf(dues, now), this.#sockets.nextSilence(), idleAt];
    const next = Math.min(...times.filter((at) => at !== undefined));
    if (Number.isFinite(next)) this.#alarm.comeBy(Math.max(next, now));
    return dues;
  }
}
