import { bringUpToDate } from "./tables.ts";

/**
 * The SQLite of one hub, for the classes of the subjects. Each subject writes its own tables and no other; where one look is
 * cheaper than two, its statement may read another's.
 */
export class HubStorage {
  readonly #storage: DurableObjectStorage;
  #hasTables = false;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** The tables, as they are to be. */
  get sql(): SqlStorage {
    if (!this.#hasTables) bringUpToDate(this.#storage.sql);
    this.#hasTables = true;
    return this.#storage.sql;
  }

  /** True where there are no tables yet: to look into them would make them. */
  get isBlank(): boolean {
    if (this.#hasTables) return false;
    const known = this.#storage.sql.exec("select 1 from sqlite_master where name = 'steps'").toArray();
    return known.length === 0;
  }

  /** Leaves nothing behind, not even the tables. */
  async wipe(): Promise<void> {
    this.#hasTables = false;
    await this.#storage.deleteAll();
  }
}
