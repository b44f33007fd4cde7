import { type Alarm, LOOK_WITHIN, RETRY } from "./alarm.ts";
import { type Dues, timesOf } from "./dues.ts";
import type { Endings } from "./endings.ts";
import type { Postings } from "./postings.ts";
import type { PushBindings } from "./push-bindings.ts";
import type { Sockets } from "./sockets.ts";
import type { HubState } from "./state.ts";
import type { Watchers } from "./watchers.ts";
import type { Writes } from "./writes.ts";

/** How long a turn waits for D1 (ms): for what it releases, and for what an ended session is writing. */
const QUIET = 2_000;

/** What of the hub a turn leaves something for. */
interface Parts {
  state: HubState;
  alarm: Alarm;
  sockets: Sockets;
  endings: Endings;
  writes: Writes;
  push: PushBindings;
  postings: Postings;
  watchers: Watchers;
}

/** The turns in which a hub changes sessions, devices or sockets, and what each of them leaves to be done. */
export class Turns {
  readonly #ctx: DurableObjectState;
  readonly #counts: boolean;
  readonly #parts: Parts;

  /** `counts` where the hub counts tries at a password. */
  constructor(ctx: DurableObjectState, counts: boolean, parts: Parts) {
    this.#ctx = ctx;
    this.#counts = counts;
    this.#parts = parts;
  }

  /**
   * Does the work that changes sessions, devices or sockets, in one turn and so in one transaction, and settles what it
   * leaves. `leaves` says whether an outcome leaves anything.
   */
  async take<T>(work: () => T, leaves: (outcome: T) => boolean = () => true): Promise<T> {
    const { endings } = this.#parts;
    const { count } = endings;
    const outcome = work();
    const hasEnded = endings.count > count;
    if (leaves(outcome)) await this.#settle(hasEnded);
    return outcome;
  }

  /**
   * Ends a turn: sets the alarm, which looks after all that the turn leaves should the machine die now, and pays what the
   * caller waits for: where the turn `hasEnded` sessions, also that nothing of theirs is on its way to D1 any more. All else
   * comes when what the turn has written is safe.
   */
  async #settle(hasEnded: boolean): Promise<void> {
    this.#parts.alarm.comeBy(Date.now() + LOOK_WITHIN);
    this.#ctx.waitUntil(this.afterwards());
    if (this.#parts.state.releases.isOwing) this.#ctx.waitUntil(this.payReleases());
    else if (!hasEnded) return;
    await this.#parts.writes.quiet(QUIET);
  }

  /** Pays what is owed; what D1 does not take now stays owed. */
  async payReleases(): Promise<void> {
    if (!this.#parts.state.releases.isOwing) return;
    this.schedule();
    await this.#parts.push.payReleases();
    this.watched();
  }

  /** Tells the other devices, and who watches, when what is told of is safe. */
  async tell(): Promise<void> {
    const { sockets, watchers } = this.#parts;
    if (!sockets.hasNews && !watchers.any) return;
    await this.#ctx.storage.sync();
    sockets.tellNews();
    this.watched();
  }

  /** Has who watches hear what is new; nobody waits for it. */
  watched(): void {
    const { watchers } = this.#parts;
    if (watchers.any) this.#ctx.waitUntil(watchers.tell());
  }

  /** Does what nobody waits for: tells the other devices, sets the alarm to the moment, and posts its events. */
  async afterwards(): Promise<void> {
    await this.tell();
    if (!this.schedule().owes_events) return;
    if (!(await this.#parts.postings.post())) this.#parts.alarm.comeBy(Date.now() + RETRY);
  }

  /** Sets the alarm, so that it comes no later than the next thing that time brings about; says what is owed. */
  schedule(): Dues {
    const now = Date.now();
    const dues = this.#parts.state.dues();
    const idleAt = this.#counts ? this.#parts.state.throttle.idleAt() : undefined;
    const times = [...timesOf(dues, now), this.#parts.sockets.nextSilence(), idleAt];
    const next = Math.min(...times.filter((at) => at !== undefined));
    if (Number.isFinite(next)) this.#parts.alarm.comeBy(Math.max(next, now));
    return dues;
  }
}
