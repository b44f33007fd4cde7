import { describe, expect, it } from "vitest";
import { dataOf, newApp } from "./kit/client.ts";
import { codeOf, serials } from "./kit/devices.ts";
import { workerWith } from "./kit/elsewhere.ts";
import {
  callBy,
  hubNameOf,
  hubsWhere,
  losingFirst,
  owedTo,
  runCron,
  unheard,
  unreached,
} from "./kit/faults.ts";
import { eventsOf, patience } from "./kit/heard.ts";
import { type Household, newHousehold } from "./kit/household.ts";
import { connect } from "./kit/socket.ts";
import { Token } from "./kit/wire.ts";

/** A user with one device. */
async function newUser() {
  const app = await newApp();
  return { app, ...(await app.session({ device_guid: "old" })) };
}

const newPassword = "a new word";

/** Disables a user whose hub hears nothing of it. */
const disableDeaf = async ({ app, user }: Household) => {
  const fetch = workerWith({ HUB: hubsWhere("take", unreached) });
  return await callBy(fetch, app.admin, "PUT", "/user/disable", { json: { list: [user.id] } });
};

describe("a signal that is owed", () => {
  it("is delivered by a sign-in: a disabled user's is refused and the open sockets are closed", async () => {
    const home = await newHousehold();
    await disableDeaf(home);
    expect(await codeOf(home.phone)).toBe(200);

    const { name, password } = home.user;
    const answer = await home.app.nobody.post("/token/user", { name, password });
    expect(answer.code).toBe(10029);

    await home.phoneSocket.notice("disabled");
    expect(await home.phoneSocket.closed()).toMatchObject({ code: 4002 });
    expect(await codeOf(home.phone)).toBe(10008);
  });

  it("is delivered by a sign-in with the new password, which itself lives on", async () => {
    const home = await newHousehold();
    const { app, user } = home;
    const fetch = workerWith({ HUB: hubsWhere("take", unreached) });
    const json = { password: newPassword };
    await callBy(fetch, app.actingFor(user), "POST", "/user/change_password_admin", { json });

    const session = await app.signIn({ ...user, password: newPassword }, { device_guid: "new" });

    await home.phoneSocket.notice("password_changed");
    expect(await home.phoneSocket.closed()).toMatchObject({ code: 4001 });
    const socket = await connect(session);
    await runCron();
    expect(await owedTo(user)).toBe(0);
    expect(await eventsOf(socket)).toEqual([]);
    expect(await codeOf(session)).toBe(200);
  });

  it("is told before the one that follows it: a user disabled and enabled can sign in, old tokens are dead", async () => {
    const home = await newHousehold();
    const { app, user } = home;
    await disableDeaf(home);
    expect((await app.admin.put("/user/enable", { list: [user.id] })).data).toBe(true);
    await home.phoneSocket.notice("disabled");
    expect(await codeOf(home.phone)).toBe(10008);
    expect(await codeOf(await app.signIn(user))).toBe(200);
  });

  it("ends nothing new when it is repeated after its user was enabled and has come back", async () => {
    const home = await newHousehold();
    const { app, user } = home;
    const fetch = workerWith({ HUB: hubsWhere("take", unheard) });
    await callBy(fetch, app.admin, "PUT", "/user/disable", { json: { list: [user.id] } });
    await callBy(fetch, app.admin, "PUT", "/user/enable", { json: { list: [user.id] } });
    expect(await owedTo(user)).toBe(2);
    const back = await app.signIn(user, { device_guid: "phone" });
    const socket = await connect(back);

    await runCron();
    await runCron();

    expect(await owedTo(user)).toBe(0);
    expect(await eventsOf(socket)).toEqual([]);
    expect(await codeOf(back)).toBe(200);
    expect(await codeOf(await app.signIn(user))).toBe(200);
  });

  it("stays owed where it came while the one before it was taken", async () => {
    const home = await newHousehold();
    const disableNext = async (run: () => Promise<unknown>) => {
      const taken = await run();
      await disableDeaf(home);
      return taken;
    };
    const fetch = workerWith({ HUB: hubsWhere("take", disableNext) });
    const json = { old_password: home.user.password, new_password: newPassword };
    const answer = await callBy(fetch, home.phone, "POST", "/user/change_password", { json });
    expect(answer.code).toBe(200);
    expect(await owedTo(home.user)).toBe(1);
    expect(await codeOf(home.phone)).toBe(200);

    await runCron();

    expect(await codeOf(home.phone)).toBe(10008);
    expect(await owedTo(home.user)).toBe(0);
  });

  it("lets an enabled user sign in before the hub has heard that it is", async () => {
    const home = await newHousehold();
    const { app, user } = home;
    await app.disable(user);
    const fetch = workerWith({ HUB: hubsWhere("take", unreached) });
    const answer = await callBy(fetch, app.admin, "PUT", "/user/enable", { json: { list: [user.id] } });
    expect(answer.data).toBe(false);
    expect(await codeOf(await app.signIn(user))).toBe(200);
  });

  it("is finished by the same call made again", async () => {
    const home = await newHousehold();
    await disableDeaf(home);
    expect((await home.app.disable(home.user)).data).toBe(true);
    await home.phoneSocket.notice("disabled");
    expect(home.phoneSocket.unread).toEqual([]);
    await expect.poll(() => owedTo(home.user), patience).toBe(0);
  });

  it("to a deleted user does not touch the one that took the name anew", async () => {
    const home = await newHousehold();
    const { app, user } = home;
    const fetch = workerWith({ HUB: hubsWhere("take", unreached) });
    await callBy(fetch, home.laptop, "POST", "/user/delete");
    const again = { username: user.name, password: user.password };
    expect((await app.nobody.post("/user/register/v2", again)).code).toBe(200);
    const session = await app.signIn(user, { device_guid: "phone" });
    expect(session.userId).not.toBe(user.id);

    await runCron();

    expect(await codeOf(session)).toBe(200);
    expect(await codeOf(home.phone)).toBe(10008);
  });

  it("to one user of a list leaves the others' rows good, and says which one failed", async () => {
    const home = await newHousehold();
    const { app, user } = home;
    const other = await app.session({ device_guid: "phone" });
    const only = hubNameOf(app, user);
    const fetch = workerWith({ HUB: hubsWhere("take", unreached, only) });
    const json = { list: [user.id, other.user.id] };
    const answer = await callBy(fetch, app.admin, "PUT", "/user/disable", { json });
    expect(answer.body).toMatchObject({
      code: 200,
      data: false,
      results: [
        { user_id: user.id, success: false },
        { user_id: other.user.id, success: true },
      ],
    });
    expect(await codeOf(other.session)).toBe(10008);
    expect(await owedTo(other.user)).toBe(0);
    expect(await owedTo(user)).toBe(1);
  });

  it("to a hub that cannot be reached does not keep the cron trigger from the others", async () => {
    const home = await newHousehold();
    const other = await newHousehold();
    for (const each of [home, other]) await disableDeaf(each);
    await runCron({ HUB: hubsWhere("take", unreached, hubNameOf(home.app, home.user)) });
    expect(await owedTo(home.user)).toBe(1);
    expect(await owedTo(other.user)).toBe(0);
    expect(await codeOf(other.phone)).toBe(10008);
    await runCron();
    expect(await codeOf(home.phone)).toBe(10008);
  });

  it("is tried again at once where the platform calls the fault retryable, and not where it is overloaded", async () => {
    const home = await newHousehold();
    const disableWith = async (fault: Record<string, boolean>, faults: number) => {
      let tries = 0;
      const mishap = async (run: () => Promise<unknown>) => {
        tries++;
        if (tries <= faults) throw Object.assign(new Error("a fault"), fault);
        return await run();
      };
      const fetch = workerWith({ HUB: hubsWhere("take", mishap) });
      const json = { list: [home.user.id] };
      const answer = await callBy(fetch, home.app.admin, "PUT", "/user/disable", { json });
      return { data: answer.data, tries };
    };
    expect(await disableWith({ retryable: true }, 2)).toEqual({ data: true, tries: 3 });
    expect(await disableWith({ overloaded: true, retryable: true }, 1)).toEqual({ data: false, tries: 1 });
    expect(await disableWith({}, 1)).toEqual({ data: false, tries: 1 });
  });
});

/** Signs a device in through a hub whose first answer is lost in a fault. */
const signInWith = async (fault: Record<string, boolean>) => {
  const { app, user, session } = await newUser();
  const fetch = workerWith({ HUB: hubsWhere("signIn", losingFirst(fault)) });
  const json = { name: user.name, password: user.password, device_guid: "new" };
  const answer = await callBy(fetch, app.nobody, "POST", "/token/user", { json });
  return { app, user, session, answer };
};

describe("a sign-in whose hub loses the answer", () => {
  it("is tried again where that is safe: one device, one session, a token that is good", async () => {
    const { app, session, answer } = await signInWith({ retryable: true });
    const { token, device_sn } = dataOf(answer, Token);
    expect(device_sn).toBe(2);
    expect(await serials(session)).toEqual([1, 2]);
    expect(await codeOf(app.nobody.with({ "access-token": token }))).toBe(200);
  });

  it("is a fault where it is not, and the next one takes its place", async () => {
    const { app, user, session, answer } = await signInWith({});
    expect(answer).toMatchObject({ code: 500, data: null });
    const next = await app.signIn(user, { device_guid: "new" });
    expect(await serials(next)).toEqual([1, 2]);
    expect([await codeOf(next), await codeOf(session)]).toEqual([200, 200]);
  });
});
