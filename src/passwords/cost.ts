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
