import { DurableObject } from "cloudflare:workers";
import type { Refused } from "../domain/reasons.ts";
import { type Actor, type DeviceReceipt, type OwedSignal, closeCodes, notices } from "../domain/signals.ts";
import { databaseFor, noTrips } from "../store/database.ts";
import { liftExpiredBan } from "../store/status.ts";
import {
  type Acting,
  type ConnectOrder,
  type DeviceView,
  type SignInOrder,
  connectHeader,
  parseConnectOrder,
  parseHubName,
} from "./contract.ts";
import { PushBindings } from "./push-bindings.ts";
import { Sessions } from "./sessions.ts";
import { SUBPROTOCOL, Sockets, closeAtOnce } from "./sockets.ts";
import { HubState } from "./state.ts";
import { Throttle } from "./throttle.ts";

/** How long after a failure what is owed to D1 is tried again (ms). */
const RETRY = 10_000;

/**
 * One user's hub: the one place that knows which of the user's sessions live, which devices are on the list and which
 * are connected. Every call, sign-in, connection, push binding and end of a session passes through it, one at a time and
 * so in an order. What it decides is in its tables before the caller hears of it.
 */
export class UserHub extends DurableObject<Env> {
  readonly #owner = parseHubName(this.ctx.id.name);
  readonly #state = new HubState(this.ctx.storage);
  readonly #sockets = new Sockets(this.ctx);
  readonly #sessions = new Sessions(this.#owner.user_id, this.#state, this.#sockets);
  readonly #push = new PushBindings(this.env, this.#owner, this.#state);
  readonly #throttle = new Throttle(this.#state);

  /** Says whether a caller's session lives at this moment, and which device's it is. */
  check(acting: Acting): { ok: true; by: Actor } | Refused {
    const admitted = this.#sessions.admit(acting, Date.now());
    return admitted.ok ? { ok: true, by: admitted.by } : admitted;
  }

  /** Says whether an address may try a password now. */
  mayTry(address: string): { ok: true } | Refused {
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
    await this.#schedule();
    return { ok: false, reason: "credentials_wrong" };
  }

  /**
   * Signs in: makes a session, and a device of it where one is named. Refuses where the address must wait, where the
   * user is disabled or gone, where the password that was compared has been overtaken (`stale`: read it again), and where
   * the sign-in policy has no place.
   */
  async signIn(
    order: SignInOrder,
  ): Promise<{ ok: true; device_sn: number | undefined } | Refused | { ok: false; reason: "stale" }> {
    this.#sessions.take(order.owed);
    const now = Date.now();
    const refused = this.#mustWait(order.address, now);
    if (refused) return refused;
    if (order.epoch < this.#state.user().epoch) return { ok: false, reason: "stale" };
    const barred = this.#sessions.barred(now);
    if (barred) return barred;
    const session = { id: order.session, device_sn: null, signed_in_at: now, expires_at: order.expires_at };
    this.#state.addSession(session);
    let sn: number | undefined;
    if (order.device.guid !== undefined) {
      const seat = this.#sessions.seat(session, order.device, order.policy, now);
      if (!seat.ok) {
        this.#state.endSession(session.id);
        return seat;
      }
      ({ sn } = seat);
    }
    this.#throttle.succeeded(order.address, now);
    await this.#settle();
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
    if (session) this.#sessions.end([session], { reason: "signed out", by, others: "device_logout" });
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
    if (sn !== undefined && !this.#state.device(sn)) return { ok: false, reason: "device_unknown" };
    const sessions = sn === undefined ? this.#state.sessions() : this.#state.sessionsOfDevice(sn);
    const { by } = admitted;
    const results = this.#sessions.end(sessions, {
      event: "kicked",
      reason: "kicked",
      by,
      others: "device_logout",
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
    const { by } = admitted;
    const event = "device_removed";
    this.#sessions.end(this.#state.sessionsOfDevice(sn), { event, reason: "removed", by, others: "none" });
    this.#state.oweRelease(sn);
    this.#state.removeDevice(sn);
    this.#sockets.tellOthers(sn, { event, reason: "removed", by, at: Date.now() });
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
      last_active_at: Math.max(row.last_active_at, this.#sockets.lastPing(row.sn)),
    }));
    const next = rows.length > limit ? page.at(-1)?.sn : undefined;
    return { ok: true, devices, version: this.#state.user().version, next };
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
    return await this.#push.bind(() => this.#sessions.admit(acting, Date.now()), binding);
  }

  /** Takes the push token off a device; one that has none is as good. */
  async unbindPush(acting: Acting, sn: number): Promise<{ ok: true } | Refused> {
    return await this.#push.unbind(() => this.#sessions.admit(acting, Date.now()), sn);
  }

  /** Tells the user's devices, but the caller's own, that the profile or the settings have changed. */
  infoUpdated(acting: Acting, by: Actor): void {
    const own = "session" in acting ? this.#state.session(acting.session)?.device_sn : undefined;
    this.#sockets.tellOthers(own ?? undefined, { event: "info_updated", reason: "", by, at: Date.now() });
  }

  /**
   * Connects a device: the order travels in a header, as a socket cannot travel by RPC. A token that is no good is told
   * by the close code, all else by a JSON refusal in place of the upgrade.
   */
  override async fetch(request: Request): Promise<Response> {
    const order = parseConnectOrder(request.headers.get(connectHeader));
    const headers = new Headers(order.subprotocol ? { "Sec-WebSocket-Protocol": SUBPROTOCOL } : {});
    const now = Date.now();
    const admitted = this.#sessions.admit({ session: order.session }, now);
    if (!admitted.ok) {
      const isExpired = admitted.reason === "token_expired";
      const code = isExpired ? closeCodes.token_expired : closeCodes.bad_token;
      return closeAtOnce(code, admitted.reason, headers);
    }
    const connected = this.#connect(order, now);
    if (!connected.ok) return Response.json(connected);
    await this.#settle();
    return new Response(null, { status: 101, webSocket: connected.socket, headers });
  }

  /** A frame that the platform has not answered itself: no client may send it. */
  override webSocketMessage(socket: WebSocket): void {
    const { device_sn, ended } = this.#sockets.identify(socket);
    if (ended) return;
    this.#sockets.refuseFrame(socket);
    if (!this.#sockets.isOnline(device_sn)) this.#sessions.wentOffline(device_sn, Date.now());
  }

  override webSocketClose(socket: WebSocket): void {
    this.#left(socket);
  }

  override webSocketError(socket: WebSocket): void {
    this.#left(socket);
  }

  /** Ends what time ends: sessions, bans, the memory of failures. It also pays what is owed to D1. */
  override async alarm(): Promise<void> {
    const now = Date.now();
    this.#sessions.expire(now);
    if (this.#isNobody() && (this.#throttle.idleAt() ?? 0) <= now) {
      await this.#state.wipe();
      return;
    }
    const isLifted = await this.#liftBan(now).catch(() => false);
    await this.#settle();
    if (!isLifted) await this.ctx.storage.setAlarm(now + RETRY);
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
      const seat = this.#sessions.seat(session, order.device, order.policy, now);
      if (!seat.ok) return seat;
      ({ sn } = seat);
    } else {
      const known = this.#state.device(sn);
      if (order.device.guid !== undefined && known?.guid !== order.device.guid) {
        const message = "device_guid must be that of the device that signed in with this token";
        return { ok: false, reason: "parameter_wrong", message };
      }
      this.#state.putDevice(order.device, known, now);
    }
    const by = { user_id: this.#owner.user_id, device_sn: sn };
    const wasOnline = this.#sockets.isOnline(sn);
    const older = { event: "replaced", reason: "the device connected again", by, at: now } as const;
    this.#sockets.end(session.id, 4000 + notices.replaced.type, older);
    const { 0: client, 1: server } = new WebSocketPair();
    this.#sockets.accept(server, session.id, sn, session.expires_at);
    if (!wasOnline) this.#sockets.tellOthers(sn, { event: "device_login", reason: "", by, at: now });
    return { ok: true, socket: client };
  }

  /** A socket went of its own accord, or broke. */
  #left(socket: WebSocket): void {
    const was = this.#sockets.identify(socket);
    if (was.ended || this.#sockets.isOnline(was.device_sn)) return;
    this.#sessions.wentOffline(was.device_sn, Date.now());
  }

  /** Lifts a ban whose time has come, here and in D1. */
  async #liftBan(now: number): Promise<boolean> {
    const { status, until, epoch } = this.#state.user();
    if (status !== "disabled" || until === null || until > now) return true;
    const { app_id, user_id } = this.#owner;
    await liftExpiredBan(databaseFor(this.env, app_id, noTrips()), user_id, epoch, until);
    // Another signal may have been taken while D1 was written.
    if (this.#state.user().epoch === epoch)
      this.#state.setUser({ status: "normal", reason: "", until: null });
    return true;
  }

  /** Pays D1 what is owed, or leaves it to the alarm; then sets the alarm. */
  async #settle(): Promise<void> {
    await this.#push.payReleases();
    await this.#schedule();
  }

  /** Sets the alarm to the next thing that time brings about. */
  async #schedule(): Promise<void> {
    const now = Date.now();
    const { status, until } = this.#state.user();
    const due = [
      status === "disabled" && until !== null && until > now ? until : null,
      this.#state.nextExpiry(now),
      this.#state.owedReleases().length > 0 ? now + RETRY : null,
      this.#isNobody() ? this.#throttle.idleAt() : null,
    ].filter((at) => at != null);
    if (due.length === 0) return;
    const next = Math.max(Math.min(...due), now);
    const set = await this.ctx.storage.getAlarm();
    if (set === null || set > next) await this.ctx.storage.setAlarm(next);
  }
}
