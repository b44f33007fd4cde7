import { env } from "cloudflare:workers";
import type { App, User } from "./client.ts";

/** The tables whose rows are users' or stand beside them, by how an app's rows are found there. */
export const tablesOfUsers = {
  users: "app_id",
  user_settings: "app_id",
  push_tags: "(select app_id from users where id = user_id)",
  push_bindings: "app_id",
  push_feedback: "app_id",
  tokens: "app_id",
  seen_devices: "app_id",
  owed_signals: "app_id",
  owed_tokens: "app_id",
  bans: "app_id",
  webhook_events: "app_id",
  webhook_deliveries: "app_id",
  kept_answers: "app_id",
  audit: "app_id",
} as const;

type Table = keyof typeof tablesOfUsers;

/** What reads the rows of an app in a table. */
function selectOf(db: D1Database, table: Table, app: Pick<App, "id">): D1PreparedStatement {
  return db.prepare(`select * from ${table} where ${tablesOfUsers[table]} = ?`).bind(app.id);
}

const inOrder = (rows: unknown[]) =>
  rows.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));

/** The rows of an app in a table of a database, as they stand there. */
export async function rowsOf(db: D1Database, table: Table, app: Pick<App, "id">): Promise<unknown[]> {
  return inOrder((await selectOf(db, table, app).all()).results);
}

/** The same of every table, as they stand at one moment. */
export async function allRowsOf(db: D1Database, app: Pick<App, "id">): Promise<[Table, unknown[]][]> {
  const read = await db.batch(tables.map((table) => selectOf(db, table, app)));
  return tables.map((table, index) => [table, inOrder(read[index]?.results ?? [])]);
}

/** In which of the tables of a database an app has rows. */
export async function tablesWith(db: D1Database, app: Pick<App, "id">): Promise<Table[]> {
  return (await allRowsOf(db, app)).flatMap(([table, rows]) => (rows.length > 0 ? [table] : []));
}

/** The tables themselves. */
const tables = Object.keys(tablesOfUsers).filter((name) => isTable(name));

function isTable(name: string): name is Table {
  return Object.hasOwn(tablesOfUsers, name);
}

/** A database of which nothing comes back, and where nothing arrives. */
export const goneDatabase: D1Database = new Proxy(env.USERS_1, {
  get() {
    return () => {
      throw new Error("D1_ERROR: Network connection lost.");
    };
  },
});

/** A database, with what is made of each batch that is sent to it, of these statements. */
function batching(
  db: D1Database,
  through: (send: () => Promise<D1Result[]>, sent: string[]) => Promise<D1Result[]>,
): D1Database {
  return new Proxy(db, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "batch") return (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      return async (statements: D1PreparedStatement[]) =>
        await through(
          async () => await target.batch(statements),
          statements.map((each) => String(Reflect.get(each, "statement"))),
        );
    },
  });
}

/** A database, with what happens before a batch that writes is sent. */
export function before(db: D1Database, happens: () => Promise<void>): D1Database {
  let isOver = false;
  return batching(db, async (send) => {
    if (!isOver) {
      isOver = true;
      await happens();
    }
    return await send();
  });
}

/** A database that does batches with these words and loses the answers. */
export function losingAnswersTo(db: D1Database, words: string): D1Database {
  return batching(db, async (send, sent) => {
    const results = await send();
    if (sent.some((text) => text.includes(words))) throw new Error("D1_ERROR: the answer was lost");
    return results;
  });
}

/** Where a user's row is, among the databases of the tests. */
export async function placesOf(user: Pick<User, "id">): Promise<number[]> {
  const found = await Promise.all(
    [env.DB, env.USERS_1, env.USERS_2].map((db) =>
      db.prepare("select count(*) as n from users where id = ?").bind(user.id).first("n"),
    ),
  );
  return found.flatMap((count, number) => (count === 1 ? [number] : []));
}

/** How long a machine lives: `left` trips to any of its databases. The last one is lost, or only its answer is. */
export interface Life {
  left: number;
  losesAnswer: boolean;
}

/** The end of a machine. */
class Died extends Error {}

async function live<T>(life: Life, work: () => Promise<T>): Promise<T> {
  life.left--;
  if (life.left > 0) return await work();
  if (life.left === 0 && life.losesAnswer) await work();
  throw new Died("D1_ERROR: the machine died");
}

/** What becomes of a trip to a database with a statement, or with several in a batch, which has no text. */
type Trip = <T>(go: () => Promise<T>, sql: string) => Promise<T>;

/** A database, with what becomes of each trip to it. */
function tripping(db: D1Database, trip: Trip): D1Database {
  const statements = new WeakMap<object, D1PreparedStatement>();
  const wrap = (statement: D1PreparedStatement, sql: string): D1PreparedStatement => {
    const proxy = new Proxy(statement, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name === "bind") return (...more: unknown[]) => wrap(target.bind(...more), sql);
        return async (...args: unknown[]): Promise<unknown> =>
          await trip(async () => await Reflect.apply(value, target, args), sql);
      },
    });
    statements.set(proxy, statement);
    return proxy;
  };
  return new Proxy(db, {
    get(target, name) {
      if (name === "prepare") return (sql: string) => wrap(target.prepare(sql), sql);
      if (name === "batch") {
        return async (sent: D1PreparedStatement[]) =>
          await trip(async () => await target.batch(sent.map((each) => statements.get(each) ?? each)), "");
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function"
        ? (...args: unknown[]): unknown => Reflect.apply(value, target, args)
        : value;
    },
  });
}

/** A database as a machine reaches it that dies after some trips. */
export const mortal = (db: D1Database, life: Life): D1Database =>
  tripping(db, async (go) => await live(life, go));

/** A database that holds single statements with these words: says when one was sent, and lets them go. */
export function holding(db: D1Database, words: string) {
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const held = tripping(db, async (go, sql) => {
    if (sql.includes(words)) {
      reached.resolve();
      await gate.promise;
    }
    return await go();
  });
  return { db: held, reached: reached.promise, letGo: gate.resolve };
}
