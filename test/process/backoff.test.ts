import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Backoff, longestWait, randomWait } from "../../src/client/backoff.ts";
import { closeCodes, isFinal, isRestart, noticeEvents, parseFrame } from "../../src/client/events.ts";

const backoffs: fc.Arbitrary<Backoff> = fc.record({
  baseMs: fc.integer({ min: 1, max: 60_000 }),
  capMs: fc.integer({ min: 1, max: 600_000 }),
});
const attempts = fc.nat(5000);
const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("the wait before an attempt", () => {
  it("is a whole number of ms from 0, and never above the cap", () => {
    fc.assert(
      fc.property(backoffs, attempts, chances, (backoff, attempt, chance) => {
        const wait = randomWait(backoff, attempt, () => chance);
        expect(Number.isInteger(wait)).toBe(true);
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThan(Math.max(backoff.capMs, 1));
      }),
    );
  });

  it("has the whole range up to the longest wait: full jitter", () => {
    fc.assert(
      fc.property(backoffs, attempts, chances, (backoff, attempt, chance) => {
        const longest = longestWait(backoff, attempt);
        expect(randomWait(backoff, attempt, () => 0)).toBe(0);
        expect(randomWait(backoff, attempt, () => 1 - Number.EPSILON)).toBe(longest - 1);
        const wait = randomWait(backoff, attempt, () => chance);
        expect(Math.abs(wait - chance * longest)).toBeLessThan(1);
      }),
    );
  });

  it("doubles at the most with every attempt, never shrinks, and is the cap in the end", () => {
    fc.assert(
      fc.property(backoffs, attempts, (backoff, attempt) => {
        const longest = longestWait(backoff, attempt);
        const next = longestWait(backoff, attempt + 1);
        expect(next).toBe(Math.min(backoff.capMs, longest * 2));
        expect(next).toBeGreaterThanOrEqual(longest);
        expect(longestWait(backoff, 5000)).toBe(backoff.capMs);
      }),
    );
    expect(longestWait({ baseMs: 1000, capMs: 30_000 }, 0)).toBe(1000);
  });
});

/** A notice as the service sends it, of any event. */
const notices = fc.record({
  event: fc.oneof(fc.constantFrom(...noticeEvents), fc.string()),
  notice_type: fc.integer(),
  reason: fc.string(),
  by: fc.oneof(
    fc.record({ user_id: fc.nat(), device_sn: fc.nat() }),
    fc.record({ user_id: fc.nat() }),
    fc.record({ admin: fc.string() }),
  ),
  at: fc.nat(),
  retry: fc.boolean(),
});

const frame = (fields: object) => parseFrame(JSON.stringify(fields));

describe("a frame from the service", () => {
  it("is never the cause of an error, whatever it is", () => {
    const anything = fc.oneof(fc.anything(), fc.string(), fc.json());
    fc.assert(
      fc.property(anything, (data) => {
        expect(() => parseFrame(data)).not.toThrow();
      }),
    );
  });

  it("is unknown where it is no welcome, notice or pong", () => {
    const types = fc.string().filter((type) => type !== "welcome" && type !== "notice");
    fc.assert(
      fc.property(fc.object(), types, (fields, type) => {
        expect(frame({ ...fields, type })).toEqual({ type: "unknown" });
      }),
    );
    for (const data of [
      "",
      "ping",
      "Pong",
      "null",
      "[]",
      "{",
      '"welcome"',
      7,
      null,
      undefined,
      new Uint8Array(4),
    ]) {
      expect(parseFrame(data)).toEqual({ type: "unknown" });
    }
    expect(parseFrame("pong")).toEqual({ type: "pong" });
  });

  it("is read whole where it is a notice, of an event known or not", () => {
    fc.assert(
      fc.property(notices, (sent) => {
        const { event, notice_type: noticeType, reason, at, retry } = sent;
        const by =
          "admin" in sent.by
            ? { admin: sent.by.admin }
            : { userId: sent.by.user_id, ...("device_sn" in sent.by && { deviceSn: sent.by.device_sn }) };
        const notice = { event, noticeType, reason, by, at, retry };
        expect(frame({ type: "notice", ...sent })).toEqual({ type: "notice", notice });
      }),
    );
  });

  it("is read where it is a notice that has more, or less, than is known today", () => {
    const notice = { event: "moon_landing", noticeType: 0, reason: "", at: 7, retry: true };
    expect(frame({ type: "notice", event: "moon_landing", at: 7 })).toEqual({ type: "notice", notice });
    const strange = { by: "the moon", notice_type: "x", reason: null, retry: null, more: [1] };
    const read = frame({ type: "notice", event: "moon_landing", at: 7, ...strange });
    expect(read).toEqual({ type: "notice", notice });
    expect(frame({ type: "notice", at: 7 })).toEqual({ type: "unknown" });
    expect(frame({ type: "notice", event: "kicked", at: "now" })).toEqual({ type: "unknown" });
  });

  it("is a welcome where it has the device's serial and the end of the token's life", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (deviceSn, expiresAt) => {
        const read = frame({ type: "welcome", device_sn: deviceSn, expire: expiresAt });
        expect(read).toEqual({ type: "welcome", welcome: { deviceSn, expiresAt } });
      }),
    );
    expect(frame({ type: "welcome", device_sn: "1", expire: 2 })).toEqual({ type: "unknown" });
  });
});

describe("a close code", () => {
  it("is final where the service ends the session or the device's turn, and else is not", () => {
    const final = [4000, 4001, 4002, 4003, 4004, 4005, 4010, 4400, 4401, 4402];
    expect(Object.values(closeCodes).toSorted((a, b) => a - b)).toEqual(final);
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 4999 }), (code) => {
        expect(isFinal(code)).toBe(final.includes(code));
        expect(isRestart(code)).toBe([1001, 1006, 1012].includes(code));
      }),
    );
    expect(final.every(isFinal)).toBe(true);
  });
});
