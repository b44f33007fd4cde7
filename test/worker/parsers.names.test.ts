import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Avatar, Email, Mobile, Username, isUsername } from "../../src/domain/fields.ts";
import { canonicalMobile, isMobile } from "../../src/domain/mobile.ts";
import { endOfPrefix, foldEmail, foldName } from "../../src/domain/names.ts";

const usernames = fc
  .stringMatching(/^[a-zA-Z0-9_一-龥]{1,64}$/)
  .filter((name) => Username.safeParse(name).success);

/** Changes the case of some of a text's letters. */
const recased = (text: string) =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((upper) =>
      Array.from(text, (letter, index) => (upper[index] ? letter.toUpperCase() : letter.toLowerCase())).join(
        "",
      ),
    );

const oneNameTwice = usernames.chain((name) => fc.tuple(fc.constant(name), recased(name)));

describe("the folded form of a name", () => {
  it("is one for names that differ only in case, and both of them may be had", () => {
    fc.assert(
      fc.property(oneNameTwice, ([name, other]) => {
        expect(foldName(other)).toBe(foldName(name));
        expect(isUsername(other)).toBe(true);
      }),
    );
  });

  it("is one for every Unicode form of a text", () => {
    const units = fc.constantFrom("e\u0301", "é", "ﬁ", "ａ", "Å", "\u212b", "가", "㎏", "x", "龥", "İ", "ß");
    fc.assert(
      fc.property(fc.string({ unit: units }), (text) => {
        const forms = (["NFC", "NFD", "NFKC", "NFKD"] as const).map((form) => foldName(text.normalize(form)));
        expect(new Set([foldName(text), ...forms]).size).toBe(1);
      }),
    );
  });

  it("is its own folded form", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(foldName(foldName(text))).toBe(foldName(text));
        expect(foldEmail(foldEmail(text))).toBe(foldEmail(text));
      }),
      { numRuns: 500 },
    );
  });

  it("keeps names apart that differ in more than case", () => {
    fc.assert(
      fc.property(usernames, usernames, (one, other) => {
        expect(foldName(one) === foldName(other)).toBe(one.toLowerCase() === other.toLowerCase());
      }),
    );
  });

  it("begins with no reserved prefix where the name is a username, in whatever case it is given", () => {
    const reserved = fc.constantFrom("mta", "maxim").chain((prefix) => recased(prefix));
    const rest = fc.stringMatching(/^[a-zA-Z0-9_一-龥]{0,20}$/);
    fc.assert(
      fc.property(reserved, rest, usernames, (prefix, tail, name) => {
        expect(isUsername(prefix + tail)).toBe(false);
        expect(foldName(name)).not.toMatch(/^(mta|maxim)/);
      }),
    );
  });
});

const mainland = fc.stringMatching(/^1[3-9][0-9]{9}$/);
const international = fc.stringMatching(/^\+[0-9]{8,15}$/);

/** A number as it is without the prefix of the mainland, where it is one of the mainland's. */
const withoutPrefix = (number: string) => (/^\+861[3-9][0-9]{9}$/.test(number) ? number.slice(3) : number);

describe("a mobile number", () => {
  it("is the same with and without +86 where it is a mainland one", () => {
    fc.assert(
      fc.property(mainland, (number) => {
        expect(isMobile(number)).toBe(true);
        expect(isMobile(`+86${number}`)).toBe(true);
        expect(canonicalMobile(number)).toBe(canonicalMobile(`+86${number}`));
      }),
    );
  });

  it("is the same as no other number", () => {
    const numbers = fc.oneof(mainland, international);
    fc.assert(
      fc.property(numbers, numbers, (one, other) => {
        const isSame = withoutPrefix(one) === withoutPrefix(other);
        expect(canonicalMobile(one) === canonicalMobile(other)).toBe(isSame);
      }),
    );
  });

  it("has a canonical form that is a mobile number, and its own canonical form", () => {
    fc.assert(
      fc.property(fc.oneof(mainland, international), (number) => {
        const canonical = canonicalMobile(number);
        expect(isMobile(canonical)).toBe(true);
        expect(canonicalMobile(canonical)).toBe(canonical);
      }),
    );
  });

  it("is no username, no e-mail address and no text with anything around it", () => {
    const around = fc.constantFrom(" ", "\n", "a", "-", "++");
    fc.assert(
      fc.property(fc.oneof(mainland, international), around, (number, more) => {
        expect(isUsername(number)).toBe(false);
        expect(Email.safeParse(number).success).toBe(false);
        expect(Mobile.safeParse(more + number).success).toBe(false);
        expect(Mobile.safeParse(number + more).success).toBe(false);
      }),
    );
  });
});

describe("an avatar", () => {
  it("is an http or https URL, or nothing", () => {
    expect(Avatar.safeParse("").success).toBe(true);
    const urls = fc.webUrl({ validSchemes: ["http", "https"], withQueryParameters: true });
    fc.assert(fc.property(urls, (url) => Avatar.safeParse(url).success));
  });

  it("has no other scheme, no space and at most 2048 characters", () => {
    const others = fc.webUrl({ validSchemes: ["ftp", "file", "ws", "javascript", "data"] });
    fc.assert(fc.property(others, (url) => !Avatar.safeParse(url).success));
    const sizes = fc.integer({ min: 2000, max: 2100 });
    fc.assert(
      fc.property(sizes, (size) => {
        const url = "https://pictures.example/".padEnd(size, "p");
        expect(Avatar.safeParse(url).success).toBe(size <= 2048);
        expect(Avatar.safeParse(url.replace("example", "exam ple")).success).toBe(false);
      }),
    );
  });

  it("is none of what is no URL", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const accepted = Avatar.safeParse(text).success;
        expect(accepted).toBe(accepted && (text === "" || /^https?:\/\//i.test(text)));
        expect(Avatar.safeParse(`https://${text} `).success).toBe(false);
      }),
    );
  });
});

describe("an e-mail address", () => {
  const simple = fc.stringMatching(/^[a-z0-9]{1,20}(\.[a-z0-9]{1,10})?@[a-z0-9]{1,20}\.[a-z]{2,6}$/);

  it("is a name, an @ and a domain, or nothing", () => {
    expect(Email.safeParse("").success).toBe(true);
    fc.assert(fc.property(simple, (address) => Email.safeParse(address).success));
  });

  it("has one @, no space and at most 254 characters", () => {
    fc.assert(
      fc.property(simple, fc.constantFrom("@", " ", "\n", "\u0000"), (address, wrong) => {
        expect(Email.safeParse(address + wrong).success).toBe(false);
        expect(Email.safeParse(wrong + address).success).toBe(false);
        expect(Email.safeParse(address.replace("@", wrong.repeat(2))).success).toBe(false);
        expect(Email.safeParse(`${"a.b".repeat(84)}c@${address}`).success).toBe(false);
      }),
    );
  });

  it("is no username", () => {
    fc.assert(
      fc.property(simple, (address) => {
        expect(isUsername(address)).toBe(false);
      }),
    );
  });
});

/** How two texts stand to each other in the order of UTF-8, which is that of the database: -1, 0 or 1. */
const inOrder = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other));

describe("the first text behind all that begin with another", () => {
  const edges = ["a", "\u007F", "\u07FF", "\uD7FF", "\uE000", "\uFFFF"];
  const some = fc.array(fc.constantFrom(...edges, "\u{10FFFF}"), { maxLength: 2 });
  const texts = some.map((chars) => chars.join(""));

  it("has a form in UTF-8, and is behind each of them but not behind what follows them", () => {
    fc.assert(
      fc.property(texts, fc.constantFrom(...edges), texts, (before, char, text) => {
        const prefix = before + char;
        const end = endOfPrefix(prefix) ?? "";
        expect(end.isWellFormed()).toBe(true);
        expect(inOrder(text, prefix) >= 0 && inOrder(text, end) < 0).toBe(text.startsWith(prefix));
        expect(inOrder(prefix + text, end)).toBe(-1);
      }),
      { examples: [["", "\uD7FF", "\uE000"]] },
    );
  });

  it("is none behind the last character there is, however often it comes", () => {
    expect(endOfPrefix("\u{10FFFF}".repeat(3))).toBeUndefined();
  });
});
