import { createHash, createHmac } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isNumbered } from "../../src/store/numbering.ts";
import type { Bound } from "./bindings.ts";
import { FOLDER, KEPT } from "./migrations.ts";

/** The object that the local runtime keeps each D1 in, which is its folder as well. */
const owner = "miniflare-D1DatabaseObject";

/** The file of a database: the runtime names it as the object of this id. */
function fileOf(id: string): string {
  const key = createHash("sha256").update(owner).digest();
  const hash = (what: string | Buffer) => createHmac("sha256", key).update(what).digest().subarray(0, 16);
  const name = hash(id);
  return join(KEPT, "d1", owner, `${Buffer.concat([name, hash(name)]).toString("hex")}.sqlite`);
}

/** True for a database that has all migrations and its number. */
function isUpToDate({ id, number }: Bound, files: readonly string[]): boolean {
  const database = new DatabaseSync(fileOf(id), { readOnly: true });
  try {
    const noted = new Set(
      database
        .prepare("select name from d1_migrations")
        .all()
        .map(({ name }) => name),
    );
    if (!files.every((file) => noted.has(file))) return false;
    return number === 0 || database.prepare(isNumbered(number)).get()?.["is_numbered"] === 1;
  } finally {
    database.close();
  }
}

/**
 * True where nothing is left to be migrated of the databases of this checkout, as their files say, which nobody may have open: a
 * runtime to ask takes a second. False where a file is not there or cannot be read: migrating says what there is to say.
 */
export function areUpToDate(databases: readonly Bound[]): boolean {
  try {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith(".sql"));
    return databases.length > 0 && databases.every((database) => isUpToDate(database, files));
  } catch {
    return false;
  }
}
