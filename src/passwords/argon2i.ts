import { blake2b } from "@noble/hashes/blake2.js";

/** The sizes of a block and of a hash of BLAKE2b, and the slices of a pass, of RFC 9106. */
const BLOCK = 1024;
const DIGEST = 64;
const SLICES = 4;
/** RFC 9106's y and v. */
const TYPE = 1;
const VERSION = 0x13;

/** Where things stand in the module's memory: what it works with, and behind that the blocks. */
const at = {
  z: 0,
  addresses: BLOCK,
  counters: 2 * BLOCK,
  zero: 3 * BLOCK,
  place: 4 * BLOCK,
  fresh: 4 * BLOCK + 8,
};
const BLOCKS = 5 * BLOCK + 8;

/** What is hashed, and at which cost: RFC 9106's m (KiB), t and p, and the length of the tag (bytes). */
export interface Argon2iParams {
  password: Uint8Array;
  salt: Uint8Array;
  memorySize: number;
  passes: number;
  parallelism: number;
  tagLength: number;
}

/** The functions of the compiled module that Argon2i and Argon2id share; all take places in its memory. */
interface Kernel {
  g(x: number, y: number, result: number, z: number): void;
  g2(x: number, y: number, result: number, z: number): void;
  xor(result: number, x: number, y: number): void;
  place(
    result: number,
    random: number,
    lane: number,
    lanes: number,
    pass: number,
    slice: number,
    index: number,
    slices: number,
    length: number,
  ): void;
}

function kernelOf(exports: WebAssembly.Exports): Kernel {
  const { G: g, G2: g2, xor, getLZ: place } = exports;
  if (typeof g !== "function" || typeof g2 !== "function") throw new Error("the module has no G");
  if (typeof xor !== "function" || typeof place !== "function") throw new Error("the module has no getLZ");
  return {
    g: (...args) => void Reflect.apply(g, undefined, args),
    g2: (...args) => void Reflect.apply(g2, undefined, args),
    xor: (...args) => void Reflect.apply(xor, undefined, args),
    place: (...args) => void Reflect.apply(place, undefined, args),
  };
}

/** Numbers of 32 bits, the lowest byte first. */
const words = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);

const hash = (length: number, ...parts: Uint8Array[]) => blake2b(Buffer.concat(parts), { dkLen: length });

/** RFC 9106's H', whose output has any length. */
function longHash(length: number, ...parts: Uint8Array[]): Uint8Array {
  const head = words(length);
  if (length <= DIGEST) return hash(length, head, ...parts);
  const rounds = Math.ceil(length / 32) - 2;
  const result = new Uint8Array(length);
  let last = hash(DIGEST, head, ...parts);
  for (let round = 0; round < rounds; round++) {
    if (round > 0) last = hash(DIGEST, last);
    result.set(last.subarray(0, 32), round * 32);
  }
  result.set(hash(length - 32 * rounds, last), rounds * 32);
  return result;
}

/**
 * Computes Argon2i, version 1.3, as RFC 9106 has it, in the memory of a module that was made for Argon2id: the two differ in
 * which blocks are read, not in how they are mixed. It holds the isolate's thread until it is done, and leaves its blocks.
 */
export function argon2i(
  params: Argon2iParams,
  exports: WebAssembly.Exports,
  memory: WebAssembly.Memory,
): Uint8Array {
  const { password, salt, memorySize, passes, parallelism: lanes, tagLength } = params;
  const kernel = kernelOf(exports);
  const columns = SLICES * Math.floor(memorySize / (SLICES * lanes));
  const length = columns / SLICES;
  const block = (lane: number, column: number) => BLOCKS + (lane * columns + column) * BLOCK;
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(0, 0, BLOCKS);
  const found = new Uint32Array(memory.buffer, at.place, 2);
  const counters = new BigUint64Array(memory.buffer, at.counters, BLOCK / 8);

  const first = hash(
    DIGEST,
    words(lanes, tagLength, memorySize, passes, VERSION, TYPE, password.length),
    password,
    words(salt.length),
    salt,
    words(0, 0),
  );
  for (let lane = 0; lane < lanes; lane++) {
    for (const column of [0, 1]) bytes.set(longHash(BLOCK, first, words(column, lane)), block(lane, column));
  }

  /** Fills a segment: a lane of a slice. */
  const fill = (pass: number, slice: number, lane: number) => {
    counters.set([pass, lane, slice, lanes * columns, passes, TYPE, 0].map(BigInt));
    for (let index = 0; index < length; index++) {
      if (index % 128 === 0) {
        counters[6] = BigInt(index / 128 + 1);
        kernel.g2(at.zero, at.counters, at.addresses, at.z);
      }
      if (pass === 0 && slice === 0 && index < 2) continue;
      const column = slice * length + index;
      const before = block(lane, column === 0 ? columns - 1 : column - 1);
      const random = at.addresses + (index % 128) * 8;
      kernel.place(at.place, random, lane, lanes, pass, slice, index, SLICES, length);
      const read = block(found[0] ?? 0, found[1] ?? 0);
      const own = block(lane, column);
      kernel.g(before, read, pass === 0 ? own : at.fresh, at.z);
      if (pass > 0) kernel.xor(own, at.fresh, own);
    }
  };
  for (let pass = 0; pass < passes; pass++)
    for (let slice = 0; slice < SLICES; slice++)
      for (let lane = 0; lane < lanes; lane++) fill(pass, slice, lane);

  const last = block(0, columns - 1);
  for (let lane = 1; lane < lanes; lane++) kernel.xor(last, last, block(lane, columns - 1));
  return longHash(tagLength, bytes.subarray(last, last + BLOCK));
}
