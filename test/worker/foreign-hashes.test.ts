import * as crypto from "node:crypto";
import { hashSync } from "bcryptjs";
import { describe, expect, it, vi } from "vitest";
import { loadArgon2id } from "../../src/passwords/argon2id.ts";
import { UnfitHash } from "../../src/passwords/foreign.ts";
import { MOST_NATIVE_ROUNDS, nativePbkdf2, pbkdf2 } from "../../src/passwords/rounds.ts";
import { storedOf, verify, wireHash } from "../../src/passwords/stored.ts";

type Given = string | Record<string, unknown>;

/** Compares a password with a hash as it would be stored; counts the turns that it takes. */
async function compare(password: string, given: Given) {
  const steps = verify(await loadArgon2id(), password, storedOf(given).hash, { m: 8, t: 1 });
  for (let turns = 1; ; turns++) {
    const step = steps.next();
    if (step.done) return { ...step.value, turns };
  }
}

const word = "pässword Å";

/** Hashes of `word`, and who made them. */
const ofWord: [string, Given][] = [
  ["bcrypt of Python", "$2b$05$ZfBpjhdd8uSSykoGW59scO66sUAEkYk30ODkMoC/4Wz5Mv5d7SQdK"],
  [
    "argon2i of argon2-cffi",
    "$argon2i$v=19$m=256,t=2,p=1$c2FsdHNhbHQwMTIzNDU2Nw$9h8lqtvRXQQ1gSXBSlcXeVM9huOQQ+JJTbYVrZ3vL70",
  ],
  [
    "argon2i of argon2-cffi with two lanes",
    "$argon2i$v=19$m=1024,t=3,p=2$c2FsdHNhbHQwMTIzNDU2Nw$f+5PupQ0u5fYnonCnlTcpDixQoyIhlJ4n6sgM/fOEIg",
  ],
  [
    "argon2i of argon2-cffi at PHP's cost",
    "$argon2i$v=19$m=65536,t=4,p=1$c2FsdHNhbHQwMTIzNDU2Nw$PcqjxS3nhd2850QsBuJkks9ecqy+CZ7GEFl3Wvbm57o",
  ],
  [
    "argon2id of argon2-cffi",
    "$argon2id$v=19$m=1024,t=3,p=2$c2FsdHNhbHQwMTIzNDU2Nw$evljCrn4j5ewUn7gGAnvshYzaZh+Q2imzb6VZopOupg",
  ],
  [
    "scrypt of passlib",
    "$scrypt$ln=10,r=8,p=1$JaQUIsQ4R+i99x7DmFMKAQ$z+q4Y4OnZRx0McjsIYniQS8n28NL2iC0IPotxDT6O6k",
  ],
  [
    "scrypt of passlib with two lanes",
    "$scrypt$ln=9,r=4,p=2$RkjpPcdY653T2ttbq1WKUQ$SOJeMfvsvG5F1IE3mU2NedJB7yn4ufKc6b+XkJtOB88",
  ],
  ["PBKDF2 of passlib, sha1", "$pbkdf2$1200$da5VyjmH0Pp/j9GaM2ZMqQ$svjHJSEdLO9FTWbyF325lW6BkkE"],
  ["the same by its other name", "$pbkdf2-sha1$1200$da5VyjmH0Pp/j9GaM2ZMqQ$svjHJSEdLO9FTWbyF325lW6BkkE"],
  [
    "PBKDF2 of passlib, sha256",
    "$pbkdf2-sha256$1200$RYgxJoSw9t5b6z2ntNZaCw$0vxzfoBxbfYKLtS9TwsEXameQK7tE6baPs549QpkvF0",
  ],
  [
    "the same as a PHC string",
    "$pbkdf2-sha256$i=1200,l=32$RYgxJoSw9t5b6z2ntNZaCw$0vxzfoBxbfYKLtS9TwsEXameQK7tE6baPs549QpkvF0",
  ],
  [
    "PBKDF2 of passlib, sha512",
    "$pbkdf2-sha512$1200$zTnn3BvD2BuDMOacE.LcGw$cqLSgTYfAniGy26uUr/938AcZjcCqjdKcr.km9GqG06j8bJ9/jg1gH3dOTyxoEACpKknz2pEsNdoI3OUz6msrw",
  ],
  ["Django", "pbkdf2_sha256$1500$seasalt$cmXNbpbxMmeMMmtm0R9GJQtaPTBgXnAVLGpMwu7mUI4="],
  ["passlib's {MD5}", "{MD5}T17m0xCm225zIUsKQylwxA=="],
  ["passlib's {SHA}", "{SHA}LlnZl+Z2dh9ibp8VPJjNQyRwy18="],
  ["passlib's {SMD5}", "{SMD5}aw6KoHmsEo7TFYgvNuwk/hKCkHI="],
  ["passlib's {SSHA}", "{SSHA}ILGPBv/hsEI5lV8JnffATzbxLFgqpVQK"],
  ["passlib's {SSHA256}", "{SSHA256}mnc4bAjxHd8QcxvMr6aQ+xSz0KAPv/5LXKh5awjT1rgPgbB2LkWIkQ=="],
  [
    "passlib's {SSHA512}",
    "{SSHA512}iFYQIu1g/170GcKeDfujTYOMRKxPE4qOrU9ZMCioONbeRKxrcd9ShcbFqcCnclHfmcsNVYhDjvH2jeoSItOStxCCsPZ+b621",
  ],
  ["Python's md5", { algorithm: "md5", hash: "4f5ee6d310a6db6e73214b0a432970c4" }],
  ["Python's sha1", { algorithm: "sha1", hash: "2E59D997E676761F626E9F153C98CD432470CB5F" }],
  [
    "Python's sha256",
    { algorithm: "sha256", hash: "01d1da95e97c0bf89008c1d2fe6ca123b3ee1c5b5cb0fe213cd9a19cabd6f199" },
  ],
  [
    "Python's sha512",
    {
      algorithm: "sha512",
      hash: "80ce61ff7c2cd594e3a34cab64c34626d260f0e5591d926a6e9c58ad24481c30648cd660c9bd1b0808400f48035dbc0256c5769ab5aaa6f8dac27bb438d1d670",
    },
  ],
  [
    "Python's sha256 three times, the salt before",
    { algorithm: "sha256", hash: "2UgLX1+9pz8eUXupAIvOnZfT3+P9u/qUKQBzwzZV410=", salt: "pepper", rounds: 3 },
  ],
  [
    "Python's sha512 a thousand times, the salt behind",
    {
      algorithm: "sha512",
      hash: "b255888664bddb4b2ee80bc0f67390248b77bcf2bf7aa2247405dc1ae68bc659b9ab079cdbb067ab0cb25530838f9b83c225c617d18a34ebcc6301fad77a0c98",
      salt: "00ff10",
      salt_encoding: "hex",
      salt_position: "suffix",
      rounds: 1000,
    },
  ],
  ["Python's hmac-md5", { algorithm: "hmac-md5", hash: "cf30a49b497fbd98cb83201767dbce8e", key: "clé" }],
  [
    "Python's hmac-sha256",
    {
      algorithm: "hmac-sha256",
      hash: "15d34ab93fbd598bcb81690f14b1519f5d5976744975c9c4f95109a77589da7d",
      key: "clé",
    },
  ],
  [
    "Python's hmac-sha512",
    {
      algorithm: "hmac-sha512",
      hash: "740bfcef0e6a1d6bcd293fa921b4d8e9cbd5fb8588fa0039cb72a80a2169c37143eca9322dfa7c5ea0423b8e20421f58f868e7a9298a7483ff6642d3870a0ad1",
      key: "clé",
    },
  ],
];

/** The example of Firebase's own scrypt tool. */
const firebase = {
  algorithm: "firebase-scrypt",
  hash: "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
  salt: "42xEC+ixf3L2lw==",
  signer_key: "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
  salt_separator: "Bw==",
  rounds: 8,
  mem_cost: 14,
};

/** Hashes of other words. */
const ofOthers: [string, string, Given][] = [
  ["Firebase's published example", "user1password", firebase],
  ["bcrypt of Python, $2a$", "correct horse", "$2a$04$r2pYJWTsQjtVkE0Z9/vyDeT/iLM6HAt7JF5LxYc6d/EFVuVh3.6Y."],
  ["bcrypt of Apache, $2y$", "secret word", "$2y$04$oIBFqVj8qdbwHezF1DBDVOKptvW4TjSUXlJ34IZQyk7aqZAxEH1rm"],
  ["OpenLDAP's {SSHA}", "secret word", "{SSHA}dPE7cRsH2OLWSwBbgMyoMIiLw3Ac+u17"],
  ["OpenLDAP's {SMD5}", "secret word", "{SMD5}t4uzHW2BpTTLJkZ41qO0wObPbqU="],
  ["OpenLDAP's {SHA}", "secret word", "{SHA}PDUC6jG3V40qqE4XqHRFLkyoMVM="],
  ["OpenLDAP's {MD5}", "secret word", "{MD5}dKEe8zxSUu36h8Tri1ZsKg=="],
];

describe("a hash that another system made", () => {
  it.each([...ofWord.map(([who, given]) => [who, word, given] as const), ...ofOthers])(
    "is right for its password alone, and is then renewed: %s",
    async (_who, password, given) => {
      expect(await compare(password, given)).toMatchObject({ right: true, renew: true });
      const isSlow = typeof given === "string" && /m=65536/.test(given);
      for (const wrong of isSlow ? [""] : [`${password}x`, password.slice(0, -1), password.toUpperCase(), ""])
        expect(await compare(wrong, given)).toMatchObject({ right: false, renew: false });
    },
  );

  it("is compared with the bytes that were given: another spelling of a character is another password", async () => {
    for (const [, given] of ofWord.slice(0, 10)) {
      const { right } = await compare("pässword \u212B", given);
      expect(right).toBe(false);
    }
  });

  it("of bcrypt looks at 72 bytes, as its source did", async () => {
    const stored = "$2b$04$4mZDmqnIY6LQwm334Ijvv.mkkQ3PSto2ZmVpmW58GWy9bfSrVnsIO";
    expect(await compare("x".repeat(72), stored)).toMatchObject({ right: true });
    expect(await compare(`${"x".repeat(72)}y`, stored)).toMatchObject({ right: true });
    expect(await compare("x".repeat(71), stored)).toMatchObject({ right: false });
  });

  it("of bcrypt is what another implementation makes, and is as many turns as it has rounds", async () => {
    for (const password of ["", "a", word, "\u0000 x", "龥".repeat(23), "龥".repeat(40)])
      for (const cost of [4, 5]) {
        const made = hashSync(password, cost);
        expect(await compare(password, made)).toMatchObject({ right: true, turns: 1 });
        expect(await compare(`!${password}`, made)).toMatchObject({ right: false, turns: 1 });
      }
    expect(await compare(word, hashSync(word, 11))).toEqual({ right: true, renew: true, turns: 6 });
  });

  it("comes out as it went in", () => {
    for (const [, given] of ofWord) expect(wireHash(storedOf(given).hash)).toEqual(given);
    expect(wireHash(storedOf(firebase).hash)).toEqual(firebase);
    expect(wireHash("")).toBeUndefined();
  });

  it("of this service comes out as none of another, and is its own again", async () => {
    const { hashNow } = await import("../../src/passwords/stored.ts");
    const own = hashNow(await loadArgon2id(), "pass\u212Bword", { m: 8, t: 1 });
    const out = wireHash(own);
    if (out === undefined) throw new Error("no hash");
    expect(out).toBe(`$nfkc${own}`);
    expect(storedOf(out).hash).toBe(own);
    expect(await compare("pass\u00C5word", out)).toMatchObject({ right: true, renew: false });
  });

  const salt = "c2FsdHNhbHQwMTIzNDU2Nw";
  const key = "9h8lqtvRXQQ1gSXBSlcXeVM9huOQQ+JJTbYVrZ3vL70";
  const bcryptTail = "ZfBpjhdd8uSSykoGW59scO66sUAEkYk30ODkMoC/4Wz5Mv5d7SQdK";

  it.each<[string, Given, RegExp]>([
    ["a plain word", "secret word", /no known form/],
    ["crypt's MD5", "$1$abcdefgh$abcdefghijklmnopqrstuv", /no known form/],
    ["an unknown object", { algorithm: "sha3", hash: "00" }, /no known form/],
    ["an unknown field", { algorithm: "md5", hash: "00".repeat(16), pepper: "x" }, /no known form/],
    ["an unknown scheme", "{CRYPT}xyz", /unknown LDAP scheme/],
    ["a salted scheme without salt", "{SSHA}PDUC6jG3V40qqE4XqHRFLkyoMVM=", /form/],
    ["a plain scheme with salt", "{SHA}dPE7cRsH2OLWSwBbgMyoMIiLw3Ac+u17", /form/],
    ["bcrypt of no known letter", `$2x$10$${bcryptTail}`, /form/],
    ["bcrypt that is short", `$2b$10$${bcryptTail.slice(1)}`, /form/],
    ["bcrypt below 4", `$2b$03$${bcryptTail}`, /form/],
    ["bcrypt above 20", `$2b$21$${bcryptTail}`, /20 at most/],
    ["argon2d", `$argon2d$v=19$m=256,t=2,p=1$${salt}$${key}`, /form/],
    ["argon2id of an old version", `$argon2id$v=16$m=256,t=2,p=1$${salt}$${key}`, /version 19/],
    ["argon2id above 64 MiB", `$argon2id$v=19$m=65537,t=1,p=1$${salt}$${key}`, /64 MiB/],
    ["argon2i with too many passes", `$argon2i$v=19$m=65536,t=17,p=1$${salt}$${key}`, /at most/],
    ["scrypt above 64 MiB", `$scrypt$ln=17,r=8,p=1$${salt}$${key}`, /64 MiB/],
    ["scrypt above the platform's bound", `$scrypt$ln=16,r=8,p=3$${salt}$${key}`, /N·r·p/],
    ["PBKDF2 of a million and one", `$pbkdf2-sha256$1000001$${salt}$${key}`, /1000000 rounds/],
    ["Django's of a million and one", `pbkdf2_sha256$1000001$seasalt$${key}=`, /1000000 rounds/],
    [
      "a digest a million and one times",
      { algorithm: "md5", hash: "00".repeat(16), rounds: 1_000_001 },
      /1000000 rounds/,
    ],
    ["hmac without a key", { algorithm: "hmac-md5", hash: "00".repeat(16) }, /key/],
    ["a digest with a key", { algorithm: "md5", hash: "00".repeat(16), key: "k" }, /key/],
    ["a digest of another length", { algorithm: "md5", hash: "00".repeat(20) }, /form/],
    ["Firebase above 64 MiB", { ...firebase, mem_cost: 17 }, /64 MiB/],
    [
      "a hash of ours that costs too much",
      `$nfkc$argon2id$v=19$m=65536,t=9,p=1$${salt}$${key}`,
      /costs too much/,
    ],
    ["a very long text", `{SSHA}${"A".repeat(9000)}`, /longer/],
  ])("is refused with why where it is %s", (_what, given, why) => {
    expect(() => storedOf(given)).toThrow(UnfitHash);
    expect(() => storedOf(given)).toThrow(why);
    // What is refused is told to an admin, and logged by callers: it names nothing of the hash.
    expect(() => storedOf(given)).not.toThrow(/[A-Za-z0-9+/]{20}/);
  });
});

describe("PBKDF2 of the platform", () => {
  it("is never asked for more rounds than it does where it is deployed", async () => {
    expect(MOST_NATIVE_ROUNDS).toBe(100_000);
    const derive = vi.spyOn(crypto.webcrypto.subtle, "deriveBits");
    const steps = pbkdf2("sha256", Buffer.from("p"), Buffer.from("s"), MOST_NATIVE_ROUNDS + 1, 32);
    // The first turn is not the last: what is native is done in one.
    expect(steps.next().done).toBe(false);
    expect(derive).not.toHaveBeenCalled();
    const native = pbkdf2("sha256", Buffer.from("p"), Buffer.from("s"), MOST_NATIVE_ROUNDS, 32);
    expect(native.next().done).toBe(true);
  });

  it("is asked by one function of the whole source, which refuses more", () => {
    const sources: Record<string, unknown> = import.meta.glob("../../src/**/*.ts", {
      query: "?raw",
      import: "default",
      eager: true,
    });
    const asking = Object.entries(sources).flatMap(([path, text]) =>
      [
        ...String(text).matchAll(
          /\b(pbkdf2Sync|deriveBits|deriveKey|pbkdf2Async)\b(?=\()|"PBKDF2"|\bcrypto\.pbkdf2\b/g,
        ),
      ].map(([found]) => `${path}: ${found}`),
    );
    expect(asking).toEqual(["../../src/passwords/rounds.ts: pbkdf2Sync"]);
    const [p, s] = [Buffer.from("p"), Buffer.from("s")];
    expect(() => nativePbkdf2("sha256", p, s, MOST_NATIVE_ROUNDS + 1, 32)).toThrow(/rounds/);
  });

  it("is not what does more: passlib's 101,000 rounds are turns that leave time to others", async () => {
    const stored = "$pbkdf2-sha256$101000$x3gv5Rxj7H0PQeg9p5QSAg$hLxd/sfw/zo8xo5wnFk.wLqGB1okW.Jy8UvrnkfnrGA";
    expect(await compare(word, stored)).toEqual({ right: true, renew: true, turns: 5 });
  });
});
