import { LRUCache } from "lru-cache";
import type { Call } from "./call.ts";
import { Fault } from "./envelope.ts";

/** The limiter's period (ms), as wrangler.toml sets it. */
const PERIOD = 10_000;

/** Calls of one caller in a period that are no flood, whoever else counts them: the limiter is not asked of so few. */
const FEW = 20;

/** What this isolate knows of a caller with a token in the current period: its calls, and what the limiter says of it. */
interface Known {
  calls: number;
  isFlood: boolean;
}

/** The callers of the last period. The period of each begins with its first call. */
const callers = new LRUCache<string, Known>({ max: 10_000, ttl: PERIOD });

function tooManyCalls(): Fault {
  return new Fault(429, "too many calls: slow down", { "Retry-After": String(PERIOD / 1000) });
}

/** As whom a user is counted, whichever way the user's token came. */
export function userKey({ app_id, user_id }: { app_id: string; user_id: number }): string {
  return `user ${app_id}/${user_id}`;
}

/** Counts a call, and says whether the limiter has had enough of its caller. */
export async function callsTooOften({ env }: Call, caller: string): Promise<boolean> {
  const { success } = await env.CALLS.limit({ key: caller });
  return !success;
}

/** Counts a call of somebody without a token that is known, and refuses it with 429 where the limiter has had enough. */
export async function limitStranger(call: Call): Promise<void> {
  if (await callsTooOften(call, call.address)) throw tooManyCalls();
}

/**
 * Refuses with 429 a caller whose earlier calls were too many, and has this one counted after its answer: no call of a
 * caller who is known waits for the limiter. The first call over the limit still goes through.
 */
export function limitCaller(call: Call, caller: string): void {
  const known = callers.get(caller);
  if (known?.isFlood) throw tooManyCalls();
  if (known === undefined) callers.set(caller, { calls: 1, isFlood: false });
  else if (++known.calls > FEW) call.countedAs = caller;
}

/** Counts an answered call. */
export async function countCall(call: Call, caller: string): Promise<void> {
  if (await callsTooOften(call, caller)) callers.set(caller, { calls: FEW, isFlood: true });
}
