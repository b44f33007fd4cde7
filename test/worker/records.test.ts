import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type App, type Session, type User, newApp, root } from "./kit/client.ts";
import { runCron } from "./kit/faults.ts";
import { bySn } from "./kit/household.ts";
import { audit, auditOf, pages } from "./kit/records.ts";

/** Where a test's calls come from. */
const address = "198.51.100.7";
const fromThere = { "cf-connecting-ip": address };

const DAY = 24 * 3_600_000;

/** Sixty tags. */
const sixty = (name: string) => Array.from({ length: 60 }, (_, index) => `${name} ${index}`);

/** A user with a signed-in phone and laptop. */
async function newUser(settings: Record<string, unknown> = {}) {
  const app = await newApp(settings);
  const { user, session: phone } = await app.session({ device_guid: "phone", platform: 1 });
  const laptop = await app.signIn(user, { device_guid: "laptop", platform: 4 });
  return { app, user, phone, laptop };
}

type Home = Awaited<ReturnType<typeof newUser>>;

describe("the record of a write", () => {
  it("says who did what for whom, when, from where and in which request", async () => {
    const { app, user } = await newUser();
    const before = Date.now();
    const acting = app.actingFor(user).with(fromThere);
    const answer = await acting.put("/user/profile", { nick_name: "Ann" });
    expect(answer.code).toBe(200);

    const records = await audit(app.admin, { operation: "setProfile" });

    expect(records).toEqual([
      {
        id: expect.any(Number),
        caller: "admin:test",
        subject: user.id,
        device_sn: null,
        operation: "setProfile",
        reason: "",
        at: expect.any(Number),
        address,
        request_id: answer.response.headers.get("X-Request-Id"),
      },
    ]);
    expect(records[0]?.at).toBeGreaterThanOrEqual(before);
    expect(records[0]?.at).toBeLessThanOrEqual(Date.now());
    expect(records[0]?.request_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("is one for each user of a list, under one request id, and none for those who are not there", async () => {
    const { app, user } = await newUser();
    const other = await app.user();
    const json = { list: [user.id, other.id, 9_000_000_000] };
    const answer = await app.admin.put("/user/disable", json);
    const records = await audit(app.admin, { operation: "disableUsers" });
    expect(new Set(records.map((record) => record.subject))).toEqual(new Set([user.id, other.id]));
    expect(new Set(records.map((record) => record.request_id))).toEqual(
      new Set([answer.response.headers.get("X-Request-Id")]),
    );
  });

  it("begins with the making of the app", async () => {
    const app = await newApp();
    const records = await audit(app.admin);
    expect(records.at(-1)).toMatchObject({ caller: "root", operation: "createApp", subject: null });
  });

  it("names the root key's holder, too, without a subject", async () => {
    const app = await newApp();
    const answer = await app.root.with(fromThere).put("/admin/app", { name: "renamed" });
    expect(await audit(app.admin, { operation: "setApp" })).toMatchObject([
      { caller: "root", subject: null, address, request_id: answer.response.headers.get("X-Request-Id") },
    ]);
  });

  it("is not made by a call that was refused, nor by one that only reads", async () => {
    const { app, user } = await newUser();
    const known = (await audit(app.admin)).length;
    const acting = app.actingFor(user);
    expect((await acting.set("/user/kick", { device_sn: "99" })).code).toBe(10030);
    expect((await acting.put("/user/settings", { auth_mode: 7 })).code).toBe(10002);
    expect((await acting.get("/user/profile")).code).toBe(200);
    expect(await audit(app.admin)).toHaveLength(known);
  });

  it("is not made by a write that finds nothing to change", async () => {
    const { app, user } = await newUser();
    const acting = app.actingFor(user);
    expect((await acting.post("/user/push/tag", { tags: sixty("first") })).code).toBe(200);
    const known = (await audit(app.admin)).length;
    const taken = await root.post("/admin/apps", { app_id: app.id });
    const refused = [
      await app.admin.put("/admin/groups", { group_id: 7, owner_id: 9_000_000_000 }),
      await app.admin.set("/admin/groups", { group_id: "7" }, "DELETE"),
      await app.root.set("/admin/tokens", { id: "999999999" }, "DELETE"),
      await acting.post("/user/push/tag", { tags: sixty("second") }),
      await acting.set("/user/username", { username: (await app.user()).name }),
    ];
    expect(refused.map((answer) => answer.code)).toEqual([10000, 20001, 10002, 10002, 10004]);
    const none = await app.actingFor(await app.user()).set("/user/push/tag/all", {}, "DELETE");
    expect([taken.code, none.code]).toEqual([10004, 200]);
    expect(await audit(app.admin)).toHaveLength(known);
    const ofTaken = await env.DB.prepare("select id from audit where request_id = ?")
      .bind(taken.response.headers.get("X-Request-Id"))
      .all();
    expect(ofTaken.results).toEqual([]);
  });

  it("is kept for 180 days", async () => {
    const { app, user } = await newUser();
    const seed = async (days: number) => {
      await env.DB.prepare(
        "insert into audit (app_id, caller, subject, operation, reason, at, address, request_id) values (?, 'root', ?, ?, '', ?, '', '')",
      )
        .bind(app.id, user.id, `old_${days}`, Date.now() - days * DAY)
        .run();
    };
    await seed(179);
    await seed(181);
    await runCron();
    expect(await audit(app.admin, { operation: "old_179" })).toHaveLength(1);
    expect(await audit(app.admin, { operation: "old_181" })).toEqual([]);
  });
});

/** Ways for the phone's session to end, and the record of it. */
const endings: {
  event: string;
  what: string;
  caller: (user: User) => string;
  reason?: string;
  settings?: Record<string, unknown>;
  end: (home: Home) => Promise<unknown>;
}[] = [
  {
    event: "kicked",
    what: "an admin kicks it",
    caller: () => "admin:test",
    end: ({ app, user, phone }) => app.actingFor(user).with(fromThere).set("/user/kick", bySn(phone)),
  },
  {
    event: "kicked",
    what: "the user kicks it",
    caller: (user) => `user:${user.id}`,
    end: ({ laptop, phone }) => laptop.with(fromThere).set("/user/kick", bySn(phone)),
  },
  {
    event: "logout",
    what: "it signs itself out",
    caller: (user) => `user:${user.id}`,
    end: ({ phone }) => phone.post("/token/logout", undefined, fromThere),
  },
  {
    event: "password_changed",
    what: "the user changes the password",
    caller: (user) => `user:${user.id}`,
    end: ({ laptop, user }) =>
      laptop.post(
        "/user/change_password",
        { old_password: user.password, new_password: "a new word" },
        fromThere,
      ),
  },
  {
    event: "password_changed",
    what: "an admin sets the password",
    caller: () => "admin:test",
    end: ({ app, user }) =>
      app.actingFor(user).post("/user/change_password_admin", { password: "a new word" }, fromThere),
  },
  {
    event: "disabled",
    what: "an admin disables the user",
    caller: () => "admin:test",
    reason: "spam",
    end: ({ app, user }) =>
      app.admin.with(fromThere).put("/user/disable", { list: [user.id], reason: "spam" }),
  },
  {
    event: "deleted",
    what: "an admin deletes the user",
    caller: () => "admin:test",
    end: ({ app, user }) => app.actingFor(user).post("/user/delete", undefined, fromThere),
  },
  {
    event: "device_removed",
    what: "the user takes the device off the list",
    caller: (user) => `user:${user.id}`,
    end: ({ laptop, phone }) => laptop.with(fromThere).set("/user/device/remove", bySn(phone)),
  },
  {
    event: "kicked",
    what: "the sign-in policy displaces it",
    caller: (user) => `user:${user.id}`,
    settings: { sign_in_policy: { limits: { mobile: 1 }, overflow: "kick_oldest" } },
    end: ({ app, user }) => signInFromThere(app, user, "tablet", 2),
  },
  {
    event: "replaced",
    what: "its device signs in again",
    caller: (user) => `user:${user.id}`,
    end: ({ app, user }) => signInFromThere(app, user, "phone", 1),
  },
];

async function signInFromThere(app: App, user: User, device_guid: string, platform: number) {
  const { name, password } = user;
  return await app.nobody.post("/token/user", { name, password, device_guid, platform }, fromThere);
}

describe("the end of a session", () => {
  it.each(endings)("is recorded as session.$event where $what", async (ending) => {
    const home = await newUser(ending.settings);
    const { app, user, phone } = home;
    const answer = await ending.end(home);

    const records = await auditOf(app, { operation: `session.${ending.event}`, user_id: String(user.id) });

    const ofPhone = records.filter((record) => record.device_sn === phone.deviceSn);
    expect(ofPhone).toMatchObject([{ caller: ending.caller(user), subject: user.id, address }]);
    expect(ofPhone[0]?.reason).toMatch(ending.reason ?? /./);
    expect(answer).toMatchObject({ code: 200 });
    const { headers } = responseOf(answer);
    expect(ofPhone[0]?.request_id).toBe(headers.get("X-Request-Id"));
  });

  it("is recorded once for each session that a kick of all ends, beside the kick of the admin", async () => {
    const { app, user, phone, laptop } = await newUser();
    const bare = await app.signIn(user);
    await app.actingFor(user).post("/user/kick");
    const ended = await auditOf(app, { operation: "session.kicked" }, 3);
    const sns = ended.map((record) => record.device_sn ?? 0).toSorted((a, b) => a - b);
    expect(sns).toEqual([bare, phone, laptop].map((session: Session) => session.deviceSn ?? 0));
    expect(await auditOf(app, { operation: "kick" })).toMatchObject([
      { caller: "admin:test", subject: user.id },
    ]);
  });
});

function responseOf(answer: unknown): Response {
  const response: unknown = Object(answer).response;
  if (!(response instanceof Response)) throw new Error("no response");
  return response;
}

describe("GET /admin/audit", () => {
  it("filters by user, caller, operation and time, and by all of them at once", async () => {
    const { app, user, laptop } = await newUser();
    const other = await app.user();
    await app.actingFor(user).put("/user/profile", { nick_name: "Ann" });
    await app.actingFor(other).put("/user/profile", { nick_name: "Bob" });
    await app.actingFor(other).put("/user/settings", { vibratory: true });
    await laptop.post("/token/logout");
    await auditOf(app, { operation: "session.logout" });

    const of = async (query: Record<string, string>) =>
      (await audit(app.admin, query)).map((record) => `${record.operation} ${record.subject}`);
    expect(await of({ user_id: String(other.id) })).toEqual([
      `setSettings ${other.id}`,
      `setProfile ${other.id}`,
    ]);
    expect(await of({ operation: "setProfile" })).toEqual([
      `setProfile ${other.id}`,
      `setProfile ${user.id}`,
    ]);
    expect(await of({ caller: `user:${user.id}` })).toEqual([`session.logout ${user.id}`]);
    expect(await of({ caller: "admin:nobody" })).toEqual([]);
    expect(await of({ caller: "admin:test", operation: "setProfile", user_id: String(user.id) })).toEqual([
      `setProfile ${user.id}`,
    ]);

    const [latest] = await audit(app.admin, { operation: "setSettings" });
    const at = latest?.at ?? 0;
    const inTime = { operation: "setSettings" };
    expect(await audit(app.admin, { ...inTime, since: String(at) })).toHaveLength(1);
    expect(await audit(app.admin, { ...inTime, since: String(at + 1) })).toEqual([]);
    expect(await audit(app.admin, { ...inTime, until: String(at) })).toEqual([]);
    expect(await audit(app.admin, { ...inTime, until: String(at + 1) })).toHaveLength(1);
  });

  it("is read page by page, newest first, each record once, while others are written", async () => {
    const { app, user } = await newUser();
    for (const nick_name of ["a", "b", "c", "d"])
      await app.actingFor(user).put("/user/profile", { nick_name });
    const all = (await audit(app.admin, { operation: "setProfile" })).map((record) => record.id);
    expect(all.toSorted((a, b) => b - a)).toEqual(all);
    const query = { operation: "setProfile", limit: "2" };
    expect(await pages(app.admin, "/admin/audit", query)).toEqual([all.slice(0, 2), all.slice(2)]);

    const [first] = [await app.admin.get("/admin/audit", query)];
    await app.actingFor(user).put("/user/profile", { nick_name: "e" });
    const next = await audit(app.admin, { ...query, cursor: String(first.body["cursor"]) });
    expect(next.map((record) => record.id)).toEqual(all.slice(2));
  });

  it("refuses a limit, a cursor and an instant that are none", async () => {
    const app = await newApp();
    for (const query of [
      { limit: "0" },
      { limit: "201" },
      { cursor: "last" },
      { since: "today" },
      { user_id: "0" },
    ]) {
      const [name] = Object.keys(query);
      const refused = await app.admin.get("/admin/audit", { ...query });
      expect(refused).toMatchObject({ code: 10002, message: expect.stringContaining(name ?? "") });
    }
  });

  it.each(["/admin/audit", "/admin/bans", "/admin/webhooks/dead"])(
    "and what else admins read is nothing to users, nor to other apps: %s",
    async (path) => {
      const { app, user, phone } = await newUser();
      await app.actingFor(user).put("/user/profile", { nick_name: "Ann" });
      expect((await phone.get(path)).code).toBe(10010);
      expect((await app.nobody.get(path)).code).toBe(10003);
      await app.disable(user);
      const other = await newApp();
      const seen = JSON.stringify((await other.admin.get(path)).data);
      expect(seen).not.toContain(`"subject":${user.id}`);
      expect((await other.admin.get(path, { user_id: String(user.id) })).data).toEqual([]);
    },
  );
});
