import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { z } from "zod";
import * as wire from "../../wire.ts";
import { type Answer, type App, type Client, type User, dataOf } from "./client.ts";
import { hubOf } from "./faults.ts";

/** What a caller hears: the whole of it, and whether it is what was heard before. */
export const heard = ({ response, body }: Answer) => ({
  status: response.status,
  body,
  isReplayed: response.headers.get("idempotency-replayed") === "true",
});

/** A caller who sends all under one key. */
export const withKey = (client: Client, key = crypto.randomUUID()) => client.with({ "idempotency-key": key });

/** Sends a request twice, and expects the first answer twice. */
export async function expectSame(send: () => Promise<Answer>): Promise<Answer> {
  const first = await send();
  expect(heard(first).isReplayed).toBe(false);
  expect(heard(await send())).toEqual({ ...heard(first), isReplayed: true });
  return first;
}

/** What is recorded of an operation. */
export const recordsOf = async (app: App, operation: string) =>
  dataOf(await app.admin.get("/admin/audit", { operation }), z.array(wire.AuditRecord));

/** Has all keys of an app and of a user's hub be a day older. */
export async function ageKeys(app: App, user: User): Promise<void> {
  await env.DB.prepare("update kept_answers set at = at - 86400001 where app_id = ?").bind(app.id).run();
  await runInDurableObject(hubOf(app, user), (_hub, { storage }) => {
    storage.sql.exec("update keyed_answers set at = at - 86400001");
  });
}

/** Has a user's hub have so many keys more of a caller, the user where none is named; they are so old (ms). */
export async function fillHub(
  app: App,
  user: User,
  many: number,
  { caller = `user:${user.id}`, age = 0 } = {},
): Promise<void> {
  await runInDurableObject(hubOf(app, user), (_hub, { storage }) => {
    storage.sql.exec(
      `insert into keyed_answers (is_bounded, place, caller, key, fingerprint, command, at)
       select ?1, value + 1 + (select coalesce(max(place), 0) from keyed_answers where is_bounded = ?1),
         ?2, 'key ' || value, '', '', ?3 from json_each(?4)`,
      caller.startsWith("admin:") ? 0 : 1,
      caller,
      Date.now() - age,
      JSON.stringify(Array.from({ length: many }, (_, index) => index)),
    );
  });
}

/** How many keys a user's hub has. */
export async function keysIn(app: App, user: User): Promise<unknown> {
  return await runInDurableObject(hubOf(app, user), (_hub, { storage }) => {
    return storage.sql.exec("select count(*) as held from keyed_answers").one()["held"];
  });
}

/** The database, whose next batch that holds these words is done and not heard of: the machine that sent it is no more. */
export function deafDatabase(words: string): { DB: D1Database; wasLost: () => boolean } {
  let isLost = false;
  const DB = new Proxy(env.DB, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (isLost) {
        return () => {
          throw new Error("D1_ERROR: the machine is no more");
        };
      }
      if (name !== "batch") return (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      return async (statements: D1PreparedStatement[]) => {
        const results = await target.batch(statements);
        const texts = statements.map((each) => String(Reflect.get(each, "statement"))).join(" ");
        if (isLost || !texts.includes(words)) return results;
        isLost = true;
        throw new Error("D1_ERROR: the answer was lost");
      };
    },
  });
  return { DB, wasLost: () => isLost };
}
