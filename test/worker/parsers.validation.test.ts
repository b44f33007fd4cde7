import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Flag, Hour, Id, NickName, text } from "../../src/domain/fields.ts";
import { bare, checkRow, whatIsWrong, withoutNulls } from "../../src/domain/validation.ts";
import { hashToken, newToken, tokenKind } from "../../src/domain/tokens.ts";

/** A row of every kind of field, some of them optional. */
const Row = z.object({
  user_id: Id,
  hour: Hour,
  silent: Flag.optional(),
  nick_name: NickName.optional(),
  tags: z
    .array(text(1, 3, "a tag of 1–3 characters"))
    .meta({ description: "a list of tags" })
    .optional(),
});

const required = ["user_id", "hour"] as const;
const optional = ["silent", "nick_name", "tags"] as const;
const names = [...required, ...optional] as const;

const goodRows = fc.record(
  {
    user_id: fc.integer({ min: 1 }),
    hour: fc.integer({ min: 0, max: 23 }),
    silent: fc.boolean(),
    nick_name: fc.stringMatching(/^[a-z]{0,64}$/),
    tags: fc.array(fc.stringMatching(/^[a-z]{1,3}$/)),
  },
  { requiredKeys: [...required] },
);

const bad = {
  user_id: fc.constantFrom(0, -1, 1.5, "1", true, [], {}, null),
  hour: fc.constantFrom(24, -1, 0.5, "0", false, [1], null),
  silent: fc.constantFrom(0, 1, "true", "", {}),
  nick_name: fc.constantFrom(1, true, [], "n".repeat(65), "\ud800"),
  tags: fc.constantFrom("a", { a: 1 }, 7, [""], ["abcd"], [1], ["a", null]),
};

/** What a schema says of one name. */
const told = (schema: z.ZodObject, row: unknown) => {
  const parsed = schema.safeParse(row);
  return parsed.success ? undefined : whatIsWrong(schema, parsed.error, row);
};

describe("a row", () => {
  it("that fits its schema is taken as it is", () => {
    fc.assert(
      fc.property(goodRows, (row) => {
        expect(checkRow(Row, row)).toEqual({ ok: true, value: row });
      }),
    );
  });

  it("with one wrong value fails with the name of it, and with what is allowed", () => {
    const cases = fc.constantFrom(...names).chain((name) => fc.tuple(fc.constant(name), bad[name], goodRows));
    fc.assert(
      fc.property(cases, ([name, value, row]) => {
        const wrong = told(Row, { ...row, [name]: value });
        expect(wrong).toMatch(new RegExp(`^${name}\\b`));
        expect(wrong?.replace(name, "")).toMatch(/(an id|an hour|true or false|a text|a list|a tag)/);
        expect(checkRow(Row, { ...row, [name]: value })).toEqual({ ok: false, wrong });
      }),
      { numRuns: 300 },
    );
  });

  it("without a required value fails with its name, and says that it is required", () => {
    fc.assert(
      fc.property(goodRows, fc.constantFrom(...required), (row, name) => {
        const { [name]: _left, ...rest } = row;
        const wrong = expect.stringMatching(new RegExp(`^${name} is required`));
        expect(checkRow(Row, rest)).toEqual({ ok: false, wrong });
      }),
    );
  });

  it("with a null in an optional field is the row without that field", () => {
    fc.assert(
      fc.property(goodRows, fc.subarray([...optional]), (row, nulls) => {
        const kept = Object.entries(row).filter(([name]) => !nulls.some((each) => each === name));
        const withNulls = { ...row, ...Object.fromEntries(nulls.map((name) => [name, null])) };
        expect(checkRow(Row, withNulls)).toEqual({ ok: true, value: Object.fromEntries(kept) });
      }),
    );
  });

  it("with a null in a required field fails with its name", () => {
    fc.assert(
      fc.property(goodRows, fc.constantFrom(...required), (row, name) => {
        const wrong = expect.stringMatching(new RegExp(`^${name}\\b`));
        expect(checkRow(Row, { ...row, [name]: null })).toEqual({ ok: false, wrong });
      }),
    );
  });

  it("that is no object fails as a whole", () => {
    const others = fc.oneof(
      fc.constant(null),
      fc.constant(undefined),
      fc.integer(),
      fc.string(),
      fc.boolean(),
      fc.array(fc.anything()),
    );
    fc.assert(
      fc.property(others, (row) => {
        expect(checkRow(Row, row)).toEqual({ ok: false, wrong: expect.stringContaining("object") });
      }),
    );
  });

  it("has its own names only: one that every object inherits is missing", () => {
    const Odd = z.object({ toString: Id });
    expect(told(Odd, {})).toMatch(/^toString\b/);
    expect(checkRow(Odd, JSON.parse('{"toString":1}'))).toMatchObject({ ok: true });
  });
});

describe("what is wrong", () => {
  it("is the first of several, in the order of the schema", () => {
    const several = fc
      .subarray([...names], { minLength: 1 })
      .chain((chosen) => fc.tuple(fc.constant(chosen), fc.record(bad), goodRows));
    fc.assert(
      fc.property(several, ([chosen, values, row]) => {
        const wrong = { ...row, ...Object.fromEntries(chosen.map((name) => [name, values[name]])) };
        expect(told(Row, wrong)).toMatch(new RegExp(`^${chosen[0]}\\b`));
      }),
    );
  });

  it("tells the place of a wrong item in its list", () => {
    fc.assert(
      fc.property(goodRows, fc.nat({ max: 20 }), (row, place) => {
        const tags = [...Array.from({ length: place }, () => "ok"), "too long", "too long"];
        expect(told(Row, { ...row, tags })).toBe(`tags[${place}] must be a tag of 1–3 characters`);
      }),
    );
  });
});

describe("nulls", () => {
  it("go from optional fields and stay everywhere else", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names, "other"), fc.constantFrom(null, 1)), (given) => {
        const expected = Object.entries(given).filter(
          ([name, value]) => value !== null || !optional.some((each) => each === name),
        );
        expect(withoutNulls(Row, given)).toEqual(Object.fromEntries(expected));
      }),
    );
  });

  it("leave what is no object as it is", () => {
    const others = fc.oneof(fc.constant(null), fc.integer(), fc.string(), fc.array(fc.constant(null)));
    fc.assert(
      fc.property(others, (value) => {
        expect(withoutNulls(Row, value)).toBe(value);
      }),
    );
  });
});

describe("a schema", () => {
  it("is the same however often it is made optional", () => {
    fc.assert(
      fc.property(fc.nat({ max: 5 }), (times) => {
        let schema: z.ZodType = Hour;
        for (let each = 0; each < times; each++) schema = schema.optional();
        expect(bare(schema)).toBe(Hour);
      }),
    );
  });
});

const kinds = fc.constantFrom("user" as const, "admin" as const);

describe("a token", () => {
  it("tells its kind by its form, and is never made twice", () => {
    const made = new Set<string>();
    fc.assert(
      fc.property(kinds, (kind) => {
        const token = newToken(kind);
        expect(tokenKind(token)).toBe(kind);
        expect(made.has(token)).toBe(false);
        made.add(token);
      }),
    );
  });

  it("has 256 bits behind its prefix, in characters that a header and a subprotocol can carry", () => {
    fc.assert(
      fc.property(kinds, (kind) => {
        const token = newToken(kind);
        expect(Buffer.from(token.slice(3), "base64url")).toHaveLength(32);
        expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
      }),
    );
  });

  it("is none where a character is missing, surplus or another", () => {
    const strange = fc.constantFrom(" ", "+", "/", "=", ".", "é", "\n", "\u0000");
    fc.assert(
      fc.property(kinds, strange, fc.nat({ max: 45 }), (kind, letter, at) => {
        const token = newToken(kind);
        expect(tokenKind(token.slice(0, at) + token.slice(at + 1))).toBeUndefined();
        expect(tokenKind(token.slice(0, at) + letter + token.slice(at + 1))).toBeUndefined();
        expect(tokenKind(token.slice(0, at) + letter + token.slice(at))).toBeUndefined();
        expect(tokenKind(token + letter)).toBeUndefined();
        expect(tokenKind(`${token}A`)).toBeUndefined();
        expect(tokenKind(token.toUpperCase())).toBeUndefined();
      }),
    );
  });

  it("is no other text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(tokenKind(text)).toBeUndefined();
      }),
    );
  });

  it("is kept as 64 hexadecimal digits that are its own", async () => {
    await fc.assert(
      fc.asyncProperty(kinds, async (kind) => {
        const token = newToken(kind);
        const hash = hashToken(token);
        expect(hash).toMatch(/^[0-9a-f]{64}$/);
        expect(hashToken(token)).toBe(hash);
        expect(hashToken(newToken(kind))).not.toBe(hash);
      }),
    );
  });
});
