import { describe, expect, it } from "vitest";
import { type App, Client, call, dataOf, newApp, newName } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { hold } from "./kit/held.ts";
import { auditOf, bans } from "./kit/records.ts";
import { NewAdminToken, done, usersOf } from "./kit/wire.ts";

const setForward = movableClock();

const MINUTE = 60_000;

/** An admin of an app, and how its token is revoked. */
async function newAdmin(app: App, more: Record<string, unknown> = {}) {
  const made = dataOf(
    await app.root.post("/admin/tokens", { name: newName("held"), ...more }),
    NewAdminToken,
  );
  const client = new Client({ app_id: app.id, "access-token": made.token });
  return { client, revoke: () => done(app.root.set("/admin/tokens", { id: String(made.id) }, "DELETE")) };
}

describe("an admin's call whose body comes after its token was revoked", () => {
  it.each([
    ["is known from earlier calls", true],
    ["is new", false],
  ])("is refused and does nothing, where the token %s", async (_how, isKnown) => {
    const app = await newApp();
    const user = await app.user();
    const { client, revoke } = await newAdmin(app);
    if (isKnown) await usersOf(client);
    const forUser = client.with({ user_id: String(user.id) });
    const held = [
      await hold(client, "PUT", "/user/disable", { list: [user.id] }),
      await hold(forUser, "POST", "/user/change_password_admin", { password: "another word" }),
      await hold(forUser, "POST", "/user/kick", {}),
    ];
    const session = await app.signIn(user);

    await revoke();
    const answers = await Promise.all(held.map((each) => each.send()));

    expect(answers.map(({ code }) => code)).toEqual([10008, 10008, 10008]);
    expect((await session.get("/user/profile")).code).toBe(200);
    expect(await usersOf(app.admin)).toMatchObject([{ user_id: user.id, status: 0 }]);
    expect((await app.signIn(user)).userId).toBe(user.id);
  });

  it("hears 402 where the token's life has ended meanwhile", async () => {
    const app = await newApp();
    const user = await app.user();
    const { client } = await newAdmin(app, { expire: Date.now() + MINUTE });
    const held = await hold(client, "PUT", "/user/disable", { list: [user.id] });
    setForward(2 * MINUTE);
    expect((await held.send()).code).toBe(402);
    expect(await bans(app.admin)).toEqual([]);
  });
});

describe("a call whose body comes late", () => {
  it("is judged, done and recorded by the clock of the moment when it is here", async () => {
    const app = await newApp();
    const [user, other] = [await app.user(), await app.user()];
    const until = Date.now() + MINUTE;
    const past = await hold(app.admin, "PUT", "/user/disable", { list: [user.id], until });
    const good = await hold(app.admin, "PUT", "/user/disable", { list: [other.id] });

    setForward(2 * MINUTE);
    const answers = [await past.send(), await good.send()];

    expect(answers).toMatchObject([
      { code: 10002, message: expect.stringContaining("until") },
      { code: 200, data: true },
    ]);
    const [ban] = await bans(app.admin);
    const [record] = await auditOf(app, { operation: "disableUsers" });
    expect(ban).toMatchObject({ user_id: other.id });
    expect(ban?.banned_at).toBeGreaterThan(until);
    expect(record?.at).toBe(ban?.banned_at);
  });

  it.each([
    ["is announced", true],
    ["is not", false],
  ])(
    "is refused where it is later than a call may be, and does nothing, where its length %s",
    async (_how, isAnnounced) => {
      const { session, user } = await (await newApp()).session();
      const held = await hold(session, "POST", "/user/delete", {}, { BODY_TIMEOUT: "1" }, isAnnounced);
      const answer = await held.answer;
      expect(answer).toMatchObject({ code: 408, message: expect.stringContaining("within 1 s"), data: null });
      expect(answer.response.status).toBe(408);
      expect((await session.get("/user/profile")).data).toMatchObject({ user_id: user.id });
    },
  );

  it("hears first that its token is no good, and only then what is wrong with its body", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const late = await hold(session, "POST", "/user/delete", {}, { BODY_TIMEOUT: "1" });
    await done(session.post("/token/logout"));
    expect((await late.answer).code).toBe(10008);
    const large = { body: "x".repeat(256 * 1024 + 1) };
    expect((await session.call("POST", "/user/public", large)).code).toBe(10008);
  });

  it("is taken where its length is announced and it comes in time", async () => {
    const { session } = await (await newApp()).session();
    const held = await hold(session, "POST", "/user/profile", { nick_name: "here" }, {}, true);
    expect((await held.send()).code).toBe(200);
    expect((await session.get("/user/profile")).data).toMatchObject({ nick_name: "here" });
  });

  it.each([
    ["shorter than it says", { "content-length": "100" }],
    ["cut off", {}],
  ])("is refused with 400 where it breaks off: %s", async (_how, more) => {
    const { session } = await (await newApp()).session();
    const body = new ReadableStream({
      pull(controller) {
        controller.error(new Error("the client hung up"));
      },
    });
    const sent = { headers: { ...session.headers, ...more }, body };
    const answer = await call("POST", "/user/public", sent, workerWith({}));
    expect(answer).toMatchObject({ code: 400, data: null });
  });
});
