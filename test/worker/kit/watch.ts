import { env } from "cloudflare:workers";
import { z } from "zod";

/** A statement as it was sent to D1, and how many rows it changed. */
export interface Sent {
  sql: string;
  params: unknown[];
  changes: number;
}

const Result = z.object({ meta: z.object({ changes: z.int() }) });

/** The database, and what is sent to it one by one: batches of several are not watched. */
export function watchedDatabase(): { db: D1Database; sent: Sent[] } {
  const sent: Sent[] = [];
  const watched = new WeakMap<
    D1PreparedStatement,
    { statement: D1PreparedStatement } & Omit<Sent, "changes">
  >();
  const note = (sql: string, params: unknown[], result: unknown) =>
    sent.push({ sql, params, changes: Result.safeParse(result).data?.meta.changes ?? 0 });
  const watch = (statement: D1PreparedStatement, sql: string, params: unknown[]): D1PreparedStatement => {
    const proxy = new Proxy(statement, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name === "bind") return (...more: unknown[]) => watch(target.bind(...more), sql, more);
        return async (...args: unknown[]): Promise<unknown> => {
          const result: unknown = await Reflect.apply(value, target, args);
          note(sql, params, result);
          return result;
        };
      },
    });
    watched.set(proxy, { statement, sql, params });
    return proxy;
  };
  const db = new Proxy(env.DB, {
    get(target, name) {
      if (name === "prepare") return (sql: string) => watch(target.prepare(sql), sql, []);
      if (name === "batch") {
        return async (statements: D1PreparedStatement[]) => {
          const known = statements.map((each) => watched.get(each));
          const results = await target.batch(statements.map((each, at) => known[at]?.statement ?? each));
          const [only] = known;
          if (only && known.length === 1) note(only.sql, only.params, results[0]);
          return results;
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function"
        ? (...args: unknown[]): unknown => Reflect.apply(value, target, args)
        : value;
    },
  });
  return { db, sent };
}
