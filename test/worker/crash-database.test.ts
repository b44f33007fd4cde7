import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type Answer, type App, type Fetch, type Session, type User, newApp, newName } from "./kit/client.ts";
import { codeOf, listed } from "./kit/devices.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, hubOf, hubsWhere, owedTo, refuseWrites } from "./kit/faults.ts";
import { eventsOf } from "./kit/heard.ts";
import { type Household, bySn, newHousehold } from "./kit/household.ts";
import { usersOf } from "./kit/wire.ts";

/** Writes whose batch owes a signal. */
const changes: [string, (home: Household) => Promise<Answer>][] = [
  ["disabling", ({ app, user }) => app.disable(user)],
  ["enabling", ({ app, user }) => app.admin.put("/user/enable", { list: [user.id] })],
  ["deletion by the user", ({ laptop }) => laptop.post("/user/delete")],
  ["deletion by an admin", ({ app, user }) => app.actingFor(user).post("/user/delete")],
  [
    "a password change by the user",
    ({ laptop, user }) =>
      laptop.post("/user/change_password", { old_password: user.password, new_password: "a new word" }),
  ],
  [
    "a password change by an admin",
    ({ app, user }) => app.actingFor(user).post("/user/change_password_admin", { password: "a new word" }),
  ],
];

describe("a batch that D1 fails", () => {
  it.each(changes)("leaves all as it was: %s", async (_, change) => {
    const home = await newHousehold();
    const { app, user } = home;
    const restore = await refuseWrites(app, "insert", "owed_signals");

    const answer = await change(home);

    await restore();
    expect(answer).toMatchObject({ code: 500, data: null });
    expect(answer.response.status).toBe(500);
    expect(await owedTo(user)).toBe(0);
    for (const socket of [home.phoneSocket, home.laptopSocket]) expect(await eventsOf(socket)).toEqual([]);
    expect([await codeOf(home.phone), await codeOf(home.laptop)]).toEqual([200, 200]);
    expect(await codeOf(await app.signIn(user))).toBe(200);
    expect(await usersOf(app.admin)).toMatchObject([{ user_id: user.id, status: 0 }]);
    const bans = env.DB.prepare("select count(*) as bans from bans where user_id = ?").bind(user.id);
    expect(await bans.first("bans")).toBe(0);
  });

  it("leaves all as it was: a push registration, and its push token with whoever had it", async () => {
    const { app, laptop } = await newHousehold();
    await laptop.post("/user/push/alias", { alias: "", push_token: "wanted" });
    const username = newName();
    const register = () =>
      app.nobody.post("/user/register/push", {
        username,
        password: "secret word",
        device_guid: "g",
        push_token: "wanted",
      });
    const restore = await refuseWrites(app, "insert", "owed_signals");

    expect((await register()).code).toBe(500);

    await restore();
    expect(await laptop.get("/user/push/alias")).toMatchObject({ data: { push_token: "wanted" } });
    expect(await usersOf(app.admin)).toHaveLength(1);
    expect((await register()).code).toBe(200);
    expect(await laptop.get("/user/push/alias")).toMatchObject({ data: { push_token: "" } });
  });

  it("says nothing of what failed", async () => {
    const home = await newHousehold();
    const restore = await refuseWrites(home.app, "insert", "owed_signals");
    const { message } = await home.app.disable(home.user);
    await restore();
    expect(message).not.toMatch(/refused|owed|sql|D1/i);
  });
});

interface Bound {
  app: App;
  user: User;
  session: Session;
}

/** A user with a device that has a push token. */
async function bound(): Promise<Bound> {
  const app = await newApp();
  const { user, session } = await app.session({ device_guid: "g" });
  await bind(session, "token");
  return { app, user, session };
}

async function bind(session: Session, device_token: string): Promise<void> {
  const binding = { device_sn: session.deviceSn, device_token, notifier_name: "fcm" };
  expect((await session.post("/user/token/bind", binding)).code).toBe(200);
}

/** The push tokens that D1 holds for a user's devices. */
async function tokensOf(user: User): Promise<unknown[]> {
  const rows = await env.DB.prepare("select device_token from push_bindings where user_id = ?")
    .bind(user.id)
    .all();
  return rows.results.map((row) => row["device_token"]);
}

/** Ends of a session that release its push token. */
const ends: [string, (bound: Bound) => Promise<Answer>][] = [
  ["a kick", ({ session }) => session.set("/user/kick", bySn(session))],
  ["a kick of all", ({ session }) => session.set("/user/kick", {})],
  ["the removal of the device", ({ session }) => session.set("/user/device/remove", bySn(session))],
  ["a sign-out", ({ session }) => session.post("/token/logout")],
  ["a ban", ({ app, user }) => app.disable(user)],
  [
    "a new password",
    ({ app, user }) => app.actingFor(user).post("/user/change_password_admin", { password: "a new word" }),
  ],
];

/** Calls a method of the hub through the Worker while D1 fails it; gives what leaves the hub. */
async function faultsOf(
  method: "bindPush" | "unbindPush",
  refused: "insert" | "delete",
  ask: (fetch: Fetch, session: Session) => Promise<Answer>,
): Promise<string> {
  const { app, session } = await bound();
  const faults: unknown[] = [];
  const overheard = async (run: () => Promise<unknown>) =>
    await run().catch((error: unknown) => {
      faults.push(error);
      throw error;
    });
  const restore = await refuseWrites(app, refused, "push_bindings");
  const answer = await ask(workerWith({ HUB: hubsWhere(method, overheard) }), session);
  await restore();
  expect(answer).toMatchObject({ code: 500, data: null });
  expect(faults).toHaveLength(1);
  return String(faults);
}

describe("a fault of D1 in a hub, which the platform logs as it leaves the hub", () => {
  it("does not carry the push token that was to be bound", async () => {
    const json = { device_sn: 1, device_token: "very-secret", notifier_name: "fcm" };
    const fault = await faultsOf("bindPush", "insert", (fetch, session) =>
      callBy(fetch, session, "POST", "/user/token/bind", { json }),
    );
    expect(fault).not.toMatch(/very-secret|insert into|params/);
  });

  it("does not carry the statement that was to unbind one, nor its parameters", async () => {
    const fault = await faultsOf("unbindPush", "delete", (fetch, session) =>
      callBy(fetch, session, "POST", "/user/token/unbind", { query: { deviceSn: "1" } }),
    );
    expect(fault).not.toMatch(/delete from|params/);
  });
});

describe("the release of a push token", () => {
  it.each(ends)("is made at once by %s", async (_, end) => {
    const home = await bound();
    expect((await end(home)).data).toBe(true);
    expect(await tokensOf(home.user)).toEqual([]);
  });

  it.each(ends)("is repeated by the hub's alarm where D1 failed it: %s", async (_, end) => {
    const home = await bound();
    const restore = await refuseWrites(home.app, "delete", "push_bindings");

    expect((await end(home)).data).toBe(true);

    expect(await codeOf(home.session)).toBe(10008);
    expect(await tokensOf(home.user)).toEqual(["token"]);
    expect(await runDurableObjectAlarm(hubOf(home.app, home.user))).toBe(true);
    expect(await tokensOf(home.user)).toEqual(["token"]);
    await restore();
    expect(await runDurableObjectAlarm(hubOf(home.app, home.user))).toBe(true);
    expect(await tokensOf(home.user)).toEqual([]);
  });

  it("that is owed spares a token that was bound since", async () => {
    const { app, user, session } = await bound();
    const restore = await refuseWrites(app, "delete", "push_bindings");
    await session.post("/token/logout");
    await restore();
    const back = await app.signIn(user, { device_guid: "g" });
    await bind(back, "newer");

    await runDurableObjectAlarm(hubOf(app, user));

    expect(await tokensOf(user)).toEqual(["newer"]);
    expect(await listed(back, back.deviceSn)).toMatchObject({ push_bound: true });
  });

  it("that is owed spares another user who has the token since", async () => {
    const { app, user, session } = await bound();
    const { user: other, session: others } = await app.session({ device_guid: "g" });
    const restore = await refuseWrites(app, "delete", "push_bindings");
    await session.post("/token/logout");
    await bind(others, "token");
    await restore();
    await runDurableObjectAlarm(hubOf(app, user));
    expect(await tokensOf(user)).toEqual([]);
    expect(await tokensOf(other)).toEqual(["token"]);
  });

  it("by its user fails where D1 fails it, and can be asked for again", async () => {
    const { app, user, session } = await bound();
    const restore = await refuseWrites(app, "delete", "push_bindings");
    const unbind = () => session.set("/user/token/unbind", { deviceSn: String(session.deviceSn) });
    expect((await unbind()).code).toBe(500);
    expect(await tokensOf(user)).toEqual(["token"]);
    await restore();
    expect((await unbind()).code).toBe(200);
    expect(await tokensOf(user)).toEqual([]);
  });
});
