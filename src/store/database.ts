import { DrizzleQueryError } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import type { BatchResponse } from "drizzle-orm/batch";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import { z } from "zod";
import { placeIn } from "../domain/stack.ts";
import { DIRECTORY, bindingOf, isNumbered, numberOf } from "./numbering.ts";
import type { Takes } from "./ride.ts";
import * as schema from "./schema.ts";

/** Round trips of one request, by where they went; logged with it. */
export interface Trips {
  d1: number;
  hub: number;
  kv: number;
}

/** No trips yet. */
export function noTrips(): Trips {
  return { d1: 0, hub: 0, kv: 0 };
}

/** A statement that reads: drizzle's selects, which alone can stand as a table in another, or one that is prepared. */
export type Read<T = unknown> = Select<T> | PreparedRead<T>;

interface Select<T> extends RunnableQuery<T, "sqlite"> {
  as(alias: string): unknown;
  execute(): Promise<T>;
}

interface PreparedRead<T> extends RunnableQuery<T, "sqlite"> {
  readonly isRead: true;
  execute(): Promise<T>;
}

/**
 * A statement that writes, made by `writing`. It cannot be awaited, as drizzle's own can: what sends it must say what is
 * recorded of it.
 */
export interface Write<T = unknown> extends RunnableQuery<T, "sqlite"> {
  readonly then?: never;
  readonly isRead?: never;
  /** Sends it; the linter keeps that to this file. */
  execute(): Promise<T>;
}

/** Statements of one transaction. */
export type Statements<U extends Read | Write = Read | Write> = Readonly<[U, ...U[]]>;

/** What the statements of a transaction return, in their order, and behind it what those that record it do. */
export type Written<T extends Statements> = BatchResponse<[...T, ...Write[]]>;

/** A statement that writes, to be sent by a method that says what is recorded of it. */
export function writing<T>(statement: Omit<Write<T>, "then" | "isRead">): Write<T> {
  return statement;
}

/**
 * Why nothing is recorded of a write: it keeps the token of a `sign-in` or its device, which are the user's own; it is a `hub`'s, whose
 * outbox has the record; `time` has come for it; or it is the `bookkeeping` of what waits and of what was delivered.
 */
export type Unrecorded = "sign-in" | "hub" | "time" | "bookkeeping";

/** What is told of a fault beside its kind. */
type Flags = Pick<
  DatabaseFault,
  | "isOrphaned"
  | "isRevoked"
  | "isOvertaken"
  | "isKeyTaken"
  | "isRefusal"
  | "isClosed"
  | "isOutOfReach"
  | "retryable"
  | "overloaded"
>;

const noFlags: Flags = {
  isOrphaned: false,
  isRevoked: false,
  isOvertaken: false,
  isKeyTaken: false,
  isRefusal: false,
  isClosed: false,
  isOutOfReach: false,
  retryable: false,
  overloaded: false,
};

/**
 * An error of the database, with nothing in it of the statement or its parameters: neither may be sent, logged or thrown
 * out of a Durable Object. `unique` names the columns that a write was refused for as not unique, such as
 * "users.app_id, users.username_key"; the flags are the platform's.
 */
export class DatabaseFault extends Error {
  readonly kind: string;
  readonly unique: string | undefined;
  /** A row that the write belongs to is gone: its user was deleted meanwhile. */
  readonly isOrphaned: boolean;
  /** The admin token that the write was made with is not in force any more. */
  readonly isRevoked: boolean;
  /** The write was sent by a hub that is not of the user's generation any more. */
  readonly isOvertaken: boolean;
  /** The Idempotency-Key that the write was to be kept under is taken already, or its caller has too many. */
  readonly isKeyTaken: boolean;
  /** The database is there and does not take what was sent: it would refuse it again, and nothing else. */
  readonly isRefusal: boolean;
  /** The app does not write in this database: it is being moved, or it stands elsewhere by now. */
  readonly isClosed: boolean;
  /** The user database is not there, or does not answer: whoever stands in another notices nothing. */
  readonly isOutOfReach: boolean;
  readonly retryable: boolean;
  readonly overloaded: boolean;
  readonly #flags: Flags;
  /** Who sent the statement. The stack would name this file for all, and is lost on the way out of a Durable Object. */
  readonly at: string | undefined;

  constructor(kind: string, unique: string | undefined, flags: Flags, at: string | undefined) {
    super(`the database failed: ${kind}`);
    this.name = "DatabaseFault";
    this.kind = kind;
    this.unique = unique;
    this.#flags = flags;
    this.isOrphaned = flags.isOrphaned;
    this.isRevoked = flags.isRevoked;
    this.isOvertaken = flags.isOvertaken;
    this.isKeyTaken = flags.isKeyTaken;
    this.isRefusal = flags.isRefusal;
    this.isClosed = flags.isClosed;
    this.isOutOfReach = flags.isOutOfReach;
    this.retryable = flags.retryable;
    this.overloaded = flags.overloaded;
    this.at = at;
  }

  /** The same, as what passes but must not be sent again by itself: it may have been written. */
  notRepeatable(): DatabaseFault {
    const told = { ...this.#flags, retryable: false, overloaded: this.retryable || this.overloaded };
    return new DatabaseFault(this.kind, this.unique, told, this.at);
  }
}

/**
 * What SQLite says stands in the message, which drizzle wraps for a single statement and D1 throws bare for a batch. `sent`
 * was made in the method that was called: so many frames `outwards` is who called it. A stack costs time only where it is
 * read.
 */
function faultOf(error: unknown, number: number, sent: Error, outwards: number): DatabaseFault {
  if (error instanceof DatabaseFault) return error;
  const flags = { ...noFlags };
  let kind = "unknown";
  let unique: string | undefined;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    // It says the statement and all that a caller has put into it.
    if (cause instanceof DrizzleQueryError) continue;
    unique ??= /UNIQUE constraint failed: ([\w., ]+)/.exec(cause.message)?.[1];
    kind = /SQLITE_[A-Z_]+|D1_[A-Z_]+/.exec(cause.message)?.[0] ?? kind;
    flags.isOrphaned ||= cause.message.includes("FOREIGN KEY constraint failed");
    flags.isRevoked ||= cause.message.includes("CHECK constraint failed: token_in_force");
    flags.isOvertaken ||= cause.message.includes("CHECK constraint failed: hub_is_current");
    flags.isKeyTaken ||= cause.message.includes("NOT NULL constraint failed: kept_answers.fingerprint");
    flags.isRefusal ||= /SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|ERROR)/.test(cause.message);
    flags.isClosed ||= cause.message.includes("app_is_closed");
    flags.retryable ||= Reflect.get(cause, "retryable") === true;
    flags.overloaded ||= Reflect.get(cause, "overloaded") === true;
  }
  // Another app's write may be taken all the same.
  flags.isRefusal &&= !flags.isClosed;
  // Whatever SQLite itself has not said came from the way there.
  flags.isOutOfReach = number !== DIRECTORY && !kind.startsWith("SQLITE_");
  return new DatabaseFault(kind, unique, flags, placeIn(sent.stack, outwards));
}

/** The builder of a database's statements, made once: it takes longer than a statement. */
const builders = new WeakMap<D1Database, DrizzleD1Database<typeof schema>>();

function builderFor(d1: D1Database): DrizzleD1Database<typeof schema> {
  const known = builders.get(d1);
  if (known) return known;
  const builder = drizzle(d1, { schema });
  builders.set(d1, builder);
  return builder;
}

/** A statement in SQL, and what it is given. */
export interface RawStatement {
  sql: string;
  params: readonly unknown[];
}

/** What statements are built with; it sends none. */
export type Builder = Pick<DrizzleD1Database<typeof schema>, "select" | "insert" | "update" | "delete">;

/** The numbers that user databases were found to have. */
const numbers = new WeakMap<D1Database, number>();

/**
 * A D1 database and the count of the trips to it. A statement is built with `query`. Those that read are sent by `run` (one)
 * or `batch` (many, as one transaction); those that write by methods that are told what is recorded, or why nothing is. Each
 * is one trip.
 */
export class Database {
  /** Its number: that of the directory, or k of USERS_k. */
  readonly number: number;
  readonly query: Builder;
  readonly #d1: D1Database;
  readonly #drizzle: DrizzleD1Database<typeof schema>;
  readonly #trips: Trips;
  readonly #ride: Takes | undefined;
  readonly #guards: readonly Write[];

  /** `ride` has what goes along with the first read; `guards` stand behind the statements of each transaction that writes. */
  constructor(
    d1: D1Database,
    number: number,
    trips: Trips,
    { ride, guards = [] }: { ride?: Takes | undefined; guards?: readonly Write[] } = {},
  ) {
    this.number = number;
    this.#d1 = d1;
    this.#drizzle = builderFor(d1);
    this.query = this.#drizzle;
    this.#trips = trips;
    this.#ride = ride;
    this.#guards = guards;
  }

  /** The same database, where all that is written fails unless the guard lets it through. */
  guardedBy(guard: Write): Database {
    return new Database(this.#d1, this.number, this.#trips, { guards: [...this.#guards, guard] });
  }

  /** Reads by one statement. */
  async run<T>(read: Read<T>): Promise<T> {
    const along = this.#ride?.take();
    if (along === undefined) return await this.#trip(async () => await read.execute(), new Error("sent"));
    return await along.arriveWith(async () => {
      const send = async () => await this.#drizzle.batch([read, ...along.statements]);
      const [rows, ...found] = await this.#trip(send, new Error("sent"), 2);
      return [rows, found];
    });
  }

  /** Reads by several statements, which all see the same. */
  async batch<U extends Read, T extends Statements<U>>(reads: T): Promise<BatchResponse<[...T, ...Read[]]>> {
    const along = this.#ride?.take();
    const send = async () => await this.#drizzle.batch([...reads, ...(along?.statements ?? [])]);
    if (along === undefined) return await this.#trip(send, new Error("sent"));
    return await along.arriveWith(async () => {
      const found = await this.#trip(send, new Error("sent"), 2);
      return [found, found.slice(reads.length)];
    });
  }

  /**
   * Writes for `writeFor`, which alone makes records: `records` stand behind the statements. All of them
   * hold, or none. So many calls `outwards` is who is named where it fails.
   */
  async writeRecorded<U extends Read | Write, T extends Statements<U>>(
    records: readonly Write[],
    statements: T,
    outwards: number,
  ): Promise<Written<T>> {
    const send = async () => await this.#drizzle.batch([...statements, ...records, ...this.#guards]);
    return await this.#trip(send, new Error("sent"), outwards);
  }

  /** Writes by one statement what nobody is to find in the audit, and says why. */
  async runUnrecorded<T>(why: Unrecorded, write: Write<T>): Promise<T> {
    if (this.#guards.length > 0) return (await this.writeUnrecorded(why, [write]))[0];
    return await this.#trip(async () => await write.execute(), new Error("sent"));
  }

  /** The same by several statements: all of them hold, or none. */
  async writeUnrecorded<U extends Read | Write, T extends Statements<U>>(
    _why: Unrecorded,
    statements: T,
  ): Promise<Written<T>> {
    const send = async () => await this.#drizzle.batch([...statements, ...this.#guards]);
    return await this.#trip(send, new Error("sent"));
  }

  /**
   * Writes for a user itself, by one statement that asks for the generation of the hub which sends it: where it has changed no
   * row, the hub is of another, or there is no such user. Returns the row. The guards, which ask the same, would cost a batch. So
   * many calls `outwards` is who is named where it fails.
   */
  async runOwn<T>(write: Write<readonly T[]>, outwards: number): Promise<T> {
    const sent = new Error("sent");
    const send = async () => {
      const [row] = await write.execute();
      if (row === undefined) throw overtaken(sent, outwards);
      return row;
    };
    return await this.#trip(send, sent, outwards);
  }

  /** Sends statements as they are, as one transaction: for the copies that a move makes, of whatever is in a table. */
  async sendAsIs(statements: readonly RawStatement[]): Promise<D1Result[]> {
    const send = async () =>
      await this.#d1.batch(statements.map(({ sql, params }) => this.#d1.prepare(sql).bind(...params)));
    return await this.#trip(send, new Error("sent"));
  }

  /** How large it is (bytes). */
  async size(): Promise<number> {
    const { meta } = await this.#trip(
      async () => await this.#d1.prepare("select 1").run(),
      new Error("sent"),
    );
    return meta.size_after;
  }

  /**
   * Refuses a user database that is bound under another number than its own: ids would be given twice, and users looked for
   * where they are not. An isolate looks once.
   */
  async #requireNumber(): Promise<void> {
    if (this.number === DIRECTORY || numbers.get(this.#d1) === this.number) return;
    this.#trips.d1++;
    if ((await this.#d1.prepare(isNumbered(this.number)).first("is_numbered")) !== 1) {
      console.error(
        JSON.stringify({ database: bindingOf(this.number), fault: "it does not have this number" }),
      );
      throw outOfReach("it has another number");
    }
    numbers.set(this.#d1, this.number);
  }

  /** One trip. `sent` was made in the method that was called, so many frames behind whoever is to be named where it fails. */
  async #trip<T>(work: () => Promise<T>, sent: Error, outwards = 1): Promise<T> {
    try {
      await this.#requireNumber();
      this.#trips.d1++;
      return await work();
    } catch (error) {
      throw faultOf(error, this.number, sent, outwards);
    }
  }
}

const OneId = z.tuple([z.object({ id: z.int() })]);

/** The id that a statement of a batch returned; undefined where it wrote nothing. */
export function rowId(result: unknown): number | undefined {
  return OneId.safeParse(result).data?.[0].id;
}

/** As the guard would have it. */
const overtaken = (sent: Error, outwards: number) =>
  new DatabaseFault(
    "SQLITE_CONSTRAINT",
    undefined,
    { ...noFlags, isOvertaken: true, isRefusal: true },
    placeIn(sent.stack, outwards),
  );

function outOfReach(kind: string): DatabaseFault {
  return new DatabaseFault(
    kind,
    undefined,
    { ...noFlags, isOutOfReach: true },
    placeIn(new Error("sent").stack, 2),
  );
}

const isDatabase = (binding: unknown): binding is D1Database =>
  typeof binding === "object" && binding !== null && "prepare" in binding && "batch" in binding;

function boundDatabase(env: Env, number: number): D1Database | undefined {
  if (number === DIRECTORY) return env.DB;
  const binding: unknown = Reflect.get(env, bindingOf(number));
  return isDatabase(binding) ? binding : undefined;
}

/** The numbers of the user databases that are bound, in order. The directory holds users too, but is none of them. */
export function userDatabases(env: Env): number[] {
  const bound = Object.keys(env).flatMap((name) => numberOf(name) ?? []);
  return bound.filter((number) => boundDatabase(env, number)).toSorted((one, other) => one - other);
}

/** True for a database that an app may stand in. */
export function isBound(env: Env, number: number): boolean {
  return boundDatabase(env, number) !== undefined;
}

/** The database that says which apps there are and where each stands, with their admin tokens and groups. */
export function directoryOf(env: Env, trips: Trips, ride?: Takes): Database {
  return new Database(env.DB, DIRECTORY, trips, { ride });
}

/**
 * The database that holds an app's users. The one place that chooses. Throws a `DatabaseFault` that is out of reach where it
 * is not bound.
 */
export function databaseFor(env: Env, app: { database: number }, trips: Trips, ride?: Takes): Database {
  const d1 = boundDatabase(env, app.database);
  if (!d1) throw outOfReach("it is not bound");
  return new Database(d1, app.database, trips, { ride });
}

/** The numbers of all databases there are, in order. */
export function boundNumbers(env: Env): number[] {
  return [DIRECTORY, ...userDatabases(env)];
}
