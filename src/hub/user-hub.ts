import { DurableObject } from "cloudflare:workers";
import type { z } from "zod";
import type { Actor } from "../domain/actors.ts";
import type { AnswerKey } from "../domain/answers.ts";
import type { Platform } from "../domain/fields.ts";
import type { Own, OwnChange } from "../domain/own.ts";
import type { Placement, SignInPolicy } from "../domain/policy.ts";
import type { EndsPage } from "../store/picture.ts";
import type { PushOrder } from "../domain/push-route.ts";
import type { Refused } from "../domain/reasons.ts";
import type { BroughtDevice, DeviceReceipt, OwedSignal } from "../domain/signals.ts";
import { Alarm } from "./alarm.ts";
import { type Changed, Counted, Done, Kicked, type Noted, SignedIn } from "./answers.ts";
import { Attempts, type Waiting } from "./attempts.ts";
import { liftBan } from "./bans.ts";
import { Connections } from "./connections.ts";
import {
  type Acting,
  type Command,
  type DevicePage,
  type Question,
  type SignInOrder,
  parseHubName,
} from "./contract.ts";
import { Endings } from "./endings.ts";
import { type Admitted, Entry, type SignInOutcome } from "./entry.ts";
import { type Explained, Explanations } from "./explain.ts";
import { OwnData } from "./own.ts";
import { type Pictured, Pictures, endIn } from "./picture.ts";
import { Postings } from "./postings.ts";
import { Presence } from "./presence.ts";
import { type PushBinding, PushBindings } from "./push-bindings.ts";
import { PushRoutes, type Routed } from "./push-routes.ts";
import { Signals } from "./signals.ts";
import { Sockets } from "./sockets.ts";
import { HubState } from "./state.ts";
import { Turns } from "./turns.ts";
import { Watchers } from "./watchers.ts";
import { Writes } from "./writes.ts";

/**
 * One user's hub: the one place that knows which of the user's sessions live, which devices are on the list and which
 * are connected. Every call, sign-in, connection, push binding and end of a session passes through it, one at a time and
 * so in an order. What it decides is in its tables before the caller hears of it, and so is the answer to a command.
 */
export class UserHub extends DurableObject<Env> {
  readonly #owner = parseHubName(this.ctx.id.name);
  readonly #alarm = new Alarm(this.ctx.storage);
  readonly #state = new HubState(this.ctx.storage, this.#owner.user_id, this.#alarm, (work) =>
    this.ctx.waitUntil(scheduler.wait(0).then(work)),
  );
  readonly #sockets = new Sockets(this.ctx);
  readonly #endings = new Endings(this.#state, this.#sockets);
  readonly #presence = new Presence(this.#state, this.#sockets);
  readonly #signals = new Signals(this.#state, this.#sockets, this.#endings);
  readonly #entry = new Entry(this.#state, {
    sockets: this.#sockets,
    endings: this.#endings,
    signals: this.#signals,
    presence: this.#presence,
  });
  readonly #writes = new Writes(this.env, this.#owner, this.#state, (work) => this.ctx.waitUntil(work));
  readonly #push = new PushBindings(this.env, this.#owner, this.#state, {
    entry: this.#entry,
    writes: this.#writes,
  });
  readonly #own = new OwnData(this.env, this.#owner, this.#state, {
    sockets: this.#sockets,
    entry: this.#entry,
    writes: this.#writes,
  });
  readonly #routes = new PushRoutes(this.#state, { sockets: this.#sockets, own: this.#own });
  readonly #explanations = new Explanations(this.#state, { entry: this.#entry, sockets: this.#sockets });
  readonly #pictures = new Pictures(this.env, this.#owner, this.#state, {
    sockets: this.#sockets,
    entry: this.#entry,
    writes: this.#writes,
  });
  readonly #watchers = new Watchers(this.ctx, this.env, this.#owner, this.#pictures);
  readonly #postings = new Postings(this.env, this.#owner, this.#state.outbox);
  readonly #turns = new Turns(this.ctx, this.#owner.counts, {
    state: this.#state,
    alarm: this.#alarm,
    sockets: this.#sockets,
    endings: this.#endings,
    writes: this.#writes,
    push: this.#push,
    postings: this.#postings,
    watchers: this.#watchers,
  });
  readonly #connections = new Connections({
    entry: this.#entry,
    pictures: this.#pictures,
    presence: this.#presence,
    sockets: this.#sockets,
    turns: this.#turns,
    watchers: this.#watchers,
  });
  readonly #attempts = new Attempts(this.env, this.#owner.app_id, this.#state.throttle);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#state.outbox.listener = (id, event) => {
      const session = endIn(id, event);
      if (session) this.#watchers.hasEnded(session);
    };
    void ctx.blockConcurrencyWhile(async () => this.#alarm.read());
  }

  /**
   * Says whether a caller's session lives at this moment, and which device's it is; of a request's key, which is noted, what is known
   * of it.
   */
  check(acting: Acting, key?: AnswerKey): (Noted & { by: Actor }) | Refused {
    const note = () => this.#state.answers.note(key);
    return this.#read<Noted & { by: Actor }>(acting, ({ by }) => Object.assign(note(), { by }));
  }

  /** What became of devices when a signal was taken, for who repeats what it came of; none where that is too long ago. */
  receipts(epoch: number): DeviceReceipt[] {
    return this.#state.receipts.of(epoch);
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
      this.#turns.schedule();
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
    return await this.#turns.take(() =>
      this.#state.answers.once<SignInOutcome>(command, SignedIn, () => this.#entry.signIn(order, Date.now())),
    );
  }

  /** Takes signals that D1 owes this user, in order and each once; says what became of the devices. */
  async take(owed: OwedSignal[]): Promise<DeviceReceipt[]> {
    return await this.#turns.take(() => this.#signals.take(owed));
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
    if (add > 0) this.#turns.watched();
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
    this.ctx.waitUntil(this.#turns.tell());
    return outcome;
  }

  /** Says what stands in the way of what is asked about, for staff whose app has this user; it changes nothing. */
  explain(question: Question): Explained {
    return this.#explanations.explain(question);
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

  /** The same for who counts. A hub that knows of nothing is left as it is. */
  isConnected(): boolean {
    return this.#sockets.anyOnline();
  }

  /** Binds a push token to a device that is signed in. */
  async bindPush(command: Command, acting: Acting, binding: PushBinding): Promise<Changed | Refused> {
    return await this.#push.bind(command, acting, binding).finally(() => this.#turns.watched());
  }

  /** Takes the push token off a device; one that has none is as good. */
  async unbindPush(command: Command, acting: Acting, sn: number): Promise<Changed | Refused> {
    return await this.#push.unbind(command, acting, sn).finally(() => this.#turns.watched());
  }

  /** All that is known of the user, for staff, and a page of the ends of the user's sessions. */
  async picture(acting: Acting, page: EndsPage): Promise<({ ok: true } & Pictured) | Refused> {
    const admitted = this.#pictures.admit(acting);
    if (!admitted.ok) return admitted;
    const pictured = await this.#pictures.take(page);
    if (!pictured) return { ok: false, reason: "user_unknown" };
    const { picture, ended } = pictured;
    return { ok: true, picture, ended: page.before ? ended : this.#pictures.withLatest(ended) };
  }

  /** Connects a device, or who watches the user. */
  override async fetch(request: Request): Promise<Response> {
    return await this.#connections.open(request);
  }

  override async webSocketMessage(socket: WebSocket): Promise<void> {
    await this.#connections.hear(socket);
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    await this.#connections.closed(socket);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.#connections.closed(socket);
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
    this.#turns.schedule();
    this.ctx.waitUntil(this.#turns.afterwards());
    // What D1 does not take stays due, and is tried again.
    const background = (work: Promise<unknown>) => this.ctx.waitUntil(work);
    const lifting = { env: this.env, owner: this.#owner, state: this.#state, background };
    await liftBan(lifting, now).catch(() => undefined);
    this.#turns.watched();
    await this.#turns.payReleases();
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
    return await this.#turns.take(
      () =>
        this.#state.answers.once(
          command,
          kept,
          () => this.#read(acting, work),
          () => this.#entry.refuses(acting, Date.now()),
        ),
      ({ ok }) => ok,
    );
  }
}
