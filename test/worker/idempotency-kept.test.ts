import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type Client, type Session, newApp, newName } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { mortal } from "./kit/databases.ts";
import { codeOf } from "./kit/devices.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, hubNameOf, hubsWhere, unreached } from "./kit/faults.ts";
import { deafDatabase, heard, withKey } from "./kit/keys.ts";
import { hash, importLines } from "./kit/moving-in.ts";
import { move, moveToEnd } from "./kit/moving.ts";
import { connect } from "./kit/socket.ts";

const setForward = movableClock();

type Home = Awaited<ReturnType<typeof newHome>>;
type Call = readonly [method: string, path: string, json: unknown];

/** A user of an app of its own, and a name that nobody has. */
async function newHome() {
  const app = await newApp();
  return { app, ...(await app.session()), name: newName() };
}

describe("what tells requests with one Idempotency-Key from each other", () => {
  it.each<[string, (home: Home) => Client, (secret: string, home: Home) => Call]>([
    [
      "a registration",
      ({ app }) => app.nobody,
      (password, { name }) => ["POST", "/user/register/v2", { username: name, password }],
    ],
    [
      "a batch",
      ({ app }) => app.admin,
      (password, { name }) => ["POST", "/user/register/batch", { list: [{ username: name, password }] }],
    ],
    [
      "an old password",
      ({ session }) => session,
      (old_password) => ["POST", "/user/change_password", { old_password, new_password: "a new word" }],
    ],
    [
      "a new password",
      ({ session }) => session,
      (new_password, { user }) => [
        "POST",
        "/user/change_password",
        { old_password: user.password, new_password },
      ],
    ],
    [
      "a password that is set",
      ({ app, user }) => app.actingFor(user),
      (password) => ["POST", "/user/change_password_admin", { password }],
    ],
    ["a deletion", ({ session }) => session, (password) => ["POST", "/user/delete", { password }]],
    ["an app's secret", ({ app }) => app.root, (push_secret) => ["PUT", "/admin/app", { push_secret }]],
    [
      "the key of an app's events",
      ({ app }) => app.root,
      (secret) => ["PUT", "/admin/app", { webhook_secret: `whsec_${btoa(secret.repeat(2))}` }],
    ],
  ])("is no secret, so that nobody hears whether one was right: %s", async (_what, callerOf, callOf) => {
    const home = await newHome();
    const client = withKey(callerOf(home));
    const send = async (secret: string) => {
      const [method, path, json] = callOf(secret, home);
      return heard(await client.call(method, path, { json }));
    };
    const first = await send("the first word");
    expect([200, 11001]).toContain(first.body["code"]);
    expect(await send("another  word")).toEqual({ ...first, isReplayed: true });
  });

  it("is none of a sign-in either, which is not told again", async () => {
    const app = await newApp();
    const user = await app.user();
    const client = withKey(app.nobody);
    const signIn = async (password: string) =>
      heard(await client.post("/token/user", { name: user.name, password }));
    expect((await signIn(user.password)).body["code"]).toBe(200);
    const right = await signIn(user.password);
    expect(right.status).toBe(409);
    expect(await signIn("a wrong word")).toEqual(right);
  });

  it("is none of an import's rows; but whether there is one, and all else, is", async () => {
    const app = await newApp();
    const admin = withKey(app.admin);
    const row = { username: newName(), external_id: newName("ext") };
    const send = async (more: object) => heard(await importLines(admin, [{ ...row, ...more }]));
    const first = await send({ password_hash: hash });
    expect(first.body["code"]).toBe(200);
    expect(await send({ password_hash: hash.replace(/.$/, "0") })).toEqual({ ...first, isReplayed: true });
    for (const other of [{}, { password: "secret word" }, { password_hash: hash, nick_name: "Wren" }])
      expect((await send(other)).status).toBe(422);
  });

  it.each(["constructor", "toString", "__proto__"])(
    "is told where a row has a field that is called as what every object has: %s",
    async (name) => {
      const app = await newApp();
      const admin = withKey(app.admin);
      const names = [newName(), newName()];
      const rowsWith = (value: number) => [
        `{"username":"${names[0]}","${name}":${value}}`,
        `{"username":"${names[1]}"}`,
      ];
      const rows = rowsWith(1);
      const send = async (lines: string[]) => heard(await importLines(admin, lines));
      const first = await send(rows);
      const failed = { result: "failed", reason: `${name} is no field of a row` };
      expect(first.body).toMatchObject({ code: 200, data: [failed, { result: "created" }] });
      expect(await send(rows)).toEqual({ ...first, isReplayed: true });
      expect((await send(rowsWith(2))).status).toBe(422);
      const list = [JSON.parse(`{"username":"${newName()}","password":"secret word","${name}":1}`)];
      expect((await withKey(app.admin).post("/user/register/batch", { list })).code).toBe(200);
    },
  );
});

/** The Worker, of which no hub hears. */
const deaf = () => workerWith({ HUB: hubsWhere("take", unreached) });

describe("a list with a row that could not be told", () => {
  it("is told by a repeat, which hears what became of it: a ban", async () => {
    const app = await newApp();
    const untold = await app.session({ device_guid: "phone" });
    const told = await app.session({ device_guid: "laptop" });
    const homes = [untold, told];
    for (const { session } of homes) await connect(session);
    const admin = withKey(app.admin);
    const json = { list: [untold.user.id, told.user.id] };
    const shut = () => workerWith({ HUB: hubsWhere("take", unreached, hubNameOf(app, untold.user)) });
    const first = await callBy(shut(), admin, "PUT", "/user/disable", { json });
    expect(first.body).toMatchObject({ data: false, results: [{ success: false }, { success: true }] });
    expect((await callBy(shut(), admin, "PUT", "/user/disable", { json })).response.status).toBe(503);
    expect(await Promise.all(homes.map(async ({ session }) => codeOf(session)))).toEqual([200, 10008]);
    const row = (home: (typeof homes)[number]) => ({
      user_id: home.user.id,
      success: true,
      reason: "",
      devices: [{ device_sn: home.session.deviceSn, was_online: true, notified: true }],
    });
    expect(heard(await admin.put("/user/disable", json))).toMatchObject({
      body: { data: true, results: homes.map(row) },
      isReplayed: true,
    });
    expect(await Promise.all(homes.map(async ({ session }) => codeOf(session)))).toEqual([10008, 10008]);
  });

  it("is told by a repeat, which hears what became of it: profiles", async () => {
    const app = await newApp();
    const { session } = await app.session({ device_guid: "phone" });
    expect(await nameOf(session)).toBe("");
    const admin = withKey(app.admin);
    const json = { list: [{ user_id: session.userId, nick_name: "Wren" }] };
    const first = await callBy(deaf(), admin, "POST", "/user/profile/batch", { json });
    expect(first.data).toMatchObject([{ user_id: session.userId, success: false }]);
    expect(heard(await admin.post("/user/profile/batch", json))).toMatchObject({
      body: { data: [{ user_id: session.userId, success: true, reason: "" }] },
      isReplayed: true,
    });
    expect(await nameOf(session)).toBe("Wren");
  });

  it("is told by a repeat, which hears what became of it: an import", async () => {
    const app = await newApp();
    const row = { external_id: newName("ext"), username: newName(), password: "secret word" };
    await importLines(app.admin, [row]);
    const session = await app.signIn({ id: 0, name: row.username, password: row.password });
    expect(await nameOf(session)).toBe("");
    const admin = withKey(app.admin);
    const sent = {
      query: { mode: "upsert" },
      body: JSON.stringify({ ...row, nick_name: "Wren" }),
      headers: { "content-type": "application/x-ndjson" },
    };
    const first = await callBy(deaf(), admin, "POST", "/admin/import", sent);
    expect(first.data).toMatchObject([{ user_id: session.userId, result: "failed" }]);
    expect(heard(await admin.call("POST", "/admin/import", sent))).toMatchObject({
      body: { data: [{ user_id: session.userId, result: "updated", reason: "" }] },
      isReplayed: true,
    });
    expect(await nameOf(session)).toBe("Wren");
  });
});

/** What the user's devices read. */
async function nameOf(session: Session): Promise<unknown> {
  const { data } = await session.get("/user/profile");
  return Reflect.get(Object(data), "nick_name");
}

describe("a refusal that passes", () => {
  it("is not kept: that there were too many failures", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const wrong = { old_password: "not the word", new_password: "another word" };
    const codes: number[] = [];
    while (codes.at(-1) !== 10028 && codes.length < 10)
      codes.push((await session.post("/user/change_password", wrong)).code);
    const client = withKey(session);
    const change = () => client.post("/user/change_password", { ...wrong, old_password: user.password });
    const refused = await change();
    expect([refused.code, Number(refused.response.headers.get("retry-after")) > 0]).toEqual([10028, true]);
    setForward(3_600_000);
    expect(heard(await change())).toMatchObject({ body: { code: 200 }, isReplayed: false });
  });

  it("is not kept: that the app is being moved elsewhere", async () => {
    const app = await newApp();
    await move(app, 1);
    const root = withKey(app.root);
    const further = () => root.put("/admin/app/database", { database: 2 });
    const refused = await further();
    expect([refused.code, refused.response.headers.get("retry-after")]).toEqual([10002, "10"]);
    await moveToEnd(app, 1, setForward);
    setForward(0);
    expect(heard(await further())).toMatchObject({ body: { code: 200 }, isReplayed: false });
    await moveToEnd(app, 2, setForward);
  });
});

describe("a move of an app under a key", () => {
  it("is heard of again as far as the call came", async () => {
    const app = await newApp();
    const root = withKey(app.root);
    const send = async () => heard(await root.put("/admin/app/database", { database: 1 }));
    const first = await send();
    expect(first.body).toMatchObject({ code: 200, data: { phase: "waiting" } });
    expect(await send()).toEqual({ ...first, isReplayed: true });
    await moveToEnd(app, 1, setForward);
    expect(await send()).toEqual({ ...first, isReplayed: true });
    // One that has nothing to do is kept as well.
    const idle = withKey(app.root);
    const again = async () => heard(await idle.put("/admin/app/database", { database: 1 }));
    const done = await again();
    expect(done).toMatchObject({ body: { code: 200, data: { phase: "done" } }, isReplayed: false });
    expect(await again()).toEqual({ ...done, isReplayed: true });
  });

  it.each([
    ["PUT", { database: 1 }, "closing"],
    ["DELETE", undefined, "undoing"],
  ])(
    "was begun or stopped, and that is heard where the machine died behind it: %s",
    async (method, json, phase) => {
      const app = await newApp();
      if (phase === "undoing") {
        const fetch = workerWith({ USERS_1: mortal(env.USERS_1, { left: 3, losesAnswer: false }) });
        await callBy(fetch, app.root, "PUT", "/admin/app/database", { json: { database: 1 } });
      }
      const root = withKey(app.root);
      const { DB, wasLost } = deafDatabase('insert into "kept_answers"');
      await callBy(workerWith({ DB }), root, method, "/admin/app/database", { json });
      expect(wasLost()).toBe(true);
      const send = async () => heard(await root.call(method, "/admin/app/database", { json }));
      const again = await send();
      expect(again).toMatchObject({ status: 200, body: { code: 200, data: { phase } }, isReplayed: true });
      expect(await send()).toEqual(again);
    },
  );
});

describe("a key that hubs keep", () => {
  it.each([0, 1])("is of whoever owned the group then, in database %i", async (database) => {
    const app = await newApp({ database });
    const [first, second] = [
      await app.session({ device_guid: "1" }),
      await app.session({ device_guid: "2" }),
    ];
    const own = async ({ user }: typeof first) =>
      await app.root.put("/admin/groups", { group_id: 7, owner_id: user.id });
    await own(first);
    const owner = withKey(app.admin.with({ group_id: "7" }));
    const kick = async () => heard(await owner.put("/user/kick"));
    const kicked = await kick();
    expect(kicked.body).toMatchObject({ code: 200, results: [{ device_sn: first.session.deviceSn }] });
    await own(second);
    expect(await kick()).toEqual({ ...kicked, isReplayed: true });
    expect(await codeOf(second.session)).toBe(200);
    const unknown = withKey(app.admin.with({ group_id: "8" }));
    expect((await unknown.put("/user/kick")).code).toBe(20001);
    await app.root.put("/admin/groups", { group_id: 8, owner_id: second.user.id });
    expect((await unknown.put("/user/kick")).code).toBe(200);
    expect(await codeOf(second.session)).toBe(10008);
  });

  it("counts a push once, wherever its users stand and move to", async () => {
    const app = await newApp({ database: 0 });
    const { user } = await app.session();
    const admin = withKey(app.admin);
    const push = async (add = 1) =>
      heard(await admin.post("/admin/push/route", { list: [user.id], badge: { add } }));
    const first = await push();
    expect(first.body).toMatchObject({ code: 200, data: [{ badge: 1 }] });
    expect(await push()).toEqual({ ...first, isReplayed: true });
    await moveToEnd(app, 1, setForward);
    expect(await push()).toEqual({ ...first, isReplayed: true });
    expect((await push(2)).status).toBe(422);
  });
});
