import { describe, expect, it } from "vitest";
import { type Session, newApp } from "./kit/client.ts";
import { codesOf, done, profileOf } from "./kit/wire.ts";

function setMobile(session: Session, mobile: string, method = "POST") {
  return session.set("/user/mobile", { mobile }, method);
}

function setEmail(session: Session, email: string) {
  return session.post("/user/profile", { email });
}

describe("mobile", () => {
  it.each([
    ["13800138000", "POST"],
    ["19999999999", "PUT"],
    ["+8613800138000", "POST"],
    ["+12345678", "POST"],
    ["+123456789012345", "PUT"],
  ])("becomes %s at %s", async (mobile, method) => {
    const app = await newApp();
    const { session } = await app.session();
    await done(setMobile(session, mobile, method));
    expect((await profileOf(session)).mobile).toBe(mobile);
  });

  it.each([
    ["12800138000"],
    ["1380013800"],
    ["138001380000"],
    ["+1234567"],
    ["+1234567890123456"],
    ["8613800138000"],
    ["+86 13800138000"],
    ["138-0013-8000"],
    ["++8613800138000"],
    [" 13800138000"],
    ["١٣٨٠٠١٣٨٠٠٠"],
    ["ann"],
    ["+"],
  ])("is refused as %j and stays as it was", async (mobile) => {
    const app = await newApp();
    const { session } = await app.session();
    await done(setMobile(session, "13900139000"));
    const answer = await setMobile(session, mobile);
    expect(answer).toMatchObject({ code: 10002, data: null });
    expect(answer.message).toContain("mobile");
    expect((await profileOf(session)).mobile).toBe("13900139000");
  });

  it("is refused where it is missing or no text", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const answers = [
      await session.set("/user/mobile", {}),
      await session.post("/user/mobile", { mobile: 13_800_138_000 }),
      await session.post("/user/mobile", { mobile: null }),
    ];
    expect(codesOf(answers)).toEqual([10002, 10002, 10002]);
  });

  it.each([
    ["13800138000", "13800138000"],
    ["13800138000", "+8613800138000"],
    ["+8613800138000", "13800138000"],
    ["+12345678", "+12345678"],
  ])("is refused with 10015 where %s is another's and %s is wanted", async (held, wanted) => {
    const app = await newApp();
    const [{ session: holder }, { session }] = [await app.session(), await app.session()];
    await done(setMobile(holder, held));
    await done(setMobile(session, "13900139000"));
    expect(await setMobile(session, wanted)).toMatchObject({ code: 10015, data: null });
    expect((await profileOf(session)).mobile).toBe("13900139000");
    expect((await profileOf(holder)).mobile).toBe(held);
  });

  it('is free once its holder has another, clears it with "" or is deleted', async () => {
    const app = await newApp();
    const first = (await app.session()).session;
    const second = (await app.session()).session;
    const third = (await app.session()).session;
    const fourth = (await app.session()).session;
    await done(setMobile(first, "13800138000"));
    await done(setMobile(first, "13900139000"));
    await done(setMobile(second, "+8613800138000"));
    await done(setMobile(second, ""));
    expect((await profileOf(second)).mobile).toBe("");
    await done(setMobile(third, "13800138000"));
    await done(third.post("/user/delete"));
    await done(setMobile(fourth, "13800138000"));
    expect((await profileOf(fourth)).mobile).toBe("13800138000");
  });

  it("may be set again by its own holder, in either form; many may have none; another app is another matter", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    const { session } = await app.session();
    await done(setMobile(session, "13800138000"));
    await done(setMobile(session, "13800138000"));
    await done(setMobile(session, "+8613800138000"));
    const { session: abroad } = await other.session();
    await done(setMobile(abroad, "13800138000"));
    for (const { session: without } of [await app.session(), await app.session()]) {
      await done(setMobile(without, ""));
    }
    expect((await profileOf(session)).mobile).toBe("+8613800138000");
    expect((await profileOf(abroad)).mobile).toBe("13800138000");
  });

  it("goes to one of many who want it at once", async () => {
    const app = await newApp();
    const sessions = await Promise.all(Array.from({ length: 4 }, async () => (await app.session()).session));
    const answers = await Promise.all(
      sessions.map((session, index) => setMobile(session, index % 2 ? "13800138000" : "+8613800138000")),
    );
    expect(codesOf(answers)).toEqual([200, 10015, 10015, 10015]);
  });

  it("stops being a way to sign in once it is another number", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    await done(setMobile(session, "13800138000"));
    await done(setMobile(session, "13900139000"));
    const signIn = (mobile: string) => app.nobody.post("/token/user", { mobile, password: user.password });
    expect((await signIn("13800138000")).code).toBe(11001);
    expect((await signIn("13900139000")).code).toBe(200);
  });
});

describe("email", () => {
  it.each([["ann@example.com"], ["a.b+c@sub.example.com"], [`${"a".repeat(60)}@example.com`]])(
    "becomes %s",
    async (email) => {
      const app = await newApp();
      const { session } = await app.session();
      await done(setEmail(session, email));
      expect((await profileOf(session)).email).toBe(email);
    },
  );

  it("is refused with 10015 where it is another's, and nothing else of that write holds", async () => {
    const app = await newApp();
    const [{ session: holder }, { session }] = [await app.session(), await app.session()];
    await done(setEmail(holder, "ann@example.com"));
    const before = await profileOf(session);
    const answer = await session.post("/user/profile", { nick_name: "new", email: "ann@example.com" });
    expect(answer).toMatchObject({ code: 10015, data: null });
    expect(await profileOf(session)).toEqual(before);
    expect((await profileOf(holder)).email).toBe("ann@example.com");
  });

  it("may be set again by its own holder, is free once cleared, and another app is another matter", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    const [{ session: holder }, { session }] = [await app.session(), await app.session()];
    const { session: abroad } = await other.session();
    await done(setEmail(holder, "ann@example.com"));
    await done(setEmail(holder, "ann@example.com"));
    await done(setEmail(abroad, "ann@example.com"));
    await done(setEmail(holder, ""));
    await done(setEmail(session, "ann@example.com"));
    await done(setEmail(holder, ""));
    const emails = await Promise.all(
      [holder, session, abroad].map(async (each) => (await profileOf(each)).email),
    );
    expect(emails).toEqual(["", "ann@example.com", "ann@example.com"]);
  });

  it("goes to one of many who want it at once", async () => {
    const app = await newApp();
    const sessions = await Promise.all(Array.from({ length: 4 }, async () => (await app.session()).session));
    const answers = await Promise.all(sessions.map((session) => setEmail(session, "ann@example.com")));
    expect(codesOf(answers)).toEqual([200, 10015, 10015, 10015]);
  });
});
