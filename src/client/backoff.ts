/** How long a lost connection is waited for, in ms: `baseMs` doubles with every attempt, up to `capMs`. Both above 0. */
export interface Backoff {
  baseMs: number;
  capMs: number;
}

/** The longest wait (ms) before an attempt; `attempt` counts from 0. */
export function longestWait(backoff: Backoff, attempt: number): number {
  return Math.min(backoff.capMs, backoff.baseMs * 2 ** attempt);
}

/**
 * The wait (whole ms) before an attempt, with full jitter: anything from 0 up to the longest wait, so that clients that
 * lost one server together do not come back together. `random` gives numbers from 0 up to, but not including, 1.
 */
export function randomWait(backoff: Backoff, attempt: number, random: () => number): number {
  return Math.floor(random() * longestWait(backoff, attempt));
}
