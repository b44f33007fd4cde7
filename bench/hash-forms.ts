import { argon2Sync, createHash, createHmac, pbkdf2Sync, randomBytes, scryptSync } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { hashSync } from "bcryptjs";
import { quantile } from "./measure.ts";

const salt = randomBytes(16);
const plain = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64").replaceAll("=", "");

function argon2(kind: "argon2i" | "argon2id", memory: number, passes: number, password: string): string {
  const sized = { message: password, nonce: salt, parallelism: 1, tagLength: 32, memory, passes };
  return `$${kind}$v=19$m=${memory},t=${passes},p=1$${plain(salt)}$${plain(argon2Sync(kind, sized))}`;
}

function scrypt(ln: number, r: number, p: number, password: string): string {
  const key = scryptSync(password, salt, 32, { N: 2 ** ln, r, p, maxmem: 2 ** 28 });
  return `$scrypt$ln=${ln},r=${r},p=${p}$${plain(salt)}$${plain(key)}`;
}

function pbkdf2(digest: string, rounds: number, length: number, password: string): string {
  const key = pbkdf2Sync(password, salt, rounds, length, digest);
  return `$pbkdf2-${digest}$i=${rounds}$${plain(salt)}$${plain(key)}`;
}

function digest(algorithm: string, rounds: number, password: string, key?: string) {
  const once = (bytes: Uint8Array | string) =>
    (key === undefined ? createHash(algorithm) : createHmac(algorithm, key)).update(bytes).digest();
  let hash = once(password);
  for (let round = 1; round < rounds; round++) hash = once(hash);
  const name = key === undefined ? algorithm : `hmac-${algorithm}`;
  return { algorithm: name, hash: hash.toString("hex"), rounds, ...(key !== undefined && { key }) };
}

/** Hashes of a password by their forms and costs, as an import takes them. */
export const hashForms = (password: string): [string, string | object][] => [
  ["MD5", digest("md5", 1, password)],
  ...[10, 12, 14, 16].map((cost): [string, string] => [`bcrypt, cost ${cost}`, hashSync(password, cost)]),
  ["Argon2id, m=19456 t=2", argon2("argon2id", 19_456, 2, password)],
  ["Argon2id, m=65536 t=4", argon2("argon2id", 65_536, 4, password)],
  ["Argon2id, m=65536 t=16", argon2("argon2id", 65_536, 16, password)],
  ["Argon2i, m=65536 t=4", argon2("argon2i", 65_536, 4, password)],
  ["scrypt, ln=14 r=8 p=1", scrypt(14, 8, 1, password)],
  ["scrypt, ln=16 r=8 p=1", scrypt(16, 8, 1, password)],
  ["scrypt, ln=16 r=8 p=2", scrypt(16, 8, 2, password)],
  ["PBKDF2-SHA256, 100,000", pbkdf2("sha256", 100_000, 32, password)],
  ["PBKDF2-SHA256, 600,000", pbkdf2("sha256", 600_000, 32, password)],
  ["PBKDF2-SHA256, 1,000,000", pbkdf2("sha256", 1_000_000, 32, password)],
  ["PBKDF2-SHA1, 1,000,000", pbkdf2("sha1", 1_000_000, 20, password)],
  ["PBKDF2-SHA512, 210,000", pbkdf2("sha512", 210_000, 64, password)],
  ["PBKDF2-SHA512, 1,000,000", pbkdf2("sha512", 1_000_000, 64, password)],
  ["MD5, 1,000,000 times", digest("md5", 1_000_000, password)],
  ["SHA-512, 1,000,000 times", digest("sha512", 1_000_000, password)],
  ["HMAC-SHA256, 1,000,000 times", digest("sha256", 1_000_000, password, "key")],
];

/** What is asked of the server: a user with such a hash, the user's sign-in, and another's read. */
interface Calls {
  bring(name: string, hash: string | object): Promise<unknown>;
  signIn(name: string): Promise<unknown>;
  read(): Promise<unknown>;
}

/** Shows how many ms the first sign-in takes by the form of the hash, the median of three, and another's longest read beside it. */
export async function showForms(password: string, calls: Calls): Promise<void> {
  console.log(
    `${"a first sign-in, by what came with its user".padEnd(58)}${"ms".padStart(7)}${"a read".padStart(8)}`,
  );
  const forms = hashForms(password);
  // What took so long has kept the sockets of this process from hearing that they were closed.
  await setTimeout(100);
  for (const [index, [form, hash]] of forms.entries()) {
    const times: number[] = [];
    let longest = 0;
    for (const round of [1, 2, 3]) {
      const name = `came_${index}_${round}`;
      await calls.bring(name, hash);
      const state = { isRunning: true };
      const start = performance.now();
      const running = calls.signIn(name).then(() => {
        state.isRunning = false;
        return performance.now() - start;
      });
      while (state.isRunning) {
        const from = performance.now();
        await calls.read();
        longest = Math.max(longest, performance.now() - from);
      }
      times.push(await running);
    }
    const median = quantile(
      times.toSorted((one, other) => one - other),
      0.5,
    );
    console.log(`${form.padEnd(58)}${median.toFixed(0).padStart(7)}${longest.toFixed(0).padStart(8)}`);
  }
}
