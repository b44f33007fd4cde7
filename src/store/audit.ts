import type { Database } from "./database.ts";
import { audit } from "./schema.ts";

/** The statement that records who did what for whom. */
export function insertAudit(db: Database, entry: Omit<typeof audit.$inferInsert, "id">) {
  return db.query.insert(audit).values(entry);
}
