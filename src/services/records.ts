import { type AuditFilter, type AuditPlace, type AuditRecord, listAudit } from "../store/audit-list.ts";
import { type Page, cutPage } from "../store/look.ts";
import { DIRECTORY } from "../store/numbering.ts";
import type { Scope } from "./scope.ts";

/** How two places stand in the list, for a sort: newest first. Ids are of their databases, so that no two are the same. */
const inOrder = (one: AuditPlace, other: AuditPlace) => other.at - one.at || other.id - one.id;

/**
 * A page of the audit of the app, newest first. Where its users stand elsewhere than in the directory it is of two databases:
 * what was written in the directory is recorded there, all else where the users are.
 */
export async function listRecords(
  { app, db, directory }: Pick<Scope, "app" | "db" | "directory">,
  filter: AuditFilter,
): Promise<Page<AuditRecord>> {
  if (app.database === DIRECTORY) return await listAudit(db, app.app_id, filter);
  const pages = await Promise.all([
    listAudit(directory, app.app_id, { ...filter, ofDirectory: true }),
    listAudit(db, app.app_id, filter),
  ]);
  const rows = pages.flatMap((page) => page.rows).toSorted(inOrder);
  // What lies behind the end of one of them is not known yet.
  const [end] = pages.flatMap((page) => page.end ?? []).toSorted(inOrder);
  const known = end ? rows.filter((row) => inOrder(row, end) <= 0) : rows;
  const page = cutPage(known, filter.limit);
  return { rows: page.rows, end: page.end ?? end };
}
