import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { StartFailure } from "./failure.ts";

const directory = ".wrangler";
const lockFile = `${directory}/start.lock`;
const ownerFile = `${directory}/start.json`;

/** Who has the store. */
const Owner = z.object({ pid: z.int(), origin: z.string() });

/** The local storage, held by this process: no other start uses it meanwhile. */
export interface HeldStore {
  release(): void;
}

/**
 * Holds the local storage of this checkout, until it is released or this process ends, however it ends: the lock is the
 * operating system's, on a file that SQLite locks. Refuses where another process holds it, and says which.
 */
export function holdStore(origin: string): HeldStore {
  mkdirSync(directory, { recursive: true });
  const lock = new DatabaseSync(lockFile, { timeout: 0 });
  try {
    lock.exec("begin immediate");
  } catch {
    lock.close();
    throw new StartFailure(`${holder()} has the store of this checkout: stop it first, or use that one.`);
  }
  writeFileSync(ownerFile, JSON.stringify({ pid: process.pid, origin }));
  return { release: () => lock.close() };
}

/** Who holds the lock, as far as it has said so yet. */
function holder(): string {
  try {
    const { pid, origin } = Owner.parse(JSON.parse(readFileSync(ownerFile, "utf8")));
    return `Another npm start (process ${pid}, ${origin})`;
  } catch {
    return "Another npm start";
  }
}
