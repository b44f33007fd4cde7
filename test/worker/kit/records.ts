import { vi } from "vitest";
import { z } from "zod";
import { type App, type Client, dataOf } from "./client.ts";

const Record = z.strictObject({
  id: z.int(),
  caller: z.string(),
  subject: z.int().nullable(),
  device_sn: z.int().nullable(),
  operation: z.string(),
  reason: z.string(),
  at: z.int(),
  address: z.string(),
  request_id: z.string(),
});

const Ban = z.strictObject({
  id: z.int(),
  user_id: z.int(),
  reason: z.string(),
  note: z.string(),
  until: z.int().nullable(),
  banned_at: z.int(),
  banned_by: z.string(),
  lifted_at: z.int().nullable(),
  lifted_by: z.string().nullable(),
});

type Query = Record<string, string>;

/** The records of an app, newest first. */
export async function audit(admin: Client, query: Query = {}) {
  return dataOf(await admin.get("/admin/audit", query), z.array(Record));
}

/** The same, once there are so many: what a hub records is written after its answer. */
export async function auditOf(app: App, query: Query, count = 1) {
  const found = async () => {
    const records = await audit(app.admin, query);
    return records.length >= count && records;
  };
  return await vi.waitUntil(found, { timeout: 15_000 });
}

/** The bans of an app, newest first. */
export async function bans(admin: Client, query: Query = {}) {
  return dataOf(await admin.get("/admin/bans", query), z.array(Ban));
}

const Beside = z.object({ cursor: z.string().optional() });

/** Every page of a listing, in the order read: the ids of its rows. */
export async function pages(admin: Client, path: string, query: Query): Promise<number[][]> {
  const read: number[][] = [];
  let cursor: string | undefined;
  do {
    const page = await admin.get(path, { ...query, ...(cursor !== undefined && { cursor }) });
    read.push(dataOf(page, z.array(z.looseObject({ id: z.int() }))).map((row) => row.id));
    ({ cursor } = Beside.parse(page.body));
  } while (cursor !== undefined);
  return read;
}
