import type { HubStorage } from "./storage.ts";

type GenerationRow = { number: number; is_under_way: number };

/**
 * By which generation D1 takes this hub's writes, and whether one is under way of which nobody knows yet what has become: the
 * table `generation`, which has one row. That one is under way is in the table before it is sent; that none is any more, only
 * at the next `rest`: a machine that dies before has the next generation begin in vain.
 */
export class Generation {
  readonly #storage: HubStorage;
  #known: GenerationRow | undefined;
  /** What the table has; undefined where nobody has looked. */
  #kept: GenerationRow | undefined;

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
    this.#known = { ...this.#row, is_under_way: 0 };
  }

  /** Brings the table up to date, where no write has come for a while. */
  rest(): void {
    if (this.#known) this.#set(this.#known);
  }

  /** Notes that D1 takes writes of this generation only: nothing that was under way before comes to anything. */
  next(number: number): void {
    this.#set({ number, is_under_way: 0 });
  }

  /** Forgets it with a deleted user, of whom D1 takes no writes. */
  forget(): void {
    this.#storage.sql.exec("delete from generation");
    this.#known = undefined;
    this.#kept = undefined;
  }

  get #row(): GenerationRow {
    return (this.#known ??= this.#inTable);
  }

  get #inTable(): GenerationRow {
    return (this.#kept ??= this.#storage.sql
      .exec<GenerationRow>("select number, is_under_way from generation")
      .toArray()[0] ?? { number: 0, is_under_way: 0 });
  }

  #set(row: GenerationRow): void {
    this.#known = row;
    const { number, is_under_way } = this.#inTable;
    if (row.number === number && row.is_under_way === is_under_way) return;
    this.#storage.sql.exec(
      `insert into generation (only, number, is_under_way) values (1, ?1, ?2)
       on conflict (only) do update set number = ?1, is_under_way = ?2`,
      row.number,
      row.is_under_way,
    );
    this.#kept = row;
  }
}
