import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Client, type Sent, newApp, newName } from "./kit/client.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, hubsWhere, unheard, unreached } from "./kit/faults.ts";
import { deafDatabase, heard, recordsOf, withKey } from "./kit/keys.ts";

/** The Worker, whose next batch that holds these words is done and not heard of. */
function deafTo(words: string) {
  const { DB, wasLost } = deafDatabase(words);
  return { fetch: workerWith({ DB }), wasLost };
}

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
