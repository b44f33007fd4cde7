import { TooMany } from "../domain/reasons.ts";

/** Nothing but the isolate's thread hashes, so this is what its other work gets between two hashes (ms). */
const REST = 8;
/** The most of it (ms), however many wait. */
const LONGEST_REST = 32;

/** A job that has not looked for its turn for so long (ms) belongs to a request that is no more. */
const GONE_AFTER = 2_000;

/** Who asks for hashes. Turns go round the groups, and within a group round its parties. */
export interface Party {
  group: string;
  name: string;
}

/** How many jobs may wait: of one party, of its group, and in all of the kinds that share these bounds. */
export interface Bounds {
  kind: string;
  party: number;
  group: number;
  all: number;
}

/** What one call wants hashed: all that is done up to the next `yield` is one hash, and one turn. */
export type Steps<T> = Generator<undefined, T, undefined>;

interface Job {
  party: Party;
  kind: string;
  /** When its request last looked whether it is its turn (ms). */
  seen: number;
  isQueued: boolean;
  /** Another has its place. */
  isOusted: boolean;
}

/**
 * The order in which an isolate hashes passwords: one hash at a time, and between two of them time for everything else.
 *
 * - Each request waits by timers of its own and hashes in a turn of its own. So no request waits for what another one
 *   must do, and one that ends while it waits (its client hung up) leaves nothing but a place in the line.
 * - Such a place is passed over: all who live wake in turn, so whoever did not wake between two wakes of mine is gone.
 * - A hash starts only after a rest in which no other ran. Its request waits for that rest, unless the request of the hash before
 *   has lived to see it and nobody waits.
 * - Where no more may wait in all, one of a group that has fewer in line takes the place of the last of the longest group.
 */
export class HashQueue {
  /** In the order of turns: the first job of the first party of the first group is next. */
  readonly #groups = new Map<string, Map<string, Job[]>>();
  readonly #waiting = new Map<string, number>();
  #hashes = 0;
  /** A rest is over in which no hash ran. */
  #isRested = false;

  /** Does the steps, a turn each. Refuses where too many jobs wait. */
  async run<T>(party: Party, bounds: Bounds, steps: Steps<T>): Promise<T> {
    this.#requirePlace(party, bounds);
    const job: Job = { party, kind: bounds.kind, seen: Date.now(), isQueued: false, isOusted: false };
    this.#join(job);
    try {
      for (;;) {
        if (!this.#isRested || this.#next(() => false) !== job) await this.#turn(job);
        this.#leave(job);
        this.#hashes++;
        this.#isRested = false;
        const step = steps.next();
        void this.#rested();
        if (step.done) return step.value;
        this.#join(job);
      }
    } finally {
      this.#leave(job);
    }
  }

  /** Waits until it is the job's turn and the isolate has had a rest. */
  async #turn(job: Job): Promise<void> {
    let [last, lastButOne] = [0, 0];
    for (;;) {
      const hashes = this.#hashes;
      await scheduler.wait(this.#rest());
      job.seen = Date.now();
      if (job.isOusted) throw crowded();
      if (!job.isQueued) this.#join(job);
      const isRested = hashes === this.#hashes;
      const next = this.#next((other) => other !== job && other.seen < lastButOne);
      if (isRested && next === job) return;
      [last, lastButOne] = [job.seen, last];
    }
  }

  /** Sees the rest behind a hash. Its request may end before: then the next one waits for a rest of its own. */
  async #rested(): Promise<void> {
    const hashes = this.#hashes;
    await scheduler.wait(REST);
    if (hashes === this.#hashes) this.#isRested = true;
  }

  /** The more are waiting, the longer each sleeps: looking for a turn must not be what the isolate is busy with. */
  #rest(): number {
    let waiting = 0;
    for (const count of this.#waiting.values()) waiting += count;
    return Math.min(REST + Math.floor(waiting / 4), LONGEST_REST);
  }

  /** Whose turn it is, once those in front that are gone are out of the way. */
  #next(isGone: (job: Job) => boolean): Job | undefined {
    for (;;) {
      const first = this.#first();
      if (first === undefined || !isGone(first)) return first;
      this.#leave(first);
    }
  }

  #first(): Job | undefined {
    for (const parties of this.#groups.values()) for (const [job] of parties.values()) return job;
    return undefined;
  }

  /** Stands in line: last of its party, and a party or group that was not in line stands last of all. */
  #join(job: Job): void {
    const { group, name } = job.party;
    const parties = this.#groups.get(group) ?? new Map<string, Job[]>();
    const jobs = parties.get(name) ?? [];
    jobs.push(job);
    parties.set(name, jobs);
    this.#groups.set(group, parties);
    job.isQueued = true;
    this.#waiting.set(job.kind, (this.#waiting.get(job.kind) ?? 0) + 1);
  }

  /** Leaves the line. Those of its party, and of its group, that still wait stand behind all others now. */
  #leave(job: Job): void {
    if (!job.isQueued) return;
    job.isQueued = false;
    const { group, name } = job.party;
    const parties = this.#groups.get(group);
    const jobs = parties?.get(name)?.filter((other) => other !== job) ?? [];
    parties?.delete(name);
    if (jobs.length > 0) parties?.set(name, jobs);
    this.#groups.delete(group);
    if (parties && parties.size > 0) this.#groups.set(group, parties);
    this.#waiting.set(job.kind, (this.#waiting.get(job.kind) ?? 1) - 1);
  }

  #requirePlace(party: Party, bounds: Bounds): void {
    if (this.#isFull(party, bounds)) {
      const since = Date.now() - GONE_AFTER;
      const all = [...this.#groups.values()].flatMap((parties) => [...parties.values()].flat());
      for (const job of all) if (job.seen < since) this.#leave(job);
    }
    if (this.#isFullFor(party, bounds)) throw crowded();
    if (this.#isFullOf(bounds)) this.#oust(party, bounds);
  }

  #isFull(party: Party, bounds: Bounds): boolean {
    return this.#isFullFor(party, bounds) || this.#isFullOf(bounds);
  }

  /** True where the party or its group has as many in line as it may. */
  #isFullFor({ group, name }: Party, bounds: Bounds): boolean {
    const inParty = this.#groups.get(group)?.get(name)?.length ?? 0;
    return inParty >= bounds.party || this.#lengthOf(group) >= bounds.group;
  }

  /** True where as many are in line as may be in all. */
  #isFullOf(bounds: Bounds): boolean {
    return (this.#waiting.get(bounds.kind) ?? 0) >= bounds.all;
  }

  #lengthOf(group: string): number {
    let length = 0;
    for (const jobs of this.#groups.get(group)?.values() ?? []) length += jobs.length;
    return length;
  }

  /** Makes room for one of a group: by the last job of the longest one, unless that has hardly more in line. */
  #oust({ group }: Party, { kind }: Bounds): void {
    let longest: { last: Job; length: number } | undefined;
    for (const [name, parties] of this.#groups) {
      const length = this.#lengthOf(name);
      const last = [...parties.values()].at(-1)?.at(-1);
      if (last?.kind === kind && length > (longest?.length ?? 0)) longest = { last, length };
    }
    if (!longest || longest.length <= this.#lengthOf(group) + 1) throw crowded();
    longest.last.isOusted = true;
    this.#leave(longest.last);
  }
}

function crowded(): TooMany {
  return new TooMany("too many passwords are being checked: try again", 1);
}
