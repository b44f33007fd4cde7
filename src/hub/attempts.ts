import type { Refused } from "../domain/reasons.ts";
import { noTrips } from "../store/database.ts";
import { HubClient } from "./client.ts";
import { hubName } from "./contract.ts";
import type { Throttle } from "./throttle.ts";

/** Why an address may not try; `strangersOnly` where one that is known to the user may. */
export type Waiting = Refused & { strangersOnly: boolean };

/** The tries at one name, number, address or id, in their order; whether it is anybody's plays no part. */
export class Attempts {
  readonly #env: Env;
  readonly #appId: string;
  readonly #throttle: Throttle;

  constructor(env: Env, appId: string, throttle: Throttle) {
    this.#env = env;
    this.#appId = appId;
    this.#throttle = throttle;
  }

  /** Why an address may not try now; undefined where it may. */
  mustWait(address: string, isKnown: boolean, now: number): Waiting | undefined {
    const { ms, strangersOnly } = this.#throttle.wait(address, now);
    if (ms === 0 || (strangersOnly && isKnown)) return undefined;
    const wait = Math.ceil(ms / 1000);
    const message = `too many failures: wait ${wait} s before the next try`;
    return { ok: false, reason: "too_many_failures", message, retryAfter: wait, strangersOnly };
  }

  /** Counts a wrong password and says so, unless the address must wait by now. */
  fail(address: string, isKnown: boolean, now: number): Refused {
    const waiting = this.mustWait(address, isKnown, now);
    if (waiting) return waiting;
    this.#throttle.failed(address, now);
    return { ok: false, reason: "credentials_wrong" };
  }

  /** Says of a right password whether its address may go on by now, and whether it has failed before. */
  pass(address: string, isKnown: boolean, now: number): { ok: true; hasFailed: boolean } | Refused {
    const waiting = this.mustWait(address, isKnown, now);
    return waiting ?? { ok: true, hasFailed: this.#throttle.hasFailed(address) };
  }

  /** Tells the hub of the user whom a wrong password was meant for. */
  async tellUser(userId: number): Promise<void> {
    const hub = new HubClient(this.#env.HUB, hubName(this.#appId, userId), noTrips());
    // A count that is lost makes one limit a little higher; the other, by what was tried, stands.
    await hub.call((user) => user.countFailure()).catch(() => undefined);
  }
}
