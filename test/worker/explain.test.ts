import { runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type App, type Session, newApp, newName, origin } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, hubOf, hubsWhere, owedTo, refuseWrites, unreached } from "./kit/faults.ts";
import { hash, imported, password } from "./kit/moving-in.ts";
import { move } from "./kit/moving.ts";
import { upgrade } from "./kit/socket.ts";
import { explained, gate, support, byToken } from "./kit/explained.ts";

const setForward = movableClock();

const HOUR = 3_600_000;

describe("why a token is dead", () => {
  it("is told with who ended its session, when and why", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    const { name, client } = await support(app);
    const alive = await explained(client, byToken(session));
    expect(alive).toMatchObject({ verdict: "let_through", code: 200, reason: "" });
    const before = Date.now();
    const acting = client.with({ user_id: String(user.id) });
    expect((await acting.post("/user/kick")).code).toBe(200);
    const dead = await explained(client, byToken(session));
    expect(dead).toMatchObject({ verdict: "refused", code: 10008, reason: "token_invalid" });
    const there = gate(dead, "session_there");
    expect(there).toMatchObject({
      passed: false,
      by: `admin:${name}`,
      fact: expect.stringContaining("kicked"),
    });
    expect(there?.since).toBeGreaterThanOrEqual(before);
    expect(there?.remedy).not.toBe("");
    expect(gate(await explained(client, { for: "call", user_id: user.id }), "session_there")).toEqual(there);
  });

  it.each([
    ["signed out", async (_app: App, session: Session) => session.post("/token/logout"), "logout"],
    [
      "of one who was disabled",
      async (app: App, { userId }: Session) =>
        app.admin.put("/user/disable", { list: [userId], reason: "spam" }),
      "disabled",
    ],
    [
      "of a password that is not the user's any more",
      async (app: App, { userId }: Session) =>
        app.admin
          .with({ user_id: String(userId) })
          .post("/user/change_password_admin", { password: "another" }),
      "password_changed",
    ],
  ])("is told of one that is %s", async (_what, end, event) => {
    const app = await newApp();
    const { session } = await app.session({ device_guid: "phone" });
    expect((await end(app, session)).code).toBe(200);
    const there = gate(await explained(app, byToken(session)), "session_there");
    expect(there).toMatchObject({ passed: false, fact: expect.stringContaining(event) });
  });

  it("is told of one whose life is over as 402", async () => {
    const app = await newApp({ token_ttl: 3600 });
    const { session } = await app.session();
    const { at, ...now } = { ...byToken(session), at: Date.now() + 2 * HOUR };
    expect((await explained(app, now)).code).toBe(200);
    expect(await explained(app, { ...now, at })).toMatchObject({ code: 402, reason: "token_expired" });
    setForward(2 * HOUR);
    expect((await session.get("/user/profile")).code).toBe(402);
    expect(gate(await explained(app, now), "session_lives")).toMatchObject({ passed: false });
  });
});

describe("a session whose life is over", () => {
  it("is judged as such by the user's id and by the device, too, when the hub has looked after it", async () => {
    const app = await newApp({ token_ttl: 3600 });
    const { user, session } = await app.session({ device_guid: "phone" });
    setForward(2 * HOUR);
    await runDurableObjectAlarm(hubOf(app, user));
    expect((await session.get("/user/profile")).code).toBe(402);
    const asked = { user_id: user.id, device_sn: session.deviceSn ?? 0 };
    for (const what of ["call", "connect"]) {
      for (const about of [{ user_id: user.id }, asked]) {
        const told = await explained(app, { for: what, ...about });
        expect(told).toMatchObject({ code: 402, reason: "token_expired" });
        expect(gate(told, "session_there")).toMatchObject({ passed: true });
      }
    }
    const later = await app.signIn(user, { device_guid: "phone" });
    await later.post("/token/logout");
    expect(await explained(app, { for: "call", ...asked })).toMatchObject({ code: 10008 });
  });
});

describe("a page of the service itself", () => {
  it("may call whatever the app allows, by HTTP and by a socket, and is explained so", async () => {
    const app = await newApp({ allowed_origins: [] });
    const { user, session } = await app.session({ device_guid: "phone" });
    for (const [page, code] of [
      [origin, 200],
      [`${origin}.example`, 10010],
    ] as const) {
      const client = session.with({ origin: page });
      expect((await client.get("/user/profile")).code).toBe(code);
      expect((await upgrade(client.headers)).status).toBe(code === 200 ? 101 : 200);
      for (const what of ["call", "connect", "sign_in"]) {
        const told = await explained(app, { for: what, user_id: user.id, origin: page });
        expect(told.code).toBe(code);
      }
    }
  });
});

describe("all that stands in the way", () => {
  it("is told at once, not only the first of it", async () => {
    const app = await newApp({ sign_in_policy: { limits: { total: 1 }, overflow: "refuse_new" } });
    const { user } = await app.session({ device_guid: "phone" });
    await app.disable(user, { reason: "spam", until: Date.now() + HOUR });
    expect((await app.admin.put("/user/enable", { list: [user.id] })).code).toBe(200);
    await app.signIn(user, { device_guid: "phone" });
    const address = "10.9.8.7";
    for (let tries = 0; tries < 5; tries++) {
      const wrong = { name: user.name, password: "not the word" };
      const answer = await app.nobody.post("/token/user", wrong, { "cf-connecting-ip": address });
      expect(answer.code).toBe(11001);
    }
    const question = { for: "sign_in", user_id: user.id, device_guid: "laptop", platform: 3, address };
    const told = await explained(app, question);
    expect(told).toMatchObject({ verdict: "refused", code: 10028, reason: "too_many_failures" });
    const stopped = told.gates.filter(({ passed }) => passed === false).map((each) => each.gate);
    expect(stopped).toEqual(["tries", "device_place"]);
    expect(gate(told, "tries")?.lifts_at).toBeGreaterThan(Date.now());
    const elsewhere = await explained(app, { ...question, address: "10.9.8.6" });
    expect(elsewhere).toMatchObject({ code: 10031, reason: "too_many_devices" });
  });

  it("of a push is told by the gates that the push goes by", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    const asked = { for: "push", user_id: user.id };
    expect(await explained(app, asked)).toMatchObject({ verdict: "refused", code: 0, reason: "no_device" });
    const token = { device_sn: session.deviceSn, device_token: "a-very-secret-token", notifier_name: "n" };
    expect((await session.post("/user/token/bind", token)).code).toBe(200);
    const free = await explained(app, asked);
    expect(free).toMatchObject({ verdict: "let_through", code: 200 });
    expect(JSON.stringify(free)).not.toContain("secret");
    expect((await session.set("/user/push", { value: "true" })).code).toBe(200);
    expect(await explained(app, asked)).toMatchObject({ reason: "push_off" });
  });

  it("of a ban is told with who ordered it, until when and what lifts it", async () => {
    const app = await newApp();
    const user = await app.user();
    const { name, client } = await support(app, "moderator");
    const until = Date.now() + HOUR;
    const ban = { list: [user.id], reason: "spam", until };
    expect((await client.put("/user/disable", ban)).code).toBe(200);
    for (const what of ["sign_in", "push"]) {
      const told = gate(await explained(client, { for: what, user_id: user.id }), "user_enabled");
      const fact = "the user is disabled: spam";
      expect(told).toMatchObject({ passed: false, by: `admin:${name}`, lifts_at: until, fact });
      expect(told?.remedy).toContain("/user/enable");
    }
    const later = await explained(client, { for: "sign_in", user_id: user.id, at: until });
    expect(later).toMatchObject({ verdict: "let_through", code: 200 });
  });
});

describe("what the user's hub has still to hear", () => {
  it("stands in the way of who has moved in with a ban, before there is a hub and when there is one", async () => {
    const app = await newApp();
    const row = {
      external_id: "1",
      username: newName(),
      password_hash: hash,
      ban: { reason: "spam" },
      status: 1,
    };
    const [made] = await imported(app, [row]);
    const userId = made?.user_id ?? 0;
    const ask = async (what: string) => {
      const told = await explained(app, { for: what, user_id: userId, device_guid: "phone", platform: 1 });
      return [told.code, told.reason, gate(told, "user_enabled")?.fact];
    };
    const fact = "the user is disabled: spam";
    const due = [
      [10029, "user_disabled", fact],
      [0, "user_disabled", fact],
    ];
    expect([await ask("sign_in"), await ask("push")]).toEqual(due);
    const signIn = await app.nobody.post("/token/user", { name: row.username, password });
    expect(signIn).toMatchObject({ code: 10029, message: expect.stringContaining("spam") });
    expect([await ask("sign_in"), await ask("push")]).toEqual(due);
  });

  it("is not what it has heard already, though the ledger still has it", async () => {
    const app = await newApp({ sign_in_policy: { limits: { total: 1 }, overflow: "refuse_new" } });
    const user = await app.user();
    const recover = await refuseWrites(app, "delete", "owed_signals");
    const json = { password: "another word" };
    expect((await app.actingFor(user).post("/user/change_password_admin", json)).code).toBe(200);
    await app.signIn({ ...user, ...json }, { device_guid: "phone" });
    expect(await owedTo(user)).toBe(1);
    const laptop = { device_guid: "laptop", platform: 3 };
    const told = await explained(app, { for: "sign_in", user_id: user.id, ...laptop });
    const heard = await app.nobody.post("/token/user", { name: user.name, ...json, ...laptop });
    expect([told.code, heard.code]).toEqual([10031, 10031]);
    await recover();
  });

  it("leaves the place of the session that it does not end", async () => {
    const app = await newApp({ sign_in_policy: { limits: { total: 1 }, overflow: "refuse_new" } });
    const { user, session } = await app.session({ device_guid: "phone" });
    const fetch = workerWith({ HUB: hubsWhere("take", unreached) });
    const json = { old_password: user.password, new_password: "another word" };
    await callBy(fetch, session, "POST", "/user/change_password", { json });
    expect(await owedTo(user)).toBe(1);
    for (const [device_guid, code] of [
      ["laptop", 10031],
      ["phone", 200],
    ] as const) {
      const device = { device_guid, platform: 3 };
      const told = await explained(app, { for: "sign_in", user_id: user.id, ...device });
      const signIn = { name: user.name, password: json.new_password, ...device };
      const heard = await app.nobody.post("/token/user", signIn);
      expect([told.code, heard.code]).toEqual([code, code]);
    }
  });

  it("is that the app is being moved: no sign-in is taken", async () => {
    const app = await newApp();
    const user = await app.user();
    expect((await move(app, 1)).phase).toBe("waiting");
    const told = await explained(app, { for: "sign_in", user_id: user.id });
    expect(told).toMatchObject({ verdict: "refused", code: 503, reason: "app_moving" });
    const { name, password: word } = user;
    expect((await app.nobody.post("/token/user", { name, password: word })).code).toBe(503);
  });

  it("is told of one who has no password", async () => {
    const app = await newApp();
    const [made] = await imported(app, [{ external_id: "1", username: newName() }]);
    const told = await explained(app, { for: "sign_in", user_id: made?.user_id ?? 0 });
    expect(told).toMatchObject({ verdict: "refused", code: 11001, reason: "credentials_wrong" });
    expect(gate(told, "password")).toMatchObject({ passed: false, fact: "the user has no password" });
  });
});
