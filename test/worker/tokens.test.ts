import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Answer, type App, type Fetch, Session, type User, call, dataOf, newApp } from "./kit/client.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { logged } from "./kit/log.ts";
import { Token, done } from "./kit/wire.ts";

const DAY = 24 * 3600 * 1000;

/** Every way to name a user at sign-in, and one of the same kind that names nobody. */
const ways = [
  ["/token/user", "a name", ({ name }: User) => ({ name }), { name: "nobody" }],
  ["/token/user", "a mobile number", () => ({ mobile: "13800138000" }), { mobile: "13900139000" }],
  [
    "/token/user",
    "a mobile number with +86",
    () => ({ mobile: "+8613800138000" }),
    { mobile: "+8613900139000" },
  ],
  ["/token/id", "an id", ({ id }: User) => ({ user_id: id }), { user_id: 999_999_999 }],
  ["/token/login", "a name", ({ name }: User) => ({ login_name: name }), { login_name: "nobody" }],
  ["/token/login", "a mobile number", () => ({ login_name: "13800138000" }), { login_name: "13900139000" }],
  [
    "/token/login",
    "one with +86",
    () => ({ login_name: "+8613800138000" }),
    { login_name: "+8613900139000" },
  ],
  [
    "/token/login",
    "an e-mail address",
    () => ({ login_name: "ann@example.com" }),
    { login_name: "bob@example.com" },
  ],
] as const;

/** A user whom all those ways name. */
async function reachableUser(app: App): Promise<User> {
  const user = await app.user();
  await done(app.actingFor(user).set("/user/mobile", { mobile: "13800138000" }));
  await done(app.actingFor(user).post("/user/profile", { email: "ann@example.com" }));
  return user;
}

describe("sign-in", () => {
  it.each(ways)("at %s takes %s", async (path, _what, naming) => {
    const app = await newApp();
    const user = await reachableUser(app);
    const before = Date.now();

    const answer = await app.nobody.post(path, { ...naming(user), password: user.password });

    const token = dataOf(answer, Token);
    expect(token).toMatchObject({ user_id: user.id, public_key: "" });
    expect(token).not.toHaveProperty("device_sn");
    expect(token.expire).toBeGreaterThanOrEqual(before + 90 * DAY);
    expect(token.expire).toBeLessThanOrEqual(Date.now() + 90 * DAY);
    const session = new Session(app.id, token);
    expect((await session.get("/user/profile")).data).toMatchObject({ user_id: user.id });
  });

  it.each(ways)(
    "at %s with %s gives one answer to a wrong name and a wrong password, at the same cost",
    async (path, _what, naming, nobody) => {
      const app = await newApp();
      const user = await reachableUser(app);
      const answers: unknown[] = [];
      const { lines } = await logged(async () => {
        for (const named of [nobody, naming(user)]) {
          const { body, response } = await app.nobody.post(path, { ...named, password: "not the word" });
          answers.push({ body, status: response.status });
        }
      });
      expect(answers[0]).toEqual(answers[1]);
      expect(answers[0]).toMatchObject({ status: 200, body: { code: 11001, data: null } });
      expect(answers[0]).toMatchObject({ body: { message: expect.stringMatching(/^Operation rejected/) } });
      expect(lines[0]?.trips).toEqual(lines[1]?.trips);
    },
  );

  it("knows a name in every case and Unicode form of it", async () => {
    const app = await newApp();
    const username = "Anna_豈";
    const password = "secret word";
    await app.nobody.post("/user/register/v2", { username, password });
    for (const name of ["anna_豈", "ANNA_豈", "Anna_\uF900"]) {
      expect((await app.nobody.post("/token/user", { name, password })).code).toBe(200);
      expect((await app.nobody.post("/token/login", { login_name: name, password })).code).toBe(200);
    }
  });

  it("gives every sign-in a token of its own, and none of them ends another", async () => {
    const app = await newApp();
    const user = await app.user();
    const sessions = await Promise.all(Array.from({ length: 4 }, () => app.signIn(user)));
    expect(new Set(sessions.map((session) => session.token)).size).toBe(4);
    for (const session of sessions) expect((await session.get("/user/profile")).code).toBe(200);
  });

  it("is a matter of one app: its users and its tokens are nothing to another", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    const { user, session } = await app.session();
    const { name, id, password } = user;
    expect((await other.nobody.post("/token/user", { name, password })).code).toBe(11001);
    expect((await other.nobody.post("/token/id", { user_id: id, password })).code).toBe(11001);
    expect((await session.with({ app_id: other.id }).get("/user/profile")).code).toBe(10008);
    expect((await app.admin.with({ app_id: other.id }).get("/user/list")).code).toBe(10008);
  });

  it("gives a token that wakes no hub of another app: there is none to ask, nor shall there be one for it", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    const { session } = await app.session();
    const astray = session.with({ app_id: other.id });
    const { lines } = await logged(async () => {
      await astray.get("/user/profile");
      await astray.post("/user/nickname", { nick_name: "astray" });
      await astray.get("/user/list");
    });
    expect(lines.map(({ code, trips }) => [code, trips.hub])).toEqual([
      [10008, 0],
      [10008, 0],
      [10008, 0],
    ]);
  });

  it.each([
    ["/token/user", { password: "secret word" }, "name"],
    ["/token/user", { name: 7, password: "secret word" }, "name"],
    ["/token/user", { name: null, password: "secret word" }, "name"],
    ["/token/user", { name: "ann" }, "password"],
    ["/token/user", { name: "ann", password: null }, "password"],
    ["/token/id", { user_id: "7", password: "secret word" }, "user_id"],
    ["/token/id", { user_id: 1.5, password: "secret word" }, "user_id"],
    ["/token/id", { password: "secret word" }, "user_id"],
    ["/token/login", { password: "secret word" }, "login_name"],
    ["/token/login", { login_name: "ann", password: 123456 }, "password"],
  ])("at %s refuses %j, naming %s", async (path, json, parameter) => {
    const app = await newApp();
    const answer = await app.nobody.post(path, json);
    expect(answer.code).toBe(10002);
    expect(answer.message).toContain(parameter);
  });

  it("tells a disabled user so for the right password only", async () => {
    const app = await newApp();
    const user = await reachableUser(app);
    await app.disable(user);
    for (const [path, , naming] of ways) {
      const right = await app.nobody.post(path, { ...naming(user), password: user.password });
      expect(right).toMatchObject({ code: 10029, data: null });
    }
    const wrong = await app.nobody.post("/token/user", { name: user.name, password: "not the word" });
    const nobody = await app.nobody.post("/token/user", { name: "nobody", password: "not the word" });
    expect(wrong.body).toEqual(nobody.body);
    expect(wrong.code).toBe(11001);
  });
});

describe("the life of a token", () => {
  it("ends after the app's token_ttl: the answer is 402 from then on, and never was 10008", async () => {
    const app = await newApp({ token_ttl: 1 });
    const user = await app.user();
    const before = Date.now();
    const token = dataOf(
      await app.nobody.post("/token/user", { name: user.name, password: user.password }),
      Token,
    );
    expect(token.expire).toBeGreaterThanOrEqual(before + 1000);
    expect(token.expire).toBeLessThanOrEqual(Date.now() + 1000);
    const session = new Session(app.id, token);
    const codes = new Set<number>();

    await expect
      .poll(
        async () => {
          const { code } = await session.get("/user/profile");
          codes.add(code);
          return code;
        },
        { interval: 25, timeout: 10_000 },
      )
      .toBe(402);

    expect(Date.now()).toBeGreaterThanOrEqual(token.expire);
    expect([...codes]).toEqual([200, 402]);
    for (const path of ["/user/settings", "/user/device/list", "/user/push/tag", "/user/online_status"]) {
      expect(await session.get(path)).toMatchObject({ code: 402, data: null });
    }
    expect((await session.post("/user/settings", { vibratory: true })).code).toBe(402);
    expect((await session.set("/user/kick", {})).code).toBe(402);
    expect((await session.post("/token/logout")).code).toBe(402);
    expect((await app.signIn(user)).token).not.toBe(token.token);
  });

  it.each([
    ["no token of this service", "a-token"],
    ["a user's token that never was", `wu_${"A".repeat(43)}`],
    ["an admin's token that never was", `wa_${"A".repeat(43)}`],
    ["text beyond a token's alphabet", "wu_%00%27--"],
  ])("is none for %s", async (_what, token) => {
    const app = await newApp();
    const stranger = app.nobody.with({ "access-token": token });
    expect(await stranger.get("/user/profile")).toMatchObject({ code: 10008, data: null });
    expect(await stranger.get("/user/list")).toMatchObject({ code: 10008, data: null });
  });

  it("is not asked for where none is sent: that is 10003", async () => {
    const app = await newApp();
    expect((await app.nobody.get("/user/profile")).code).toBe(10003);
    expect((await app.nobody.post("/token/logout")).code).toBe(10003);
    expect((await app.nobody.with({ "access-token": "" }).get("/user/profile")).code).toBe(10003);
  });
});

describe("what is kept of a token", () => {
  it("is its SHA-256 in D1, so that it holds at once; the token and the password are nowhere to be read", async () => {
    const app = await newApp();
    const password = "a most peculiar password";
    const session = await app.signIn(await app.user(password), { device_guid: "phone" });
    await done(
      session.post("/user/change_password", { old_password: password, new_password: `${password} 2` }),
    );

    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(session.token));
    const hash = Buffer.from(digest).toString("hex");
    const row = await env.DB.prepare("select * from tokens where hash = ?").bind(hash).first();
    expect(row).toMatchObject({ app_id: app.id, user_id: session.userId });

    const tables = await env.DB.prepare("select name from sqlite_master where type = 'table'").all<{
      name: string;
    }>();
    const names = tables.results.map((table) => table.name).filter((name) => !name.startsWith("_cf"));
    expect(names).toContain("tokens");
    const kept = await Promise.all(
      names.map(async (name) => (await env.DB.prepare(`select * from "${name}"`).all()).results),
    );
    const { keys } = await env.TOKENS.list();
    const values = await Promise.all(keys.map(({ name }) => env.TOKENS.get(name)));
    const everything = JSON.stringify([kept, keys, values]);
    expect(everything).toContain(hash);
    for (const secret of [session.token, session.token.slice(3), password]) {
      expect(everything).not.toContain(secret);
    }
  });
});

async function hashOf(user: User): Promise<string> {
  const row = env.DB.prepare("select password from users where id = ?").bind(user.id);
  return z.string().parse(await row.first("password"));
}

function signIn(app: App, user: User, password: string, fetch?: Fetch): Promise<Answer> {
  const sent = { headers: app.nobody.headers, json: { name: user.name, password } };
  return call("POST", "/token/user", sent, fetch);
}

describe("the stored hash of a password", () => {
  it("is renewed at a sign-in after the cost has moved on, and no session ends by it", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const before = await hashOf(user);
    expect(before).toContain("$argon2id$v=19$m=8,t=1,p=1$");
    const dearer = workerWith({ PASSWORD_COST: "m=16,t=2" });

    expect((await signIn(app, user, "not the word", dearer)).code).toBe(11001);
    expect(await hashOf(user)).toBe(before);
    expect((await signIn(app, user, user.password, dearer)).code).toBe(200);

    const after = await hashOf(user);
    expect(after).toContain("$argon2id$v=19$m=16,t=2,p=1$");
    expect((await session.get("/user/profile")).code).toBe(200);
    expect((await signIn(app, user, user.password, dearer)).code).toBe(200);
    expect(await hashOf(user)).toBe(after);
    expect((await signIn(app, user, "not the word", dearer)).code).toBe(11001);
  });

  it("is left alone by a sign-in at the cost it was made with", async () => {
    const app = await newApp();
    const user = await app.user();
    const before = await hashOf(user);
    expect((await signIn(app, user, user.password)).code).toBe(200);
    expect(await hashOf(user)).toBe(before);
  });
});
