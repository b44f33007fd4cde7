import type { Steps } from "./queue.ts";

/** The sizes of Blowfish's tables (words), and of what is read of a key: all that a round of the schedule sees. */
const SUBKEYS = 18;
const BOXES = 1024;

/** How many rounds are one turn: some 30 ms of the isolate, as long as a hash of ours. */
const AT_ONCE = 400;

/** What bcrypt enciphers 64 times: its last byte is left out of the hash. */
const TEXT = "OrpheanBeholderScryDoubt";
const KEY_BYTES = 23;

/** The tables of Blowfish: its subkeys, and its four boxes behind each other. */
interface Tables {
  subkeys: Int32Array;
  boxes: Int32Array;
}

let start: Tables | undefined;

/** The arc tangent of 1/n, in units of 2^-bits. */
function arcTangent(n: bigint, bits: bigint): bigint {
  let power = (1n << bits) / n;
  let sum = power;
  for (let odd = 3n, sign = -1n; power > 0n; odd += 2n, sign = -sign) {
    power /= n * n;
    sum += (sign * power) / odd;
  }
  return sum;
}

/** What Blowfish begins with: the fraction of pi, by Machin's formula. Computed once, in some 20 ms. */
function tablesOfPi(): Tables {
  const guard = 64n;
  const bits = BigInt((SUBKEYS + BOXES) * 32);
  const pi = 16n * arcTangent(5n, bits + guard) - 4n * arcTangent(239n, bits + guard);
  const digits = Buffer.from(
    BigInt.asUintN(Number(bits), pi >> guard)
      .toString(16)
      .padStart((SUBKEYS + BOXES) * 8, "0"),
    "hex",
  );
  const words = Int32Array.from({ length: SUBKEYS + BOXES }, (_, index) => digits.readInt32BE(index * 4));
  return { subkeys: words.slice(0, SUBKEYS), boxes: words.slice(SUBKEYS) };
}

/** The first words of bytes that are repeated without end. */
function repeated(bytes: Uint8Array, count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, word) => {
    let value = 0;
    for (let index = word * 4; index < word * 4 + 4; index++)
      value = (value << 8) | (bytes[index % bytes.length] ?? 0);
    return value;
  });
}

/** Enciphers the block of two words in place. */
function encipher({ subkeys, boxes }: Tables, block: Int32Array): void {
  let left = (block[0] ?? 0) ^ (subkeys[0] ?? 0);
  let right = block[1] ?? 0;
  for (let round = 1; round <= 16; round += 2) {
    right ^=
      (subkeys[round] ?? 0) ^
      ((((boxes[left >>> 24] ?? 0) + (boxes[256 | ((left >> 16) & 255)] ?? 0)) ^
        (boxes[512 | ((left >> 8) & 255)] ?? 0)) +
        (boxes[768 | (left & 255)] ?? 0));
    left ^=
      (subkeys[round + 1] ?? 0) ^
      ((((boxes[right >>> 24] ?? 0) + (boxes[256 | ((right >> 16) & 255)] ?? 0)) ^
        (boxes[512 | ((right >> 8) & 255)] ?? 0)) +
        (boxes[768 | (right & 255)] ?? 0));
  }
  block[0] = right ^ (subkeys[17] ?? 0);
  block[1] = left;
}

/** Mixes a key into the tables; `salt` has four words, or none where they are nought. */
function expand(tables: Tables, key: Int32Array, salt: Int32Array | undefined): void {
  const { subkeys, boxes } = tables;
  const block = new Int32Array(2);
  for (let index = 0; index < SUBKEYS; index++) subkeys[index] = (subkeys[index] ?? 0) ^ (key[index] ?? 0);
  let place = 0;
  for (const table of [subkeys, boxes]) {
    for (let index = 0; index < table.length; index += 2) {
      if (salt) {
        block[0] = (block[0] ?? 0) ^ (salt[place] ?? 0);
        block[1] = (block[1] ?? 0) ^ (salt[place + 1] ?? 0);
        place = (place + 2) % 4;
      }
      encipher(tables, block);
      table[index] = block[0] ?? 0;
      table[index + 1] = block[1] ?? 0;
    }
  }
}

/**
 * Computes bcrypt (Provos and Mazières, 1999) of the bytes and the 16 of the salt, 2^cost rounds; 23 bytes. Many rounds
 * are many turns. The bytes go in with a zero behind them, and 72 of them are looked at.
 */
export function* bcrypt(password: Uint8Array, salt: Uint8Array, cost: number): Steps<Uint8Array> {
  start ??= tablesOfPi();
  const tables = { subkeys: start.subkeys.slice(), boxes: start.boxes.slice() };
  const key = repeated(Buffer.concat([password, Buffer.alloc(1)]), SUBKEYS);
  const seed = repeated(salt, SUBKEYS);
  expand(tables, key, seed.subarray(0, 4));
  for (let round = 0; round < 2 ** cost; round++) {
    if (round > 0 && round % AT_ONCE === 0) yield;
    expand(tables, key, undefined);
    expand(tables, seed, undefined);
  }
  const words = repeated(Buffer.from(TEXT), TEXT.length / 4);
  for (let at = 0; at < words.length; at += 2)
    for (let time = 0; time < 64; time++) encipher(tables, words.subarray(at, at + 2));
  const result = Buffer.alloc(TEXT.length);
  for (const [index, word] of words.entries()) result.writeInt32BE(word, index * 4);
  return result.subarray(0, KEY_BYTES);
}
