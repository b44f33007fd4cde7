import { createScheduledController, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { z } from "zod";
import worker from "../../../src/index.ts";
import type { HubMethod } from "../../../src/hub/client.ts";
import { attemptsName, hubName } from "../../../src/hub/contract.ts";
import type { App, Client, Fetch, User } from "./client.ts";
import { type Answer, type Sent, call } from "./client.ts";

type Hubs = Cloudflare.Env["HUB"];
type HubStub = ReturnType<Hubs["getByName"]>;

/** What happens in place of a hub's method: `run` is the method itself. */
export type Mishap = (run: () => Promise<unknown>) => Promise<unknown>;

/** The method is never reached. */
export const unreached: Mishap = async () => {
  throw new Error("the hub cannot be reached");
};

/** The method is done, but nobody hears of it. */
export const unheard: Mishap = async (run) => {
  await run();
  throw new Error("the hub's answer was lost");
};

/** Answers that were lost. A socket that nobody holds is closed sooner or later: this is to be later. */
const lost: unknown[] = [];

/** The method is done each time, but its first answer is lost in a fault with these flags. */
export function losingFirst(flags: Record<string, boolean>): Mishap {
  let isLost = false;
  return async (run) => {
    const answer = await run();
    if (isLost) return answer;
    isLost = true;
    lost.push(answer);
    throw Object.assign(new Error("the answer was lost"), flags);
  };
}

/** The hubs, with a mishap in one method; of those whose name is given only, where one is. */
export function hubsWhere(method: HubMethod, mishap: Mishap, only?: string): Hubs {
  const ofStub = (stub: HubStub) =>
    new Proxy(stub, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        const run = (...args: unknown[]): unknown => Reflect.apply(value, target, args);
        return name === method ? (...args: unknown[]) => mishap(async () => run(...args)) : run;
      },
    });
  return new Proxy(env.HUB, {
    get(target, name) {
      if (name !== "getByName") return Reflect.get(target, name);
      return (hub: string) => {
        const stub = target.getByName(hub);
        return only === undefined || only === hub ? ofStub(stub) : stub;
      };
    },
  });
}

const Rows = z.array(z.record(z.string(), z.unknown()));

/** What a hub writes by one statement asks for the hub's generation itself. */
const isOwn = (text: string) => /"hub_generation" = \?/.test(text);

/**
 * The database, with what is made of each batch that is sent to it, of these statements; what a hub writes for its user by
 * one statement is one as well.
 */
export function databaseWhoseBatches(
  through: (send: () => Promise<D1Result[]>, sent: string[]) => Promise<D1Result[]>,
): D1Database {
  const texts = new WeakMap<D1PreparedStatement, string>();
  const known = (statement: D1PreparedStatement, text: string) => {
    texts.set(statement, text);
    const bind = statement.bind.bind(statement);
    statement.bind = (...values) => known(bind(...values), text);
    if (isOwn(text)) Reflect.set(statement, "raw", async () => await rawly(statement, text));
    return statement;
  };
  const rawly = async (statement: D1PreparedStatement, text: string) => {
    const [result] = await through(async () => await env.DB.batch([statement]), [text]);
    return Rows.parse(result?.results).map((row) => Object.values(row));
  };
  return new Proxy(env.DB, {
    get(target, name) {
      if (name === "prepare") return (text: string) => known(target.prepare(text), text);
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "batch") return (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      return async (statements: D1PreparedStatement[]) =>
        await through(
          async () => await target.batch(statements),
          statements.map((each) => texts.get(each) ?? ""),
        );
    },
  });
}

/** Has something happen to the next batch that a hub sends to D1, in place of its sending; `die` ends the hub. */
export async function atNextBatch(
  hub: HubStub,
  happens: (send: () => Promise<D1Result[]>, die: () => void) => Promise<D1Result[]>,
): Promise<void> {
  const die = await runInDurableObject(hub, (_, state) => () => state.abort("it died"));
  const restore = await giveDatabase(
    hub,
    databaseWhoseBatches(async (send) => {
      restore();
      return await happens(send, die);
    }),
  );
}

/** The database, losing the answer of every batch that has changed something. */
export function databaseLosingAnswers(): D1Database {
  return databaseWhoseBatches(async (send) => {
    const results = await send();
    if (results.some((result) => result.meta.changed_db)) throw new Error("D1_ERROR: the answer was lost");
    return results;
  });
}

/** Makes D1 refuse a kind of write in one app's rows of a table; returns how D1 recovers. */
export async function refuseWrites(
  app: App,
  kind: "insert" | "delete",
  table: "audit" | "owed_signals" | "push_bindings" | "webhook_events",
): Promise<() => Promise<void>> {
  const trigger = `refuse_${crypto.randomUUID().replaceAll("-", "")}`;
  const row = kind === "insert" ? "new" : "old";
  await env.DB.prepare(
    `create trigger ${trigger} before ${kind} on ${table} when ${row}.app_id = '${app.id}' begin select raise(abort, 'refused'); end`,
  ).run();
  return async () => {
    await env.DB.prepare(`drop trigger ${trigger}`).run();
  };
}

/** A caller's call of the Worker in another environment. */
export async function callBy(
  fetch: Fetch,
  client: Client,
  method: string,
  path: string,
  sent: Sent = {},
): Promise<Answer> {
  return await call(method, path, { ...sent, headers: { ...client.headers, ...sent.headers } }, fetch);
}

/** Does what the cron trigger does, as if a minute later. */
export async function runCron(changes: Partial<Cloudflare.Env> = {}): Promise<void> {
  const controller = createScheduledController({ scheduledTime: Date.now() + 60_000, cron: "* * * * *" });
  await worker.scheduled(controller, { ...env, ...changes });
}

/** How many signals D1 still owes a user's hub. */
export async function owedTo(user: User): Promise<number | null> {
  return await env.DB.prepare("select count(*) as owed from owed_signals where user_id = ?")
    .bind(user.id)
    .first("owed");
}

/** The name of a user's hub. */
export function hubNameOf(app: App, user: User): string {
  return hubName(app.id, user.id);
}

/** The hub of a user. */
export function hubOf(app: App, user: User): HubStub {
  return env.HUB.getByName(hubNameOf(app, user));
}

/** Has a hub find something else in its environment; returns how that ends. */
export async function changeHub(hub: HubStub, changes: Record<string, unknown>): Promise<() => void> {
  return await runInDurableObject(hub, (instance) => {
    const own: unknown = Reflect.get(instance, "env");
    if (typeof own !== "object" || own === null) throw new Error("the hub has no environment");
    const restored = Object.keys(changes).map((name) => [name, Reflect.get(own, name)] as const);
    Object.assign(own, changes);
    return () => {
      for (const [name, value] of restored) Reflect.set(own, name, value);
    };
  });
}

/** Has a hub write to another database; returns how that ends. */
export async function giveDatabase(hub: HubStub, DB: D1Database): Promise<() => void> {
  return await changeHub(hub, { DB });
}

/**
 * Holds the next batch that a hub sends to D1, or with `isDone` D1's answer to it: says when it is held, and lets it go.
 */
export async function holdBatches(
  hub: HubStub,
  { isDone = false } = {},
): Promise<{ reached: Promise<void>; letGo: () => void }> {
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const slow = databaseWhoseBatches(async (send) => {
    restore();
    const answer = isDone ? await send() : undefined;
    reached.resolve();
    await gate.promise;
    return answer ?? (await send());
  });
  const restore = await giveDatabase(hub, slow);
  return { reached: reached.promise, letGo: gate.resolve };
}

/** The hub that counts what is tried with a user's name; it has its tables. */
export function attemptsHubOf(app: App, user: User): HubStub {
  return env.HUB.getByName(attemptsName(app.id, `username:${user.name}`));
}

/** Has hubs call other hubs with a mishap in one method; returns how that ends. */
export async function hubsCallingWith(hub: HubStub, method: HubMethod, mishap: Mishap): Promise<() => void> {
  return await changeHub(hub, { HUB: hubsWhere(method, mishap) });
}

/** How many failures a user's hub has counted. */
export async function failuresOf(app: App, user: User): Promise<unknown> {
  return await runInDurableObject(hubOf(app, user), (_hub, state) => {
    const rows = state.storage.sql.exec("select sum(count) as total from failure_minutes").toArray();
    return rows[0]?.["total"];
  });
}
