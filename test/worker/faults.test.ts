import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Answer, type App, type Client, type Sent, type User, call, newApp } from "./kit/client.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { giveDatabase, hubOf, refuseWrites } from "./kit/faults.ts";
import { logged } from "./kit/log.ts";

/** The database with some of its methods replaced. */
function databaseWith(replaced: Record<string, (...args: never[]) => unknown>): D1Database {
  return new Proxy(env.DB, {
    get(target, name) {
      const instead = typeof name === "string" ? replaced[name] : undefined;
      if (instead) return instead;
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => Reflect.apply(value, target, args);
    },
  });
}

/** What a database can do that a caller must hear nothing of. */
const telling =
  'D1_ERROR: no such table: users in "select password from users where id = ?" params: secret word';

const failing = databaseWith({
  prepare() {
    throw new Error(telling);
  },
});

const bare = databaseWith({
  prepare(statement: string) {
    return env.DB.prepare(statement.replaceAll(/"(users|user_settings|push_tags)"/g, '"lost_$1"'));
  },
});

const refuse = async () => await Promise.reject(new Error(telling));
const refusing = { run: refuse, all: refuse, raw: refuse, first: refuse };

const broken: readonly (readonly [how: string, db: D1Database])[] = [
  ["fails before a statement is made", failing],
  [
    "fails at every batch and every statement",
    databaseWith({
      batch: refuse,
      prepare: (text: string) => Object.assign(env.DB.prepare(text), { bind: () => refusing }),
    }),
  ],
  ["lacks its tables", bare],
  [
    "throws what is no error",
    databaseWith({
      prepare() {
        // oxlint-disable-next-line typescript/only-throw-error -- a fault need not be an error
        throw telling;
      },
    }),
  ],
];

/** What the log says of a fault. */
const Faulty = z.object({ fault: z.string(), at: z.string() });

const username = "a_very_peculiar_name";
const password = "a most peculiar password";
const tag = "a-most-peculiar-tag";

/** Calls that must fail where the database does, with values that must not come back. */
async function failAll(
  DB: D1Database,
  { app, user, session }: { app: App; user: User; session: Client },
): Promise<Answer[]> {
  const fetch = workerWith({ DB });
  const restore = await giveDatabase(hubOf(app, user), DB);
  const by = (client: Client, method: string, path: string, sent: Sent = {}) =>
    call(method, path, { ...sent, headers: client.headers }, fetch);
  const answers = [
    await by(app.nobody, "POST", "/user/register/v2", { json: { username, password } }),
    await by(app.nobody, "POST", "/token/user", { json: { name: username, password } }),
    await by(session, "POST", "/user/push/tag", { json: { tags: [tag] } }),
    await by(session, "POST", "/user/profile", { json: { nick_name: tag, email: `${tag}@example.com` } }),
    await by(session, "POST", "/user/public", { body: tag }),
    await by(app.admin, "POST", "/user/register/batch", { json: { list: [{ username, password }] } }),
  ];
  restore();
  return answers;
}

describe("an internal fault", () => {
  it.each(broken)(
    "is a 500 with a fixed text and a request id where the database %s; nothing of the fault leaves",
    async (_how, DB) => {
      const app = await newApp();
      const { user, session } = await app.session();
      let answers: Answer[] = [];
      const { texts, lines } = await logged(async () => {
        answers = await failAll(DB, { app, user, session });
      });

      expect(answers.map(({ code, data, response }) => ({ code, data, status: response.status }))).toEqual(
        answers.map(() => ({ code: 500, data: null, status: 500 })),
      );
      expect(new Set(answers.map((answer) => answer.message)).size).toBe(1);
      for (const { body } of answers)
        expect(Object.keys(body).toSorted()).toEqual(["code", "data", "message"]);
      const ids = answers.map(({ response }) => response.headers.get("x-request-id"));
      expect(new Set(ids).size).toBe(answers.length);
      expect(ids).not.toContain(null);
      expect(lines.map((line) => line.request_id)).toEqual(ids);
      expect(lines.map((line) => line.code)).toEqual(answers.map(() => 500));

      const said = JSON.stringify([
        answers.map(({ body, response }) => [body, [...response.headers]]),
        texts,
      ]);
      for (const secret of [username, password, tag, "secret word", session.headers["access-token"]]) {
        expect(said).not.toContain(secret);
      }
      expect(said).not.toMatch(
        /select|insert|update |params|D1_ERROR|SQLITE|no such table|lost_|node_modules/i,
      );
    },
  );

  it.each([
    ["a batch", "admin", "GET", "/user/list", /^at findAdminCall \(admin-tokens\.ts:\d+:\d+\)$/],
    ["a hub's read", "user", "GET", "/user/profile", /^at findOwn \(own\.ts:\d+:\d+\)$/],
    ["a hub's write", "user", "POST", "/user/public", /^at changeProfile \(own\.ts:\d+:\d+\)$/],
    ["a write of a service", "user", "POST", "/user/delete", /^at removeUser \(accounts\.ts:\d+:\d+\)$/],
  ] as const)(
    "is logged with the place that sent %s to the database",
    async (_what, caller, method, path, place) => {
      const app = await newApp();
      const { user, session } = await app.session();
      const { headers } = caller === "user" ? session : app.admin;
      const restore = await giveDatabase(hubOf(app, user), bare);
      const { texts } = await logged(() => call(method, path, { headers }, workerWith({ DB: bare })));
      restore();
      const lines = texts.map((text) => Faulty.parse(JSON.parse(text)));
      expect(lines).toEqual([{ fault: "DatabaseFault", at: expect.stringMatching(place) }]);
    },
  );

  it("of a hub is logged with the place in the hub that sent the statement", async () => {
    const app = await newApp();
    const { session } = await app.session({ device_guid: "g" });
    const restore = await refuseWrites(app, "insert", "push_bindings");
    const json = { device_sn: 1, device_token: tag, notifier_name: "fcm" };
    const { texts } = await logged(() => session.post("/user/token/bind", json));
    await restore();
    const lines = texts.map((text) => Faulty.parse(JSON.parse(text)));
    const place = /^at bindPushToken \(push\.ts:\d+:\d+\)$/;
    expect(lines).toEqual([{ fault: "DatabaseFault", at: expect.stringMatching(place) }]);
  });

  it("leaves nothing half done: once the database is well the same calls go through", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const { nobody, admin } = app;
    for (const [, DB] of broken) {
      await logged(() => failAll(DB, { app, user, session }));
    }
    expect((await admin.get("/user/list")).body).toMatchObject({ total: 1 });
    expect((await session.get("/user/push/tag")).data).toEqual([]);
    expect((await session.get("/user/profile")).data).toMatchObject({
      nick_name: "",
      email: "",
      public_info: "",
    });
    expect((await nobody.post("/user/register/v2", { username, password })).code).toBe(200);
    expect((await session.post("/user/push/tag", { tags: [tag] })).code).toBe(200);
  });

  it("is a 500 where ERROR_STATUS is http as well", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const fetch = workerWith({ ERROR_STATUS: "http" });
    const restore = await giveDatabase(hubOf(app, user), failing);
    const sent = { headers: session.headers, json: { tags: [tag] } };
    const { lines } = await logged(async () => {
      const answer = await call("POST", "/user/push/tag", sent, fetch);
      expect([answer.response.status, answer.code, answer.data]).toEqual([500, 500, null]);
    });
    restore();
    expect(lines).toMatchObject([{ operation: "addTags", code: 500 }]);
  });
});
