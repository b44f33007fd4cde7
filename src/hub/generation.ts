import type { HubStorage } from "./storage.ts";

type GenerationRow = { number: number; is_under_way: number };

/**
 * By which generation D1 takes this hub's writes, and whether one is under way of which nobody knows yet what has become: the
 * table `generation`, which has one row.
 */
export class Generation {
  readonly #storage: HubStorage;
  #known: GenerationRow | undefined;

  constructor(storage: HubStorage) {
    this.#storage = storage;
  }

  get number(): number {
    return this.#row.number;
  }

  /** True while a write is under way, and after a machine that died meanwhile or a connection that broke. */
  get isUnderWay(): boolean {
    return this.#row.is_under_way === 1;
  }

  /** Notes that a write is under way; for before it is sent. */
  begin(): void {
    this.#set({ ...this.#row, is_under_way: 1 });
  }

  /** Notes that it is known what has become of it. */
  end(): void {
    this.#set({ ...this.#row, is_under_way: 0 });
  }

  /** Notes that D1 takes writes of this generation only: nothing that was under way before comes to anything. */
  next(number: number): void {
    this.#set({ number, is_under_way: 0 });
  }

  /** Forgets it with a deleted user, of whom D1 takes no writes. */
  forget(): void {
    this.#storage.sql.exec("delete from generation");
    this.#known = undefined;
  }

  get #row(): GenerationRow {
    return (this.#known ??= this.#storage.sql
      .exec<GenerationRow>("select number, is_under_way from generation")
      .toArray()[0] ?? { number: 0, is_under_way: 0 });
  }

  #set(row: GenerationRow): void {
    if (row.number === this.number && (row.is_under_way === 1) === this.isUnderWay) return;
    this.#storage.sql.exec(
      `insert into generation (only, number, is_under_way) values (1, ?1, ?2)
       on conflict (only) do update set number = ?1, is_under_way = ?2`,
      row.number,
      row.is_under_way,
    );
    this.#known = row;
  }
}
