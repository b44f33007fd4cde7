import { describe, expect, it } from "vitest";
import { newApp } from "./kit/client.ts";
import { connect } from "./kit/socket.ts";
import { codesOf, done, profileOf } from "./kit/wire.ts";

/** A profile that a test changes. */
const before = {
  nick_name: "Ann",
  description: "old",
  public_info: "old",
  private_info: "old",
  email: "a@b.example",
};

describe("profile", () => {
  it.each(["POST", "PUT"])("takes all of its fields at once at %s", async (method) => {
    const app = await newApp();
    const { user, session } = await app.session();
    const fields = {
      nick_name: "Ann",
      description: "who she is",
      public_info: '{"any":"text"}',
      private_info: "hers alone",
      email: "ann@example.com",
    };

    const answer = await session.call(method, "/user/profile", { json: fields });

    expect(answer).toMatchObject({ code: 200, data: true });
    expect(await profileOf(session)).toEqual({
      user_id: user.id,
      username: user.name,
      avatar: "",
      mobile: "",
      ...fields,
    });
  });

  it("leaves a field as it is that is left out or null", async () => {
    const app = await newApp();
    const { session } = await app.session();
    await done(session.post("/user/profile", before));
    await done(session.post("/user/profile", { description: "new" }));
    await done(session.post("/user/profile", { nick_name: null, email: null, private_info: null }));
    await done(session.post("/user/profile", {}));
    await done(session.call("POST", "/user/profile"));
    expect(await profileOf(session)).toMatchObject({ ...before, description: "new" });
  });

  it('clears a field that is given as ""', async () => {
    const app = await newApp();
    const { session } = await app.session();
    const cleared = { nick_name: "", description: "", public_info: "", private_info: "", email: "" };
    await done(session.post("/user/profile", before));
    await done(session.post("/user/profile", cleared));
    expect(await profileOf(session)).toMatchObject(cleared);
  });

  it("takes texts as long as they may be: code points for names, bytes for infos", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const longest = {
      nick_name: "😀".repeat(64),
      description: "😀".repeat(512),
      public_info: "é".repeat(8 * 1024),
      private_info: "p".repeat(16 * 1024),
    };
    await done(session.post("/user/profile", longest));
    expect(await profileOf(session)).toMatchObject(longest);
  });

  it.each([
    ["nick_name", "n".repeat(65)],
    ["nick_name", 7],
    ["description", "d".repeat(513)],
    ["description", ["a"]],
    ["public_info", "p".repeat(16 * 1024 + 1)],
    ["public_info", "é".repeat(8 * 1024 + 1)],
    ["public_info", { any: "thing" }],
    ["private_info", "p".repeat(16 * 1024 + 1)],
    ["private_info", false],
    ["email", "ann"],
    ["email", "ann@"],
    ["email", "@example.com"],
    ["email", "a b@example.com"],
    ["email", 7],
  ])("refuses a wrong %s with 10002 and writes none of the other fields", async (field, value) => {
    const app = await newApp();
    const { session } = await app.session();
    const before = await profileOf(session);
    const other = field === "description" ? { nick_name: "new" } : { description: "new" };
    const answer = await session.post("/user/profile", { ...other, [field]: value });
    expect(answer).toMatchObject({ code: 10002, data: null });
    expect(answer.message).toContain(field);
    expect(await profileOf(session)).toEqual(before);
  });

  it("is one user's own: another's is as it was", async () => {
    const app = await newApp();
    const [{ session }, other] = [await app.session(), await app.session()];
    const before = await profileOf(other.session);
    await done(session.post("/user/profile", { nick_name: "Ann", description: "who she is" }));
    expect(await profileOf(other.session)).toEqual(before);
  });

  it("can be read and written by an admin on the user's behalf, and the devices hear of it", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    const socket = await connect(session);
    await done(app.actingFor(user).post("/user/profile", { nick_name: "from the desk" }));
    expect(await profileOf(app.actingFor(user))).toMatchObject({
      user_id: user.id,
      nick_name: "from the desk",
    });
    expect(await socket.notice("info_updated")).toMatchObject({ notice_type: 6, by: { admin: "test" } });
  });
});

describe("nickname", () => {
  it.each([
    ["Ann", "POST"],
    ["Ann", "PUT"],
    ["", "POST"],
    ["😀".repeat(64), "POST"],
    ["  spaced & signed ?=+%  ", "PUT"],
  ])("becomes %j at %s", async (nick_name, method) => {
    const app = await newApp();
    const { session } = await app.session();
    await done(session.set("/user/nickname", { nick_name: "before" }));
    await done(session.set("/user/nickname", { nick_name }, method));
    expect((await profileOf(session)).nick_name).toBe(nick_name);
  });

  it("is taken from a JSON body as well", async () => {
    const app = await newApp();
    const { session } = await app.session();
    await done(session.post("/user/nickname", { nick_name: "Ann" }));
    expect((await profileOf(session)).nick_name).toBe("Ann");
  });

  it("is refused where it is missing, null, too long or given twice", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const answers = [
      await session.set("/user/nickname", {}),
      await session.post("/user/nickname", { nick_name: null }),
      await session.set("/user/nickname", { nick_name: "n".repeat(65) }),
      await session.set("/user/nickname", { nick_name: ["a", "b"] }),
      await session.call("POST", "/user/nickname", { query: { nick_name: "a" }, json: { nick_name: "b" } }),
    ];
    expect(codesOf(answers)).toEqual([10002, 10002, 10002, 10002, 10002]);
    expect((await profileOf(session)).nick_name).toBe("");
  });
});

describe("avatar", () => {
  const longest = `https://pictures.example/${"a".repeat(2048 - 25)}`;

  it.each([
    ["http://pictures.example/a.png"],
    ["https://pictures.example:8443/a/b?c=d&e=f#g"],
    ["https://пример.example/картинка.png"],
    [longest],
    [""],
  ])("becomes %s", async (avatar) => {
    const app = await newApp();
    const { session } = await app.session();
    for (const method of ["POST", "PUT"]) {
      await done(session.post("/user/avatar", { avatar: "https://pictures.example/before.png" }));
      await done(session.call(method, "/user/avatar", { json: { avatar } }));
      expect((await profileOf(session)).avatar).toBe(avatar);
    }
  });

  it.each([
    [`${longest}a`],
    ["ftp://pictures.example/a.png"],
    ["javascript:alert(1)"],
    ["data:image/png;base64,AAAA"],
    ["//pictures.example/a.png"],
    ["/a.png"],
    ["a.png"],
    ["https://"],
    ["https:// pictures.example"],
    [" "],
    [null],
    [7],
    [undefined],
  ])("is refused as %j and stays as it was", async (avatar) => {
    const app = await newApp();
    const { session } = await app.session();
    await done(session.post("/user/avatar", { avatar: "https://pictures.example/before.png" }));
    const answer = await session.post("/user/avatar", { avatar });
    expect(answer).toMatchObject({ code: 10002, data: null });
    expect(answer.message).toContain("avatar");
    expect((await profileOf(session)).avatar).toBe("https://pictures.example/before.png");
  });
});
