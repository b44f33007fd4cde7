import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** scrypt's cost: N, r and p of RFC 7914. */
export interface ScryptCost {
  N: number;
  r: number;
  p: number;
}

const KEY_BYTES = 32;
const SALT_BYTES = 16;
const format = /^scrypt\$(\d+),(\d+),(\d+)\$([A-Za-z0-9_-]+)\$([A-Za-z0-9_-]+)$/;

/** Reads `N,r,p`. Refuses what is no cost, or more than the platform allows (N·r·p up to 2^20). */
export function parseCost(text: string): ScryptCost {
  const [N = 0, r = 0, p = 0, ...rest] = text.split(",").map(Number);
  const whole = [N, r, p].every((value) => Number.isInteger(value) && value > 0);
  if (!whole || rest.length > 0 || N < 2 || (N & (N - 1)) !== 0 || N * r * p > 2 ** 20) {
    throw new Error("SCRYPT must be N,r,p with N a power of two and N·r·p up to 2^20");
  }
  return { N, r, p };
}

function derive(password: string, salt: Uint8Array, { N, r, p }: ScryptCost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(
      password.normalize("NFKC"),
      salt,
      KEY_BYTES,
      { N, r, p, maxmem: 256 * N * r + 2 ** 20 },
      (error, key) => {
        if (error) reject(error);
        else resolve(key);
      },
    );
  });
}

const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");

function encode(cost: ScryptCost, salt: Uint8Array, key: Uint8Array): string {
  return `scrypt$${cost.N},${cost.r},${cost.p}$${base64url(salt)}$${base64url(key)}`;
}

/** Hashes a new password: `scrypt$N,r,p$salt$key`, salt and key in base64url. */
export async function hashPassword(password: string, cost: ScryptCost): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return encode(cost, salt, await derive(password, salt, cost));
}

/** The result of a comparison; `renew` says that the stored hash was made with another cost than today's. */
export interface Verdict {
  right: boolean;
  renew: boolean;
}

/**
 * Compares a password with a stored hash. Where there is none (no such user), the same work is done for nothing, so that
 * the time of an answer tells nobody which names exist.
 */
export async function verifyPassword(
  password: string,
  stored: string | undefined,
  cost: ScryptCost,
): Promise<Verdict> {
  const parts = stored === undefined ? null : format.exec(stored);
  if (parts === null) {
    await derive(password, randomBytes(SALT_BYTES), cost);
    return { right: false, renew: false };
  }
  const [, N, r, p, salt = "", key = ""] = parts;
  const used = { N: Number(N), r: Number(r), p: Number(p) };
  const expected = Buffer.from(key, "base64url");
  const actual = await derive(password, Buffer.from(salt, "base64url"), used);
  const right = expected.length === actual.length && timingSafeEqual(expected, actual);
  return { right, renew: right && (used.N !== cost.N || used.r !== cost.r || used.p !== cost.p) };
}
