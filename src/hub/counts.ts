import { MAX_ID } from "../domain/fields.ts";
import { DatabaseFault } from "../store/database.ts";
import type { HubStorage } from "./storage.ts";

/**
 * What pushes have added to the badge since it was set: the table `counts`, which has one row. D1 has the badge as it was set;
 * what each push adds stands here alone, as D1 could not take a write for each.
 */
export class Counts {
  readonly #storage: HubStorage;
  /** What readers are shown; undefined where it is still to be read. */
  #shown: number | undefined;

  constructor(storage: HubStorage) {
    this.#storage = storage;
  }

  /** The badge, where it was set to `set`. */
  badge(set: number): number {
    this.#shown ??= this.#read();
    return Math.min(set + this.#shown, MAX_ID);
  }

  /** Adds to the badge. */
  add(count: number): void {
    this.#storage.sql.exec(
      `insert into counts (only, badge) values (1, ?1) on conflict (only) do update set badge = min(badge + ?1, ${MAX_ID})`,
      count,
    );
    if (this.#shown !== undefined) this.#shown += count;
  }

  /**
   * Has D1 set the badge, from which it is counted anew. What was counted is gone before D1 is told: should the machine die
   * between the two, nothing is added to a badge that was set. Readers are shown it until D1 has answered. Where the badge was
   * not set, it counts again; nobody knows that of a write that `mayArrive` still.
   */
  async during<T>(set: () => Promise<T>, mayArrive: () => boolean): Promise<T> {
    const counted = this.#read();
    this.forget();
    this.#shown = counted;
    try {
      return await set();
    } catch (error) {
      const isKeyTaken = error instanceof DatabaseFault && error.isKeyTaken;
      if ((isKeyTaken || !mayArrive()) && counted > 0) this.add(counted);
      throw error;
    } finally {
      this.#shown = undefined;
    }
  }

  #read(): number {
    return this.#storage.sql.exec<{ badge: number }>("select badge from counts").toArray()[0]?.badge ?? 0;
  }

  /** Forgets what was counted, of a deleted user too. */
  forget(): void {
    this.#storage.sql.exec("delete from counts");
    this.#shown = undefined;
  }
}
