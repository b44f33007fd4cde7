import { env } from "cloudflare:workers";
import { scryptSync } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { type Answer, type App, type User, call, newApp } from "./kit/client.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { RegisteredRow } from "./kit/wire.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const rowsOf = (count: number) =>
  Array.from({ length: count }, (_, row) => ({ username: `row_${row}_a`, password: "a password" }));

describe("a batch of 100 registrations", () => {
  it("lets others' reads and sign-ins through between its hashes", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const answered: string[] = [];
    const batch = app.admin.post("/user/register/batch", { list: rowsOf(100) }).then((answer) => {
      answered.push("batch");
      return answer;
    });
    for (let each = 0; each < 3; each++) {
      expect((await session.get("/user/profile")).code).toBe(200);
      answered.push("read");
      await app.signIn(user);
      answered.push("sign-in");
    }
    const rows = z.array(RegisteredRow).parse((await batch).data);
    expect(answered).toEqual(["read", "sign-in", "read", "sign-in", "read", "sign-in", "batch"]);
    expect(rows.filter(({ success }) => success)).toHaveLength(100);
  });
});

/** Signs in from an address, at a Worker of few calls with a password: six an address, eighteen an app. */
const few = workerWith({ PASSWORD_CALLS: "address=6,app=18" });

function signInFrom(address: string, app: App, name: string, password: string, fetch = few): Promise<Answer> {
  const headers = { ...app.nobody.headers, "cf-connecting-ip": address };
  return call("POST", "/token/user", { headers, json: { name, password } }, fetch);
}

/** What there is to see of an answer that refuses a call for want of a share. */
function seen({ code, data, message, response }: Answer) {
  return { code, data, status: response.status, message, wait: Number(response.headers.get("retry-after")) };
}

const tooMany = (whose: string) => ({
  code: 429,
  data: null,
  status: 429,
  message: `too many calls ${whose} with a password: wait before the next one`,
  wait: 10,
});

/** Stops the clock, so that a share's ten seconds last as long as the test wants. */
function stopClock(ahead = 0): void {
  const now = Date.now() + ahead;
  vi.spyOn(Date, "now").mockReturnValue(now);
}

describe("a storm of calls with a password", () => {
  it("from one address is refused, while another signs in; and ten seconds later it is over", async () => {
    const app = await newApp();
    const user = await app.user();
    stopClock();
    const storm = await Promise.all(
      Array.from({ length: 30 }, (_, each) => signInFrom("203.0.113.20", app, `nobody_${each}`, "wrong one")),
    );
    expect(storm.filter(({ code }) => code === 11001)).toHaveLength(6);
    const refused = storm.filter(({ code }) => code !== 11001);
    expect(refused).toHaveLength(24);
    for (const answer of refused) expect(seen(answer)).toEqual(tooMany("from this address"));
    expect((await signInFrom("203.0.113.21", app, user.name, user.password)).code).toBe(200);
    const again = await signInFrom("203.0.113.20", app, user.name, user.password);
    expect(seen(again)).toEqual(tooMany("from this address"));
    stopClock(10_000);
    expect((await signInFrom("203.0.113.20", app, user.name, user.password)).code).toBe(200);
  });

  it("is refused before it has cost a round trip", async () => {
    const app = await newApp();
    stopClock();
    for (let each = 0; each < 6; each++) await signInFrom("203.0.113.22", app, `nobody_${each}`, "wrong one");
    const broken = workerWith({
      PASSWORD_CALLS: "address=6,app=18",
      DB: new Proxy(env.DB, {
        get() {
          throw new Error("asked");
        },
      }),
    });
    const answer = await signInFrom("203.0.113.22", app, "nobody_7", "wrong one", broken);
    expect(seen(answer)).toEqual(tooMany("from this address"));
  });

  it("counts an address over all apps", async () => {
    const [one, other] = [await newApp(), await newApp()];
    stopClock();
    for (let each = 0; each < 6; each++) await signInFrom("203.0.113.23", one, `nobody_${each}`, "wrong one");
    const answer = await signInFrom("203.0.113.23", other, "nobody", "wrong one");
    expect(seen(answer)).toEqual(tooMany("from this address"));
  });

  it("from many addresses ends at the app's share, and leaves the other apps theirs", async () => {
    const [app, other] = [await newApp(), await newApp()];
    const user = await other.user();
    stopClock();
    const heard: number[] = [];
    for (let address = 1; address <= 6; address++) {
      let hashes = 0;
      for (let each = 0; each < 7; each++) {
        const answer = await signInFrom(`203.0.114.${address}`, app, `nobody_${each}`, "wrong one");
        if (answer.code === 11001) hashes++;
      }
      heard.push(hashes);
    }
    // Each gets no more than half of what the others have left; together it is the app's eighteen.
    expect(heard).toEqual([6, 5, 3, 2, 1, 1]);
    const last = await signInFrom("203.0.114.7", app, "nobody", "wrong one");
    expect(seen(last)).toEqual(tooMany("to this app"));
    expect((await signInFrom("203.0.114.200", other, user.name, user.password)).code).toBe(200);
  });

  it("counts registrations and changes of a password too, and never an admin's", async () => {
    const app = await newApp();
    const { session } = await app.session();
    stopClock();
    const from = { "cf-connecting-ip": "203.0.113.24" };
    const register = (each: number) =>
      call(
        "POST",
        "/user/register/v2",
        {
          headers: { ...app.nobody.headers, ...from },
          json: { username: `r_${each}_a`, password: "a password" },
        },
        few,
      );
    for (let each = 0; each < 5; each++) expect((await register(each)).code).toBe(200);
    const change = { old_password: "secret word", new_password: "another word" };
    const headers = { ...session.headers, ...from };
    // Its old password is the sixth, its new one the seventh.
    const changed = await call("POST", "/user/change_password", { headers, json: change }, few);
    expect(seen(changed)).toEqual(tooMany("from this address"));
    expect(seen(await register(6))).toEqual(tooMany("from this address"));
    const asAdmin = { headers: { ...app.admin.headers, ...from }, json: { list: rowsOf(20) } };
    expect((await call("POST", "/user/register/batch", asAdmin, few)).code).toBe(200);
  });
});

async function storedHash(user: User): Promise<string> {
  const row = env.DB.prepare("select password from users where id = ?").bind(user.id);
  return z.string().parse(await row.first("password"));
}

/** Gives a user the hash that was written before Argon2id. */
async function storeOlderHash(user: User): Promise<void> {
  const salt = Buffer.from("a salt of 16 byt");
  const key = scryptSync(user.password, salt, 32, { N: 1024, r: 8, p: 1 });
  const hash = `scrypt$1024,8,1$${salt.toString("base64url")}$${key.toString("base64url")}`;
  await env.DB.prepare("update users set password = ? where id = ?").bind(hash, user.id).run();
}

describe("an older hash", () => {
  it("lets its user in, and is renewed by that", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    await storeOlderHash(user);
    const wrong = { name: user.name, password: "not the word" };
    expect((await app.nobody.post("/token/user", wrong)).code).toBe(11001);
    expect(await storedHash(user)).toMatch(/^scrypt\$/);
    await app.signIn(user);
    expect(await storedHash(user)).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$/);
    await app.signIn(user);
    expect((await session.get("/user/profile")).code).toBe(200);
    expect((await app.nobody.post("/token/user", wrong)).code).toBe(11001);
  });

  it("also lets its user change the password", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    await storeOlderHash(user);
    const change = { old_password: user.password, new_password: "another word" };
    expect((await session.post("/user/change_password", change)).code).toBe(200);
    expect(await storedHash(user)).toMatch(/^\$argon2id\$/);
  });
});

describe("a wrong password", () => {
  it("is told no sooner than the setting says, whoever it is tried at", async () => {
    const app = await newApp();
    const [user, older] = [await app.user(), await app.user()];
    await storeOlderHash(older);
    const late = workerWith({ WRONG_PASSWORD_MS: "300" });
    const waits = vi.spyOn(scheduler, "wait");
    for (const name of [user.name, older.name, "nobody"]) {
      const start = performance.now();
      const answer = await signInFrom("203.0.113.25", app, name, "not the word", late);
      expect(answer.code).toBe(11001);
      expect(performance.now() - start).toBeGreaterThanOrEqual(299);
      expect(waits).toHaveBeenCalledWith(300);
    }
  });
});
