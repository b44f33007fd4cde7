import * as fc from "fast-check";

/** Texts of one to four bytes a character, composed and not, and half characters, which are none. */
const units = ["a", "Z", "7", "_", " ", "\u0000", "é", "龥", "😀", "e\u0301", "\ud800", "\udc00"];

/** Texts about so many units long, of one unit or of any. */
export function around(length: number): fc.Arbitrary<string> {
  const count = fc.integer({ min: Math.max(0, length - 3), max: length + 3 });
  const even = fc
    .tuple(fc.constantFrom(...units), count, fc.constantFrom("", ...units))
    .map(([unit, times, tail]) => unit.repeat(times) + tail);
  const mixed = fc.string({ unit: fc.constantFrom(...units), maxLength: Math.min(length + 3, 80) });
  return fc.oneof(even, mixed, fc.string({ unit: "binary", maxLength: 40 }));
}

/** Characters of a text, counted as Unicode counts them. */
export const points = (text: string) => Array.from(text).length;

/** Bytes of a text in UTF-8; for one that is well formed. */
export const utf8 = (text: string) => Buffer.byteLength(text, "utf8");

/** True where half a character stands alone. */
export const isTorn = (text: string) => /\p{Surrogate}/u.test(text);
