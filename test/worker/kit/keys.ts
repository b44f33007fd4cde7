import { expect } from "vitest";
import { z } from "zod";
import * as wire from "../../wire.ts";
import { type Answer, type App, type Client, dataOf } from "./client.ts";

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
