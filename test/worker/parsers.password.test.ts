import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashPassword, parseCost, verifyPassword } from "../../src/domain/password.ts";

const passwords = fc.string({ unit: "binary", minLength: 6, maxLength: 128 });

/** Costs that take no time. */
const costs = fc.record({
  N: fc.constantFrom(2, 4, 16),
  r: fc.integer({ min: 1, max: 3 }),
  p: fc.integer({ min: 1, max: 3 }),
});

const runs = { numRuns: 40 };

describe("a stored password", () => {
  it("is right for the password it was made of, and for no other", async () => {
    await fc.assert(
      fc.asyncProperty(passwords, passwords, costs, async (password, other, cost) => {
        fc.pre(password.normalize("NFKC") !== other.normalize("NFKC"));
        const stored = await hashPassword(password, cost);
        expect(await verifyPassword(password, stored, cost)).toEqual({ right: true, renew: false });
        expect(await verifyPassword(other, stored, cost)).toEqual({ right: false, renew: false });
      }),
      runs,
    );
  });

  it("is wrong with one character more, one less, or another case", async () => {
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[a-z0-9]{6,128}$/), costs, async (password, cost) => {
        const stored = await hashPassword(`A${password}`, cost);
        const tries = [password, `a${password}`, `A${password} `, `A${password.slice(0, -1)}`, ""];
        const verdicts = await Promise.all(tries.map((tried) => verifyPassword(tried, stored, cost)));
        expect(verdicts.filter(({ right }) => right)).toEqual([]);
      }),
      runs,
    );
  });

  it("is to be renewed where today's cost is another one, and only where the password is right", async () => {
    await fc.assert(
      fc.asyncProperty(passwords, costs, costs, async (password, then, now) => {
        const stored = await hashPassword(password, then);
        const isOther = then.N !== now.N || then.r !== now.r || then.p !== now.p;
        expect(await verifyPassword(password, stored, now)).toEqual({ right: true, renew: isOther });
        expect(await verifyPassword(`${password}x`, stored, now)).toEqual({ right: false, renew: false });
        const renewed = await hashPassword(password, now);
        expect(await verifyPassword(password, renewed, now)).toEqual({ right: true, renew: false });
      }),
      runs,
    );
  });

  it("never shows the password, and is another each time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[a-z]{6,20}$/), costs, async (password, cost) => {
        const [one, other] = await Promise.all([hashPassword(password, cost), hashPassword(password, cost)]);
        expect(one).not.toBe(other);
        expect(one).not.toContain(password);
      }),
      runs,
    );
  });

  it("is wrong for everybody where there is none, or where it is nothing that this service wrote", async () => {
    const cost = { N: 2, r: 1, p: 1 };
    const strange = fc.oneof(
      fc.constant(undefined),
      fc.string(),
      fc.constantFrom(
        "scrypt$2,1,1$$",
        "scrypt$2,1,1$c2FsdA$",
        "scrypt$2,1,1$c2FsdA$a2V5",
        "bcrypt$2,1,1$c2FsdA$a2V5",
      ),
    );
    await fc.assert(
      fc.asyncProperty(passwords, strange, async (password, stored) => {
        expect(await verifyPassword(password, stored, cost)).toEqual({ right: false, renew: false });
      }),
      runs,
    );
  });
});

const refused = expect.stringContaining("SCRYPT");

/** A cost, or why it is none. */
function readCost(text: string): unknown {
  try {
    return parseCost(text);
  } catch (error) {
    return String(error);
  }
}

describe("a cost", () => {
  it("is N,r,p with N a power of two and N·r·p up to 2^20", () => {
    const parts = fc.record({
      log: fc.integer({ min: 1, max: 22 }),
      r: fc.integer({ min: 1, max: 40 }),
      p: fc.integer({ min: 1, max: 40 }),
    });
    fc.assert(
      fc.property(parts, ({ log, r, p }) => {
        const N = 2 ** log;
        const cost = readCost(`${N},${r},${p}`);
        expect(cost).toEqual(N * r * p <= 2 ** 20 ? { N, r, p } : refused);
      }),
      { numRuns: 300 },
    );
  });

  it("is refused where it is anything else", () => {
    const wrong = fc.oneof(
      fc
        .string({ unit: fc.constantFrom(..."0123456789,.-x ".split("")) })
        .filter((text) => !/^\d+,\d+,\d+$/.test(text.replaceAll(" ", ""))),
      fc
        .tuple(fc.integer({ min: 3, max: 1000 }), fc.nat({ max: 8 }), fc.nat({ max: 8 }))
        .filter(([N, r, p]) => !Number.isInteger(Math.log2(N)) || r === 0 || p === 0)
        .map(String),
      fc.constantFrom("", "1,1,1", "0,8,1", "16384", "16384,8", "16384,8,1,1", "-2,1,1", "2,-1,-1"),
    );
    fc.assert(
      fc.property(wrong, (text) => {
        expect(readCost(text)).toEqual(refused);
      }),
      { numRuns: 300 },
    );
  });
});
