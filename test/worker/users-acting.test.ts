import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type App, type Client, type User, dataOf, newApp } from "./kit/client.ts";
import { audit } from "./kit/records.ts";
import { RegisteredRow, codesOf, done, profileOf, usersOf } from "./kit/wire.ts";

const group_id = 7001;

function ownedBy(app: App, owner: User, id = group_id): Promise<void> {
  return done(app.admin.put("/admin/groups", { group_id: id, owner_id: owner.id }));
}

/** The admin, acting as the owner of a group. */
function forGroup(app: App, id: number | string = group_id): Client {
  return app.admin.with({ group_id: String(id) });
}

async function codeOf(client: Client): Promise<number> {
  return (await client.get("/user/profile")).code;
}

const unknown = "999999999";
const malformed = [
  "abc",
  "0",
  "-1",
  "1.5",
  "1e3",
  "01",
  "0x10",
  "9007199254740992",
  "99999999999999999999",
  "1,2",
];

describe("the header user_id of an admin", () => {
  it("says on whose behalf the call is made, and on nobody else's", async () => {
    const app = await newApp();
    const [ann, bob] = [await app.user(), await app.user()];
    await done(app.actingFor(ann).set("/user/nickname", { nick_name: "Ann" }));
    expect(await profileOf(app.actingFor(ann))).toMatchObject({ user_id: ann.id, nick_name: "Ann" });
    expect(await profileOf(app.actingFor(bob))).toMatchObject({ user_id: bob.id, nick_name: "" });
  });

  it("is named in the refusal of a call that needs it and has neither it nor group_id", async () => {
    const app = await newApp();
    const answer = await app.admin.get("/user/profile");
    expect(answer).toMatchObject({ code: 10002, data: null });
    expect(answer.message).toContain("user_id");
  });

  it("is refused for a user who is unknown, deleted or another app's", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    const [gone, abroad] = [await app.user(), await other.user()];
    await done(app.actingFor(gone).post("/user/delete"));
    for (const id of [unknown, gone.id, abroad.id]) {
      const acting = app.admin.with({ user_id: String(id) });
      expect(await acting.get("/user/profile")).toMatchObject({ code: 10000, data: null });
      expect((await acting.post("/user/settings", { vibratory: true })).code).toBe(10000);
      expect((await acting.set("/user/kick", {})).code).toBe(10000);
    }
  });

  it.each(malformed)("is refused with 10002 as %s, and so is group_id", async (id) => {
    const app = await newApp();
    for (const name of ["user_id", "group_id"]) {
      const answer = await app.admin.with({ [name]: id }).get("/user/profile");
      expect(answer).toMatchObject({ code: 10002, data: null });
      expect(answer.message).toContain(name);
    }
  });

  it("on an admin's own operation must exist, and changes nothing else about it", async () => {
    const app = await newApp();
    const user = await app.user();
    expect((await app.actingFor(user).get("/user/list")).code).toBe(200);
    expect((await app.admin.with({ user_id: unknown }).get("/user/list")).code).toBe(10000);
    const list = [{ username: "ann", password: "secret word" }];
    expect((await app.admin.with({ user_id: unknown }).post("/user/register/batch", { list })).code).toBe(
      10000,
    );
    expect(await usersOf(app.admin)).toHaveLength(1);
  });
});

describe("the header group_id of an admin", () => {
  it("stands for the owner of the group, whoever it is at the moment", async () => {
    const app = await newApp();
    const [ann, bob] = [await app.user(), await app.user()];
    await ownedBy(app, ann);
    expect(await profileOf(forGroup(app))).toMatchObject({ user_id: ann.id });
    await ownedBy(app, bob);
    await done(forGroup(app).set("/user/nickname", { nick_name: "owner" }));
    expect(await profileOf(app.actingFor(bob))).toMatchObject({ nick_name: "owner" });
    expect(await profileOf(app.actingFor(ann))).toMatchObject({ nick_name: "" });
  });

  it("is refused with 20001 where the group is unknown, forgotten or another app's", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    await ownedBy(other, await other.user());
    expect(await codeOf(forGroup(app))).toBe(20001);
    await ownedBy(app, await app.user());
    expect(await codeOf(forGroup(app))).toBe(200);
    await done(app.admin.set("/admin/groups", { group_id: String(group_id) }, "DELETE"));
    expect(await codeOf(forGroup(app))).toBe(20001);
    expect(await codeOf(forGroup(other))).toBe(200);
  });

  it("is refused with 10000 where the owner was deleted, alone or beside user_id", async () => {
    const app = await newApp();
    const user = await app.user();
    await ownedBy(app, user);
    await done(app.actingFor(user).post("/user/delete"));
    const orphaned = forGroup(app);
    const answers = [
      await orphaned.get("/user/profile"),
      await orphaned.with({ user_id: String(user.id) }).get("/user/profile"),
      await orphaned.get("/user/push/tag"),
      await orphaned.get("/user/device/list"),
      await orphaned.get("/user/list"),
      await orphaned.post("/user/push/tag", { tags: ["one"] }),
      await orphaned.set("/user/kick", {}),
    ];
    expect(codesOf(answers)).toEqual(answers.map(() => 10000));
    await ownedBy(app, await app.user());
    expect(await codeOf(forGroup(app))).toBe(200);
  });

  it("together with user_id must name the same user", async () => {
    const app = await newApp();
    const [ann, bob] = [await app.user(), await app.user()];
    await ownedBy(app, ann);
    const both = (user: User) => forGroup(app).with({ user_id: String(user.id) });
    expect(await profileOf(both(ann))).toMatchObject({ user_id: ann.id });
    expect(await both(bob).get("/user/profile")).toMatchObject({ code: 10002, data: null });
    expect((await both(bob).set("/user/nickname", { nick_name: "mixed" })).code).toBe(10002);
    for (const user of [ann, bob]) expect((await profileOf(app.actingFor(user))).nick_name).toBe("");
  });
});

describe("the acting headers of a user's own token", () => {
  it("may repeat the user's own id and say nothing else", async () => {
    const app = await newApp();
    const [{ user, session }, other] = [await app.session(), await app.user()];
    await ownedBy(app, user);
    expect(await codeOf(session.with({ user_id: String(user.id) }))).toBe(200);
    const answers = [
      await session.with({ user_id: String(other.id) }).get("/user/profile"),
      await session.with({ user_id: unknown }).get("/user/profile"),
      await session.with({ user_id: String(other.id) }).set("/user/nickname", { nick_name: "not mine" }),
      await session.with({ group_id: String(group_id) }).get("/user/profile"),
      await session.with({ group_id: unknown }).get("/user/profile"),
      await session.with({ user_id: String(user.id), group_id: String(group_id) }).get("/user/profile"),
    ];
    expect(codesOf(answers)).toEqual([10010, 10010, 10010, 10010, 10010, 10010]);
    expect((await profileOf(app.actingFor(other))).nick_name).toBe("");
  });

  it.each(malformed)("are refused with 10002 where user_id is %s", async (user_id) => {
    const app = await newApp();
    const { session } = await app.session();
    expect((await session.with({ user_id }).get("/user/profile")).code).toBe(10002);
  });
});

/** What an app's records say of who did what, oldest first. */
async function recordsOf(app: App) {
  const records = (await audit(app.admin)).toReversed();
  return records.map(({ caller, subject, operation }) => ({ caller, subject, operation }));
}

describe("a write on another's behalf", () => {
  it("records who called and for whom; a refused one and a read record nothing", async () => {
    const app = await newApp();
    const user = await app.user();
    await ownedBy(app, user);
    const acting = app.actingFor(user);
    const before = (await recordsOf(app)).length;
    await done(acting.set("/user/nickname", { nick_name: "Ann" }));
    await done(forGroup(app).post("/user/push/tag", { tags: ["one"] }));
    await done(acting.set("/user/kick", {}));
    await done(acting.post("/user/change_password_admin", { password: "a newer word" }));
    await acting.get("/user/profile");
    await acting.set("/user/mobile", { mobile: "none" });
    await acting.post("/user/change_password", {
      old_password: "not the word",
      new_password: "another word",
    });
    await done(acting.post("/user/delete"));
    const by = { caller: "admin:test", subject: user.id };
    const written = ["addTags", "deleteUser", "kick", "setNickName", "setPassword"];
    const recorded = async () => {
      const records = (await recordsOf(app)).slice(before);
      return records.toSorted((a, b) => a.operation.localeCompare(b.operation));
    };
    // What a hub does is recorded a moment after the answer.
    await expect.poll(recorded).toEqual(written.map((operation) => ({ ...by, operation })));
  });

  it("on an admin's own operation records the user whom user_id named", async () => {
    const app = await newApp();
    const user = await app.user();
    const before = (await recordsOf(app)).length;
    const group = { group_id: 7, owner_id: user.id };
    await done(app.actingFor(user).put("/admin/groups", group));
    await done(app.admin.put("/admin/groups", group));
    expect((await recordsOf(app)).slice(before)).toEqual([
      { caller: "admin:test", subject: user.id, operation: "putGroup" },
      { caller: "admin:test", subject: null, operation: "putGroup" },
    ]);
  });

  it("records each user whom a batch registers, and none whose name was taken", async () => {
    const app = await newApp();
    const user = await app.user();
    const before = (await recordsOf(app)).length;
    const list = ["ann", user.name, "bob"].map((username) => ({ username, password: "secret word" }));
    const rows = dataOf(await app.admin.post("/user/register/batch", { list }), z.array(RegisteredRow));
    const by = { caller: "admin:test", operation: "registerBatch" };
    expect((await recordsOf(app)).slice(before)).toEqual([
      { ...by, subject: rows[0]?.user_id },
      { ...by, subject: rows[2]?.user_id },
    ]);
  });
});
