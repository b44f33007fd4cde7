import { randomBytes, scryptSync, timingSafeEqual } from "node:crypto";
import type { Argon2id } from "./argon2id.ts";
import { type Cost, MOST_MEMORY, MOST_WORK } from "./cost.ts";

const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** A user's hash may have been made with more lanes than ours; the work is the same. */
const MOST_LANES = 16;
/** What scrypt may take: the platform's bound of N·r·p, and the memory (bytes) that it fills, 128·N·r. */
const MOST_SCRYPT = 2 ** 20;
const MOST_SCRYPT_BYTES = MOST_MEMORY * 1024;

/** What a stored text says: the key that a right password derives, and how it is derived. */
interface Stored {
  key: Buffer;
  /** True where it is what a new hash of today's cost is made of. */
  isOfToday: boolean;
  derive(argon2id: Argon2id, password: string): Uint8Array;
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
    isOfToday,
    derive: (argon2id, password) => argon2id({ ...sized, password: ownBytes(password) }),
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
    isOfToday: false,
    derive: (_, password) => scryptSync(ownBytes(password), salt, KEY_BYTES, { N, r, p, maxmem }),
  };
};

/** Every form of stored hashes that is verified. */
const forms: readonly Form[] = [argon2idForm, scryptForm];

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
export function verifyNow(
  argon2id: Argon2id,
  password: string,
  text: string | undefined,
  today: Cost,
): Verdict {
  const stored = text === undefined ? undefined : readStored(text, today);
  if (!stored) {
    deriveNew(argon2id, password, randomBytes(SALT_BYTES), today);
    return { right: false, renew: false };
  }
  const right = timingSafeEqual(stored.key, stored.derive(argon2id, password));
  return { right, renew: right && !stored.isOfToday };
}

function readStored(text: string, today: Cost): Stored | undefined {
  for (const read of forms) {
    const stored = read(text, today);
    if (stored) return stored;
  }
  return undefined;
}
