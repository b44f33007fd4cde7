/** How long after a failure what is owed to D1 is tried again (ms), or after the machine died before it tried at all. */
export const RETRY = 10_000;

/** The longest that what D1 goes on to refuse waits for its next try (ms), but for half as long again by chance. */
const LONGEST_RETRY = 300_000;

/**
 * When to try again what D1 has not taken since `since` (ms): the later, the longer it was tried, and at random, so that the hubs of
 * an app that is closed for a move, or of a database that is away, do not all come again and again at once.
 */
export function retryAt(since: number, now: number): number {
  const wait = Math.min(Math.max((now - since) / 2, RETRY), LONGEST_RETRY);
  return now + wait * (1 + Math.random() / 2);
}

/** How long after the machine died within a turn the hub looks for what is due (ms): mostly, an alarm is set already. */
export const LOOK_WITHIN = 60_000;

/** The one alarm of a hub. */
export class Alarm {
  readonly #storage: DurableObjectStorage;
  /** When it comes, as it is set in storage (ms); null where it is not set. */
  #at: number | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Finds out when it comes; for before all else that the hub does. */
  async read(): Promise<void> {
    this.#at = await this.#storage.getAlarm();
  }

  /** Takes note that it has come. */
  hasCome(): void {
    this.#at = null;
  }

  /**
   * Sets it to `at` (ms), where it is not to come before anyway: one that comes early finds nothing to do and is set anew,
   * and costs less than a write in every turn. The write is one with the turn's others.
   */
  comeBy(at: number): void {
    if (this.#at !== null && this.#at <= at) return;
    this.#at = at;
    void this.#storage.setAlarm(at);
  }
}
