import { env } from "cloudflare:workers";
import { BaseSQLiteDatabase } from "drizzle-orm/sqlite-core";
import { afterAll, beforeAll } from "vitest";
import { z } from "zod";

/** A statement as it was sent to D1. */
export interface Statement {
  sql: string;
  params: readonly unknown[];
}

const verbs = ["select", "insert", "update", "delete"] as const;

const sources = Object.entries(
  import.meta.glob("../../../src/**/*.ts", { query: "?raw", import: "default", eager: true }),
).map(([path, text]) => ({ file: path.replace("../../../", ""), text: z.string().parse(text) }));

/** How often each function of the program begins a statement, as its source has it: by file and function. */
export function buildersInSource(): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { file, text } of sources) {
    for (const { index } of text.matchAll(/\bquery\s*\.(select|insert|update|delete)\(/g)) {
      const [name = "?"] = [...text.slice(0, index).matchAll(/\bfunction (\w+)/g)]
        .map(([, each]) => each)
        .slice(-1);
      found[`${file} ${name}`] = (found[`${file} ${name}`] ?? 0) + 1;
    }
  }
  return found;
}

/**
 * What the program's comments grant: the step of a plan that would not do elsewhere, named in parentheses in the comment at the
 * statement, such as "(SCAN apps)". Each is for one statement.
 */
export function grantsInSource(): string[] {
  return sources.flatMap(({ text }) =>
    [...text.matchAll(/^\s*(?:\/\/|\*|\/\*\*).*\((SCAN \w+|USE TEMP B-TREE[^)]*)\)/gm)].map(
      ([, step]) => step ?? "",
    ),
  );
}

/** A database, as one that the program has not seen. */
function strange(database: D1Database): D1Database {
  return new Proxy(database, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Notes each statement that the Worker and the hubs send to D1 while a file's tests run, and which functions begin them. */
export function notedStatements() {
  const sent = new Map<string, Statement>();
  const sites = new Set<string>();
  const restore: (() => void)[] = [];
  const stand = (owner: object, name: string, before: (args: unknown[], result: unknown) => unknown) => {
    const own: unknown = Reflect.get(owner, name);
    if (typeof own !== "function") throw new Error(`there is no ${name}`);
    Reflect.set(owner, name, function (this: unknown, ...args: unknown[]): unknown {
      return before(args, Reflect.apply(own, this, args));
    });
    restore.push(() => Reflect.set(owner, name, own));
  };
  beforeAll(() => {
    // What is made once for a database is made anew for one that is not known yet.
    for (const [name, database] of Object.entries({
      DB: env.DB,
      USERS_1: env.USERS_1,
      USERS_2: env.USERS_2,
    })) {
      Reflect.set(env, name, strange(database));
      restore.push(() => Reflect.set(env, name, database));
    }
    const texts = new WeakMap<object, string>();
    const statement = env.DB.prepare("select 1");
    stand(Object.getPrototypeOf(env.DB), "prepare", ([sql], made) => {
      // What tests send by themselves is none of the program's.
      // And what moves an app is nobody's request: each of its slices has a bound of its own.
      const stack = new Error("here").stack ?? "";
      const isOurs = /drizzle-orm|\/src\//.test(stack) && !stack.includes("sendAsIs");
      if (isOurs && typeof made === "object" && made !== null) texts.set(made, String(sql));
      return made;
    });
    const bind: unknown = Reflect.get(statement, "bind");
    if (typeof bind !== "function") throw new Error("there is no bind");
    const owner: object = Object.getPrototypeOf(statement);
    Reflect.set(owner, "bind", function (this: object, ...params: unknown[]): unknown {
      const sql = texts.get(this);
      if (sql !== undefined) sent.set(sql, { sql, params });
      return Reflect.apply(bind, this, params);
    });
    restore.push(() => Reflect.set(owner, "bind", bind));
    for (const verb of verbs) {
      stand(BaseSQLiteDatabase.prototype, verb, (_args, builder) => {
        const frame = /at (?:async )?(\S+) \(\S*\/(src\/\S+?)(:\d+:\d+)\)/.exec(
          new Error("here").stack ?? "",
        );
        if (frame) sites.add(`${frame[2]} ${frame[1]}${frame[3]}`);
        return builder;
      });
    }
  });
  afterAll(() => {
    for (const undo of restore) undo();
  });
  return {
    /** What was sent until now, each text once. */
    sent: () => [...sent.values()],
    forget: () => sent.clear(),
    /** How many places of each function have begun a statement: by file and function. */
    builders() {
      const seen: Record<string, number> = {};
      for (const site of sites) {
        const name = site.replace(/:\d+:\d+$/, "");
        seen[name] = (seen[name] ?? 0) + 1;
      }
      return seen;
    },
  };
}

const Plan = z.array(z.object({ detail: z.string() }));

/** How D1 does a statement, step by step. */
export async function planOf({ sql, params }: Statement): Promise<string[]> {
  const { results } = await env.DB.prepare(`explain query plan ${sql}`)
    .bind(...params)
    .all();
  return Plan.parse(results).map((step) => step.detail);
}

/** The steps of a plan whose cost grows with a table, in short: it is gone through, or what comes of it is sorted. */
export function growing(plan: readonly string[]): string[] {
  const made = new Set(plan.flatMap((step) => /^(?:CO-ROUTINE|MATERIALIZE) (\S+)/.exec(step)?.[1] ?? []));
  return plan.flatMap((step) => {
    if (step.includes("TEMP B-TREE")) return [step];
    const [scan, table = ""] = /^SCAN (\S+)/.exec(step) ?? [];
    // A list that travels as a parameter, a row of constants, and what the same plan has made elsewhere have their own bounds.
    const isBounded = made.has(table) || /VIRTUAL TABLE|^SCAN CONSTANT ROW/.test(step);
    return scan === undefined || isBounded ? [] : [scan];
  });
}

const Meta = z.object({ meta: z.object({ rows_read: z.int() }) });

/** How many rows D1 reads for statements that change nothing. */
export async function rowsRead(statements: readonly Statement[]): Promise<number> {
  let total = 0;
  for (const { sql, params } of statements) {
    total += Meta.parse(
      await env.DB.prepare(sql)
        .bind(...params)
        .all(),
    ).meta.rows_read;
  }
  return total;
}
