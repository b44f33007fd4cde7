import type { Read } from "./database.ts";

/** A read that goes along with another. */
interface Passenger {
  read: Read;
  /** Makes the trip, and hands on what the read found; returns what the trip was for. */
  arriveWith<T>(trip: () => Promise<[T, unknown]>): Promise<T>;
}

/**
 * A read that goes along with the first other one of its call, in the same trip. Where no other goes, or the one that does
 * fails, whoever has offered it makes the trip.
 */
export class Ride {
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
        const [rows, found] = await trip();
        this.#arrive(found);
        return rows;
      } finally {
        this.#arrive(undefined);
      }
    };
    return { read, arriveWith };
  }

  /** Says that nothing more is read. */
  end(): void {
    if (this.#read) this.#arrive(undefined);
    this.#read = undefined;
  }
}
