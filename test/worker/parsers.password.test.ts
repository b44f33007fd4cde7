import * as fc from "fast-check";
import { scryptSync } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { type Argon2id, loadArgon2id } from "../../src/passwords/argon2id.ts";
import type { Cost } from "../../src/passwords/cost.ts";
import { parseCost, parseShare, parseWrongAfter } from "../../src/passwords/settings.ts";
import { type Verdict, hashNow, verify as verifying } from "../../src/passwords/stored.ts";

const passwords = fc.string({ unit: "binary", minLength: 6, maxLength: 128 });

/** Costs that take no time. */
const costs = fc.record({ m: fc.integer({ min: 8, max: 24 }), t: fc.integer({ min: 1, max: 3 }) });

const runs = { numRuns: 40 };

const today: Cost = { m: 8, t: 1 };

async function hash(password: string, cost: Cost): Promise<string> {
  return hashNow(await loadArgon2id(), password, cost);
}

function verifyNow(argon2id: Argon2id, password: string, stored: string | undefined, cost: Cost): Verdict {
  const steps = verifying(argon2id, password, stored, cost);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

async function verify(password: string, stored: string | undefined, cost = today): Promise<Verdict> {
  return verifyNow(await loadArgon2id(), password, stored, cost);
}

/** Counts what is computed, and computes nothing. */
function countingArgon2id(): { work: Cost[]; argon2id: Argon2id } {
  const work: Cost[] = [];
  return {
    work,
    argon2id({ memorySize, passes, tagLength }) {
      work.push({ m: memorySize, t: passes });
      return new Uint8Array(tagLength);
    },
  };
}

/** A hash as it was written before Argon2id. */
function olderHash(password: string, cost: string): string {
  const [N = 0, r = 0, p = 0] = cost.split(",").map(Number);
  const salt = Buffer.from("a salt of 16 byt");
  const key = scryptSync(password.normalize("NFKC"), salt, 32, { N, r, p });
  return `scrypt$${cost}$${salt.toString("base64url")}$${key.toString("base64url")}`;
}

const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);

describe("Argon2id", () => {
  it("leaves nothing of a password in its memory, which never grows", async () => {
    const made = vi.spyOn(WebAssembly, "Instance");
    // Another test may have made the isolate's own instance: this one is nobody else's.
    const argon2id = await (await import("../../src/passwords/argon2id.ts?fresh")).loadArgon2id();
    const memory = made.mock.calls[0]?.[1]?.["env"]?.["memory"];
    made.mockRestore();
    if (!(memory instanceof WebAssembly.Memory)) throw new Error("no memory");
    const size = memory.buffer.byteLength;
    for (const cost of [{ m: 64, t: 3 }, { m: 65_536, t: 1 }, today]) hashNow(argon2id, "a password", cost);
    expect(Buffer.from(memory.buffer).equals(Buffer.alloc(size))).toBe(true);
  });

  it("gives the tag of RFC 9106's test vector", async () => {
    const argon2id = await loadArgon2id();
    const tag = argon2id({
      password: bytes(32, 1),
      salt: bytes(16, 2),
      secret: bytes(8, 3),
      ad: bytes(12, 4),
      parallelism: 4,
      passes: 3,
      memorySize: 32,
      tagLength: 32,
    });
    expect(Buffer.from(tag).toString("hex")).toBe(
      "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659",
    );
  });

  it.each([
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
  ])("agrees with its reference implementation: %s", async (stored) => {
    expect(await verify("password", stored)).toEqual({ right: true, renew: true });
    expect(await verify("passwore", stored)).toEqual({ right: false, renew: false });
  });
});

describe("a stored password", () => {
  it.each(["", "\u0000", "\u0007", "7", "ab"])("may be as short as %j", async (password) => {
    const stored = await hash(password, today);
    expect(await verify(password, stored)).toEqual({ right: true, renew: false });
    expect(await verify("another", stored)).toEqual({ right: false, renew: false });
  });

  it("is a PHC string with a salt of 16 bytes and a key of 32", async () => {
    expect(await hash("a password", { m: 16, t: 2 })).toMatch(
      /^\$argon2id\$v=19\$m=16,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
    );
  });

  it("is right for the password it was made of, and for no other", async () => {
    await fc.assert(
      fc.asyncProperty(passwords, passwords, costs, async (password, other, cost) => {
        fc.pre(password.normalize("NFKC") !== other.normalize("NFKC"));
        const stored = await hash(password, cost);
        expect(await verify(password, stored, cost)).toEqual({ right: true, renew: false });
        expect(await verify(other, stored, cost)).toEqual({ right: false, renew: false });
      }),
      runs,
    );
  });

  it("is wrong with one character more, one less, or another case", async () => {
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[a-z0-9]{6,128}$/), costs, async (password, cost) => {
        const stored = await hash(`A${password}`, cost);
        const tries = [password, `a${password}`, `A${password} `, `A${password.slice(0, -1)}`, ""];
        const verdicts = await Promise.all(tries.map((tried) => verify(tried, stored, cost)));
        expect(verdicts.filter(({ right }) => right)).toEqual([]);
      }),
      runs,
    );
  });

  it("is to be renewed where today's cost is another one, and only where the password is right", async () => {
    await fc.assert(
      fc.asyncProperty(passwords, costs, costs, async (password, then, now) => {
        const stored = await hash(password, then);
        const isOther = then.m !== now.m || then.t !== now.t;
        expect(await verify(password, stored, now)).toEqual({ right: true, renew: isOther });
        expect(await verify(`${password}x`, stored, now)).toEqual({ right: false, renew: false });
        const renewed = await hash(password, now);
        expect(await verify(password, renewed, now)).toEqual({ right: true, renew: false });
      }),
      runs,
    );
  });

  it("of the older form is right for its password, and then to be renewed", async () => {
    for (const cost of ["2,1,1", "16,3,2", "1024,8,1"]) {
      const stored = olderHash("pass\u212Bword", cost);
      expect(await verify("pass\u00C5word", stored)).toEqual({ right: true, renew: true });
      expect(await verify("passAword", stored)).toEqual({ right: false, renew: false });
    }
  });

  it("never shows the password, and is another each time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[a-z]{6,20}$/), costs, async (password, cost) => {
        const [one, other] = [await hash(password, cost), await hash(password, cost)];
        expect(one).not.toBe(other);
        expect(one).not.toContain(password);
      }),
      runs,
    );
  });

  it("costs today's work, and is wrong, where there is none or it is nothing that may be run", () => {
    const key = "a".repeat(43);
    const salt = "a".repeat(22);
    const strange = fc.oneof(
      fc.constant(undefined),
      fc.string(),
      fc.constantFrom(
        `scrypt$2,1,1$$${key}`,
        `scrypt$2,1,1$${salt}$`,
        `scrypt$3,1,1$${salt}$${key}`,
        `scrypt$2,0,1$${salt}$${key}`,
        // More than the platform allows, or more than 64 MiB.
        `scrypt$32768,8,5$${salt}$${key}`,
        `scrypt$131072,8,1$${salt}$${key}`,
        `bcrypt$2,1,1$${salt}$${key}`,
        `$argon2i$v=19$m=8,t=1,p=1$${salt}$${key}`,
        `$argon2id$v=16$m=8,t=1,p=1$${salt}$${key}`,
        `$argon2id$m=8,t=1,p=1$${salt}$${key}`,
        `$argon2id$v=19$m=7,t=1,p=1$${salt}$${key}`,
        `$argon2id$v=19$m=8,t=0,p=1$${salt}$${key}`,
        `$argon2id$v=19$m=8,t=1,p=2$${salt}$${key}`,
        `$argon2id$v=19$m=8,t=1,p=1$${salt}$a2V5`,
        `$argon2id$v=19$m=65537,t=1,p=1$${salt}$${key}`,
        `$argon2id$v=19$m=65536,t=5,p=1$${salt}$${key}`,
        `$argon2id$v=19$m=8,t=1,p=1$${salt}$${key}=`,
      ),
    );
    fc.assert(
      fc.property(passwords, strange, costs, (password, stored, cost) => {
        const { work, argon2id } = countingArgon2id();
        expect(verifyNow(argon2id, password, stored, cost)).toEqual({ right: false, renew: false });
        expect(work).toEqual([cost]);
      }),
      { numRuns: 300 },
    );
  });
});

/** What a setting is read as, or why it is refused. */
function reading(text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text);
  } catch (error) {
    return String(error);
  }
}

describe("the setting PASSWORD_COST", () => {
  const refused = expect.stringMatching(/PASSWORD_COST must be m=KiB,t=passes: m from 8 to 65536/);

  it("is m=…,t=… with m from 8 to 65536 and m·t up to 262144", () => {
    const parts = fc.record({ m: fc.integer({ min: 1, max: 70_000 }), t: fc.integer({ min: 1, max: 40 }) });
    fc.assert(
      fc.property(parts, ({ m, t }) => {
        const isCost = m >= 8 && m <= 65_536 && m * t <= 262_144;
        expect(reading(`m=${m},t=${t}`, parseCost)).toEqual(isCost ? { m, t } : refused);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    "",
    "9216,4",
    "m=9216",
    "t=4,m=9216",
    "m=9216,t=4,p=1",
    "m=9216, t=4",
    " m=9216,t=4",
    "m=09216,t=4",
    "m=9216,t=0",
    "m=9216,t=-1",
    "m=9216.5,t=4",
    "m=1e4,t=4",
    "M=9216,T=4",
    "16384,8,5",
  ])("is refused where it is %j", (text) => {
    expect(reading(text, parseCost)).toEqual(refused);
  });
});

describe("the settings of shares and waits", () => {
  it("are read where they are right", () => {
    expect(reading("address=40,app=120", parseShare)).toEqual({ address: 40, app: 120 });
    expect(reading("400", parseWrongAfter)).toBe(400);
    expect(reading("0", parseWrongAfter)).toBe(0);
  });

  it.each(["", "40,120", "address=0,app=1", "address=2,app=1", "app=120,address=40", "address=40,app=12x"])(
    "are refused where PASSWORD_CALLS is %j",
    (text) => {
      expect(reading(text, parseShare)).toEqual(expect.stringContaining("PASSWORD_CALLS must be"));
    },
  );

  it.each(["", "-1", "0.5", "1e3", "10000", "00"])("are refused where WRONG_PASSWORD_MS is %j", (text) => {
    expect(reading(text, parseWrongAfter)).toEqual(expect.stringContaining("WRONG_PASSWORD_MS must be"));
  });
});
