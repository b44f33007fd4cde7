import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "./failure.ts";

/** The service cannot take a request now, or was not heard: the same request may be sent again. */
export class Passing extends Failure {
  override readonly name = "Passing";
  /** How long the service asks to wait (ms). */
  readonly retryAfter: number | undefined;
  /** Nothing was there to answer: the request has not been sent. */
  readonly isAway: boolean;

  constructor(message: string, retryAfter?: number, isAway = false) {
    super(message);
    this.retryAfter = retryAfter;
    this.isAway = isAway;
  }
}

/** The first wait and the longest (ms), where the service does not say how long. */
const BASE = 500;
const CAP = 20_000;

/** How requests are sent again. */
export interface Persistence {
  /** For how long after the last answer it is tried (ms). */
  patience: number;
  /** True where what is away is waited for as well. */
  waitsForAway: boolean;
  /** Ends the waiting. */
  stop?: AbortSignal;
  /** Hears of each wait (ms) and its reason. */
  onWait?: (ms: number, why: string) => void;
}

/**
 * Several requests that are sent again until they are answered, with waits that grow and differ from each other. A wait that the
 * service asks of one holds for all. Fails with the last reason when nothing has been answered for as long as its patience.
 */
export class Sender {
  readonly #how: Persistence;
  #answeredAt = performance.now();
  #pausedUntil = 0;

  constructor(how: Persistence) {
    this.#how = how;
  }

  async send<T>(request: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      await this.#pause();
      try {
        const answer = await request();
        this.#answeredAt = performance.now();
        return answer;
      } catch (error) {
        if (!(error instanceof Passing)) throw error;
        if (error.isAway && !this.#how.waitsForAway) throw error;
        const wait = waitOf(error, attempt);
        if (performance.now() + wait > this.#answeredAt + this.#how.patience) throw givenUp(error, wait);
        this.#how.onWait?.(wait, error.message);
        if (error.retryAfter !== undefined)
          this.#pausedUntil = Math.max(this.#pausedUntil, performance.now() + error.retryAfter);
        await this.#sleep(wait, error);
      }
    }
  }

  /** Starts the patience anew: before the first request nothing could be answered. */
  begin(): void {
    this.#answeredAt = performance.now();
  }

  async #pause(): Promise<void> {
    const left = this.#pausedUntil - performance.now();
    if (left > 0) await this.#sleep(left + Math.random() * BASE, new Passing("stopped while waiting"));
  }

  async #sleep(ms: number, why: Passing): Promise<void> {
    try {
      await sleep(ms, undefined, this.#how.stop && { signal: this.#how.stop });
    } catch {
      throw why;
    }
  }
}

function waitOf({ retryAfter }: Passing, attempt: number): number {
  const grown = Math.min(CAP, BASE * 2 ** attempt);
  return retryAfter === undefined
    ? grown / 2 + (Math.random() * grown) / 2
    : retryAfter + Math.random() * BASE;
}

function givenUp({ message, retryAfter, isAway }: Passing, wait: number): Passing {
  const asked =
    retryAfter === undefined ? "" : `; it asks to wait for ${Math.ceil(wait / 1000)} s, then try again`;
  return new Passing(message + asked, retryAfter, isAway);
}
