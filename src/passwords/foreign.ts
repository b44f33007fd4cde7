import { createCipheriv, scryptSync } from "node:crypto";
import { z } from "zod";
import { bcrypt } from "./bcrypt.ts";
import { MOST_LANES, MOST_MEMORY, msOf } from "./cost.ts";
import { type Derived, oneTurn } from "./form.ts";
import {
  type Digest,
  digestNames,
  digested,
  isDigest,
  lengthOf,
  MOST_NATIVE_ROUNDS,
  pbkdf2,
} from "./rounds.ts";

/** Most rounds of a digest that one hash may take. bcrypt's are 2 to the power of its cost, 20 at most. */
const MOST_ROUNDS = 1_000_000;
const MOST_BCRYPT = 20;
/** Most memory that Argon2 passes over, KiB times passes: some second of the isolate. */
const MOST_PASSED = 2 ** 20;
/** What scrypt may take: the platform's bound of N·r·p, and the memory (bytes) that it fills, 128·N·r. */
const MOST_SCRYPT = 2 ** 20;
const MOST_SCRYPT_BYTES = MOST_MEMORY * 1024;

/** Why a hash is none that can be verified here. Its message says what is wrong, and names nothing of the hash. */
export class UnfitHash extends Error {}

const tooCostly = (what: string) => new UnfitHash(`password_hash costs more than may be run: ${what}`);
const malformed = (form: string) => new UnfitHash(`password_hash is no ${form}: it does not have that form`);

const bytesOf = (password: string) => Buffer.from(password, "utf8");

/** Base64 of the usual alphabet or passlib's, with or without padding; refuses what is none. */
function base64(text: string, form: string): Buffer {
  const plain = text.replaceAll(".", "+").replace(/={1,2}$/, "");
  if (!/^[A-Za-z0-9+/]*$/.test(plain) || plain.length % 4 === 1) throw malformed(form);
  return Buffer.from(plain, "base64");
}

/** Reads one form; undefined where the text is of another, and an `UnfitHash` where it is of this one and does not fit. */
type Form = (text: string) => Derived | undefined;

const usual = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const bcryptAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Base64 in bcrypt's own alphabet. */
const bcryptBytes = (text: string) =>
  Buffer.from(
    text.replaceAll(/./g, (each) => usual[bcryptAlphabet.indexOf(each)] ?? ""),
    "base64",
  );

const bcryptForm: Form = (text) => {
  if (!/^\$2[a-z]?\$/.test(text)) return undefined;
  const [, digits, salt, key] = /^\$2[aby]\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/.exec(text) ?? [];
  const cost = Number(digits);
  if (salt === undefined || key === undefined || cost < 4) throw malformed("bcrypt ($2a$, $2b$ or $2y$)");
  if (cost > MOST_BCRYPT) throw tooCostly(`bcrypt's cost is ${MOST_BCRYPT} at most`);
  return {
    key: bcryptBytes(key),
    ms: msOf("bcrypt", 2 ** cost),
    derive: (_argon2id, password) => bcrypt(bytesOf(password), bcryptBytes(salt), cost),
  };
};

const phcArgon2 =
  /^\$argon2(id?)\$v=19\$m=([1-9]\d{0,9}),t=([1-9]\d{0,9}),p=([1-9]\d{0,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/;

const argon2Form: Form = (text) => {
  if (!text.startsWith("$argon2")) return undefined;
  const [, kind, memory, times, lanes, salt64 = "", key64 = ""] = phcArgon2.exec(text) ?? [];
  const [memorySize, passes, parallelism] = [Number(memory), Number(times), Number(lanes)];
  if (kind === undefined || memorySize < 8 * parallelism)
    throw malformed("argon2id or argon2i of version 19");
  if (memorySize > MOST_MEMORY) throw tooCostly("64 MiB of memory at most");
  if (memorySize * passes > MOST_PASSED) throw tooCostly(`Argon2's m·t is ${MOST_PASSED} at most`);
  if (parallelism > MOST_LANES) throw tooCostly(`Argon2's p is ${MOST_LANES} at most`);
  const [salt, key] = [Buffer.from(salt64, "base64"), Buffer.from(key64, "base64")];
  const sized = { salt, memorySize, passes, parallelism, tagLength: key.length };
  return {
    key,
    ms: msOf("argon2", memorySize * passes),
    derive: (argon2id, password) =>
      oneTurn(() =>
        argon2id({ ...sized, password: bytesOf(password), ...(kind === "i" && { variant: "argon2i" }) }),
      ),
  };
};

function requireScrypt(N: number, r: number, p: number): void {
  if (128 * N * r > MOST_SCRYPT_BYTES) throw tooCostly("64 MiB of memory at most");
  if (N * r * p > MOST_SCRYPT) throw tooCostly(`scrypt's N·r·p is ${MOST_SCRYPT} at most`);
}

function scrypt(password: string, salt: Uint8Array, length: number, N: number, r: number, p: number): Buffer {
  return scryptSync(bytesOf(password), salt, length, { N, r, p, maxmem: 256 * N * r + 2 ** 20 });
}

const scryptForm: Form = (text) => {
  if (!text.startsWith("$scrypt$")) return undefined;
  const form = "scrypt ($scrypt$ln=…,r=…,p=…$salt$hash)";
  const [, ln, r, p, salt64 = "", key64 = ""] =
    /^\$scrypt\$ln=([1-9]\d?),r=([1-9]\d{0,6}),p=([1-9]\d{0,6})\$([^$]{0,400})\$([^$]{16,200})$/.exec(text) ??
    [];
  if (ln === undefined) throw malformed(form);
  const [N, size, lanes] = [2 ** Number(ln), Number(r), Number(p)];
  requireScrypt(N, size, lanes);
  const [salt, key] = [base64(salt64, form), base64(key64, form)];
  return {
    key,
    ms: msOf("scrypt", N * size * lanes),
    derive: (_argon2id, password) => oneTurn(() => scrypt(password, salt, key.length, N, size, lanes)),
  };
};

function pbkdf2Of(digest: Digest, rounds: number, salt: Uint8Array, key: Buffer, form: string): Derived {
  if (key.length < 16 || key.length > 128 || rounds < 1) throw malformed(form);
  // Each block of the key takes all the rounds.
  const all = rounds * Math.ceil(key.length / lengthOf(digest));
  if (all > MOST_ROUNDS) throw tooCostly("1000000 rounds at most");
  return {
    key,
    ms: msOf(rounds <= MOST_NATIVE_ROUNDS ? "native" : digest === "sha512" ? "hardRounds" : "rounds", all),
    derive: (_argon2id, password) => pbkdf2(digest, bytesOf(password), salt, rounds, key.length),
  };
}

/** passlib's `$pbkdf2-sha256$rounds$salt$hash`, and the PHC form, `$pbkdf2-sha256$i=rounds,l=length$salt$hash`. */
const pbkdf2Form: Form = (text) => {
  if (!text.startsWith("$pbkdf2")) return undefined;
  const form = "PBKDF2 ($pbkdf2-sha1$, -sha256$ or -sha512$)";
  const [, digest = "sha1", rounds, salt, key] =
    /^\$pbkdf2(?:-(sha1|sha256|sha512))?\$(?:i=)?([1-9]\d{0,9})(?:,l=\d{1,3})?\$([^$]{0,1400})\$([^$]{1,200})$/.exec(
      text,
    ) ?? [];
  if (salt === undefined || key === undefined || !isDigest(digest)) throw malformed(form);
  return pbkdf2Of(digest, Number(rounds), base64(salt, form), base64(key, form), form);
};

const djangoForm: Form = (text) => {
  if (!text.startsWith("pbkdf2_")) return undefined;
  const form = "PBKDF2 of Django (pbkdf2_sha256$rounds$salt$hash)";
  const [, digest = "", rounds, salt, key] =
    /^pbkdf2_(sha1|sha256)\$([1-9]\d{0,9})\$([^$]{0,1024})\$([^$]{1,200})$/.exec(text) ?? [];
  if (salt === undefined || key === undefined || !isDigest(digest)) throw malformed(form);
  return pbkdf2Of(digest, Number(rounds), bytesOf(salt), base64(key, form), form);
};

const ldapDigests: Record<string, { digest: Digest; isSalted: boolean }> = {
  SHA: { digest: "sha1", isSalted: false },
  SSHA: { digest: "sha1", isSalted: true },
  MD5: { digest: "md5", isSalted: false },
  SMD5: { digest: "md5", isSalted: true },
  SSHA256: { digest: "sha256", isSalted: true },
  SSHA512: { digest: "sha512", isSalted: true },
};

/** RFC 2307's user passwords: the base64 of a digest, and of the salt behind it. */
const ldapForm: Form = (text) => {
  const [, scheme, coded = ""] = /^\{([A-Za-z0-9]{1,16})\}(.{1,2000})$/.exec(text) ?? [];
  if (scheme === undefined) return undefined;
  const known = ldapDigests[scheme.toUpperCase()];
  if (!known) throw new UnfitHash("password_hash is of an unknown LDAP scheme");
  const { digest, isSalted } = known;
  const bytes = base64(coded, `{${scheme}}`);
  const [key, salt] = [bytes.subarray(0, lengthOf(digest)), bytes.subarray(lengthOf(digest))];
  if (key.length < lengthOf(digest) || salt.length > 0 !== isSalted) throw malformed(`{${scheme}}`);
  return {
    key,
    ms: 0,
    derive: (_argon2id, password) => digested(digest, Buffer.concat([bytesOf(password), salt]), undefined, 1),
  };
};

const Coded = z.string().max(2048);

const Firebase = z.strictObject({
  algorithm: z.literal("firebase-scrypt"),
  hash: Coded,
  salt: Coded,
  signer_key: Coded,
  salt_separator: Coded,
  rounds: z
    .int()
    .min(1)
    .max(2 ** 20),
  mem_cost: z.int().min(1).max(30),
});

/** Firebase's: scrypt gives a key, under which the project's signer key is encrypted by AES-256 in counter mode. */
const firebaseForm: Form = (text) => {
  const { data } = Firebase.safeParse(jsonOf(text));
  if (!data) return undefined;
  const form = "firebase-scrypt";
  const coded = [data.hash, data.salt, data.salt_separator, data.signer_key];
  // Exports of Firebase have both alphabets of base64.
  const [key, salt, separator, signer] = coded.map((each) =>
    base64(each.replaceAll("-", "+").replaceAll("_", "/"), form),
  );
  if (!key || !salt || !separator || !signer) throw malformed(form);
  if (signer.length < 16 || key.length !== signer.length) throw malformed(form);
  const N = 2 ** data.mem_cost;
  requireScrypt(N, data.rounds, 1);
  return {
    key,
    ms: msOf("scrypt", N * data.rounds),
    derive: (_argon2id, password) =>
      oneTurn(() => {
        const under = scrypt(password, Buffer.concat([salt, separator]), 32, N, data.rounds, 1);
        return createCipheriv("aes-256-ctr", under, Buffer.alloc(16)).update(signer);
      }),
  };
};

const Plain = z.strictObject({
  algorithm: z.string().regex(new RegExp(`^(hmac-)?(${digestNames})$`)),
  hash: Coded,
  salt: Coded.default(""),
  salt_encoding: z.enum(["utf8", "hex", "base64"]).default("utf8"),
  salt_position: z.enum(["prefix", "suffix"]).default("prefix"),
  rounds: z.int().min(1).default(1),
  key: Coded.optional(),
});

/** A digest of the salt and the password, in hex or base64. */
const plainForm: Form = (text) => {
  const { data } = Plain.safeParse(jsonOf(text));
  if (!data) return undefined;
  const name = data.algorithm.replace(/^hmac-/, "");
  const form = `${data.algorithm} as hex or base64`;
  const isKeyed = name !== data.algorithm;
  if (!isDigest(name) || isKeyed !== (data.key !== undefined))
    throw malformed(`${form}: hmac-… has a key, others have none`);
  if (data.rounds > MOST_ROUNDS) throw tooCostly(`${MOST_ROUNDS} rounds at most`);
  const isHex = /^[0-9a-f]*$/i.test(data.hash) && data.hash.length === 2 * lengthOf(name);
  const key = isHex ? Buffer.from(data.hash, "hex") : base64(data.hash, form);
  if (key.length !== lengthOf(name)) throw malformed(form);
  if (data.salt_encoding === "hex" && !/^([0-9a-f]{2})*$/i.test(data.salt))
    throw malformed(`${form}: the salt is no hex`);
  const salt =
    data.salt_encoding === "base64" ? base64(data.salt, form) : Buffer.from(data.salt, data.salt_encoding);
  return {
    key,
    ms: msOf(isKeyed || name === "sha512" ? "hardRounds" : "rounds", data.rounds),
    derive(_argon2id, password) {
      const given = bytesOf(password);
      const bytes = Buffer.concat(data.salt_position === "prefix" ? [salt, given] : [given, salt]);
      return digested(name, bytes, data.key, data.rounds);
    },
  };
};

function jsonOf(text: string): unknown {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Those of JSON come before LDAP's, which begin with a brace as well. */
const forms: readonly Form[] = [
  bcryptForm,
  argon2Form,
  scryptForm,
  pbkdf2Form,
  djangoForm,
  firebaseForm,
  plainForm,
  ldapForm,
];

/** Reads a hash that another system made. Throws an `UnfitHash` where it has no known form, or a cost that may not be run. */
export function readForeign(text: string): Derived {
  for (const form of forms) {
    const found = form(text);
    if (found) return found;
  }
  throw new UnfitHash("password_hash has no known form");
}
