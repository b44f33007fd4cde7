/** What a password costs to hash: memory (KiB) and passes over it, RFC 9106's m and t. One lane. */
export interface Cost {
  m: number;
  t: number;
}

/** Most memory that one hash may take (KiB): what the instance has from its start, so that it never grows. */
export const MOST_MEMORY = 65_536;

/** Most memory passed over (KiB times passes): 64 MiB four times, some third of a second of the isolate. */
export const MOST_WORK = 262_144;

/** Most lanes of a hash that was not made here with our one: the work is the same. */
export const MOST_LANES = 16;

/**
 * How much of a work an isolate does in a ms at least, the rests between turns being in it: some third of what a core of today
 * does (docs/moving.md has the times).
 */
const perMs = {
  /** Rounds of bcrypt. */
  bcrypt: 5.5,
  /** KiB times passes of Argon2. */
  argon2: 350,
  /** N·r·p of scrypt. */
  scrypt: 1500,
  /** Rounds of the platform's PBKDF2. */
  native: 1250,
  /** Rounds of digests of up to 32 bytes; PBKDF2's beyond the platform's too. */
  rounds: 330,
  /** The same of SHA-512, or with a key. */
  hardRounds: 110,
};

/** How long so much of a work takes an isolate at most (ms), where it has no other hash to make. */
export function msOf(work: keyof typeof perMs, amount: number): number {
  return Math.ceil(amount / perMs[work]);
}
