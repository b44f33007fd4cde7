import { existsSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { Failure, whyOf } from "./failure.ts";

/** A file that this process alone works at. */
export interface Held {
  release(): void;
}

/**
 * Holds what belongs to a path until it is released or this process ends, however it ends: the lock is the operating system's, on a
 * file beside it that SQLite locks. Refuses where another process has it; `what` says what that would be.
 */
export function hold(path: string, what: string): Held {
  const file = `${path}.lock`;
  for (;;) {
    let lock: DatabaseSync | undefined;
    try {
      lock = new DatabaseSync(file, { timeout: 0 });
      lock.exec("begin exclusive");
    } catch (error) {
      lock?.close();
      if (error instanceof Error && /locked/.test(error.message))
        throw new Failure(`${what} is under way already: wait for it, or stop it`);
      throw new Failure(`${file} cannot be written: ${whyOf(error)}`);
    }
    // Who had it before may have taken the file away between the opening and the lock: then it is nobody's.
    if (existsSync(file)) {
      const held = lock;
      return {
        release() {
          rmSync(file, { force: true });
          held.close();
        },
      };
    }
    lock.close();
  }
}
