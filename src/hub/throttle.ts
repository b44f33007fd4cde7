import type { HubState } from "./state.ts";

/** Failures from one address before it must wait. */
const FREE_FAILURES = 5;
/** The first wait and the longest (ms); each failure after a wait doubles it. */
const FIRST_WAIT = 60_000;
const LONGEST_WAIT = 15 * 60_000;
/** Failures from anywhere within an hour before strange addresses must wait. */
const FREE_FAILURES_AN_HOUR = 100;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** How long an address that signed in is known (ms). */
const KNOWN_FOR = 90 * 24 * HOUR;

/**
 * The wait after failed sign-ins of one user, by address. An address that has signed in before is not made to wait for
 * the failures of others, so that nobody can lock a user out.
 */
export class Throttle {
  readonly #state: HubState;

  constructor(state: HubState) {
    this.#state = state;
  }

  /** How long (ms) an address must still wait; 0 where it may try. */
  wait(address: string, now: number): number {
    const [own] = this.#state.sql
      .exec<{ locked_until: number }>("select locked_until from failures where address = ?", address)
      .toArray();
    if (own !== undefined && own.locked_until > now) return own.locked_until - now;
    if (this.#isKnown(address)) return 0;
    return this.#hourlyWait(now);
  }

  /** Counts a failure. */
  failed(address: string, now: number): void {
    this.#state.sql.exec("delete from failures where last_at < ?", now - HOUR);
    this.#state.sql.exec("delete from failure_minutes where minute < ?", Math.floor((now - HOUR) / MINUTE));
    const [row] = this.#state.sql
      .exec<{ count: number }>(
        `insert into failures (address, count, locked_until, last_at) values (?1, 1, 0, ?2)
         on conflict do update set count = count + 1, last_at = ?2 returning count`,
        address,
        now,
      )
      .toArray();
    const beyond = (row?.count ?? 0) - FREE_FAILURES;
    if (beyond >= 0) {
      const wait = Math.min(FIRST_WAIT * 2 ** Math.min(beyond, 10), LONGEST_WAIT);
      this.#state.sql.exec("update failures set locked_until = ? where address = ?", now + wait, address);
    }
    this.#state.sql.exec(
      "insert into failure_minutes (minute, count) values (?, 1) on conflict do update set count = count + 1",
      Math.floor(now / MINUTE),
    );
  }

  /** Forgives an address that has signed in, and knows it from now on. */
  succeeded(address: string, now: number): void {
    this.#state.sql.exec("delete from failures where address = ?", address);
    this.#state.sql.exec("delete from addresses where last_at < ?", now - KNOWN_FOR);
    this.#state.sql.exec("insert or replace into addresses (address, last_at) values (?, ?)", address, now);
  }

  /** When there is nothing left to remember of failures; undefined where there is nothing now. */
  idleAt(): number | undefined {
    const [row] = this.#state.sql
      .exec<{ at: number | null }>("select max(last_at) as at from failures")
      .toArray();
    return row?.at == null ? undefined : row.at + HOUR;
  }

  #isKnown(address: string): boolean {
    return this.#state.sql.exec("select 1 from addresses where address = ?", address).toArray().length > 0;
  }

  /** Where an hour's failures are used up: until the oldest of them is an hour past. */
  #hourlyWait(now: number): number {
    const since = Math.floor((now - HOUR) / MINUTE) + 1;
    const [row] = this.#state.sql
      .exec<{ total: number | null; oldest: number | null }>(
        "select sum(count) as total, min(minute) as oldest from failure_minutes where minute >= ?",
        since,
      )
      .toArray();
    if ((row?.total ?? 0) < FREE_FAILURES_AN_HOUR) return 0;
    return Math.max(MINUTE, ((row?.oldest ?? 0) + 1) * MINUTE + HOUR - now);
  }
}
