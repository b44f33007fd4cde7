import { env } from "cloudflare:workers";

/** The database, with something that happens between an admin's verdict and the write that follows it. */
export function databaseBefore(write: () => Promise<void>): D1Database {
  let batches = 0;
  return new Proxy(env.DB, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "batch") return (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      return async (statements: D1PreparedStatement[]) => {
        if (++batches === 2) await write();
        return await target.batch(statements);
      };
    },
  });
}
