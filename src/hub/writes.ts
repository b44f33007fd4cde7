/** How many writes of one user may wait for D1. */
const MOST = 100;

/** Too much waits already. It is told as what passes, and is not tried again at once. */
class Overloaded extends Error {
  readonly overloaded = true;

  constructor() {
    super("too many writes of the user wait");
    this.name = "Overloaded";
  }
}

/**
 * What one hub does at D1, one thing after another: no write overtakes another, and what is read has none half, whatever else
 * the hub does meanwhile.
 */
export class Writes {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #writing = 0;

  /** Writes when its turn comes; throws `Overloaded` where too much waits. */
  async inTurn<T>(write: () => Promise<T>): Promise<T> {
    this.#writing++;
    try {
      return await this.#queue(write);
    } finally {
      this.#writing--;
    }
  }

  /** Reads when its turn comes, as it writes. */
  async between<T>(read: () => Promise<T>): Promise<T> {
    return await this.#queue(read);
  }

  async #queue<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= MOST) throw new Overloaded();
    this.#waiting++;
    const turn = this.#last.then(work).finally(() => this.#waiting--);
    this.#last = turn.catch(() => undefined);
    return await turn;
  }

  /** Returns when what is to be written now is written, or is known not to be; or after so many ms. */
  async quiet(patience: number): Promise<void> {
    if (this.#writing === 0) return;
    const late = new AbortController();
    const timeout = scheduler.wait(patience, { signal: late.signal }).catch(() => undefined);
    await Promise.race([this.#last, timeout]);
    late.abort();
  }
}
