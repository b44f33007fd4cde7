import { env } from "cloudflare:workers";

/** What was sent to each of many databases: how many trips, and the statements. */
export interface Visits {
  trips: number;
  statements: string[];
}

/** Every trip to a database is told to `sent` before it is made; it says of itself that it has this number. */
function told(db: D1Database, number: number, sent: (sql: string) => void): D1Database {
  const texts = new WeakMap<object, { sql: string; statement: D1PreparedStatement }>();
  const wrap = (statement: D1PreparedStatement, sql: string): D1PreparedStatement => {
    const proxy = new Proxy(statement, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name === "bind") return (...more: unknown[]) => wrap(target.bind(...more), sql);
        return async (...args: unknown[]): Promise<unknown> => {
          sent(sql);
          if (number > 0 && sql.includes("is_numbered")) return 1;
          return await Reflect.apply(value, target, args);
        };
      },
    });
    texts.set(proxy, { sql, statement });
    return proxy;
  };
  return new Proxy(db, {
    get(target, name) {
      if (name === "prepare") return (sql: string) => wrap(target.prepare(sql), sql);
      if (name === "batch") {
        return async (statements: D1PreparedStatement[]) => {
          const known = statements.map((each) => texts.get(each));
          sent(known.map((each) => each?.sql).join(";"));
          return await target.batch(
            known.map((each, at) => each?.statement ?? statements[at] ?? target.prepare("")),
          );
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function"
        ? (...args: unknown[]): unknown => Reflect.apply(value, target, args)
        : value;
    },
  });
}

/** Bindings of the directory and of so many user databases, which are all the same one, and what was sent to each by its number. */
export function manyDatabases(count: number) {
  const visits = new Map<number, Visits>();
  const bindings: Record<string, D1Database> = {};
  for (let number = 0; number <= count; number++) {
    const visit: Visits = { trips: 0, statements: [] };
    visits.set(number, visit);
    bindings[number === 0 ? "DB" : `USERS_${number}`] = told(
      number === 0 ? env.DB : env.USERS_1,
      number,
      (sql) => {
        visit.trips++;
        visit.statements.push(sql);
      },
    );
  }
  return {
    bindings,
    visits,
    trips: () => [...visits.values()].reduce((sum, { trips }) => sum + trips, 0),
    /** The numbers of the databases that were sent such a statement. */
    sent: (what: string) =>
      [...visits].flatMap(([number, { statements }]) =>
        statements.some((sql) => sql.includes(what)) ? [number] : [],
      ),
    forget() {
      for (const visit of visits.values()) Object.assign(visit, { trips: 0, statements: [] });
    },
  };
}
