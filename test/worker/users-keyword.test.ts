import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type App, type Client, dataOf, newApp } from "./kit/client.ts";
import { ListedUser } from "./kit/wire.ts";

/** Texts in the order of their UTF-8, which is that of the database. */
const inOrder = (texts: readonly string[]) =>
  texts.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

/** Characters at the edges of what UTF-8 takes one to four bytes for, around the surrogates, and the last one there is. */
const alphabet = [
  "a",
  "z",
  "_",
  "9",
  "é",
  "\u07FF",
  "一",
  "龥",
  "\uD7FF",
  "\uE000",
  "\uFFFD",
  "😀",
  "\u{10FFFF}",
];

const Beside = z.object({ total: z.int(), cursor: z.string().optional() });

/** All that a keyword finds, page by page. */
async function found(admin: Client, keyword: string, page_size = "200") {
  const names: string[] = [];
  const totals = new Set<number>();
  let cursor: string | undefined;
  do {
    const query = { keyword, page_size, ...(cursor !== undefined && { cursor }) };
    const answer = await admin.get("/user/list", query);
    names.push(...dataOf(answer, z.array(ListedUser)).map((user) => user.username));
    const beside = Beside.parse(answer.body);
    totals.add(beside.total);
    ({ cursor } = beside);
  } while (cursor !== undefined);
  return { names, totals: [...totals] };
}

/** Puts users into an app by themselves: with names of any characters, as no registration allows. */
async function addUsers(app: App, names: readonly string[]): Promise<void> {
  await env.DB.prepare(
    `insert into users (app_id, username, username_key, password, created_at, updated_at)
     select ?, value, value, '', 0, 0 from json_each(?) order by key`,
  )
    .bind(app.id, JSON.stringify(names))
    .run();
}

describe("the list of users by keyword", () => {
  let app: App;
  const pairs = alphabet.flatMap((first) => alphabet.map((second) => first + second));
  const names = [...alphabet, ...pairs, "a".repeat(64), "一".repeat(64), "\u{10FFFF}\u{10FFFF}\u{10FFFF}"];

  beforeAll(async () => {
    app = await newApp();
    await addUsers(app, names);
    // Another app's names are none of its own.
    await addUsers(await newApp(), names);
  });

  it.each(["a".repeat(50), "a".repeat(64), "一".repeat(17), "一".repeat(64)])(
    "takes one of up to 64 characters, however many bytes they are: %s",
    async (keyword) => {
      const longest = keyword.startsWith("a") ? "a".repeat(64) : "一".repeat(64);
      expect(await found(app.admin, keyword)).toEqual({ names: [longest], totals: [1] });
    },
  );

  it("finds the names that begin with it and no others, in the order of code points", async () => {
    const part = fc.array(fc.constantFrom(...alphabet, "%", "\\", "b"), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(part, async (chars) => {
        const keyword = chars.join("");
        const expected = inOrder(names.filter((name) => name.startsWith(keyword)));
        expect(await found(app.admin, keyword)).toEqual({ names: expected, totals: [expected.length] });
      }),
      { numRuns: 60 },
    );
  });

  it("is read to its end by cursor", async () => {
    const expected = inOrder(names.filter((name) => name.startsWith("\u{10FFFF}")));
    const all = await found(app.admin, "\u{10FFFF}", "4");
    expect(all).toEqual({ names: expected, totals: [expected.length] });
  });
});
