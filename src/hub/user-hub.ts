import { DurableObject } from "cloudflare:workers";
import { type Actor, callerName } from "../domain/actors.ts";
import type { Platform } from "../domain/fields.ts";
import type { Placement, SignInPolicy } from "../domain/policy.ts";
import type { Refused } from "../domain/reasons.ts";
import { type DeviceReceipt, type OwedSignal, closeCodes, notices } from "../domain/signals.ts";
import { databaseFor, noTrips } from "../store/database.ts";
import { liftExpiredBan } from "../store/status.ts";
import { queueEvents } from "../store/webhooks.ts";
import { Alarm, LOOK_WITHIN, RETRY, timesOf } from "./alarm.ts";
import {
  type Acting,
  type ConnectOrder,
  type DeviceView,
  type SignInOrder,
  connectHeader,
  parseConnectOrder,
  parseHubName,
} from "./contract.ts";
import { Outbox } from "./outbox.ts";
import { PushBindings } from "./push-bindings.ts";
import { Sessions } from "./sessions.ts";
import { SUBPROTOCOL, Sockets, closeAtOnce } from "./sockets.ts";
import { type Dues, HubState } from "./state.ts";
import { Throttle } from "./throttle.ts";

/** What becomes of a sign-in whose password was right; `stale` where the password has been overtaken. */
type SignInOutcome = { ok: true; device_sn: number | undefined } | Refused | { ok: false; reason: "stale" };

/**
 * One user's hub: the one place that knows which of the user's sessions live, which devices are on the list and which
 * are connected. Every call, sign-in, connection, push binding and end of a session passes through it, one at a time and
 * so in an order. What it decides is in its tables before the caller hears of it.
 */
export class UserHub extends DurableObject<Env> {
  readonly #owner = parseHubName(this.ctx.id.name);
  readonly #state = new HubState(this.ctx.storage);
  readonly #sockets = new Sockets(this.ctx);
  readonly #outbox = new Outbox(this.env, this.#owner, this.#state);
  readonly #sessions = new Sessions(this.#owner.user_id, this.#state, this.#sockets, this.#outbox);
  readonly #push = new PushBindings(this.env, this.#owner, this.#state);
  readonly #throttle = new Throttle(this.#state);
  readonly #alarm = new Alarm(this.ctx.storage);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    void ctx.blockConcurrencyWhile(async () => this.#alarm.read());
  }

  /** Says whether a caller's session lives at this moment, and which device's it is. */
  check(acting: Acting): { ok: true; by: Actor } | Refused {
    const admitted = this.#sessions.admit(acting, Date.now());
    return admitted.ok ? { ok: true, by: admitted.by } : admitted;
  }

  /** Says whether an address may try a password now. */
  mayTry(address: string): { ok: true } | Refused {
    // Should the caller never come back with a failure, nothing of nobody's hub is to stay.
    if (this.#isNobody()) this.#alarm.comeBy(Date.now() + LOOK_WITHIN);
    return this.#mustWait(address, Date.now()) ?? { ok: true };
  }

  /**
   * Judges a wrong password: it counts, and is told as such unless the address must wait by now. So many tries at once
   * get no more answers than so many in a row.
   */
  async failed(address: string): Promise<Refused> {
    const now = Date.now();
    const mustWait = this.#mustWait(address, now);
    if (mustWait) return mustWait;
    this.#throttle.failed(address, now);
    this.#schedule();
    return { ok: false, reason: "credentials_wrong" };
  }

  /**
   * Signs in: makes a session, and a device of it where one is named. Refuses where the address must wait, where the
   * user is disabled or gone, where the password that was compared has been overtaken (`stale`: read it again), and where
   * the sign-in policy has no place.
   */
  async signIn(order: SignInOrder): Promise<SignInOutcome> {
    const outcome = this.#signIn(order);
    await this.#settle();
    return outcome;
  }

  #signIn(order: SignInOrder): SignInOutcome {
    this.#sessions.take(order.owed);
    const now = Date.now();
    const refused = this.#mustWait(order.from.address, now);
    if (refused) return refused;
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
    this.#throttle.succeeded(order.from.address, now);
    return { ok: true, device_sn: sn };
  }

  /** Takes signals that D1 owes this user, in order and each once; says what became of the devices. */
  async take(owed: OwedSignal[]): Promise<DeviceReceipt[]> {
    const receipts = this.#sessions.take(owed);
    await this.#settle();
    return receipts;
  }

  /** Ends the caller's own session. */
  async logout(acting: Acting): Promise<{ ok: true } | Refused> {
    const admitted = this.#sessions.admit(acting, Date.now());
    if (!admitted.ok) return admitted;
    const { by, session } = admitted;
    if (session)
      this.#sessions.end([session], { reason: "signed out", by, others: "device_logout", from: acting.from });
    await this.#settle();
    return { ok: true };
  }

  /** Signs a device out, or every one where none is named; they stay on the list. */
  async kick(
    acting: Acting,
    sn: number | undefined,
  ): Promise<{ ok: true; results: DeviceReceipt[] } | Refused> {
    const admitted = this.#sessions.admit(acting, Date.now());
    if (!admitted.ok) return admitted;
    const sessions = sn === undefined ? this.#state.sessions() : this.#state.sessionsOfDevice(sn);
    if (sn !== undefined && sessions.length === 0 && !this.#state.device(sn)) {
      return { ok: false, reason: "device_unknown" };
    }
    this.#record(acting, sn);
    const { by } = admitted;
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
    await this.#settle();
    return { ok: true, results };
  }

  /** Signs a device out and takes it off the list. */
  async removeDevice(acting: Acting, sn: number): Promise<{ ok: true } | Refused> {
    const admitted = this.#sessions.admit(acting, Date.now());
    if (!admitted.ok) return admitted;
    if (!this.#state.device(sn)) return { ok: false, reason: "device_unknown" };
    this.#record(acting, sn);
    this.#sessions.remove(sn, admitted.by, "removed", acting.from);
    await this.#settle();
    return { ok: true };
  }

  /** A page of the device list, and its version. `next` is absent on the last page. */
  listDevices(
    acting: Acting,
    after: number,
    limit: number,
  ): { ok: true; devices: DeviceView[]; version: number; next: number | undefined } | Refused {
    const admitted = this.#sessions.admit(acting, Date.now());
    if (!admitted.ok) return admitted;
    const rows = this.#state.devices(after, limit + 1);
    const page = rows.slice(0, limit);
    const devices = page.map((row) => ({
      device_sn: row.sn,
      platform: row.platform,
      user_agent: row.user_agent,
      device_name: row.name,
      online: this.#sockets.isOnline(row.sn),
      last_active_at: Math.max(row.last_active_at, this.#sockets.lastHeard(row.sn)),
    }));
    const next = rows.length > limit ? page.at(-1)?.sn : undefined;
    return { ok: true, devices, version: this.#state.user().version, next };
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
  async bindPush(
    acting: Acting,
    binding: { device_sn: number; device_token: string; notifier_name: string },
  ): Promise<{ ok: true } | Refused> {
    const outcome = await this.#push.bind(() => this.#sessions.admit(acting, Date.now()), binding);
    return await this.#recorded(acting, binding.device_sn, outcome);
  }

  /** Takes the push token off a device; one that has none is as good. */
  async unbindPush(acting: Acting, sn: number): Promise<{ ok: true } | Refused> {
    const outcome = await this.#push.unbind(() => this.#sessions.admit(acting, Date.now()), sn);
    return await this.#recorded(acting, sn, outcome);
  }

  /** Tells the user's devices, but the caller's own, that the profile or the settings have changed. */
  infoUpdated(acting: Acting, by: Actor): void {
    const own = "session" in acting ? this.#state.session(acting.session)?.device_sn : undefined;
    this.#sockets.tellOthers(own ?? undefined, { event: "info_updated", reason: "", by, at: Date.now() });
    this.#sockets.tellNews();
  }

  /**
   * Connects a device: the order travels in a header, as a socket cannot travel by RPC. A token that is no good is told
   * by the close code, all else by a JSON refusal in place of the upgrade.
   */
  override async fetch(request: Request): Promise<Response> {
    const order = parseConnectOrder(request.headers.get(connectHeader));
    const headers = new Headers(order.subprotocol ? { "Sec-WebSocket-Protocol": SUBPROTOCOL } : {});
    const now = Date.now();
    const admitted = this.#sessions.admit({ session: order.session, from: order.from }, now);
    if (!admitted.ok) {
      const isExpired = admitted.reason === "token_expired";
      const code = isExpired ? closeCodes.token_expired : closeCodes.bad_token;
      // The code is that of any dead token; the reason tells apart a user who may not come back at all.
      const isBarred = !isExpired && this.#sessions.barred(now)?.reason === "user_disabled";
      return closeAtOnce(code, isBarred ? "user_disabled" : admitted.reason, headers);
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
    if (this.#isNobody() && (this.#throttle.idleAt() ?? 0) <= now) {
      await this.#state.wipe();
      return;
    }
    this.#schedule();
    this.ctx.waitUntil(this.#afterwards());
    // What D1 does not take stays due, and is tried again.
    await this.#liftBan(now).catch(() => undefined);
    await this.#payReleases();
  }

  /** True for the hub of a name that nobody has: it only counts failures. */
  #isNobody(): boolean {
    return this.#owner.user_id === 0;
  }

  #mustWait(address: string, now: number): Refused | undefined {
    const wait = Math.ceil(this.#throttle.wait(address, now) / 1000);
    if (wait === 0) return undefined;
    const message = `too many failures: wait ${wait} s before the next try`;
    return { ok: false, reason: "too_many_failures", message, retryAfter: wait };
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
    this.#sockets.end(session.id, 4000 + notices.replaced, older);
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

  /** Lifts a ban whose time has come, here and in D1. */
  async #liftBan(now: number): Promise<void> {
    const { status, until, epoch } = this.#state.user();
    if (status !== "disabled" || until === null || until > now) return;
    const { app_id, user_id } = this.#owner;
    const db = databaseFor(this.env, app_id, noTrips());
    if (await liftExpiredBan(db, user_id, until)) {
      this.ctx.waitUntil(queueEvents(this.env, db, app_id, now).catch(() => undefined));
    }
    // Another signal may have been taken while D1 was written.
    if (this.#state.user().epoch === epoch)
      this.#state.setUser({ status: "normal", reason: "", until: null });
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

  async #recorded<T extends { ok: boolean }>(acting: Acting, sn: number, outcome: T): Promise<T> {
    if (!outcome.ok || !("admin" in acting)) return outcome;
    this.#record(acting, sn);
    await this.#settle();
    return outcome;
  }

  /** Records what an admin did here, in the same turn; what ends a session is recorded with its end. */
  #record(acting: Acting, sn: number | undefined): void {
    if (!("admin" in acting)) return;
    const { operation, from } = acting;
    const caller = callerName({ admin: acting.admin });
    this.#outbox.add({ at: Date.now(), caller, device_sn: sn ?? null, reason: "", from, operation });
  }

  /** Sets the alarm, so that it comes no later than the next thing that time brings about; says what is owed. */
  #schedule(): Dues {
    const now = Date.now();
    const dues = this.#state.dues();
    const idleAt = this.#isNobody() ? this.#throttle.idleAt() : undefined;
    const times = [...timesOf(dues, now), this.#sockets.nextSilence(), idleAt];
    const next = Math.min(...times.filter((at) => at !== undefined));
    if (Number.isFinite(next)) this.#alarm.comeBy(Math.max(next, now));
    return dues;
  }
}
