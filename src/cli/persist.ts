import { withTimeout } from "../client/schedule.ts";
import { Sender as Again } from "../client/sender.ts";
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

/** How requests are sent again. */
export interface Persistence {
  /** For how long after its first failure a request is tried (ms). */
  patience: number;
  /** True where what is away is waited for as well. */
  waitsForAway: boolean;
  /** Ends the waiting. */
  stop?: AbortSignal;
  /** Hears of each wait (ms) and its reason. */
  onWait?: (ms: number, why: string) => void;
}

/** Requests that are sent again until they are answered. A wait that the service asks of one holds for all. */
export class Sender extends Again {
  readonly #stop: AbortSignal | undefined;

  constructor({ patience, waitsForAway, stop, onWait }: Persistence) {
    super({
      patienceMs: patience,
      schedule: withTimeout,
      random: Math.random,
      passing: (error) =>
        error instanceof Passing && (waitsForAway || !error.isAway)
          ? { retryAfterMs: error.retryAfter, holdsAll: true }
          : undefined,
      onWait: (ms, error) => onWait?.(ms, error instanceof Error ? error.message : String(error)),
    });
    this.#stop = stop;
  }

  /** Sends what a function sends. Throws the last failure when it has been tried for as long as the patience. */
  override async send<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await super.send(request, this.#stop);
    } catch (error) {
      throw error instanceof Passing ? givenUp(error) : error;
    }
  }
}

function givenUp({ message, retryAfter, isAway }: Passing): Passing {
  const asked =
    retryAfter === undefined ? "" : `; it asks to wait for ${Math.ceil(retryAfter / 1000)} s, then try again`;
  return new Passing(message + asked, retryAfter, isAway);
}
