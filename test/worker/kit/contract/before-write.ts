import { databaseWhoseBatches } from "../faults.ts";

/** Each write of an admin requires that the token is in force; what hubs have told the queue meanwhile is written without. */
const isJudged = (text: string) => text.startsWith('insert into "guards" ("in_force")');

/** The database, with something that happens between an admin's verdict and the write that follows it. */
export function databaseBefore(write: () => Promise<void>): D1Database {
  let isOver = false;
  return databaseWhoseBatches(async (send, sent) => {
    if (!isOver && sent.some(isJudged)) {
      isOver = true;
      await write();
    }
    return await send();
  });
}
