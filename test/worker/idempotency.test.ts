import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import * as wire from "../wire.ts";
import { type Answer, type Client, dataOf, newApp, newName } from "./kit/client.ts";
import { ageKeys, expectSame, fillHub, heard, keysIn, recordsOf, withKey } from "./kit/keys.ts";
import { imported } from "./kit/moving-in.ts";

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

  it("leaves no key behind where its admin token was revoked elsewhere", async () => {
    const app = await newApp();
    const { user } = await app.session({ device_guid: "phone" });
    const admin = app.actingFor(user);
    expect((await admin.get("/user/profile")).code).toBe(200);
    await env.DB.prepare("update admin_tokens set revoked_at = ? where app_id = ?")
      .bind(Date.now(), app.id)
      .run();
    expect((await withKey(admin).post("/user/kick")).code).toBe(10008);
    const keys = env.DB.prepare("select count(*) as n from kept_answers where app_id = ?").bind(app.id);
    expect(await keys.first("n")).toBe(0);
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

  it("signs in where its first try found no place, and there is one by now", async () => {
    const app = await newApp({ sign_in_policy: { limits: { total: 1 }, overflow: "refuse_new" } });
    const { user, session } = await app.session({ device_guid: "phone" });
    const client = withKey(app.nobody);
    const signIn = async () =>
      await client.post("/token/user", { name: user.name, password: user.password, device_guid: "tablet" });
    expect((await signIn()).code).toBe(10031);
    await session.post("/token/logout");
    expect((await signIn()).code).toBe(200);
  });

  it("is another one where it is for another user", async () => {
    const app = await newApp();
    const admin = withKey(app.admin);
    const set = async ({ id }: { id: number }) =>
      await admin
        .with({ user_id: String(id) })
        .post("/user/change_password_admin", { password: "another word" });
    const [ann, bob] = [await app.user(), await app.user()];
    expect((await set(ann)).code).toBe(200);
    expect((await set(bob)).response.status).toBe(422);
    expect(await app.signIn(bob)).toMatchObject({ userId: bob.id });
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
    const { user, session } = await app.session();
    const client = withKey(session);
    await client.post("/user/profile", { nick_name: "Wren" });
    await session.post("/user/profile", { nick_name: "Other" });
    await ageKeys(app, user);
    expect(heard(await client.post("/user/profile", { nick_name: "Wren" })).isReplayed).toBe(false);
    expect((await session.get("/user/profile")).data).toMatchObject({ nick_name: "Wren" });
    const admin = withKey(app.admin);
    const ban = async () => heard(await admin.put("/user/disable", { list: [user.id] })).isReplayed;
    expect([await ban(), await ban()]).toEqual([false, true]);
    await ageKeys(app, user);
    expect(await ban()).toBe(false);
    expect(await recordsOf(app, "disableUsers")).toHaveLength(2);
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

  it("is nothing to what only looks, with a body too: whoever may only look leaves nothing behind", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const made = await app.root.post("/admin/tokens", { name: "looks", role: "support" });
    const { id, token } = dataOf(made, wire.NewAdminToken);
    const staff = app.nobody.with({ "access-token": token });
    for (const key of ["one", "k".repeat(129), "three"]) {
      const asker = withKey(staff, key);
      for (const json of [{ q: user.name }, { q: String(user.id) }])
        expect(heard(await asker.post("/admin/users", json))).toMatchObject({
          body: { code: 200 },
          isReplayed: false,
        });
      expect((await asker.post("/admin/explain", { for: "call", user_id: user.id })).code).toBe(200);
      expect((await withKey(session, key).post("/roster/list", { list: [] })).code).toBe(200);
      expect((await asker.with({ user_id: String(user.id) }).post("/user/delete")).code).toBe(10010);
    }
    const left = env.DB.prepare(
      "select count(*) as held from kept_answers where caller like ? or caller like ? or app_id = ?",
    );
    expect(await left.bind(`admin:${id}`, `admin:${id} for %`, app.id).first("held")).toBe(0);
  });

  it("does not let a user keep answers without end", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    await fillHub(app, user, 256);
    const refused = await withKey(session).post("/user/profile", { nick_name: "Wren" });
    expect(refused.response.status).toBe(429);
    const password = { old_password: user.password, new_password: "another word" };
    expect((await withKey(session).post("/user/change_password", password)).response.status).toBe(429);
    expect((await session.post("/user/profile", { nick_name: "Wren" })).code).toBe(200);
    expect((await withKey(app.actingFor(user)).post("/user/kick")).code).toBe(200);
  });

  it("does not let an address keep answers without end", async () => {
    const app = await newApp();
    const keep = env.DB.prepare(
      "insert into kept_answers (app_id, caller, key, fingerprint, request_id, at) select ?, ?, value, '', '', ? from json_each(?)",
    );
    const keys = JSON.stringify(Array.from({ length: 256 }, (_, index) => `key ${index}`));
    await keep.bind(app.id, "public:192.0.2.1", Date.now(), keys).run();
    const register = async (address: string) => {
      const client = withKey(app.nobody).with({ "cf-connecting-ip": address });
      return await client.post("/user/register/v2", { username: newName(), password: "secret word" });
    };
    expect((await register("192.0.2.1")).response.status).toBe(429);
    expect((await register("192.0.2.2")).code).toBe(200);
    expect((await app.admin.get("/user/list")).data).toHaveLength(1);
  });

  it("leaves no more of an admin's requests in a hub than it may hold", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    await fillHub(app, user, 2_000, { caller: "admin:1" });
    const admin = withKey(app.actingFor(user));
    expect((await admin.post("/user/kick")).code).toBe(200);
    expect((await session.get("/user/profile")).code).toBe(10008);
    expect(await keysIn(app, user)).toBe(2_000);
  });
});
