import { vi } from "vitest";
import { z } from "zod";
import { type Declaration, onlyLooks } from "../../../src/http/operation.ts";
import { AuditRecord, Ban } from "../../wire.ts";
import { type App, type Client, dataOf } from "./client.ts";

/** What a sender asks for each message: no record is made of it. */
const traffic = "routePush";

/** True of an operation of which a record is made: it writes, for others than its caller. */
export function isRecorded(operation: Declaration): boolean {
  const { id, caller } = operation;
  return !onlyLooks(operation) && id !== traffic && caller !== "public" && caller !== "session";
}

type Query = Record<string, string>;

/** The records of an app, newest first. */
export async function audit(admin: Client, query: Query = {}) {
  return dataOf(await admin.get("/admin/audit", query), z.array(AuditRecord));
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

/** Every page of a listing, in the order read: its rows, each of which must be a `Row`. */
export async function pagesOf<T>(
  admin: Client,
  path: string,
  query: Query,
  Row: z.ZodType<T>,
): Promise<T[][]> {
  const read: T[][] = [];
  let cursor: string | undefined;
  do {
    const page = await admin.get(path, { ...query, ...(cursor !== undefined && { cursor }) });
    read.push(dataOf(page, z.array(Row)));
    ({ cursor } = Beside.parse(page.body));
  } while (cursor !== undefined);
  return read;
}

/** The same: the ids of the rows. */
export async function pages(admin: Client, path: string, query: Query): Promise<number[][]> {
  const read = await pagesOf(admin, path, query, z.looseObject({ id: z.int() }));
  return read.map((page) => page.map((row) => row.id));
}
