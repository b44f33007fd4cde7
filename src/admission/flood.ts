import { LRUCache } from "lru-cache";
import { TooMany } from "../domain/reasons.ts";
import type { Call } from "./call.ts";

/** The limiters' period (ms), as wrangler.toml sets it. */
const PERIOD = 10_000;

/** How many calls of a known caller in one isolate the limiter counts as one block. */
export const BLOCK = 20;

/** What this isolate knows of a caller with a token in a period: its calls, and what the limiter says of it. */
interface Known {
  /** When the period began (ms): at its first call, or when the limiter said that it is a flood. */
  since: number;
  calls: number;
  isFlood: boolean;
}

/** The callers seen last. A period's end is read from the clock: a timer would be dropped with the request that set it. */
const callers = new LRUCache<string, Known>({ max: 10_000 });

function tooManyCalls(): TooMany {
  return new TooMany("too many calls: slow down", PERIOD / 1000);
}

/**
 * As whom the bearer of a user's token is counted: the session, so that nobody who has one, be it stolen or dead, uses up
 * what the user's other sessions may call.
 */
export function sessionKey({ session_id }: { session_id: string }): string {
  return `session ${session_id}`;
}

/**
 * Counts a call of a stranger, once a call, and refuses it with 429 where the limiter has had enough of its address. It
 * comes before any look-up in D1 that a stranger can cause.
 */
export async function limitStranger(call: Call): Promise<void> {
  if (call.isCountedStranger) return;
  call.isCountedStranger = true;
  const { success } = await call.env.CALLS.limit({ key: call.address });
  if (!success) throw tooManyCalls();
}

/**
 * Counts a call of a known caller here, and refuses it with 429 where the limiter has had enough of its caller. The limiter
 * hears of every twentieth call, after its answer, as of a block: no known caller waits for it, and the first call over the
 * limit still goes through.
 */
export function limitCaller(call: Call, caller: string): void {
  const now = Date.now();
  const last = callers.get(caller);
  const known = last && now - last.since < PERIOD ? last : { since: now, calls: 0, isFlood: false };
  if (known.isFlood) throw tooManyCalls();
  known.calls++;
  callers.set(caller, known);
  if (known.calls % BLOCK === 0) call.countedAs = caller;
}

/** Has the limiter count a block of calls; where it has had enough, the caller is refused for a period from now. */
export async function countBlock({ env }: Call, caller: string): Promise<void> {
  const { success } = await env.CALL_BLOCKS.limit({ key: caller });
  // A block that was counted late makes nobody wait for longer than the refusal has said.
  if (!success && !callers.get(caller)?.isFlood) {
    callers.set(caller, { since: Date.now(), calls: 0, isFlood: true });
  }
}
