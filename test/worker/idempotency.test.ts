import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import * as wire from "../wire.ts";
import { type Answer, type App, type Client, type Sent, dataOf, newApp, newName } from "./kit/client.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, hubsWhere, unheard, unreached } from "./kit/faults.ts";
import { imported } from "./kit/moving-in.ts";

/** What a caller hears: the whole of it, and whether it is what was heard before. */
const heard = ({ response, body }: Answer) => ({
  status: response.status,
  body,
  isReplayed: response.headers.get("idempotency-replayed") === "true",
});

const withKey = (client: Client, key = crypto.randomUUID()) => client.with({ "idempotency-key": key });

/** Sends a request twice, and expects the first answer twice. */
async function expectSame(send: () => Promise<Answer>): Promise<Answer> {
  const first = await send();
  expect(heard(first).isReplayed).toBe(false);
  expect(heard(await send())).toEqual({ ...heard(first), isReplayed: true });
  return first;
}

const recordsOf = async (app: App, operation: string) =>
  dataOf(await app.admin.get("/admin/audit", { operation }), z.array(wire.AuditRecord));

/** The Worker, whose next batch that holds these words is done and not heard of. */
function deafTo(words: string) {
  let isLost = false;
  const DB = new Proxy(env.DB, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "batch") return (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      return async (statements: D1PreparedStatement[]) => {
        const results = await target.batch(statements);
        const texts = statements.map((each) => String(Reflect.get(each, "statement"))).join(" ");
        if (isLost || !texts.includes(words)) return results;
        isLost = true;
        throw new Error("D1_ERROR: the answer was lost");
      };
    },
  });
  return { fetch: workerWith({ DB }), wasLost: () => isLost };
}

describe("a request with an Idempotency-Key that is sent again", () => {
  it("hears the first answer, and has no second effect: a registration", async () => {
    const app = await newApp();
    const client = withKey(app.nobody);
    const json = { username: newName(), password: "secret word" };
    await expectSame(() => client.post("/user/register/v2", json));
    expect((await app.admin.get("/user/list")).data).toHaveLength(1);
    expect((await app.nobody.post("/user/register/v2", json)).code).toBe(10004);
  });

  it("so does one that only a hub decides: a kick, which leaves alone who came later", async () => {
    const app = await newApp();
    const { user } = await app.session({ device_guid: "phone" });
    const admin = withKey(app.actingFor(user));
    const first = await admin.post("/user/kick");
    const later = await app.signIn(user, { device_guid: "phone" });
    expect(heard(await admin.post("/user/kick"))).toEqual({ ...heard(first), isReplayed: true });
    expect((await later.get("/user/profile")).code).toBe(200);
  });

  it("so does a user's own, by POST as by PUT", async () => {
    const { session } = await (await newApp()).session();
    const client = withKey(session);
    expect((await client.set("/user/nickname", { nick_name: "Wren" }, "POST")).code).toBe(200);
    await session.set("/user/nickname", { nick_name: "Other" });
    expect(heard(await client.set("/user/nickname", { nick_name: "Wren" }, "PUT"))).toMatchObject({
      isReplayed: true,
    });
    expect((await session.get("/user/profile")).data).toMatchObject({ nick_name: "Other" });
  });

  it("so does a change of password, though the old one is wrong by now", async () => {
    const { user, session } = await (await newApp()).session();
    const client = withKey(session);
    const change = () =>
      client.post("/user/change_password", { old_password: user.password, new_password: "another word" });
    expect((await expectSame(change)).data).toBe(true);
  });

  it("so do lists: bans, batches and imports", async () => {
    const app = await newApp();
    const user = await app.user();
    const ban = withKey(app.admin);
    await expectSame(() => ban.put("/user/disable", { list: [user.id] }));
    expect(await recordsOf(app, "disableUsers")).toHaveLength(1);
    const batch = withKey(app.admin);
    const list = [{ username: newName(), password: "secret word" }];
    await expectSame(() => batch.post("/user/register/batch", { list }));
    const moving = withKey(app.admin);
    const rows = [{ username: newName() }];
    expect(await imported({ admin: moving }, rows)).toEqual(await imported({ admin: moving }, rows));
    expect((await app.admin.get("/user/list")).data).toHaveLength(3);
  });

  it("so do refusals, whatever has changed since; and nothing but its own caller's", async () => {
    const app = await newApp();
    const [one, other] = [await app.user(), await app.user()];
    const client = withKey(app.actingFor(one), "key");
    const rename = () => client.set("/user/username", { username: other.name });
    expect((await rename()).code).toBe(10004);
    await app.actingFor(other).set("/user/username", { username: newName() });
    expect(heard(await rename())).toMatchObject({ body: { code: 10004 }, isReplayed: true });
    const session = withKey(await app.signIn(one), "key");
    expect(heard(await session.set("/user/username", { username: other.name }))).toMatchObject({
      body: { code: 200 },
      isReplayed: false,
    });
  });

  it("is a fault where it is another request: 422, and nothing is done", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const { session: another } = await app.session();
    const client = withKey(app.admin, "one");
    const of = (id: number) => client.with({ user_id: String(id) });
    await of(user.id).post("/user/profile", { nick_name: "Wren" });
    const others = [
      of(user.id).post("/user/profile", { nick_name: "Other" }),
      of(another.userId).post("/user/profile", { nick_name: "Wren" }),
      of(user.id).set("/user/nickname", { nick_name: "Wren" }),
      of(user.id).post("/user/kick"),
      client.put("/user/disable", { list: [user.id] }),
    ];
    for (const { response, body } of await Promise.all(others))
      expect({ status: response.status, code: body["code"] }).toEqual({ status: 422, code: 422 });
    expect((await session.get("/user/profile")).data).toMatchObject({ nick_name: "Wren" });
    expect((await another.get("/user/profile")).data).toMatchObject({ nick_name: "" });
    // The order of fields is none of a request.
    const twice = withKey(session);
    await twice.post("/user/profile", { nick_name: "A", description: "B" });
    expect(heard(await twice.post("/user/profile", { description: "B", nick_name: "A" })).isReplayed).toBe(
      true,
    );
  });

  it("is judged first: a token that is dead by now hears so", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const client = withKey(session);
    const change = () => client.post("/user/profile", { nick_name: "Wren" });
    expect((await change()).code).toBe(200);
    await session.post("/user/kick");
    expect((await change()).code).toBe(10008);
  });

  it("is known to the directory wherever the app's users stand", async () => {
    const app = await newApp({ database: 1 });
    const client = withKey(app.root);
    const setApp = () => client.put("/admin/app", { name: newName() });
    expect((await setApp()).code).toBe(200);
    expect((await setApp()).response.status).toBe(422);
    const { id: owner_id } = await app.user();
    const admin = withKey(app.admin);
    const putGroup = async () =>
      heard(await admin.put("/admin/groups", { group_id: 7, owner_id })).isReplayed;
    expect([await putGroup(), await putGroup()]).toEqual([false, true]);
    const acting = withKey(app.admin.with({ user_id: String(owner_id) }));
    const kick = async () => heard(await acting.post("/user/kick")).isReplayed;
    expect([await kick(), await kick()]).toEqual([false, true]);
  });

  it("hears no secret again, but what to do", async () => {
    const app = await newApp();
    const client = withKey(app.root);
    const make = () => client.post("/admin/tokens", { name: "other" });
    expect((await make()).code).toBe(200);
    expect(heard(await make())).toMatchObject({
      status: 409,
      body: { message: expect.stringMatching(/another key/) },
    });
    expect(dataOf(await app.root.get("/admin/tokens"), z.array(wire.AdminToken))).toHaveLength(2);
    const user = await app.user();
    const nobody = withKey(app.nobody);
    const signIn = () => nobody.post("/token/user", { name: user.name, password: user.password });
    const { token } = dataOf(await signIn(), wire.Token);
    expect((await signIn()).response.status).toBe(409);
    const kept = await env.DB.prepare(
      "select group_concat(answer) as all_of from kept_answers where app_id = ?",
    )
      .bind(app.id)
      .first("all_of");
    expect(String(kept)).not.toContain(token);
  });

  it("is a new one after a day", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const client = withKey(session);
    await client.post("/user/profile", { nick_name: "Wren" });
    await session.post("/user/profile", { nick_name: "Other" });
    await env.DB.prepare("update kept_answers set at = at - 86400001 where app_id = ?").bind(app.id).run();
    expect(heard(await client.post("/user/profile", { nick_name: "Wren" })).isReplayed).toBe(false);
    expect((await session.get("/user/profile")).data).toMatchObject({ nick_name: "Wren" });
  });
});

describe("twenty requests at once with one Idempotency-Key", () => {
  it.each<[string, (client: Client) => Promise<Answer>]>([
    [
      "a registration",
      (client) => client.post("/user/register/v2", { username: "the_one", password: "secret word" }),
    ],
    [
      "a batch",
      (client) =>
        client.post("/user/register/batch", { list: [{ username: "the_one", password: "secret word" }] }),
    ],
  ])("have one effect: %s", async (what, send) => {
    const app = await newApp();
    const client = withKey(what === "a batch" ? app.admin : app.nobody);
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(client)));
    const done = answers.filter(({ code }) => code === 200);
    expect(done.filter((answer) => !heard(answer).isReplayed)).toHaveLength(1);
    expect(answers.filter(({ response }) => ![200, 409].includes(response.status))).toEqual([]);
    expect((await app.admin.get("/user/list")).data).toHaveLength(1);
    expect(heard(await send(client))).toEqual({
      ...heard(done[0] ?? (await send(client))),
      isReplayed: true,
    });
  });

  it("have one effect: a kick", async () => {
    const app = await newApp();
    const { user } = await app.session({ device_guid: "phone" });
    const client = withKey(app.actingFor(user));
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.post("/user/kick")));
    expect(answers.filter((answer) => answer.code === 200 && !heard(answer).isReplayed)).toHaveLength(1);
  });
});

describe("where the machine dies between the effect and the answer", () => {
  it("a repeat hears the first answer: what D1 has", async () => {
    const app = await newApp();
    const user = await app.user();
    const writes: [Client, string, unknown, string][] = [
      [
        app.nobody,
        "/user/register/v2",
        { username: newName(), password: "secret word" },
        'insert into "users"',
      ],
      [app.actingFor(user), "/user/change_password_admin", { password: "another word" }, 'update "users"'],
    ];
    for (const [caller, path, json, words] of writes) {
      const client = withKey(caller);
      const { fetch, wasLost } = deafTo(words);
      const lost = await callBy(fetch, client, "POST", path, { json });
      expect({ path, wasLost: wasLost(), isFault: lost.response.status >= 500 }).toEqual({
        path,
        wasLost: true,
        isFault: true,
      });
      expect(heard(await client.post(path, json))).toMatchObject({
        status: 200,
        body: { code: 200 },
        isReplayed: true,
      });
    }
    expect(await recordsOf(app, "setPassword")).toHaveLength(1);
    expect((await app.admin.get("/user/list")).data).toHaveLength(2);
  });

  it("a repeat hears the first answer: a list, row by row", async () => {
    const app = await newApp();
    const taken = await app.user();
    const password = "secret word";
    const names = [newName(), newName()];
    const list = [
      { username: names[0], password },
      { username: taken.name, password },
      { username: "123", password },
    ];
    const rows = [{ username: names[1], external_id: "1" }, { username: taken.name }, { username: "123" }];
    const body = rows.map((row) => JSON.stringify(row)).join("\n");
    const calls: [string, Sent][] = [
      ["/user/register/batch", { json: { list } }],
      ["/admin/import", { body, headers: { "content-type": "application/x-ndjson" } }],
    ];
    for (const [path, sent] of calls) {
      const client = withKey(app.admin);
      const { fetch, wasLost } = deafTo('insert into "users"');
      await callBy(fetch, client, "POST", path, sent);
      expect({ path, wasLost: wasLost() }).toEqual({ path, wasLost: true });
      const again = await client.call("POST", path, sent);
      expect(heard(again)).toMatchObject({ status: 200, body: { code: 200, message: "" }, isReplayed: true });
      const [made, ...others] = z
        .array(z.looseObject({ user_id: z.int(), reason: z.string() }))
        .parse(again.data);
      expect(made).toMatchObject({ reason: "" });
      const there = await app.admin.with({ user_id: String(made?.user_id) }).get("/user/profile");
      expect(there.data).toMatchObject({ username: path === "/admin/import" ? names[1] : names[0] });
      expect(others.map(({ user_id, reason }) => [user_id, reason.split(" ").slice(0, 2).join(" ")])).toEqual(
        [
          [0, "username is"],
          [0, "username must"],
        ],
      );
    }
    expect((await app.admin.get("/user/list")).data).toHaveLength(3);
  });

  it("a repeat hears the first answer: what a hub has", async () => {
    const app = await newApp();
    const { user } = await app.session({ device_guid: "phone" });
    const client = withKey(app.actingFor(user));
    const lost = await callBy(workerWith({ HUB: hubsWhere("kick", unheard) }), client, "POST", "/user/kick");
    expect(lost.response.status).toBeGreaterThanOrEqual(500);
    const later = await app.signIn(user, { device_guid: "laptop" });
    const again = await client.post("/user/kick");
    expect(again.code).toBe(200);
    // The hub knows the command: it has been done.
    expect((await later.get("/user/profile")).code).toBe(200);
  });

  it("one that has taken effect and is not told yet is told before it is answered again", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const client = withKey(app.actingFor(user));
    const json = { password: "another word" };
    const path = "/user/change_password_admin";
    const deaf = workerWith({ HUB: hubsWhere("take", unreached) });
    expect((await callBy(deaf, client, "POST", path, { json })).response.status).toBe(503);
    expect((await session.get("/user/profile")).code).toBe(200);
    expect(heard(await client.post(path, json))).toMatchObject({ body: { code: 200 }, isReplayed: true });
    expect((await session.get("/user/profile")).code).toBe(10008);
  });

  it("nothing is kept of a fault that had no effect", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const client = withKey(session);
    const json = { old_password: "secret word", new_password: "another word" };
    const failing = workerWith({ HUB: hubsWhere("mayTry", unreached) });
    expect(
      (await callBy(failing, client, "POST", "/user/change_password", { json })).response.status,
    ).toBeGreaterThanOrEqual(500);
    expect(heard(await client.post("/user/change_password", json))).toMatchObject({
      body: { code: 200 },
      isReplayed: false,
    });
  });
});

describe("the header Idempotency-Key", () => {
  it("is refused where it is no key, and is nothing to a read", async () => {
    const app = await newApp();
    const { session } = await app.session();
    for (const key of ["k".repeat(129), "clé", "a\tb"]) {
      const answer = await withKey(session, key).post("/user/profile", { nick_name: "Wren" });
      expect(answer).toMatchObject({ code: 10002, message: expect.stringContaining("Idempotency-Key") });
    }
    expect((await withKey(session, "k".repeat(128)).post("/user/profile", { nick_name: "Wren" })).code).toBe(
      200,
    );
    expect((await withKey(session, "k".repeat(128)).get("/user/profile")).code).toBe(200);
  });

  it("does not let a user keep answers without end", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const keep = env.DB.prepare(
      "insert into kept_answers (app_id, caller, key, fingerprint, request_id, at) select ?, ?, value, '', '', ? from json_each(?)",
    );
    const keys = JSON.stringify(Array.from({ length: 256 }, (_, index) => `key ${index}`));
    await keep.bind(app.id, `user:${user.id}`, Date.now(), keys).run();
    const refused = await withKey(session).post("/user/profile", { nick_name: "Wren" });
    expect(refused.response.status).toBe(429);
    expect((await session.post("/user/profile", { nick_name: "Wren" })).code).toBe(200);
  });
});
