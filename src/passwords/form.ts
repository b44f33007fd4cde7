import type { Argon2id } from "./argon2id.ts";
import type { Steps } from "./queue.ts";

/** What a stored hash says: the key that a right password derives, and how it is derived, a turn at a time. */
export interface Derived {
  key: Buffer;
  /** How long that takes at most (ms), with the rests between its turns, where nothing else is hashed: see `msOf`. */
  ms: number;
  derive(argon2id: Argon2id, password: string): Steps<Uint8Array>;
}

/** Steps that are done in one turn. */
// oxlint-disable-next-line require-yield -- there is nothing between two turns of one
export function* oneTurn<T>(work: () => T): Steps<T> {
  return work();
}
