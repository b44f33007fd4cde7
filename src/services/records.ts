import { type AuditFilter, listAudit } from "../store/audit.ts";
import type { Scope } from "./scope.ts";

/** Where a page of the audit begins in each of two databases: behind these ids; undefined for the first page. */
export interface AuditPlace {
  directory: number | undefined;
  users: number | undefined;
}

/**
 * A page of the audit of an app whose users stand elsewhere than in the directory, newest first: what was written in the
 * directory is recorded there, all else where the users are. `next` is where the page behind it begins, if there is one.
 */
export async function auditOfTwo(
  scope: Pick<Scope, "app" | "db" | "directory">,
  before: AuditPlace,
  filter: Omit<AuditFilter, "before">,
) {
  const { app, db, directory } = scope;
  const { limit } = filter;
  const read = { ...filter, limit: limit + 1 };
  const [ofDirectory, ofUsers] = await Promise.all([
    listAudit(directory, app.app_id, { ...read, before: before.directory, ofDirectory: true }),
    listAudit(db, app.app_id, { ...read, before: before.users }),
  ]);
  const all = ofDirectory.length + ofUsers.length;
  const place = { ...before };
  const data: typeof ofUsers = [];
  while (data.length < limit) {
    const [inDirectory] = ofDirectory;
    const [inUsers] = ofUsers;
    const isOfUsers = inUsers !== undefined && (!inDirectory || inUsers.at >= inDirectory.at);
    const record = isOfUsers ? ofUsers.shift() : ofDirectory.shift();
    if (!record) break;
    place[isOfUsers ? "users" : "directory"] = record.id;
    data.push(record);
  }
  return { data, next: all > data.length ? place : undefined };
}
