import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { hmac } from "@noble/hashes/hmac.js";
import { md5, sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import type { Steps } from "./queue.ts";

const digests = { md5, sha1, sha256, sha512 };

/** The digests that stored hashes are made with. */
export type Digest = keyof typeof digests;

/** The names of digests, for expressions. */
export const digestNames = Object.keys(digests).join("|");

/** True for the name of a digest. */
export const isDigest = (name: string): name is Digest => Object.hasOwn(digests, name);

/** The length of a digest (bytes). */
export const lengthOf = (digest: Digest) => digests[digest].outputLen;

/** Most rounds that the platform's own PBKDF2 does. It refuses more where it is deployed, and does not elsewhere. */
export const MOST_NATIVE_ROUNDS = 100_000;

/** How many rounds are one turn: some 30 ms of the isolate, as long as a hash of ours. */
const AT_ONCE: Record<Digest, number> = { md5: 24_000, sha1: 24_000, sha256: 24_000, sha512: 7_500 };

/** The one place that asks the platform for PBKDF2. Throws for more rounds than it does where it is deployed. */
export function nativePbkdf2(
  digest: Digest,
  password: Uint8Array,
  salt: Uint8Array,
  rounds: number,
  length: number,
): Uint8Array {
  if (rounds > MOST_NATIVE_ROUNDS) throw new Error("more rounds than the platform does");
  return pbkdf2Sync(password, salt, rounds, length, digest);
}

/** PBKDF2 of RFC 8018 over an HMAC; `length` in bytes. Many rounds are many turns. */
export function* pbkdf2(
  digest: Digest,
  password: Uint8Array,
  salt: Uint8Array,
  rounds: number,
  length: number,
): Steps<Uint8Array> {
  if (rounds <= MOST_NATIVE_ROUNDS) return nativePbkdf2(digest, password, salt, rounds, length);
  const start = hmac.create(digests[digest], password);
  const work = start.clone();
  // A round goes on from a copy of the start, in the same place each time: a new copy takes ten times as long.
  // oxlint-disable-next-line no-underscore-dangle -- the library's own PBKDF2 does so
  const begun = () => start._cloneInto(work);
  const result = new Uint8Array(length);
  const last = new Uint8Array(start.outputLen);
  const counter = new DataView(new ArrayBuffer(4));
  for (let from = 0, block = 1; from < length; from += last.length, block++) {
    counter.setUint32(0, block);
    begun().update(salt).update(new Uint8Array(counter.buffer)).digestInto(last);
    const part = result.subarray(from, from + last.length);
    part.set(last.subarray(0, part.length));
    for (let round = 1; round < rounds; round++) {
      if (round % AT_ONCE[digest] === 0) yield;
      begun().update(last).digestInto(last);
      for (let index = 0; index < part.length; index++) part[index] = (part[index] ?? 0) ^ (last[index] ?? 0);
    }
  }
  return result;
}

/** A digest of the bytes, an HMAC where there is a key, and then so often a digest of the digest. */
export function* digested(
  digest: Digest,
  bytes: Uint8Array,
  key: string | undefined,
  rounds: number,
): Steps<Uint8Array> {
  const again = (part: Uint8Array): Uint8Array =>
    key === undefined ? digests[digest](part) : createHmac(digest, key).update(part).digest();
  let last: Uint8Array = key === undefined ? createHash(digest).update(bytes).digest() : again(bytes);
  // An HMAC is two digests and what it takes to begin them.
  const atOnce = AT_ONCE[digest] / (key === undefined ? 1 : 3);
  for (let round = 1; round < rounds; round++) {
    if (round % atOnce === 0) yield;
    last = again(last);
  }
  return last;
}
