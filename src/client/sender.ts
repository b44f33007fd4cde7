import { type Schedule, type StopSignal, pause } from "./schedule.ts";

/** The first wait and the longest (ms), where the service does not say how long. */
const BASE = 500;
const CAP = 20_000;

/** What there is to know of a failure after which the same may be sent again. */
export interface Passing {
  /** How long the service asks to wait (ms). */
  retryAfterMs?: number | undefined;
  /** True where that holds for all that is sent, as where a caller has called too much. */
  holdsAll: boolean;
}

/** How requests are sent again. */
export interface Persistence {
  /** For how long after its first failure a request is tried (ms); 0 for one try. */
  patienceMs: number;
  schedule: Schedule;
  /** Numbers from 0 up to, but not including, 1. */
  random: () => number;
  /** What a failure is; undefined where it would be the same again. */
  passing: (error: unknown) => Passing | undefined;
  /** Hears of each wait (ms) and its reason. */
  onWait?: ((ms: number, error: unknown) => void) | undefined;
}

const now = () => (typeof performance === "undefined" ? Date.now() : performance.now());

/**
 * Sends requests again until they are answered, with waits that grow and differ from each other, or as long as the service asks. A
 * wait that would outlast the patience is none: the failure is thrown at once, with what the service asked.
 */
export class Sender {
  readonly #how: Persistence;
  #pausedUntil = 0;

  constructor(how: Persistence) {
    this.#how = how;
  }

  /** Sends what a function sends, and returns its answer. Throws the last failure, or what `stop` was aborted with. */
  async send<T>(request: () => Promise<T>, stop?: StopSignal): Promise<T> {
    const { schedule, random, patienceMs, passing, onWait } = this.#how;
    let until: number | undefined;
    for (let attempt = 0; ; attempt++) {
      const left = this.#pausedUntil - now();
      if (left > 0) await pause(schedule, left + random() * BASE, stop);
      try {
        return await request();
      } catch (error) {
        const found = passing(error);
        if (!found) throw error;
        const wait = this.#waitOf(found, attempt);
        until ??= now() + patienceMs;
        if (now() + wait > until) throw error;
        onWait?.(wait, error);
        if (found.holdsAll && found.retryAfterMs !== undefined) {
          this.#pausedUntil = Math.max(this.#pausedUntil, now() + found.retryAfterMs);
        }
        await pause(schedule, wait, stop);
      }
    }
  }

  #waitOf({ retryAfterMs }: Passing, attempt: number): number {
    const { random } = this.#how;
    if (retryAfterMs !== undefined) return retryAfterMs + random() * BASE;
    const grown = Math.min(CAP, BASE * 2 ** attempt);
    return grown / 2 + (random() * grown) / 2;
  }
}
