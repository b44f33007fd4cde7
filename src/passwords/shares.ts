import { LRUCache } from "lru-cache";
import { TooMany } from "../domain/reasons.ts";
import type { Share } from "./settings.ts";

/** How long a share is for (ms). It begins with the first call that takes of it. */
const PERIOD = 10_000;

/** What was taken of a share since when (ms). */
interface Taken {
  since: number;
  calls: number;
}

/**
 * What calls without an admin token may have of an isolate's hashing, in ten seconds: an address so much, an app so much,
 * and an address no more than half of what the others have left of its app's. So one address that storms is refused long
 * before its app has nothing left, and an address that has asked for nothing yet is the last to be refused.
 */
export class Shares {
  readonly #taken = new LRUCache<string, Taken>({ max: 10_000 });

  /** Takes one hash for a call, or refuses it: a refused call takes nothing. */
  take(app: string, address: string, share: Share): void {
    const now = Date.now();
    const ofAddress = this.#of(`address ${address}`, now);
    const ofApp = this.#of(`app ${app}`, now);
    const ofBoth = this.#of(`both ${app} ${address}`, now);
    if (ofAddress.calls >= share.address) throw tooMany("from this address", ofAddress, now);
    if (ofApp.calls >= share.app) throw tooMany("to this app", ofApp, now);
    if (ofBoth.calls * 2 > share.app - ofApp.calls) throw tooMany("from this address", ofApp, now);
    for (const taken of [ofAddress, ofApp, ofBoth]) taken.calls++;
  }

  #of(key: string, now: number): Taken {
    const known = this.#taken.get(key);
    if (known && now < known.since + PERIOD) return known;
    const fresh = { since: now, calls: 0 };
    this.#taken.set(key, fresh);
    return fresh;
  }
}

function tooMany(whose: string, { since }: Taken, now: number): TooMany {
  const wait = Math.max(1, Math.ceil((since + PERIOD - now) / 1000));
  return new TooMany(`too many calls ${whose} with a password: wait before the next one`, wait);
}
