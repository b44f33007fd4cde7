import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { hubName } from "../../src/hub/contract.ts";
import { newApp, requestIdOf } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { explained, gate, support, contentOf, byToken, path, texts } from "./kit/explained.ts";

const setForward = movableClock();

const HOUR = 3_600_000;

describe("a question", () => {
  it("changes nothing of the user, and makes no hub of nobody", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    const untouched = await app.user();
    await app.nobody.post("/token/user", { name: user.name, password: "wrong word" });
    const before = [await contentOf(app, user.id), await contentOf(app, untouched.id)];
    setForward(10 * 60_000);
    for (const what of ["call", "sign_in", "connect", "push"]) {
      await explained(app, { for: what, user_id: user.id, device_guid: "laptop" });
      await explained(app, { for: what, token: session.token });
      await explained(app, { for: what, user_id: untouched.id, device_guid: "laptop" });
      const nobody = await explained(app, { for: what, user_id: 9_007_199_254_740_991 });
      expect(nobody.verdict).toBe("refused");
    }
    expect([await contentOf(app, user.id), await contentOf(app, untouched.id)]).toEqual(before);
    const idOf = (userId: number) => String(env.HUB.idFromName(hubName(app.id, userId)));
    const hubs = (await listDurableObjectIds(env.HUB)).map(String);
    expect(hubs).toContain(idOf(user.id));
    expect(hubs).not.toContain(idOf(9_007_199_254_740_991));
  });

  it("of another app's user or token is answered as of nobody's", async () => {
    const [app, other] = [await newApp(), await newApp()];
    const { user, session } = await other.session({ device_guid: "phone" });
    const made = `wu_${"A".repeat(43)}`;
    const [theirs, none] = [
      await explained(app, byToken(session)),
      await explained(app, { for: "call", token: made }),
    ];
    expect(theirs).toEqual(none);
    expect(theirs).toMatchObject({ code: 10008 });
    for (const what of ["call", "sign_in", "connect", "push"]) {
      const asked = (user_id: number) => explained(app, { for: what, user_id });
      expect(await asked(user.id)).toEqual(await asked(9_007_199_254_740_991));
    }
    const signIn = await explained(app, { for: "sign_in", user_id: user.id });
    expect(signIn).toMatchObject({ code: 11001 });
    expect(gate(signIn, "user_known")?.fact).toBe("the app has no such user");
  });

  it("shows no part of a token, and takes it from a body", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const answer = await app.admin.post(path, byToken(session));
    expect(answer.code).toBe(200);
    expect(JSON.stringify(answer.body)).not.toContain(session.token.slice(3, 15));
  });

  it("names one user or one token", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const wrong = { code: 10002, data: null };
    const both = { ...byToken(session), user_id: user.id };
    expect(await app.admin.get(path, texts(both))).toMatchObject(wrong);
    expect(await app.admin.get(path, { for: "call" })).toMatchObject(wrong);
    const { client } = await support(app);
    const token = client.headers["access-token"] ?? "";
    const ofAdmin = await client.post(path, { for: "call", token });
    expect(ofAdmin).toMatchObject({ ...wrong, message: expect.stringContaining("token must be a user's") });
  });

  it("names a request: whom it is about where it left a record, and the moment in any case", async () => {
    const [app, other] = [await newApp(), await newApp()];
    const user = await app.user();
    await app.disable(user, { until: Date.now() + HOUR });
    const { name, password } = user;
    const refused = requestIdOf(await app.nobody.post("/token/user", { name, password }));
    const done = requestIdOf(await app.actingFor(user).post("/user/nickname", { nick_name: "Wren" }));
    setForward(2 * HOUR);

    expect(await explained(app, { for: "sign_in", request_id: done })).toMatchObject({ code: 10029 });
    expect(await explained(app, { for: "sign_in", request_id: done, at: Date.now() })).toMatchObject({
      code: 200,
    });
    const beside = { for: "sign_in", request_id: refused, user_id: user.id };
    expect(await explained(app, beside)).toMatchObject({ code: 10029 });
    const alone = [app.admin, { for: "sign_in", request_id: refused }] as const;
    const others = [other.admin, { for: "sign_in", request_id: done }] as const;
    const made = [app.admin, { for: "sign_in", request_id: crypto.randomUUID() }] as const;
    for (const [client, query] of [alone, others, made]) {
      const answer = await client.get(path, texts(query));
      expect(answer).toMatchObject({ code: 10002, message: expect.stringMatching(/^request_id must be/) });
    }
    setForward(0);
  });

  it("needs its scope, and is answered to the root key even where the app is suspended", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const { client } = await support(app, "viewer");
    expect((await client.get(path, byToken(session))).message).toContain("scope explain");
    expect((await app.root.put("/admin/app", { status: 1 })).code).toBe(200);
    expect((await app.admin.get(path, byToken(session))).code).toBe(40003);
    expect(await explained(app.root, byToken(session))).toMatchObject({
      code: 40003,
      reason: "app_suspended",
    });
  });
});
