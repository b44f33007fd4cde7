import { bringUpToDate } from "./tables.ts";

const isRead = /^\s*select\b/;

/** How much of one look is remembered: who makes up what to look for does not fill the memory. */
const MOST = 50;

/**
 * The SQLite of one hub, for the classes of the subjects. Each subject writes its own tables and no other; where one look is
 * cheaper than two, its statement may read another's.
 */
export class HubStorage {
  readonly #storage: DurableObjectStorage;
  #hasTables = false;
  #writes = 0;
  /** Runs a statement. */
  readonly sql: Pick<SqlStorage, "exec">;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.sql = {
      exec: (text, ...given) => {
        if (!isRead.test(text)) this.#writes++;
        return this.#tables.exec(text, ...given);
      },
    };
  }

  /** Grows with every statement that may write: what was read before it may be old. */
  get writes(): number {
    return this.#writes;
  }

  /** The tables, as they are to be. */
  get #tables(): SqlStorage {
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
    this.#writes++;
    await this.#storage.deleteAll();
  }
}

/**
 * A statement that reads, and what it has read for as long as nothing is written: most calls of a user ask what the one before
 * has asked. A transaction that fails takes the hub's memory with it.
 */
export class Look<T extends Record<string, SqlStorageValue>> {
  readonly #storage: HubStorage;
  readonly #text: string;
  readonly #read = new Map<string | number | undefined, readonly Readonly<T>[]>();
  #writes = 0;

  constructor(storage: HubStorage, text: string) {
    this.#storage = storage;
    this.#text = text;
  }

  /** The rows that it reads, of what it is given, if anything. */
  rows(given?: string | number): readonly Readonly<T>[] {
    const { sql, writes } = this.#storage;
    if (writes !== this.#writes || this.#read.size >= MOST) this.#read.clear();
    this.#writes = writes;
    const known = this.#read.get(given);
    if (known) return known;
    const rows = sql.exec<T>(this.#text, ...(given === undefined ? [] : [given])).toArray();
    this.#read.set(given, rows);
    return rows;
  }
}
