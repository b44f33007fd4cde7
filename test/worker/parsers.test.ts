import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import * as fields from "../../src/domain/fields.ts";
import { around, isTorn, points, utf8 } from "./kit/contract/texts.ts";

/** What the specification says of a value, beside the parser that must say the same. */
interface Field {
  name: string;
  parser: z.ZodType;
  allows: (value: unknown) => boolean;
  /** Values near the edge of what is allowed. */
  near: fc.Arbitrary<unknown>;
}

const isText = (value: unknown): value is string => typeof value === "string";

const ofPoints = (name: string, parser: z.ZodType, min: number, max: number): Field => ({
  name,
  parser,
  allows: (value) => isText(value) && !isTorn(value) && points(value) >= min && points(value) <= max,
  near: fc.oneof(around(min), around(max)),
});

const ofBytes = (name: string, parser: z.ZodType, min: number, max: number): Field => ({
  name,
  parser,
  allows: (value) => isText(value) && !isTorn(value) && utf8(value) >= min && utf8(value) <= max,
  near: fc.oneof(around(min), ...[1, 2, 3, 4].map((width) => around(Math.floor(max / width)))),
});

const ofIntegers = (name: string, parser: z.ZodType, min: number, max: number): Field => ({
  name,
  parser,
  allows: (value) => typeof value === "number" && Number.isInteger(value) && value >= min && value <= max,
  near: fc.oneof(
    fc.integer({ min: min - 3, max: min + 3 }),
    fc.integer({ min: Math.max(max - 3, -(2 ** 53)), max }),
    fc.constantFrom(max + 1, -0, min + 0.5, Number.NaN, Infinity, -Infinity, 2 ** 53, 1e21, 2 ** 64),
    fc.double(),
    fc.bigInt(),
    fc.integer().map(String),
  ),
});

const nameUnits = [..."azAZ09_mtaxiMTAXI".split(""), "一", "龥", "㐀", "龦", " ", "-", "é", "ａ", "K", "\n"];
const names = fc.oneof(
  fc.stringMatching(/^[a-zA-Z0-9_一-龥]{1,70}$/),
  fc.stringMatching(/^[0-9]{1,20}$/),
  fc
    .tuple(fc.constantFrom("mta", "maxim", "MTA", "Maxim", "mt", "maxi", "amta"), fc.string({ maxLength: 4 }))
    .map(([start, rest]) => start + rest),
  fc.string({ unit: fc.constantFrom(...nameUnits), maxLength: 68 }),
);

const specifiedName = /^(?!mta|maxim)[a-zA-Z0-9_一-龥]*[a-zA-Z_一-龥]+[a-zA-Z0-9_一-龥]*$/;
const mobilePattern = /^(?:\+[0-9]{8,15}|1[3-9][0-9]{9})$/;
const mobiles = fc.oneof(
  fc.stringMatching(/^\+[0-9]{6,17}$/),
  fc.stringMatching(/^1[0-9]{9,11}$/),
  fc.stringMatching(/^[+0-9 -]{0,17}$/),
  fc.stringMatching(/^1[3-9][0-9]{9}\n$/),
  fc.constantFrom("", "+", "１３８００００００００", "+٠١٢٣٤٥٦٧٨"),
);

const all: Field[] = [
  ofIntegers("Id", fields.Id, 1, 2 ** 53 - 1),
  ofIntegers("DeviceSn", fields.DeviceSn, 1, 2 ** 53 - 1),
  ofIntegers("Instant", fields.Instant, 0, 2 ** 53 - 1),
  ofIntegers("Hour", fields.Hour, 0, 23),
  ofIntegers("AuthMode", fields.AuthMode, 0, 3),
  ofIntegers("Platform", fields.Platform, 1, 6),
  ofPoints("Password", fields.Password, 6, 128),
  ofPoints("NickName", fields.NickName, 0, 64),
  ofPoints("Description", fields.Description, 0, 512),
  ofPoints("DeviceGuid", fields.DeviceGuid, 1, 128),
  ofPoints("DeviceName", fields.DeviceName, 0, 64),
  ofBytes("Info", fields.Info, 0, 16 * 1024),
  ofBytes("PushToken", fields.PushToken, 0, 512),
  ofBytes("Alias", fields.Alias, 0, 64),
  ofBytes("Tag", fields.Tag, 1, 64),
  {
    name: "Flag",
    parser: fields.Flag,
    allows: (value) => typeof value === "boolean",
    near: fc.constantFrom(true, false, "true", "false", 1, 0, "", "TRUE"),
  },
  {
    name: "Username",
    parser: fields.Username,
    allows: (value) =>
      isText(value) &&
      value.length <= 64 &&
      specifiedName.test(value) &&
      specifiedName.test(value.toLowerCase()),
    near: names,
  },
  {
    name: "Mobile",
    parser: fields.Mobile,
    allows: (value) => isText(value) && (value === "" || mobilePattern.test(value)),
    near: mobiles,
  },
  {
    name: "AppId",
    parser: fields.AppId,
    allows: (value) => isText(value) && /^[A-Za-z0-9_-]{1,64}$/.test(value),
    near: fc.oneof(fc.stringMatching(/^[A-Za-z0-9_-]{0,67}$/), around(64), fc.constantFrom("a\n", "ａ", "")),
  },
];

describe("a parser", () => {
  it.each(all)("takes exactly what is specified, as it is: $name", ({ parser, allows, near }) => {
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(fc.oneof({ weight: 6, arbitrary: near }, fc.anything()), (value) => {
        const parsed = parser.safeParse(value);
        expect(parsed.success).toBe(allows(value));
        expect(parsed.success ? parsed.data : value).toBe(value);
        seen[parsed.success ? "taken" : "refused"]++;
      }),
      { numRuns: 400 },
    );
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(10);
  });

  it.each(all)("says in words what it takes: $name", ({ parser }) => {
    expect(parser.meta()?.description).toMatch(/\w/);
  });
});

describe("lengths", () => {
  it("count code points, and bytes of UTF-8", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }).filter((text) => !isTorn(text)),
        (text) => {
          expect(fields.pointLength(text)).toBe(points(text));
          expect(fields.byteLength(text)).toBe(utf8(text));
        },
      ),
    );
  });

  it("hold for a text of any size, and no text with half a character passes", () => {
    const sizes = fc.tuple(fc.nat({ max: 20 }), fc.nat({ max: 20 }));
    fc.assert(
      fc.property(sizes, around(10), ([min, more], value) => {
        const [inPoints, inBytes] = [fields.text(min, min + more), fields.bytes(min, min + more)];
        const within = (length: number) => !isTorn(value) && length >= min && length <= min + more;
        expect(inPoints.safeParse(value).success).toBe(within(points(value)));
        expect(inBytes.safeParse(value).success).toBe(within(utf8(value)));
      }),
      { numRuns: 500 },
    );
  });
});

describe("a list of rows", () => {
  it("has 1 to 100 rows, whatever they are", () => {
    const list = fields.rows(fields.Id);
    const lengths = fc.oneof(fc.constantFrom(0, 1, 99, 100, 101), fc.nat({ max: 120 }));
    fc.assert(
      fc.property(lengths, fc.anything(), (length, row) => {
        const rows = Array.from({ length }, () => row);
        expect(list.safeParse(rows).success).toBe(length >= 1 && length <= 100);
      }),
    );
  });

  it("is nothing but a list", () => {
    const notLists = fc.anything().filter((value) => !Array.isArray(value));
    fc.assert(
      fc.property(notLists, (value) => {
        expect(fields.rows(fields.Id).safeParse(value).success).toBe(false);
      }),
    );
  });

  it("remembers what its rows are", () => {
    expect(fields.rowOf(fields.rows(fields.Id))).toBe(fields.Id);
    expect(fields.rowOf(fields.Id)).toBeUndefined();
  });
});
