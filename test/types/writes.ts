import type { Scope } from "../../src/services/scope.ts";
import { removeTags } from "../../src/store/tags.ts";
import { users } from "../../src/store/schema.ts";
import { selectExisting, updateUser } from "../../src/store/users.ts";

/** What `tsc` must refuse: each line after a mark that it is to be refused fails the check where it is not. */
export async function unrecorded(scope: Scope): Promise<unknown[]> {
  const { db, subject } = scope;
  const write = removeTags(db, subject);
  const ofDrizzle = db.query.delete(users);
  return [
    // Reads are sent as they are, and may stand beside writes.
    await db.run(selectExisting(db, "app", [subject])),
    await db.batch([selectExisting(db, "app", [subject])]),
    await scope.write("the subject", [selectExisting(db, "app", [subject]), write]),

    // @ts-expect-error -- a write among reads
    await db.run(write),
    // @ts-expect-error -- a write among reads
    await db.batch([write]),
    // @ts-expect-error -- a write among reads
    await db.batch([selectExisting(db, "app", [subject]), updateUser(db, "app", subject, {}, 0)]),
    // @ts-expect-error -- a statement that drizzle would send by itself
    await db.run(ofDrizzle),
    // @ts-expect-error -- a statement that drizzle would send by itself
    await db.batch([ofDrizzle]),
    // @ts-expect-error -- a statement that drizzle would send by itself
    await scope.write("the subject", [ofDrizzle]),
    // @ts-expect-error -- it is not said what is recorded
    await scope.write([write]),
    // @ts-expect-error -- no word for what is recorded
    await scope.write("nothing", [write]),
    // @ts-expect-error -- no reason why nothing is
    await db.runUnrecorded("", write),
    // @ts-expect-error -- no reason why nothing is
    await db.writeUnrecorded("", [write]),
    // @ts-expect-error -- a builder that sends
    await db.query.batch([write]),
  ];
}
