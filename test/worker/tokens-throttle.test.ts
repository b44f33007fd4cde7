import { describe, expect, it, vi } from "vitest";
import { type Answer, type App, type User, call, newApp } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { failuresOf } from "./kit/faults.ts";
import { done } from "./kit/wire.ts";

const setForward = movableClock();

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** A try from an address: at a user's name, or at another that nobody has. */
function tryFrom(app: App, address: string, name: string, password: string): Promise<Answer> {
  return app.nobody.post("/token/user", { name, password }, { "cf-connecting-ip": address });
}

function someAddress(index: number): string {
  return `203.0.113.${index}`;
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** Fails from an address until it must wait; returns what the tries heard. */
async function fail(app: App, address: string, name: string, count = 5): Promise<number[]> {
  const codes = [];
  for (let each = 0; each < count; each++) {
    codes.push((await tryFrom(app, address, name, "not the word")).code);
  }
  return codes;
}

type Tries = (readonly [path: string, naming: Record<string, unknown>])[];

/** What tries from one address hear, one after another, with a password that is wrong. */
async function codesOfTries(app: App, tries: Tries, address = home, password = "not the word") {
  const codes = [];
  for (const [path, naming] of tries) {
    const sent = { ...naming, password };
    codes.push((await app.nobody.post(path, sent, { "cf-connecting-ip": address })).code);
  }
  return codes;
}

/** Headers by which proxies tell of an address, and anyone can claim one. */
function claimsOf(index: number): Record<string, string> {
  const claimed = someAddress(index);
  const headers = { "x-forwarded-for": claimed, "x-real-ip": claimed, forwarded: `for=${claimed}` };
  return { ...headers, "cf-connecting-ip": home };
}

const fiveFailures = times(5, () => 11001);
const home = "198.51.100.1";
const stranger = "198.51.100.2";

describe("failures from one address", () => {
  it.each([
    ["a user", (user: User) => user.name],
    ["a name that nobody has", () => "nobody"],
  ])("make it wait after five at %s, for a minute, whatever it tries then", async (_what, naming) => {
    const app = await newApp();
    const user = await app.user();
    const name = naming(user);
    expect(await fail(app, home, name)).toEqual(fiveFailures);

    for (const password of ["not the word", user.password]) {
      const answer = await tryFrom(app, home, name, password);
      expect(answer).toMatchObject({ code: 10028, data: null });
      expect(answer.response.status).toBe(200);
      const wait = Number(answer.response.headers.get("retry-after"));
      expect(wait).toBeGreaterThan(50);
      expect(wait).toBeLessThanOrEqual(60);
    }
  });

  it("read the same for a user and for a name that nobody has", async () => {
    const app = await newApp();
    const user = await app.user();
    const answers = [];
    for (const name of [user.name, "nobody"]) {
      await fail(app, home, name);
      const { message, response } = await tryFrom(app, home, name, "not the word");
      answers.push({ message: message.replaceAll(/\d+/g, "n"), headers: [...response.headers.keys()] });
    }
    expect(answers[0]).toEqual(answers[1]);
  });

  it("do not keep another address from trying, nor this one from another user", async () => {
    const app = await newApp();
    const [user, other] = [await app.user(), await app.user()];
    await fail(app, home, user.name);
    expect((await tryFrom(app, stranger, user.name, "not the word")).code).toBe(11001);
    expect((await tryFrom(app, stranger, user.name, user.password)).code).toBe(200);
    expect((await tryFrom(app, home, other.name, other.password)).code).toBe(200);
    expect((await tryFrom(app, home, user.name, user.password)).code).toBe(10028);
  });

  it("leave the sessions of the user as they are", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    await fail(app, home, user.name);
    expect((await session.with({ "cf-connecting-ip": home }).get("/user/profile")).code).toBe(200);
  });

  it("are one count for all spellings of what was tried, on whichever path", async () => {
    const app = await newApp();
    const user = await app.user();
    await done(app.actingFor(user).set("/user/mobile", { mobile: "13800138000" }));
    const tries: Tries = [
      ["/token/user", { mobile: "13800138000" }],
      ["/token/user", { mobile: "+8613800138000" }],
      ["/token/login", { login_name: "13800138000" }],
      ["/token/login", { login_name: "+8613800138000" }],
      ["/token/user", { mobile: "13800138000" }],
      ["/token/login", { login_name: "13800138000" }],
    ];
    expect(await codesOfTries(app, tries)).toEqual([...fiveFailures, 10028]);
    const names: Tries = [user.name, user.name.toUpperCase(), ` ${user.name}`.trim()].flatMap((name) => [
      ["/token/user", { name }],
      ["/token/login", { login_name: name }],
    ]);
    expect(await codesOfTries(app, names)).toEqual([...fiveFailures, 10028]);
  });

  it("tell of nothing that was tried whether it is anybody's, nor that two are one user's", async () => {
    const app = await newApp();
    const user = await app.user();
    await done(app.actingFor(user).set("/user/mobile", { mobile: "+8613800138000" }));
    await done(app.actingFor(user).post("/user/profile", { email: "some@one.example" }));
    const known = { name: user.name, mobile: "+8613800138000", email: "some@one.example", user_id: user.id };
    const unknown = { name: "nobody", mobile: "+8613800138001", email: "no@one.example", user_id: 987_654 };
    const heard = [];
    for (const [round, tried] of [known, unknown].entries()) {
      const ways = [
        // A username that is spelled like the mobile number.
        times(6, () => ["/token/user", { name: tried.mobile }] as const),
        times(6, () => ["/token/user", { mobile: tried.mobile }] as const),
        times(6, () => ["/token/login", { login_name: tried.email }] as const),
        times(6, () => ["/token/user", { name: tried.name }] as const),
        times(6, () => ["/token/id", { user_id: tried.user_id }] as const),
      ];
      heard.push(await codesOfTries(app, ways.flat(), someAddress(100 + round)));
    }
    expect(heard[0]).toEqual(times(5, () => [...fiveFailures, 10028]).flat());
    expect(heard[1]).toEqual(heard[0]);
  });

  it("are counted by CF-Connecting-IP, whatever other headers claim", async () => {
    const app = await newApp();
    const user = await app.user();
    const codes = [];
    for (const headers of times(6, claimsOf)) {
      const wrong = { name: user.name, password: "not the word" };
      codes.push((await app.nobody.post("/token/user", wrong, headers)).code);
    }
    expect(codes).toEqual([...fiveFailures, 10028]);
  });

  it.each([
    ["a user", (user: User) => user.name],
    ["a name that nobody has", () => "nobody"],
  ])("give a hundred tries at once at %s no more than five answers", async (_what, naming) => {
    const app = await newApp();
    const name = naming(await app.user());
    const answers = await Promise.all(times(100, () => tryFrom(app, home, name, "not the word")));
    const codes = answers.map((answer) => answer.code);
    expect(codes.filter((code) => code === 11001)).toHaveLength(5);
    expect(codes.filter((code) => code === 10028)).toHaveLength(95);
    const waits = answers.filter((answer) => answer.code === 10028);
    expect(waits.every(({ response }) => Number(response.headers.get("retry-after")) > 0)).toBe(true);
  });

  it("are counted before they are told: among many at once the right password is of no use, nor told apart", async () => {
    const app = await newApp();
    const user = await app.user();
    const late = workerWith({ WRONG_PASSWORD_MS: "500", PASSWORD_COST: "m=4096,t=3" });
    const headers = { ...app.nobody.headers, "cf-connecting-ip": home };
    const told: { index: number; code: number }[] = [];
    const tries = times(14, async (index) => {
      const password = index === 9 ? user.password : "not the word";
      const json = { name: user.name, password };
      const { code } = await call("POST", "/token/user", { headers, json }, late);
      told.push({ index, code });
    });
    await Promise.all(tries);
    expect(told.filter(({ code }) => code === 11001)).toHaveLength(5);
    expect(told.filter(({ code }) => code === 10028)).toHaveLength(9);
    // It is told in its turn, as any other.
    const place = told.findIndex(({ index }) => index === 9);
    expect(Math.abs(place - 9)).toBeLessThanOrEqual(2);
  });

  it("wait 60 s at first and twice as long after each further failure, up to 15 minutes", async () => {
    const app = await newApp();
    const user = await app.user();
    await fail(app, home, user.name);
    let ahead = 0;
    const waits = [];
    for (let round = 0; round < 6; round++) {
      const refused = await tryFrom(app, home, user.name, user.password);
      expect(refused.code).toBe(10028);
      const wait = Number(refused.response.headers.get("retry-after")) * SECOND;
      waits.push(Math.ceil(wait / MINUTE));
      setForward((ahead += wait - 5 * SECOND));
      expect((await tryFrom(app, home, user.name, user.password)).code).toBe(10028);
      setForward((ahead += 6 * SECOND));
      expect((await tryFrom(app, home, user.name, "not the word")).code).toBe(11001);
    }
    expect(waits).toEqual([1, 2, 4, 8, 15, 15]);
    setForward(ahead + 15 * MINUTE + SECOND);
    expect((await tryFrom(app, home, user.name, user.password)).code).toBe(200);
  });
});

describe("a right password", () => {
  it("forgives its address what failed before, and no other address", async () => {
    const app = await newApp();
    const user = await app.user();
    for (const address of [home, stranger]) {
      expect(await fail(app, address, user.name, 4)).toEqual(fiveFailures.slice(1));
    }
    // It answers when what goes on after a sign-in is done as well.
    const settled = workerWith({});
    const headers = { ...app.nobody.headers, "cf-connecting-ip": home };
    const json = { name: user.name, password: user.password };
    expect((await call("POST", "/token/user", { headers, json }, settled)).code).toBe(200);

    expect(await fail(app, home, user.name, 6)).toEqual([...fiveFailures, 10028]);
    expect(await fail(app, stranger, user.name, 2)).toEqual([11001, 10028]);
  });
});

async function failFromAnywhere(app: App, name: string): Promise<void> {
  for (const index of times(20, (each) => each)) {
    expect(await fail(app, someAddress(index), name)).toEqual(fiveFailures);
  }
}

describe("a hundred failures in an hour for one user", () => {
  it("keep strangers out, and nobody who signed in from there before", async () => {
    const app = await newApp();
    const user = await app.user();
    expect((await tryFrom(app, home, user.name, user.password)).code).toBe(200);

    await failFromAnywhere(app, user.name);

    const refused = await tryFrom(app, stranger, user.name, user.password);
    expect(refused.code).toBe(10028);
    expect(Number(refused.response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await tryFrom(app, home, user.name, user.password)).code).toBe(200);
    expect(await fail(app, home, user.name, 6)).toEqual([...fiveFailures, 10028]);
  });

  it("read the same for a name that nobody has, and end with the hour", async () => {
    const app = await newApp();
    const user = await app.user();
    for (const name of [user.name, "nobody"]) {
      await failFromAnywhere(app, name);
      expect((await tryFrom(app, stranger, name, "not the word")).code).toBe(10028);
    }
    setForward(62 * MINUTE);
    expect((await tryFrom(app, stranger, user.name, user.password)).code).toBe(200);
    expect((await tryFrom(app, stranger, "nobody", "not the word")).code).toBe(11001);
  });

  it("hold whichever way one came in, and tell nobody that two ways lead to one user", async () => {
    const app = await newApp();
    const user = await app.user();
    expect((await tryFrom(app, home, user.name, user.password)).code).toBe(200);
    await done(app.actingFor(user).set("/user/mobile", { mobile: "+8613800138000" }));
    await failFromAnywhere(app, user.name);
    await vi.waitUntil(async () => (await failuresOf(app, user)) === 100);
    const byMobile: Tries = [["/token/user", { mobile: "+8613800138000" }]];
    const byNobodys: Tries = [["/token/user", { mobile: "+8613800138001" }]];

    expect(await codesOfTries(app, byMobile, stranger)).toEqual([11001]);
    const late = workerWith({ WRONG_PASSWORD_MS: "300" });
    const start = performance.now();
    const right = { mobile: "+8613800138000", password: user.password };
    const headers = { ...app.nobody.headers, "cf-connecting-ip": stranger };
    expect((await call("POST", "/token/user", { headers, json: right }, late)).code).toBe(11001);
    // No sooner than a wrong one.
    expect(performance.now() - start).toBeGreaterThanOrEqual(299);
    expect(await codesOfTries(app, byNobodys, stranger)).toEqual([11001]);
    expect(await codesOfTries(app, byMobile, home, user.password)).toEqual([200]);
    expect(await codesOfTries(app, times(4, () => byMobile).flat(), stranger)).toEqual([
      11001, 11001, 11001, 10028,
    ]);
    setForward(62 * MINUTE);
    expect(await codesOfTries(app, byMobile, stranger, user.password)).toEqual([200]);
  });
});

describe("a password asked for again", () => {
  it("counts at change_password and delete like one at sign-in", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const here = session.with({ "cf-connecting-ip": home });
    const change = { old_password: "not the word", new_password: "a newer word" };
    const codes = [];
    for (const index of times(5, (each) => each)) {
      const wrong =
        index % 2
          ? here.post("/user/delete", { password: "not the word" })
          : here.post("/user/change_password", change);
      codes.push((await wrong).code);
    }
    expect(codes).toEqual(fiveFailures);
    const right = await here.post("/user/change_password", { ...change, old_password: user.password });
    expect(right.code).toBe(10028);
    expect((await here.post("/user/delete", { password: user.password })).code).toBe(10028);
    expect((await session.get("/user/profile")).code).toBe(200);
  });
});
