import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import type { BatchItem, BatchResponse } from "drizzle-orm/batch";
import { z } from "zod";
import { placeIn } from "../domain/place.ts";
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

/** Any statement that drizzle builds. */
export type Statement = BatchItem<"sqlite">;

/**
 * An error of the database, with nothing in it of the statement or its parameters: neither may be sent, logged or thrown
 * out of a Durable Object. `unique` names the columns that a write was refused for as not unique, such as
 * "users.app_id, users.username_key"; the flags are the platform's.
 */
export class DatabaseFault extends Error {
  readonly unique: string | undefined;
  /** A row that the write belongs to is gone: its user was deleted meanwhile. */
  readonly isOrphaned: boolean;
  /** The admin token that the write was made with is not in force any more. */
  readonly isRevoked: boolean;
  readonly retryable: boolean;
  readonly overloaded: boolean;
  /** Who sent the statement. The stack would name this file for all, and is lost on the way out of a Durable Object. */
  readonly at: string | undefined;

  constructor(
    kind: string,
    unique: string | undefined,
    flags: { isOrphaned: boolean; isRevoked: boolean; retryable: boolean; overloaded: boolean },
    at: string | undefined,
  ) {
    super(`the database failed: ${kind}`);
    this.name = "DatabaseFault";
    this.unique = unique;
    this.isOrphaned = flags.isOrphaned;
    this.isRevoked = flags.isRevoked;
    this.retryable = flags.retryable;
    this.overloaded = flags.overloaded;
    this.at = at;
  }
}

/**
 * What SQLite says stands in the message, which drizzle wraps for a single statement and D1 throws bare for a batch. `sent`
 * was made in the method that sends: behind it in the stack is who called it. A stack costs time only where it is read.
 */
function faultOf(error: unknown, sent: Error): DatabaseFault {
  const flags = { isOrphaned: false, isRevoked: false, retryable: false, overloaded: false };
  let kind = "unknown";
  let unique: string | undefined;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    unique ??= /UNIQUE constraint failed: ([\w., ]+)/.exec(cause.message)?.[1];
    kind = /SQLITE_[A-Z_]+|D1_[A-Z_]+/.exec(cause.message)?.[0] ?? kind;
    flags.isOrphaned ||= cause.message.includes("FOREIGN KEY constraint failed");
    flags.isRevoked ||= cause.message.includes("CHECK constraint failed: token_in_force");
    flags.retryable ||= Reflect.get(cause, "retryable") === true;
    flags.overloaded ||= Reflect.get(cause, "overloaded") === true;
  }
  return new DatabaseFault(kind, unique, flags, placeIn(sent.stack, 1));
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

/**
 * A D1 database and the count of the trips to it. A statement is built with `query` and sent by `run` (one) or `batch`
 * (many, as one transaction): each is one trip.
 */
export class Database {
  readonly query: DrizzleD1Database<typeof schema>;
  readonly #trips: Trips;

  constructor(d1: D1Database, trips: Trips) {
    this.query = builderFor(d1);
    this.#trips = trips;
  }

  /** Sends one statement. */
  async run<T>(statement: PromiseLike<T>): Promise<T> {
    this.#trips.d1++;
    const sent = new Error("sent");
    try {
      return await statement;
    } catch (error) {
      throw faultOf(error, sent);
    }
  }

  /** Sends several statements as one transaction; all of them hold, or none. */
  async batch<U extends Statement, T extends Readonly<[U, ...U[]]>>(
    statements: T,
  ): Promise<BatchResponse<T>> {
    this.#trips.d1++;
    const sent = new Error("sent");
    try {
      return await this.query.batch(statements);
    } catch (error) {
      throw faultOf(error, sent);
    }
  }
}

const OneId = z.tuple([z.object({ id: z.int() })]);

/** The id that a statement of a batch returned; undefined where it wrote nothing. */
export function rowId(result: unknown): number | undefined {
  return OneId.safeParse(result).data?.[0].id;
}

/**
 * The database that holds an app's users. The one place that chooses: today there is one.
 */
export function databaseFor(env: Env, _appId: string, trips: Trips): Database {
  return new Database(env.DB, trips);
}

/** Every database there is: where a sweep of all users goes. */
export function allDatabases(env: Env, trips: Trips): Database[] {
  return [new Database(env.DB, trips)];
}
