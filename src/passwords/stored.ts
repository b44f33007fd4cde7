import { randomBytes, scryptSync, timingSafeEqual } from "node:crypto";
import type { Argon2id } from "./argon2id.ts";
import { z } from "zod";
import { type Cost, MOST_LANES, MOST_MEMORY, MOST_WORK, msOf } from "./cost.ts";
import { UnfitHash, readForeign } from "./foreign.ts";
import { type Derived, oneTurn } from "./form.ts";
import type { Steps } from "./queue.ts";

const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** What scrypt may take: the platform's bound of N·r·p, and the memory (bytes) that it fills, 128·N·r. */
const MOST_SCRYPT = 2 ** 20;
const MOST_SCRYPT_BYTES = MOST_MEMORY * 1024;

/** What a stored text says. */
interface Stored extends Derived {
  /** True where it is what a new hash of today's cost is made of. */
  isOfToday: boolean;
}

/** Reads one form of stored hashes; undefined where the text is not of it, or asks for more than a hash may take. */
type Form = (text: string, today: Cost) => Stored | undefined;

/** The bytes of a password of this service: two spellings of a character that Unicode calls the same are the same. */
function ownBytes(password: string): Buffer {
  return Buffer.from(password.normalize("NFKC"), "utf8");
}

const phc =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d{0,6}),p=([1-9]\d?)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** `$argon2id$v=19$m=…,t=…,p=…$salt$key`, the PHC string format: what is written today. */
const argon2idForm: Form = (text, today) => {
  const [, memory, passes, lanes, salt64 = "", key64 = ""] = phc.exec(text) ?? [];
  const [m, t, p] = [Number(memory), Number(passes), Number(lanes)];
  if (!(m <= MOST_MEMORY && m * t <= MOST_WORK && p <= MOST_LANES && m >= 8 * p)) return undefined;
  const [salt, key] = [Buffer.from(salt64, "base64"), Buffer.from(key64, "base64")];
  const isOfToday =
    m === today.m && t === today.t && p === 1 && salt.length === SALT_BYTES && key.length === KEY_BYTES;
  const sized = { salt, parallelism: p, passes: t, memorySize: m, tagLength: key.length };
  return {
    key,
    ms: msOf("argon2", m * t),
    isOfToday,
    derive: (argon2id, password) => oneTurn(() => argon2id({ ...sized, password: ownBytes(password) })),
  };
};

const older = /^scrypt\$(\d{1,7}),(\d{1,7}),(\d{1,7})\$([A-Za-z0-9_-]{11,86})\$([A-Za-z0-9_-]{43})$/;

/** `scrypt$N,r,p$salt$key` of RFC 7914, in base64url: what was written before. */
const scryptForm: Form = (text) => {
  const [, first, second, third, salt64 = "", key64 = ""] = older.exec(text) ?? [];
  const [N, r, p] = [Number(first), Number(second), Number(third)];
  const isPower = N >= 2 && (N & (N - 1)) === 0 && r >= 1 && p >= 1;
  if (!isPower || N * r * p > MOST_SCRYPT || 128 * N * r > MOST_SCRYPT_BYTES) return undefined;
  const [salt, key] = [Buffer.from(salt64, "base64url"), Buffer.from(key64, "base64url")];
  const maxmem = 256 * N * r + 2 ** 20;
  return {
    key,
    ms: msOf("scrypt", N * r * p),
    isOfToday: false,
    derive: (_argon2id, password) =>
      oneTurn(() => scryptSync(ownBytes(password), salt, KEY_BYTES, { N, r, p, maxmem })),
  };
};

/** What stands before a hash that another system made: the bytes of its password are as they are given. */
const FOREIGN = "foreign:";

const foreignForm: Form = (text) => {
  if (!text.startsWith(FOREIGN)) return undefined;
  return { ...readForeign(text.slice(FOREIGN.length)), isOfToday: false };
};

/** Every form of stored hashes that is verified. */
const forms: readonly Form[] = [argon2idForm, scryptForm, foreignForm];

/** What stands before a PHC string of this service where it leaves it: others make theirs of other bytes. */
const NFKC = "$nfkc";

/** What is stored of a user who has no password: nothing is right for it. */
export const NO_PASSWORD = "";

/** Longest hash that is taken in, as a text (UTF-16 units). */
const LONGEST = 8_192;

const byName = ([one]: [string, unknown], [other]: [string, unknown]) => (one < other ? -1 : 1);

const PlainObject = z.record(z.string(), z.unknown());

/** A hash as it is stored, and how long comparing it takes at most (ms). */
export interface Taken {
  hash: string;
  ms: number;
}

/**
 * What is stored of a hash that another system made, or this service and `wireHash` gave: a text, or an object. Throws an
 * `UnfitHash` where it could not be verified.
 */
export function storedOf(given: string | Record<string, unknown>): Taken {
  const text =
    typeof given === "string"
      ? given
      : JSON.stringify(Object.fromEntries(Object.entries(given).toSorted(byName)));
  if (text.length > LONGEST) throw new UnfitHash(`password_hash is longer than ${LONGEST} characters`);
  const own = text.startsWith(NFKC) ? text.slice(NFKC.length) : text;
  if (own !== text || text.startsWith("scrypt$")) {
    const read = own === text ? scryptForm : argon2idForm;
    const ours = read(own, { m: 0, t: 0 });
    if (!ours) throw new UnfitHash("password_hash is no hash of this service, or costs too much");
    return { hash: own, ms: ours.ms };
  }
  return { hash: FOREIGN + text, ms: readForeign(text).ms };
}

/** A stored hash for who takes it elsewhere, as `storedOf` reads it; undefined where the user has no password. */
export function wireHash(stored: string): string | Record<string, unknown> | undefined {
  if (stored === NO_PASSWORD) return undefined;
  if (!stored.startsWith(FOREIGN)) return stored.startsWith("$") ? NFKC + stored : stored;
  const text = stored.slice(FOREIGN.length);
  const isObject = text.startsWith('{"');
  return isObject ? PlainObject.parse(JSON.parse(text)) : text;
}

/** True for a stored hash that another system made, and no sign-in has renewed. */
export function isForeign(stored: string): boolean {
  return stored.startsWith(FOREIGN);
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64").replaceAll("=", "");

function deriveNew(argon2id: Argon2id, password: string, salt: Uint8Array, { m, t }: Cost): Uint8Array {
  const sized = { parallelism: 1, passes: t, memorySize: m, tagLength: KEY_BYTES };
  return argon2id({ ...sized, salt, password: ownBytes(password) });
}

/** Hashes a new password into a PHC string. The isolate's thread does nothing else meanwhile. */
export function hashNow(argon2id: Argon2id, password: string, cost: Cost): string {
  const salt = randomBytes(SALT_BYTES);
  const key = deriveNew(argon2id, password, salt, cost);
  return `$argon2id$v=19$m=${cost.m},t=${cost.t},p=1$${base64(salt)}$${base64(key)}`;
}

/** The result of a comparison; `renew` says that the stored hash is not what would be written today. */
export interface Verdict {
  right: boolean;
  renew: boolean;
}

/**
 * Compares a password with a stored hash. Where there is none (no such user) or none that may be run, today's work is
 * done for nothing, so that the time of an answer tells nobody which names exist.
 */
export function* verify(
  argon2id: Argon2id,
  password: string,
  text: string | undefined,
  today: Cost,
): Steps<Verdict> {
  const stored = text === undefined ? undefined : readStored(text, today);
  if (!stored) {
    deriveNew(argon2id, password, randomBytes(SALT_BYTES), today);
    return { right: false, renew: false };
  }
  const derived = yield* stored.derive(argon2id, password);
  const right = derived.length === stored.key.length && timingSafeEqual(stored.key, derived);
  return { right, renew: right && !stored.isOfToday };
}

function readStored(text: string, today: Cost): Stored | undefined {
  try {
    for (const read of forms) {
      const stored = read(text, today);
      if (stored) return stored;
    }
  } catch (error) {
    if (!(error instanceof UnfitHash)) throw error;
  }
  return undefined;
}
