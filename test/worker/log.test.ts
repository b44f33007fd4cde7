import { describe, expect, it } from "vitest";
import { type Answer, newApp } from "./kit/client.ts";
import { logged } from "./kit/log.ts";
import { connect, open } from "./kit/socket.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe("the log", () => {
  it("has one JSON line a request: operation, app, caller, subject, code, ms and round trips", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const bare = { app: app.id, ms: expect.any(Number), trips: expect.any(Object) };
    const answers: Answer[] = [];

    const { lines } = await logged(async () => {
      answers.push(
        await session.get("/user/profile"),
        await session.post("/user/settings", { vibratory: true }),
        await app.nobody.post("/token/user", { name: user.name, password: "not the word" }),
        await app.actingFor(user).set("/user/nickname", { nick_name: "Ann" }),
        await app.admin.get("/user/list"),
        await app.root.get("/admin/app"),
        await app.nobody.get("/user/profile"),
        await session.get("/user/list"),
        await session.set("/user/sounds", { value: "loud" }),
      );
    });

    const own = { ...bare, caller: "user", subject: user.id };
    expect(lines).toMatchObject([
      { ...own, operation: "getProfile", code: 200 },
      { ...own, operation: "setSettings", code: 200 },
      { ...bare, operation: "signInByName", caller: "public", code: 11001 },
      { ...bare, operation: "setNickName", caller: "admin:test", subject: user.id, code: 200 },
      { ...bare, operation: "listUsers", caller: "admin:test", code: 200 },
      { ...bare, operation: "getApp", caller: "root", code: 200 },
      { ...bare, operation: "getProfile", caller: "public", code: 10003 },
      { ...own, operation: "listUsers", code: 10010 },
      { ...own, operation: "setSounds", code: 10002 },
    ]);
    expect(lines.map((line) => line.code)).toEqual(answers.map((answer) => answer.code));
    expect(lines.map((line) => line.request_id)).toEqual(
      answers.map(({ response }) => response.headers.get("x-request-id")),
    );
    for (const line of lines) {
      expect(line.request_id).toMatch(UUID);
      expect(line.ms).toBeGreaterThanOrEqual(0);
    }
    expect(new Set(lines.map((line) => line.request_id)).size).toBe(lines.length);
    expect(lines[4]?.subject).toBeUndefined();
    expect(lines[0]?.trips).toEqual({ d1: 0, hub: 1, kv: 0 });
    expect(lines[4]?.trips.d1).toBeGreaterThan(0);
  });

  it("has a line for a request that reached no operation, and for one that became a socket", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const { lines } = await logged(async () => {
      await session.get("/user/nothing");
      await session.get("/user/kick");
      await connect(session);
    });
    expect(lines.map((line) => line.code)).toEqual([404, 405, 200]);
    expect(lines[2]).toMatchObject({ operation: "connect", app: app.id, caller: "user", subject: user.id });
  });

  it("names the reason of a socket that was opened only to be closed", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const other = await app.signIn(user);
    const closed: number[] = [];
    const { lines } = await logged(async () => {
      await session.post("/token/logout");
      closed.push((await (await open(session)).closed()).code);
      await app.disable(user);
      closed.push((await (await open(other)).closed()).code);
    });
    expect(closed).toEqual([4401, 4401]);
    const connects = lines.filter((line) => line.operation === "connect");
    expect(connects.map((line) => line.code)).toEqual([10008, 10029]);
  });

  it("never holds a token, a password or what a user wrote", async () => {
    const app = await newApp();
    const words = ["the first peculiar word", "the second peculiar word", "the third peculiar word"] as const;
    const [password, new_password, wrong] = words;
    const mobile = "13800138000";
    const secrets: string[] = [...words, mobile];

    const { texts } = await logged(async () => {
      const user = await app.user(password);
      const session = await app.signIn(user, { device_guid: "peculiar-guid" });
      secrets.push(session.token, session.token.slice(3));
      await app.nobody.post("/token/user", { name: user.name, password: wrong });
      await app.nobody.post("/token/login", { login_name: mobile, password: wrong });
      await session.post("/user/change_password", { old_password: password, new_password });
      await session.post("/user/change_password", { old_password: wrong, new_password: wrong });
      await session.set("/user/mobile", { mobile });
      await session.post("/user/profile", { private_info: "peculiar text", nick_name: 7 });
      await session.call("POST", "/user/private", { body: "peculiar text" });
      await session.post("/user/token/bind", {
        device_sn: 1,
        device_token: "peculiar-push",
        notifier_name: "apns",
      });
      await session.set("/user/nothing", { password: wrong });
      await session.call("GET", `/user/${session.token}`);
      await connect(session);
      await app.actingFor(user).post("/user/change_password_admin", { password: wrong });
      await session.get("/user/profile");
      await app.root.post("/admin/tokens", { name: "peculiar" });
      await app.root.put("/admin/app", { push_secret: "peculiar secret" });
    });

    secrets.push("peculiar-guid", "peculiar text", "peculiar-push", "peculiar secret");
    secrets.push(...[app.admin.headers["access-token"], app.root.headers["root-key"]].map(String));
    expect(texts).toHaveLength(17);
    const all = texts.join("\n");
    for (const secret of secrets) expect(all).not.toContain(secret);
    expect(all).not.toMatch(/w[ua]_[A-Za-z0-9_-]{20,}/);
  });
});
