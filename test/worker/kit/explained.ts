import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { z } from "zod";
import { hubName } from "../../../src/hub/contract.ts";
import { type App, type Client, type Session, dataOf, newName } from "./client.ts";
import { Explanation, NewAdminToken } from "./wire.ts";

/** Where it is asked what stands in the way. */
export const path = "/admin/explain";

type Query = Record<string, string | number>;

/** A question as a query has it. */
export const texts = (query: Query) =>
  Object.fromEntries(Object.entries(query).map(([k, v]) => [k, String(v)]));

/** Asks what stands in the way. */
export async function explained(by: App | Client, query: Query): Promise<z.infer<typeof Explanation>> {
  const client = "admin" in by ? by.admin : by;
  return dataOf(await client.get(path, texts(query)), Explanation);
}

/** What a gate says. */
export function gate({ gates }: z.infer<typeof Explanation>, name: string) {
  return gates.find((each) => each.gate === name);
}

/** A support token of an app. */
export async function support(app: App, role = "support") {
  const name = newName("support");
  const { token } = dataOf(await app.root.post("/admin/tokens", { name, role }), NewAdminToken);
  return { name, client: app.nobody.with({ "access-token": token }) };
}

/** All that a user's hub has, table by table. */
export async function contentOf(app: App, userId: number): Promise<unknown> {
  return await runInDurableObject(env.HUB.getByName(hubName(app.id, userId)), (_, { storage: { sql } }) => {
    const names = sql.exec<{ name: string }>("select name from sqlite_master where type = 'table'").toArray();
    const kept = names.map(({ name }) => name).filter((name) => !name.startsWith("_"));
    return kept.map((name) => [name, sql.exec(`select * from ${name}`).toArray()]);
  });
}

/** The question of a call by a session. */
export const byToken = ({ token }: Session) => ({ for: "call", token });
