import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type App, type User, dataOf, newApp } from "./kit/client.ts";
import { audit } from "./kit/records.ts";
import { ChangedRow, done, profileOf } from "./kit/wire.ts";

async function change(app: App, list: unknown, path = "/user/profile/batch", method = "POST") {
  return dataOf(await app.admin.call(method, path, { json: { list } }), z.array(ChangedRow));
}

async function threeUsers(app: App): Promise<[User, User, User]> {
  return [await app.user(), await app.user(), await app.user()];
}

const good = { success: true, reason: "" };
const bad = { success: false, reason: expect.stringMatching(/./) };
const unknown = 999_999_999;
const avatar = "https://pictures.example/a.png";

describe("profile batch", () => {
  it.each(["POST", "PUT"])(
    "reports each row in order at %s, and a bad one spoils no other",
    async (method) => {
      const [app, other] = await Promise.all([newApp(), newApp()]);
      const [ann, bob, cid] = await threeUsers(app);
      const abroad = await other.user();

      const rows = await change(
        app,
        [
          { user_id: cid.id, nick_name: "Cid", description: "third" },
          { user_id: unknown, nick_name: "nobody" },
          null,
          { user_id: ann.id, nick_name: "n".repeat(65) },
          { user_id: abroad.id, nick_name: "stranger" },
          { nick_name: "nameless" },
          { user_id: String(ann.id), nick_name: "text" },
          7,
          { user_id: bob.id, public_info: "open", private_info: "closed", email: "bob@example.com" },
        ],
        "/user/profile/batch",
        method,
      );

      expect(rows).toEqual([
        { user_id: cid.id, ...good },
        { user_id: unknown, ...bad },
        { user_id: 0, ...bad },
        { user_id: ann.id, ...bad },
        { user_id: abroad.id, ...bad },
        { user_id: 0, ...bad },
        { user_id: 0, ...bad },
        { user_id: 0, ...bad },
        { user_id: bob.id, ...good },
      ]);
      expect(rows[3]?.reason).toContain("nick_name");
      expect(await profileOf(app.actingFor(cid))).toMatchObject({ nick_name: "Cid", description: "third" });
      expect(await profileOf(app.actingFor(bob))).toMatchObject({
        public_info: "open",
        private_info: "closed",
        email: "bob@example.com",
      });
      expect(await profileOf(app.actingFor(ann))).toMatchObject({ nick_name: "" });
      expect(await profileOf(other.actingFor(abroad))).toMatchObject({ nick_name: "" });
    },
  );

  it("fails the one row whose e-mail address is another's, with nothing of it written", async () => {
    const app = await newApp();
    const [holder, ann, bob] = await threeUsers(app);
    await done(app.actingFor(holder).post("/user/profile", { email: "taken@example.com" }));
    const rows = await change(app, [
      { user_id: ann.id, nick_name: "Ann", email: "ann@example.com" },
      { user_id: bob.id, nick_name: "Bob", email: "taken@example.com" },
      { user_id: holder.id, nick_name: "Holder", email: "taken@example.com" },
    ]);
    expect(rows).toEqual([
      { user_id: ann.id, ...good },
      { user_id: bob.id, ...bad },
      { user_id: holder.id, ...good },
    ]);
    expect(rows[1]?.reason).toContain("email");
    expect(await profileOf(app.actingFor(bob))).toMatchObject({ nick_name: "", email: "" });
    expect(await profileOf(app.actingFor(ann))).toMatchObject({ nick_name: "Ann", email: "ann@example.com" });
    expect(await profileOf(app.actingFor(holder))).toMatchObject({
      nick_name: "Holder",
      email: "taken@example.com",
    });
    const records = await audit(app.admin, { operation: "setProfiles" });
    expect(new Set(records.map((record) => record.subject))).toEqual(new Set([ann.id, holder.id]));
  });

  it("gives an e-mail address that two rows want to the first, and one that a row frees to the next", async () => {
    const app = await newApp();
    const [holder, ann, bob] = await threeUsers(app);
    await done(app.actingFor(holder).post("/user/profile", { email: "old@example.com" }));
    const rows = await change(app, [
      { user_id: ann.id, email: "new@example.com" },
      { user_id: bob.id, email: "new@example.com" },
      { user_id: holder.id, email: "" },
      { user_id: bob.id, email: "old@example.com" },
    ]);
    expect(rows.map((row) => row.success)).toEqual([true, false, true, true]);
    const emails = await Promise.all(
      [holder, ann, bob].map(async (user) => (await profileOf(app.actingFor(user))).email),
    );
    expect(emails).toEqual(["", "new@example.com", "old@example.com"]);
  });

  it("applies rows of the same user in order, and leaves null and absent fields as they are", async () => {
    const app = await newApp();
    const user = await app.user();
    const rows = await change(app, [
      { user_id: user.id, nick_name: "first", description: "kept" },
      { user_id: user.id, nick_name: "second", description: null, email: null },
      { user_id: user.id, nick_name: null, private_info: "late" },
      { user_id: user.id },
    ]);
    expect(rows).toEqual(Array.from({ length: 4 }, () => ({ user_id: user.id, ...good })));
    expect(await profileOf(app.actingFor(user))).toMatchObject({
      nick_name: "second",
      description: "kept",
      private_info: "late",
    });
  });

  it("takes a hundred rows", async () => {
    const app = await newApp();
    const user = await app.user();
    const rows = await change(
      app,
      Array.from({ length: 100 }, (_, index) => ({ user_id: user.id, nick_name: `${index}` })),
    );
    expect(rows.filter((row) => row.success)).toHaveLength(100);
    expect((await profileOf(app.actingFor(user))).nick_name).toBe("99");
  });
});

describe("avatar batch", () => {
  it.each(["POST", "PUT"])(
    "reports each row in order at %s, and a bad one spoils no other",
    async (method) => {
      const app = await newApp();
      const [ann, bob, cid] = await threeUsers(app);
      await done(app.actingFor(cid).post("/user/avatar", { avatar }));
      const rows = await change(
        app,
        [
          { user_id: bob.id, avatar: "javascript:alert(1)" },
          { user_id: ann.id, avatar },
          { user_id: unknown, avatar },
          { user_id: bob.id },
          { user_id: bob.id, avatar: null },
          null,
          { user_id: cid.id, avatar: "" },
        ],
        "/user/avatar/batch",
        method,
      );
      expect(rows).toEqual([
        { user_id: bob.id, ...bad },
        { user_id: ann.id, ...good },
        { user_id: unknown, ...bad },
        { user_id: bob.id, ...bad },
        { user_id: bob.id, ...bad },
        { user_id: 0, ...bad },
        { user_id: cid.id, ...good },
      ]);
      const avatars = await Promise.all(
        [ann, bob, cid].map(async (user) => (await profileOf(app.actingFor(user))).avatar),
      );
      expect(avatars).toEqual([avatar, "", ""]);
    },
  );

  it("applies rows of the same user in order", async () => {
    const app = await newApp();
    const user = await app.user();
    const rows = await change(
      app,
      [
        { user_id: user.id, avatar: "https://pictures.example/first.png" },
        { user_id: user.id, avatar },
      ],
      "/user/avatar/batch",
    );
    expect(rows).toEqual([
      { user_id: user.id, ...good },
      { user_id: user.id, ...good },
    ]);
    expect((await profileOf(app.actingFor(user))).avatar).toBe(avatar);
  });
});

describe.each(["/user/profile/batch", "/user/avatar/batch"])("%s", (path) => {
  it.each([
    ["no row", () => []],
    ["101 rows", (row: unknown) => Array.from({ length: 101 }, () => row)],
    ["a row that is no list", (row: unknown) => row],
    ["null", () => null],
    ["nothing", () => undefined],
  ])("refuses %s with 10002 and writes nothing", async (_what, listOf) => {
    const app = await newApp();
    const user = await app.user();
    const before = await profileOf(app.actingFor(user));
    const list = listOf({ user_id: user.id, avatar, nick_name: "new" });
    const answer = await app.admin.post(path, { list });
    expect(answer).toMatchObject({ code: 10002, data: null });
    expect(answer.message).toContain("list");
    expect(await profileOf(app.actingFor(user))).toEqual(before);
  });

  it("is refused to a user's own token, for the user's own row as well", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const list = [{ user_id: user.id, avatar, nick_name: "new" }];
    expect((await session.post(path, { list })).code).toBe(10010);
    expect((await app.nobody.post(path, { list })).code).toBe(10003);
    expect(await profileOf(session)).toMatchObject({ avatar: "", nick_name: "" });
  });
});
