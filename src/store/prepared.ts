import { type Placeholder, type SQL, fillPlaceholders, getTableColumns, sql } from "drizzle-orm";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { LRUCache } from "lru-cache";
import { type Builder, type Database, type Read, type Write, writing } from "./database.ts";

/** How many forms of one statement are kept for a database: callers choose which columns they change. */
const MOST_FORMS = 100;

/** What stands for a statement's values, each by its name, while it is made. */
export class Slots<V extends object> {
  readonly #given: object;

  constructor(given: object) {
    this.#given = given;
  }

  /** What stands for a value, which must be given each time. */
  of(name: keyof V & string): SQL {
    return sql`${sql.placeholder(name)}`;
  }

  /** The same, where a statement wants it bare: how many rows. */
  placeholder(name: keyof V & string): Placeholder {
    return sql.placeholder(name);
  }

  /** What stands for a value, where it is given. */
  maybe(name: keyof V & string): SQL | undefined {
    return name in this.#given ? this.of(name) : undefined;
  }

  /** The columns of a table that are given, to be set to that, each as the column keeps it. */
  assigned(table: SQLiteTable): Record<string, SQL> {
    const columns = getTableColumns(table);
    return Object.fromEntries(
      Object.keys(this.#given).flatMap((name) => {
        const column = columns[name];
        return column ? [[name, sql`${sql.param(sql.placeholder(name), column)}`]] : [];
      }),
    );
  }
}

/** What drizzle makes of a statement: it can be sent again and again. */
interface Made<T> {
  getQuery(): { sql: string; params: unknown[] };
  execute(values: Record<string, unknown>): Promise<T>;
}

/** A statement of drizzle's that can be made. */
interface Makeable<T> extends RunnableQuery<T, "sqlite"> {
  prepare(): Made<T>;
}

/** A statement that is made, with its values: it is sent alone or in a batch as drizzle's own are. */
class Filled<T> implements RunnableQuery<T, "sqlite"> {
  declare readonly _: { readonly dialect: "sqlite"; readonly result: T };
  readonly #make: () => Made<T>;
  readonly #values: Record<string, unknown>;

  /** It is made when it is sent: a database that is away fails the trip, and not whoever builds the statement. */
  constructor(make: () => Made<T>, values: Record<string, unknown>) {
    this.#make = make;
    this.#values = values;
  }

  async execute(): Promise<T> {
    return await this.#make().execute(this.#values);
  }

  /** What drizzle asks each statement of a batch for: what it has made of it, here with these values. */
  _prepare(): unknown {
    const made = this.#make();
    const query = made.getQuery();
    const filled = { ...query, params: fillPlaceholders(query.params, this.#values) };
    return Object.create(made, { getQuery: { value: () => filled } });
  }
}

class FilledRead<T> extends Filled<T> {
  readonly isRead = true;
}

/** Makes a statement of what it is built with; it must look at nothing else. */
type Make<V extends object, S> = (query: Builder, slots: Slots<V>) => S;

/** What was made of a statement: for each database, and for each choice of values that are given. */
class Forms<V extends object, T> {
  readonly #make: Make<V, Makeable<T>>;
  readonly #ofDatabases = new WeakMap<Builder, LRUCache<string, Made<T>>>();

  constructor(make: Make<V, Makeable<T>>) {
    this.#make = make;
  }

  /** The values that are given, and how the statement that takes them is made or found. */
  of({ query }: Database, values: V): [() => Made<T>, Record<string, unknown>] {
    const given: Record<string, unknown> = {};
    for (const name in values) if (values[name] !== undefined) given[name] = values[name];
    return [() => this.#made(query, given), given];
  }

  #made(query: Builder, given: object): Made<T> {
    let forms = this.#ofDatabases.get(query);
    if (!forms) this.#ofDatabases.set(query, (forms = new LRUCache({ max: MOST_FORMS })));
    const form = Object.keys(given).join();
    const known = forms.get(form);
    if (known) return known;
    const make = this.#make;
    const made = make(query, new Slots(given)).prepare();
    forms.set(form, made);
    return made;
  }
}

/**
 * A statement that reads, whose text is made once, as that takes longer than to send it: for each database, and for each choice
 * of values that are given.
 */
export function preparedRead<V extends object, T>(
  make: Make<V, Makeable<T> & { as(alias: string): unknown }>,
): (db: Database, values: V) => Read<T> {
  const forms = new Forms(make);
  return (db, values) => new FilledRead(...forms.of(db, values));
}

/** The same of one that writes. */
export function preparedWrite<V extends object, T>(
  make: Make<V, Makeable<T>>,
): (db: Database, values: V) => Write<T> {
  const forms = new Forms(make);
  return (db, values) => writing(new Filled(...forms.of(db, values)));
}
