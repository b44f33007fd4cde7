import type { Read, Write } from "./database.ts";

/** Statements that go along with a read. */
interface Passenger {
  statements: readonly (Read | Write)[];
  /** Makes the trip, and hands on what each of the statements has found; returns what the trip was for. */
  arriveWith<T>(trip: () => Promise<[T, readonly unknown[]]>): Promise<T>;
}

/** What has something go along with the first read of its call. */
export interface Takes {
  /** Takes along what is offered, if anything is. */
  take(): Passenger | undefined;
}

/**
 * A read that goes along with the first other one of its call, in the same trip. Where no other goes, or the one that does
 * fails, whoever has offered it makes the trip.
 */
export class Ride implements Takes {
  #read: Read | undefined;
  #arrive: (rows: unknown) => void = () => undefined;

  /** Offers a read; returns its rows, or undefined where nothing has taken it along. */
  async offer(read: Read): Promise<unknown> {
    this.#read = read;
    return await new Promise((arrive) => {
      this.#arrive = arrive;
    });
  }

  /** Takes along what is offered. */
  take(): Passenger | undefined {
    const read = this.#read;
    if (!read) return undefined;
    this.#read = undefined;
    const arriveWith: Passenger["arriveWith"] = async (trip) => {
      try {
        const [rows, [found]] = await trip();
        this.#arrive(found);
        return rows;
      } finally {
        this.#arrive(undefined);
      }
    };
    return { statements: [read], arriveWith };
  }

  /** Says that nothing more is read. */
  end(): void {
    if (this.#read) this.#arrive(undefined);
    this.#read = undefined;
  }
}
