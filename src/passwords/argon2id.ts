import setUp, { type Argon2idParams } from "argon2id/lib/setup.js";
import simd from "argon2id/dist/simd.wasm";
import { argon2i } from "./argon2i.ts";

/** What the module needs besides the blocks (bytes). */
const SCRATCH = 10 * 1024;

/**
 * Computes Argon2id, version 1.3, as RFC 9106 has it, or its sibling Argon2i where that is said. It holds the isolate's thread
 * until it is done.
 */
export type Argon2id = (params: Argon2idParams & { variant?: "argon2i" }) => Uint8Array;

let loaded: Promise<Argon2id> | undefined;

/** The one instance of an isolate, made at the first call: an isolate that hashes nothing has no memory for it. */
export async function loadArgon2id(): Promise<Argon2id> {
  loaded ??= load();
  try {
    return await loaded;
  } catch (error) {
    loaded = undefined;
    throw error;
  }
}

async function load(): Promise<Argon2id> {
  let memory: WebAssembly.Memory | undefined;
  let exports: WebAssembly.Exports = {};
  const instantiate = (imports: WebAssembly.Imports) => {
    const own = imports["env"]?.["memory"];
    if (own instanceof WebAssembly.Memory) memory = own;
    // Made in this turn, so that the promise of one request's first hash is never another request's to wait for.
    const instance = new WebAssembly.Instance(simd, imports);
    ({ exports } = instance);
    return { module: simd, instance };
  };
  const compute = await setUp(instantiate, instantiate);
  return ({ variant, ...params }) => {
    try {
      if (variant === "argon2i" && memory) return argon2i(params, exports, memory);
      return compute({ ...params, password: ofAnyLength(params.password) });
    } finally {
      // The blocks are what the password was filled into, and the module leaves them behind.
      if (memory) new Uint8Array(memory.buffer, 0, params.memorySize * 1024 + SCRATCH).fill(0);
    }
  };
}

/**
 * The module holds the bytes themselves, and not their number, against the least length: that refuses no bytes, and one
 * that is below 8. RFC 9106 takes a password of any length.
 */
function ofAnyLength(password: Uint8Array): Uint8Array {
  return Object.defineProperty(new Uint8Array(password), Symbol.toPrimitive, { value: () => Number.NaN });
}
