import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import type { BatchItem, BatchResponse } from "drizzle-orm/batch";
import { z } from "zod";
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
 * A D1 database and the count of the trips to it. A statement is built with `query` and sent by `run` (one) or `batch`
 * (many, as one transaction): each is one trip.
 */
export class Database {
  readonly query: DrizzleD1Database<typeof schema>;
  readonly #trips: Trips;

  constructor(d1: D1Database, trips: Trips) {
    this.query = drizzle(d1, { schema });
    this.#trips = trips;
  }

  /** Sends one statement. */
  async run<T>(statement: PromiseLike<T>): Promise<T> {
    this.#trips.d1++;
    return await statement;
  }

  /** Sends several statements as one transaction; all of them hold, or none. */
  async batch<U extends Statement, T extends Readonly<[U, ...U[]]>>(
    statements: T,
  ): Promise<BatchResponse<T>> {
    this.#trips.d1++;
    return await this.query.batch(statements);
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

/**
 * Which columns a write was refused for as not unique, such as "users.app_id, users.username_key"; undefined for any
 * other error. SQLite says it in the message, which drizzle wraps for a single statement and D1 sends bare for a batch.
 */
export function uniqueViolation(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const match = /UNIQUE constraint failed: ([\w., ]+)/.exec(cause.message);
    if (match) return match[1];
  }
  return undefined;
}
