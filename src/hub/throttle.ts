import type { HubStorage } from "./storage.ts";

/** Failures from one address before it must wait. */
export const FREE_FAILURES = 5;
/** The first wait (ms); each failure after a wait doubles it. */
export const FIRST_WAIT = 60_000;
/** The longest wait (ms). */
export const LONGEST_WAIT = 15 * 60_000;
/** Failures from anywhere within an hour before strange addresses must wait. */
export const FREE_FAILURES_AN_HOUR = 100;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** How long an address that signed in is known (ms), and how many are. */
const KNOWN_FOR = 90 * 24 * HOUR;
const MOST_KNOWN = 1_000;

/** How long an address must wait (ms), 0 where it may try; `strangersOnly` where one that is known need not. */
export interface Wait {
  ms: number;
  strangersOnly: boolean;
}

/**
 * What is remembered of failures: in the hub of what was tried, of every one by its address; in a user's hub, how many there
 * were of that user, whatever was tried, and which addresses signed in. Its tables: `failures`, `failure_minutes`,
 * `addresses`.
 */
export class Throttle {
  readonly #storage: HubStorage;

  constructor(storage: HubStorage) {
    this.#storage = storage;
  }

  /** How long an address must still wait. An address that is known to the user waits for its own failures only. */
  wait(address: string, now: number): Wait {
    if (this.#storage.isBlank) return { ms: 0, strangersOnly: false };
    const [own] = this.#storage.sql
      .exec<{ locked_until: number }>("select locked_until from failures where address = ?", address)
      .toArray();
    if (own !== undefined && own.locked_until > now)
      return { ms: own.locked_until - now, strangersOnly: false };
    return { ms: this.#hourlyWait(now), strangersOnly: true };
  }

  /** Counts a failure from an address. */
  failed(address: string, now: number): void {
    this.#storage.sql.exec("delete from failures where last_at < ?", now - HOUR);
    const [row] = this.#storage.sql
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
      this.#storage.sql.exec("update failures set locked_until = ? where address = ?", now + wait, address);
    }
    this.count(now);
  }

  /** Counts a failure from anywhere. */
  count(now: number): void {
    this.#storage.sql.exec("delete from failure_minutes where minute < ?", Math.floor((now - HOUR) / MINUTE));
    this.#storage.sql.exec(
      "insert into failure_minutes (minute, count) values (?, 1) on conflict do update set count = count + 1",
      Math.floor(now / MINUTE),
    );
  }

  /** True where failures of an address are remembered. */
  hasFailed(address: string): boolean {
    if (this.#storage.isBlank) return false;
    return this.#storage.sql.exec("select 1 from failures where address = ?", address).toArray().length > 0;
  }

  /** Forgives an address that has had the right password. */
  forgive(address: string): void {
    this.#storage.sql.exec("delete from failures where address = ?", address);
  }

  /** True for an address that has signed in. */
  isKnown(address: string): boolean {
    if (this.#storage.isBlank) return false;
    return this.#storage.sql.exec("select 1 from addresses where address = ?", address).toArray().length > 0;
  }

  /** Knows an address that has signed in, from now on. */
  know(address: string, now: number): void {
    this.#storage.sql.exec("delete from addresses where last_at < ?", now - KNOWN_FOR);
    this.#storage.sql.exec("insert or replace into addresses (address, last_at) values (?, ?)", address, now);
    this.#storage.sql.exec(
      "delete from addresses where address in (select address from addresses order by last_at desc limit -1 offset ?)",
      MOST_KNOWN,
    );
  }

  /** Whether strange addresses have had their tries of this hour, and whether this one is strange; both are false in a blank hub. */
  strangeness(address: string, now: number): { isSpent: boolean; isKnown: boolean } {
    const isSpent = !this.#storage.isBlank && this.#hourlyWait(now) > 0;
    return { isSpent, isKnown: this.isKnown(address) };
  }

  /** When there is nothing left to remember of failures (ms); undefined where there is nothing now. */
  idleAt(): number | undefined {
    if (this.#storage.isBlank) return undefined;
    const [row] = this.#storage.sql
      .exec<{ at: number | null }>("select max(last_at) as at from failures")
      .toArray();
    return row?.at == null ? undefined : row.at + HOUR;
  }

  /** Forgets the failures and the addresses of a deleted user. */
  forget(): void {
    this.#storage.sql.exec("delete from failures; delete from failure_minutes; delete from addresses");
  }

  /** Where an hour's failures are used up: until the oldest of them is an hour past. */
  #hourlyWait(now: number): number {
    const since = Math.floor((now - HOUR) / MINUTE) + 1;
    const [row] = this.#storage.sql
      .exec<{ total: number | null; oldest: number | null }>(
        "select sum(count) as total, min(minute) as oldest from failure_minutes where minute >= ?",
        since,
      )
      .toArray();
    if ((row?.total ?? 0) < FREE_FAILURES_AN_HOUR) return 0;
    return Math.max(MINUTE, ((row?.oldest ?? 0) + 1) * MINUTE + HOUR - now);
  }
}
