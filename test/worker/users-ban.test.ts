import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Answer, type App, type User, newApp } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { connect, open } from "./kit/socket.ts";
import { ChangedRow, Token, done, profileOf, settingsOf, usersOf } from "./kit/wire.ts";

const setForward = movableClock();

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;

const Results = z.object({ results: z.array(z.object(ChangedRow.shape)) });

/** The rows of an answer about many users. */
function rowsOf(answer: Answer) {
  return Results.parse(answer.body).results;
}

function signIn(app: App, user: User, password = user.password): Promise<Answer> {
  return app.nobody.post("/token/user", { name: user.name, password });
}

async function statusOf(app: App, user: User): Promise<number | undefined> {
  return (await usersOf(app.admin)).find((listed) => listed.user_id === user.id)?.status;
}

const good = { success: true, reason: "" };
const bad = { success: false, reason: expect.stringMatching(/./) };

describe("disable", () => {
  it("leaves a listed user no way to call, to sign in or to connect, and others alone", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    const bare = await app.signIn(user);
    const bystander = await app.session();

    const answer = await app.disable(user);

    expect(answer).toMatchObject({ code: 200, data: true });
    expect(rowsOf(answer)).toEqual([{ user_id: user.id, ...good }]);
    for (const dead of [session, bare]) {
      expect((await dead.get("/user/profile")).code).toBe(10008);
      expect((await dead.post("/user/settings", { vibratory: true })).code).toBe(10008);
      expect((await dead.get("/user/device/list")).code).toBe(10008);
      expect(await (await open(dead)).closed()).toMatchObject({ code: 4401 });
    }
    expect(await signIn(app, user)).toMatchObject({ code: 10029, data: null });
    expect((await signIn(app, user, "not the word")).code).toBe(11001);
    expect((await bystander.session.get("/user/profile")).code).toBe(200);
    expect(await statusOf(app, user)).toBe(1);
    expect(await statusOf(app, bystander.user)).toBe(0);
  });

  it("has closed every socket with the notice and its reason when it returns", async () => {
    const app = await newApp();
    const { user, session: phone } = await app.session({ device_guid: "phone" });
    const laptop = await app.signIn(user, { device_guid: "laptop" });
    const phoneSocket = await connect(phone);
    const laptopSocket = await connect(laptop);
    await phoneSocket.notice("device_login");

    await app.disable(user, { reason: "spam", note: "third time" });

    for (const socket of [phoneSocket, laptopSocket]) {
      const notice = await socket.notice("disabled");
      expect(notice).toMatchObject({ notice_type: 2, reason: "spam", retry: false, by: { admin: "test" } });
      expect(JSON.stringify(notice)).not.toContain("third time");
      expect(await socket.closed()).toMatchObject({ code: 4002 });
      expect(socket.unread).toEqual([]);
    }
    const online = await app.actingFor(user).get("/user/online_status");
    expect(online.data).toEqual({ online: false });
  });

  it("reports each user of the list in order, and says true only where every row succeeded", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    const [ann, bob, abroad] = [await app.user(), await app.user(), await other.user()];
    const list = [
      bob.id,
      999_999_999,
      abroad.id,
      null,
      String(ann.id),
      0,
      -1,
      1.5,
      { user_id: ann.id },
      ann.id,
    ];

    const answer = await app.admin.put("/user/disable", { list });

    expect(answer).toMatchObject({ code: 200, data: false });
    expect(rowsOf(answer)).toEqual([
      { user_id: bob.id, ...good },
      { user_id: 999_999_999, ...bad },
      { user_id: abroad.id, ...bad },
      ...Array.from({ length: 6 }, () => ({ user_id: 0, ...bad })),
      { user_id: ann.id, ...good },
    ]);
    for (const user of [ann, bob]) expect((await signIn(app, user)).code).toBe(10029);
    expect((await signIn(other, abroad)).code).toBe(200);
  });

  it("takes a user who stands in the list twice, or is disabled already, as well", async () => {
    const app = await newApp();
    const user = await app.user();
    const twice = await app.admin.put("/user/disable", { list: [user.id, user.id] });
    expect(twice).toMatchObject({ code: 200, data: true });
    expect(rowsOf(twice)).toHaveLength(2);
    expect(await app.disable(user)).toMatchObject({ code: 200, data: true });
    expect((await signIn(app, user)).code).toBe(10029);
  });

  it("tells the user the reason at sign-in, and never the note, which is kept for staff", async () => {
    const app = await newApp();
    const user = await app.user();
    await app.disable(user, { reason: "spam in group 7", note: "seen by Bob" });
    const { message } = await signIn(app, user);
    expect(message).toContain("spam in group 7");
    expect(message).not.toContain("seen by Bob");
    const wrong = await signIn(app, user, "not the word");
    expect(wrong.message).not.toContain("spam");
    const bans = await env.DB.prepare("select reason, note from bans where user_id = ?").bind(user.id).all();
    expect(bans.results).toEqual([{ reason: "spam in group 7", note: "seen by Bob" }]);
  });

  it("again, replaces reason, note and until, in both directions", async () => {
    const app = await newApp();
    const [longer, shorter] = [await app.user(), await app.user()];
    const until = Date.now() + HOUR;
    await app.disable(longer, { reason: "first", until });
    await app.disable(longer, { reason: "second" });
    await app.disable(shorter, { reason: "first" });
    await app.disable(shorter, { reason: "second", note: "later", until });
    for (const user of [longer, shorter]) {
      const { message } = await signIn(app, user);
      expect(message).toContain("second");
      expect(message).not.toContain("first");
    }
    setForward(HOUR + 1000);
    expect((await signIn(app, longer)).code).toBe(10029);
    expect((await signIn(app, shorter)).code).toBe(200);
  });

  it("clears a reason that a second ban does not give", async () => {
    const app = await newApp();
    const user = await app.user();
    await app.disable(user, { reason: "first" });
    await app.disable(user);
    expect((await signIn(app, user)).message).not.toContain("first");
  });

  it.each([
    ["no user", () => ({ list: [] })],
    ["101 users", (id: number) => ({ list: Array.from({ length: 101 }, () => id) })],
    ["no list", () => ({})],
    ["a list that is none", (id: number) => ({ list: id })],
    ["null", () => ({ list: null })],
    ["an until in the past", (id: number) => ({ list: [id], until: Date.now() - 1 })],
    ["an until of 0", (id: number) => ({ list: [id], until: 0 })],
    ["an until in seconds", (id: number) => ({ list: [id], until: Math.floor((Date.now() + HOUR) / 1000) })],
    ["an until more than ten years ahead", (id: number) => ({ list: [id], until: Date.now() + 11 * YEAR })],
    ["an until that is no number", (id: number) => ({ list: [id], until: "2030-01-01" })],
    ["an until between two ms", (id: number) => ({ list: [id], until: Date.now() + HOUR + 0.5 })],
    ["a reason of 257 characters", (id: number) => ({ list: [id], reason: "r".repeat(257) })],
    ["a reason that is no text", (id: number) => ({ list: [id], reason: 7 })],
    ["a note of 1,025 characters", (id: number) => ({ list: [id], note: "n".repeat(1025) })],
  ])("refuses %s with 10002 and disables nobody", async (_what, orderFor) => {
    const app = await newApp();
    const { user, session } = await app.session();
    expect(await app.admin.put("/user/disable", orderFor(user.id))).toMatchObject({
      code: 10002,
      data: null,
    });
    expect((await session.get("/user/profile")).code).toBe(200);
    expect(await statusOf(app, user)).toBe(0);
  });

  it("takes texts as long as they may be, ends nearly ten years ahead, and nulls as left out", async () => {
    const app = await newApp();
    const user = await app.user();
    const reason = "😀".repeat(256);
    const until = Date.now() + 10 * YEAR - HOUR;
    expect((await app.disable(user, { reason, note: "😀".repeat(1024), until })).data).toBe(true);
    expect((await signIn(app, user)).message).toContain(reason);
    expect((await app.disable(user, { reason: null, note: null, until: null })).data).toBe(true);
    expect((await signIn(app, user)).code).toBe(10029);
  });

  it("leaves no session alive that signs in meanwhile", async () => {
    const app = await newApp();
    const user = await app.user();
    const [disabled, ...tries] = await Promise.all([
      app.disable(user),
      ...Array.from({ length: 6 }, () => signIn(app, user)),
    ]);
    expect(disabled.data).toBe(true);
    for (const { code, data } of tries) {
      expect([200, 10029]).toContain(code);
      const token = Token.safeParse(data).data?.token ?? "none";
      const late = app.nobody.with({ "access-token": token });
      expect((await late.get("/user/profile")).code).toBe(10008);
    }
  });

  it.each(["/user/disable", "/user/enable"])("is an admin's alone, and a PUT alone: %s", async (path) => {
    const app = await newApp();
    const { user, session } = await app.session();
    const list = [user.id];
    expect((await session.put(path, { list })).code).toBe(10010);
    expect((await app.nobody.put(path, { list })).code).toBe(10003);
    const { response, code } = await app.admin.post(path, { list });
    expect([response.status, code, response.headers.get("allow")]).toEqual([405, 405, "PUT"]);
    expect((await session.get("/user/profile")).code).toBe(200);
  });
});

describe("the end of a ban", () => {
  it("comes by itself when until passes: the user signs in again, and the old tokens stay dead", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const until = Date.now() + 1000;
    await app.disable(user, { until });
    expect((await signIn(app, user)).code).toBe(10029);
    expect(await statusOf(app, user)).toBe(1);

    await expect
      .poll(async () => (await signIn(app, user)).code, { interval: 50, timeout: 10_000 })
      .toBe(200);

    expect(Date.now()).toBeGreaterThanOrEqual(until);
    expect(await statusOf(app, user)).toBe(0);
    expect((await session.get("/user/profile")).code).toBe(10008);
  });

  it("is told at sign-in, where there is one", async () => {
    const app = await newApp();
    const user = await app.user();
    const until = Date.now() + HOUR;
    await app.disable(user, { until });
    expect((await signIn(app, user)).message).toContain(new Date(until).toISOString());
  });

  it("comes by enable: the user signs in again, and the tokens from before stay dead", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    await app.disable(user, { reason: "spam" });

    const answer = await app.admin.put("/user/enable", { list: [user.id] });

    expect(answer).toMatchObject({ code: 200, data: true });
    expect(rowsOf(answer)).toEqual([{ user_id: user.id, ...good }]);
    expect((await session.get("/user/profile")).code).toBe(10008);
    const again = await app.signIn(user, { device_guid: "phone" });
    expect(again.deviceSn).toBe(session.deviceSn);
    expect((await again.get("/user/profile")).code).toBe(200);
    expect(await statusOf(app, user)).toBe(0);
  });

  it("by enable is reported row by row like its beginning", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    const [ann, bob, abroad] = [await app.user(), await app.user(), await other.user()];
    await app.disable(ann);
    await other.disable(abroad);
    const answer = await app.admin.put("/user/enable", {
      list: [ann.id, 999_999_999, "7", abroad.id, bob.id],
    });
    expect(answer).toMatchObject({ code: 200, data: false });
    expect(rowsOf(answer)).toEqual([
      { user_id: ann.id, ...good },
      { user_id: 999_999_999, ...bad },
      { user_id: 0, ...bad },
      { user_id: abroad.id, ...bad },
      { user_id: bob.id, ...good },
    ]);
    expect((await signIn(app, ann)).code).toBe(200);
    expect((await signIn(other, abroad)).code).toBe(10029);
    for (const list of [[], Array.from({ length: 101 }, () => ann.id), null]) {
      expect((await app.admin.put("/user/enable", { list })).code).toBe(10002);
    }
  });

  it("leaves the sessions of a user alone who was not disabled", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    expect((await app.admin.put("/user/enable", { list: [user.id] })).data).toBe(true);
    expect((await session.get("/user/profile")).code).toBe(200);
  });
});

describe("an admin on behalf of a disabled user", () => {
  it("reads and writes as for anyone, and the user stays disabled", async () => {
    const app = await newApp();
    const user = await app.user();
    await app.disable(user);
    const acting = app.actingFor(user);
    await done(acting.post("/user/profile", { nick_name: "banned" }));
    await done(acting.post("/user/settings", { no_push: true }));
    await done(acting.set("/user/kick", {}));
    expect(await profileOf(acting)).toMatchObject({ nick_name: "banned" });
    expect(await settingsOf(acting)).toMatchObject({ no_push: true });
    expect((await signIn(app, user)).code).toBe(10029);
    await done(acting.post("/user/delete"));
    expect((await signIn(app, user)).code).toBe(11001);
  });
});
