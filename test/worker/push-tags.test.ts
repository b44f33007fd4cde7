import { describe, expect, it } from "vitest";
import { type Client, newApp } from "./kit/client.ts";
import { codesOf, done, tagsOf } from "./kit/wire.ts";

const path = "/user/push/tag";

function numbered(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `tag-${String(from + index).padStart(3, "0")}`);
}

async function someone(): Promise<Client> {
  const app = await newApp();
  return (await app.session()).session;
}

describe("tags", () => {
  it("are none at first, and a set: adding twice is adding once", async () => {
    const session = await someone();
    expect(await tagsOf(session)).toEqual([]);
    expect(await session.post(path, { tags: ["b", "a", "b"] })).toMatchObject({ code: 200, data: true });
    await done(session.post(path, { tags: ["a", "c"] }));
    expect(await tagsOf(session)).toEqual(["a", "b", "c"]);
  });

  it("are listed in the order of their code points", async () => {
    const session = await someone();
    const inOrder = [" ", "10", "9", "A", "Z", "a", "aa", "ab", "z", "é", "一", "\uFF5E", "😀"].filter(
      Boolean,
    );
    await done(session.post(path, { tags: inOrder.toReversed() }));
    expect(await tagsOf(session)).toEqual(inOrder);
  });

  it("are told apart exactly: by case, by spaces, by Unicode form", async () => {
    const session = await someone();
    const tags = [" a", "A", "a", "a ", "e\u0301", "é"];
    await done(session.post(path, { tags }));
    expect(await tagsOf(session)).toEqual(tags);
  });

  it("are removed by name, and one that is not there is no error", async () => {
    const session = await someone();
    await done(session.post(path, { tags: ["a", "b", "c"] }));
    expect(await session.delete(path, { tags: ["b", "never"] })).toMatchObject({ code: 200, data: true });
    await done(session.delete(path, { tags: ["b"] }));
    expect(await tagsOf(session)).toEqual(["a", "c"]);
  });

  it("are all removed at once, and then there are none to remove", async () => {
    const session = await someone();
    await done(session.post(path, { tags: numbered(100) }));
    await done(session.delete(`${path}/all`));
    expect(await tagsOf(session)).toEqual([]);
    await done(session.delete(`${path}/all`));
  });

  it("are one user's own", async () => {
    const app = await newApp();
    const [{ session }, { session: other }] = [await app.session(), await app.session()];
    await done(session.post(path, { tags: ["a", "b"] }));
    await done(other.post(path, { tags: ["b", "c"] }));
    await done(session.delete(`${path}/all`));
    expect(await tagsOf(session)).toEqual([]);
    expect(await tagsOf(other)).toEqual(["b", "c"]);
  });

  it("are up to 64 bytes each", async () => {
    const session = await someone();
    const longest = ["t".repeat(64), "é".repeat(32)];
    await done(session.post(path, { tags: longest }));
    expect(await tagsOf(session)).toEqual(longest);
  });

  it.each([
    ["one too long", ["good", "t".repeat(65)]],
    ["one too long in bytes", ["good", "é".repeat(33)]],
    ["an empty one", ["good", ""]],
    ["a number", ["good", 7]],
    ["a null", ["good", null]],
    ["no list", "good"],
    ["null", null],
    ["nothing", undefined],
  ])(
    "are refused with 10002 where there is %s among them, and none of the others is added",
    async (_what, tags) => {
      const session = await someone();
      await done(session.post(path, { tags: ["kept"] }));
      const answer = await session.post(path, { tags });
      expect(answer).toMatchObject({ code: 10002, data: null });
      expect(answer.message).toContain("tags");
      expect(await tagsOf(session)).toEqual(["kept"]);
    },
  );

  it("are refused for removal where one is malformed, and none is removed", async () => {
    const session = await someone();
    await done(session.post(path, { tags: ["a"] }));
    const answers = [];
    for (const tags of [["a", ""], ["a", 7], ["a", "t".repeat(65)], "a", null, undefined]) {
      answers.push(await session.delete(path, { tags }));
    }
    expect(new Set(codesOf(answers))).toEqual(new Set([10002]));
    expect(await tagsOf(session)).toEqual(["a"]);
  });
});

describe("the limit of a hundred tags", () => {
  it("is reached and not crossed: one call adds all of its tags or none", async () => {
    const session = await someone();
    await done(session.post(path, { tags: numbered(98) }));
    const refused = await session.post(path, { tags: numbered(3, 98) });
    expect(refused).toMatchObject({ code: 10002, data: null });
    expect(await tagsOf(session)).toEqual(numbered(98));
    await done(session.post(path, { tags: numbered(2, 98) }));
    expect(await tagsOf(session)).toEqual(numbered(100));
    expect((await session.post(path, { tags: ["one more"] })).code).toBe(10002);
    expect((await session.post(path, { tags: ["tag-001", "one more"] })).code).toBe(10002);
    expect(await tagsOf(session)).toEqual(numbered(100));
  });

  it("counts what is there already once", async () => {
    const session = await someone();
    await done(session.post(path, { tags: numbered(99) }));
    await done(session.post(path, { tags: [...numbered(99), "tag-099"] }));
    await done(session.post(path, { tags: numbered(100) }));
    expect(await tagsOf(session)).toEqual(numbered(100));
  });

  it("refuses more than a hundred in one call", async () => {
    const session = await someone();
    expect((await session.post(path, { tags: numbered(101) })).code).toBe(10002);
    expect(await tagsOf(session)).toEqual([]);
  });

  it("has room again for a tag that was removed", async () => {
    const session = await someone();
    await done(session.post(path, { tags: numbered(100) }));
    await done(session.delete(path, { tags: ["tag-050"] }));
    await done(session.post(path, { tags: ["new"] }));
    expect(await tagsOf(session)).toEqual(["new", ...numbered(100).filter((tag) => tag !== "tag-050")]);
  });

  it("holds where calls that would cross it together come at once", async () => {
    const session = await someone();
    await done(session.post(path, { tags: numbered(90) }));
    const answers = await Promise.all(
      [0, 1, 2, 3].map((call) => session.post(path, { tags: numbered(4, 200 + call * 10) })),
    );
    expect(codesOf(answers)).toEqual([200, 200, 10002, 10002]);
    expect(await tagsOf(session)).toHaveLength(98);
  });
});
