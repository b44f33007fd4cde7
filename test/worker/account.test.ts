import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { dataOf, newApp, newName } from "./kit/client.ts";
import { Settings, codesOf, newSettings, profileOf, settingsOf, usersOf } from "./kit/wire.ts";

const password = "secret word";

function storedPassword(id: number) {
  return env.DB.prepare("select password from users where id = ?").bind(id).first<string>("password");
}

describe("register", () => {
  it("answers the settings of the new user, all 17 of them as a new user has them", async () => {
    const app = await newApp();

    const answer = await app.nobody.post("/user/register/v2", { username: "ann", password });

    const settings = dataOf(answer, Settings);
    expect(settings).toEqual({ ...newSettings, id: settings.user_id, user_id: settings.user_id });
    expect(answer.message).toBe("");
    const session = await app.signIn({ id: settings.user_id, name: "ann", password });
    expect(session.userId).toBe(settings.user_id);
    expect(await settingsOf(session)).toEqual(settings);
  });

  it("starts the profile empty but for the name, shown in the form it was given", async () => {
    const app = await newApp();
    await app.nobody.post("/user/register/v2", { username: "Anna_安", password });
    const [listed] = await usersOf(app.admin);
    const session = await app.signIn({ id: 0, name: "Anna_安", password });

    expect(await profileOf(session)).toEqual({
      user_id: session.userId,
      username: "Anna_安",
      avatar: "",
      description: "",
      mobile: "",
      email: "",
      nick_name: "",
      public_info: "",
      private_info: "",
    });
    expect(listed).toEqual({ user_id: session.userId, username: "Anna_安", status: 0 });
  });

  it.each([
    ["a"],
    ["_"],
    ["7a"],
    ["a7"],
    ["用户"],
    ["龥"],
    ["xmta"],
    ["amaxim"],
    ["a".repeat(64)],
    ["一".repeat(64)],
  ])("takes the name %s", async (username) => {
    const app = await newApp();
    expect((await app.nobody.post("/user/register/v2", { username, password })).code).toBe(200);
    expect(await usersOf(app.admin)).toMatchObject([{ username }]);
  });

  it.each([
    [""],
    ["12345"],
    ["mta"],
    ["mta_ann"],
    ["maxim"],
    ["maximus"],
    ["MTA_ann"],
    ["Mta"],
    ["MaXiMus"],
    ["a b"],
    [" ann"],
    ["ann\n"],
    ["ann-a"],
    ["ann@host"],
    ["añn"],
    ["ａｎｎ"],
    ["龦"],
    ["😀"],
    ["a".repeat(65)],
    ["一".repeat(65)],
    [null],
    [7],
    [true],
    [["ann"]],
    [{}],
    [undefined],
  ])("refuses the name %j, naming the parameter, and makes nobody", async (username) => {
    const app = await newApp();
    const answer = await app.nobody.post("/user/register/v2", { username, password });
    expect(answer).toMatchObject({ code: 10002, data: null });
    expect(answer.message).toContain("username");
    expect(answer.response.status).toBe(200);
    expect(await usersOf(app.admin)).toEqual([]);
  });

  it.each([
    ["six plain letters", "abcdef"],
    ["six emoji, as length is in code points", "😀".repeat(6)],
    ["128 emoji", "😀".repeat(128)],
    ["128 letters", "p".repeat(128)],
    ["spaces alone", " ".repeat(6)],
    ["quotes and controls", "'\";--\u0000\t\n"],
  ])("takes a password of %s, exactly as it is", async (_what, password) => {
    const app = await newApp();
    const user = { id: 0, name: "ann", password };
    expect((await app.nobody.post("/user/register/v2", { username: "ann", password })).code).toBe(200);
    expect((await app.signIn(user)).userId).toBeGreaterThan(0);
    for (const wrong of [`${password} `, Array.from(password).slice(1).join("")]) {
      expect((await app.nobody.post("/token/user", { name: "ann", password: wrong })).code).toBe(11001);
    }
  });

  it.each([[""], ["12345"], ["😀".repeat(5)], ["p".repeat(129)], [null], [123456], [undefined]])(
    "refuses the password %j and makes nobody",
    async (password) => {
      const app = await newApp();
      const answer = await app.nobody.post("/user/register/v2", { username: "ann", password });
      expect(answer).toMatchObject({ code: 10002, data: null });
      expect(answer.message).toContain("password");
      expect(await usersOf(app.admin)).toEqual([]);
    },
  );

  it("keeps no password that anyone could read", async () => {
    const app = await newApp();
    const user = await app.user("a most peculiar password");
    const row = await env.DB.prepare("select * from users where id = ?").bind(user.id).first();
    expect(row).toMatchObject({ username: user.name });
    expect(JSON.stringify(row)).not.toContain(user.password);
    const again = await app.user("a most peculiar password");
    expect(await storedPassword(user.id)).not.toBe(await storedPassword(again.id));
  });

  it.each([["ann"], ["ANN"], ["Ann"]])(
    "refuses %s where Ann is taken, and leaves Ann as she is",
    async (username) => {
      const app = await newApp();
      await app.nobody.post("/user/register/v2", { username: "Ann", password });
      const answer = await app.nobody.post("/user/register/v2", { username, password: "another word" });
      expect(answer).toMatchObject({ code: 10004, data: null });
      expect(await usersOf(app.admin)).toMatchObject([{ username: "Ann" }]);
      expect((await app.nobody.post("/token/user", { name: "Ann", password })).code).toBe(200);
      expect((await app.nobody.post("/token/user", { name: "Ann", password: "another word" })).code).toBe(
        11001,
      );
    },
  );

  it("lets one of many who want a name at once have it", async () => {
    const app = await newApp();
    const tries = Array.from({ length: 8 }, (_, index) =>
      app.nobody.post("/user/register/v2", { username: index % 2 ? "ann" : "ANN", password }),
    );
    expect(codesOf(await Promise.all(tries))).toEqual([200, ...Array.from({ length: 7 }, () => 10004)]);
    expect(await usersOf(app.admin)).toHaveLength(1);
  });

  it("gives a name in one app whoever has it in another", async () => {
    const [one, other] = await Promise.all([newApp(), newApp()]);
    const name = newName();
    const ids = [];
    for (const [app, word] of [
      [one, "first word"],
      [other, "second word"],
    ] as const) {
      const answer = await app.nobody.post("/user/register/v2", { username: name, password: word });
      ids.push(dataOf(answer, Settings).user_id);
    }
    expect(new Set(ids).size).toBe(2);
    expect((await one.nobody.post("/token/user", { name, password: "second word" })).code).toBe(11001);
    expect((await other.nobody.post("/token/user", { name, password: "second word" })).code).toBe(200);
  });

  it("is refused with 40001 where registration is closed, whatever the name, and makes nobody", async () => {
    const app = await newApp({ registration: "closed" });
    expect((await app.nobody.post("/user/register/v2", { username: "ann", password })).code).toBe(40001);
    expect(await usersOf(app.admin)).toEqual([]);
    await app.root.put("/admin/app", { registration: "open" });
    expect((await app.nobody.post("/user/register/v2", { username: "ann", password })).code).toBe(200);
  });

  it("ignores parameters it does not know", async () => {
    const app = await newApp();
    const answer = await app.nobody.post("/user/register/v2", {
      username: "ann",
      password,
      user_id: 5,
      auth_mode: 3,
      status: 1,
    });
    expect(dataOf(answer, Settings)).toMatchObject({ auth_mode: 0 });
    expect(await usersOf(app.admin)).toMatchObject([{ username: "ann", status: 0 }]);
  });
});

describe("username", () => {
  it.each(["POST", "PUT"])("changes the name at %s, and the old one is free at once", async (method) => {
    const app = await newApp();
    const { user, session } = await app.session();
    const name = newName("new");

    expect(await session.set("/user/username", { username: name }, method)).toMatchObject({
      code: 200,
      data: true,
    });

    expect((await profileOf(session)).username).toBe(name);
    expect((await app.nobody.post("/token/user", { name: user.name, password: user.password })).code).toBe(
      11001,
    );
    expect((await app.signIn({ ...user, name })).userId).toBe(user.id);
    const taker = await app.nobody.post("/user/register/v2", { username: user.name, password });
    expect(dataOf(taker, Settings).user_id).not.toBe(user.id);
  });

  it("takes the name from a JSON body as well", async () => {
    const app = await newApp();
    const { session } = await app.session();
    expect((await session.post("/user/username", { username: "from_body" })).code).toBe(200);
    expect((await profileOf(session)).username).toBe("from_body");
  });

  it("refuses a name given twice in the query, or differently in query and body, and changes nothing", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const twice = await session.set("/user/username", { username: ["one", "two"] });
    const query = { username: "one" };
    const apart = await session.call("POST", "/user/username", { query, json: { username: "two" } });
    expect([twice.code, apart.code]).toEqual([10002, 10002]);
    expect((await profileOf(session)).username).toBe(user.name);
    const same = await session.call("POST", "/user/username", { query, json: { username: "one" } });
    expect(same.code).toBe(200);
    expect((await profileOf(session)).username).toBe("one");
  });

  it("allows a change of nothing but the case of one's own name", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const name = user.name.toUpperCase();
    expect((await session.set("/user/username", { username: name })).code).toBe(200);
    expect((await profileOf(session)).username).toBe(name);
    expect((await session.set("/user/username", { username: name })).code).toBe(200);
  });

  it.each([
    ["as it is", (name: string) => name] as const,
    ["in another case", (name: string) => name.toUpperCase()] as const,
  ])("refuses a name that another user has, %s, and changes nothing", async (_how, form) => {
    const app = await newApp();
    const other = await app.user();
    const { user, session } = await app.session();
    const answer = await session.set("/user/username", { username: form(other.name) });
    expect(answer).toMatchObject({ code: 10004, data: null });
    expect((await profileOf(session)).username).toBe(user.name);
    expect((await app.signIn(other)).userId).toBe(other.id);
  });

  it.each([["mta_x"], ["MTA_x"], ["maxim_x"], ["MaxIm_x"], ["123"], [""], ["a".repeat(65)], ["a-b"]])(
    "refuses to become %j",
    async (username) => {
      const app = await newApp();
      const { user, session } = await app.session();
      expect((await session.set("/user/username", { username })).code).toBe(10002);
      expect((await profileOf(session)).username).toBe(user.name);
    },
  );

  it("refuses a call that names no new name", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const answer = await session.post("/user/username", {});
    expect(answer.code).toBe(10002);
    expect(answer.message).toContain("username");
  });

  it("gives a name that several users want at once to one of them", async () => {
    const app = await newApp();
    const sessions = await Promise.all(Array.from({ length: 4 }, async () => (await app.session()).session));
    const answers = await Promise.all(
      sessions.map((session) => session.set("/user/username", { username: "wanted" })),
    );
    expect(codesOf(answers)).toEqual([200, 10004, 10004, 10004]);
    const names = (await usersOf(app.admin)).map((user) => user.username);
    expect(names.filter((name) => name === "wanted")).toHaveLength(1);
  });

  it("keeps the user's sessions and id, and is open to an admin on the user's behalf", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const name = newName("renamed");
    expect((await app.actingFor(user).set("/user/username", { username: name })).code).toBe(200);
    expect(await profileOf(session)).toMatchObject({ user_id: user.id, username: name });
  });
});
