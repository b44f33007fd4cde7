import { databaseWhoseBatches } from "../faults.ts";

/** The database, with something that happens between an admin's verdict and the write that follows it. */
export function databaseBefore(write: () => Promise<void>): D1Database {
  let batches = 0;
  return databaseWhoseBatches(async (send) => {
    if (++batches === 2) await write();
    return await send();
  });
}
