import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Answer, type Fetch, call, newName } from "./kit/client.ts";
import { codeOf, serials } from "./kit/devices.ts";
import { workerWith } from "./kit/elsewhere.ts";
import {
  callBy,
  databaseLosingAnswers,
  hubsWhere,
  owedTo,
  runCron,
  unheard,
  unreached,
} from "./kit/faults.ts";
import { eventsOf } from "./kit/heard.ts";
import { type Household, newHousehold } from "./kit/household.ts";
import { ListedUser } from "./kit/wire.ts";

const newPassword = "a new word";

/** Changes that end the phone's session, each made through a Worker of the test's choice. */
const changes: {
  what: string;
  event: string;
  type: number;
  change: (fetch: Fetch, home: Household) => Promise<Answer>;
  /** What a sign-in hears once the change is in D1: with the old password, and with the new. */
  signIns: [number, number];
  /** The session that made the change lives on. */
  spares?: true;
}[] = [
  {
    what: "disabling",
    event: "disabled",
    type: 2,
    change: (fetch, { app, user }) =>
      callBy(fetch, app.admin, "PUT", "/user/disable", { json: { list: [user.id] } }),
    signIns: [10029, 11001],
  },
  {
    what: "deletion by the user",
    event: "deleted",
    type: 3,
    change: (fetch, { laptop }) => callBy(fetch, laptop, "POST", "/user/delete"),
    signIns: [11001, 11001],
  },
  {
    what: "deletion by an admin",
    event: "deleted",
    type: 3,
    change: (fetch, { app, user }) => callBy(fetch, app.actingFor(user), "DELETE", "/user/delete"),
    signIns: [11001, 11001],
  },
  {
    what: "a password change by the user",
    event: "password_changed",
    type: 1,
    change: (fetch, { laptop, user }) =>
      callBy(fetch, laptop, "POST", "/user/change_password", {
        json: { old_password: user.password, new_password: newPassword },
      }),
    signIns: [11001, 200],
    spares: true,
  },
  {
    what: "a password change by an admin",
    event: "password_changed",
    type: 1,
    change: (fetch, { app, user }) =>
      callBy(fetch, app.actingFor(user), "POST", "/user/change_password_admin", {
        json: { password: newPassword },
      }),
    signIns: [11001, 200],
  },
];

/** The codes of a sign-in with the old password and of one with the new. */
async function trySignIns({ app, user }: Household): Promise<[number, number]> {
  const tried = async (password: string) =>
    (await app.nobody.post("/token/user", { name: user.name, password })).code;
  return [await tried(user.password), await tried(newPassword)];
}

/** Says that an answer does not claim more than is so. */
function expectNoSuccess(answer: Answer): void {
  expect(answer.code === 200 && answer.data === true).toBe(false);
  expect([200, 503]).toContain(answer.code);
}

const deaf = () => workerWith({ HUB: hubsWhere("take", unreached) });

describe.each(changes)("$what that cannot reach the hub", ({ change, event, type, signIns, spares }) => {
  it("is no success, but is in D1 and owed", async () => {
    const home = await newHousehold();
    expectNoSuccess(await change(deaf(), home));
    expect(await owedTo(home.user)).toBe(1);
    expect(await eventsOf(home.phoneSocket)).toEqual([]);
    expect(await trySignIns(home)).toEqual(signIns);
  });

  it("is finished by the cron trigger: notice, close, dead tokens, nothing owed", async () => {
    const home = await newHousehold();
    await change(deaf(), home);

    await runCron();

    await home.phoneSocket.notice(event);
    expect(await home.phoneSocket.closed()).toMatchObject({ code: 4000 + type });
    expect(home.phoneSocket.unread).toEqual([]);
    expect(await codeOf(home.phone)).toBe(10008);
    expect(await codeOf(home.laptop)).toBe(spares ? 200 : 10008);
    expect(await owedTo(home.user)).toBe(0);
    expect(await trySignIns(home)).toEqual(signIns);
  });

  it("takes no harm from an answer of the hub that was lost, nor from being told again", async () => {
    const home = await newHousehold();
    expectNoSuccess(await change(workerWith({ HUB: hubsWhere("take", unheard) }), home));
    await home.phoneSocket.notice(event);
    expect(await owedTo(home.user)).toBe(1);

    await runCron();
    await runCron();

    expect(await home.phoneSocket.closed()).toMatchObject({ code: 4000 + type });
    expect(home.phoneSocket.unread).toEqual([]);
    expect(await owedTo(home.user)).toBe(0);
    expect(await trySignIns(home)).toEqual(signIns);
  });

  it("is finished by the cron trigger where D1 took it but its answer was lost", async () => {
    const home = await newHousehold();
    const answer = await change(workerWith({ DB: databaseLosingAnswers() }), home);
    expect(answer.code).toBe(500);
    expect(await owedTo(home.user)).toBe(1);
    await runCron();
    await home.phoneSocket.notice(event);
    expect(await codeOf(home.phone)).toBe(10008);
    expect(await owedTo(home.user)).toBe(0);
  });
});

/** Registers with a device while no hub takes a signal. */
const registerDeaf = async ({ app }: Household) => {
  const json = { username: newName(), password: "secret word", device_guid: "g", platform: 2 };
  const answer = await call("POST", "/user/register/push", { headers: app.nobody.headers, json }, deaf());
  const listed = await app.admin.get("/user/list", { keyword: json.username });
  const [user] = z.array(ListedUser).parse(listed.data);
  if (!user) throw new Error("the user is not in D1");
  return { answer, user: { id: user.user_id, name: json.username, password: json.password } };
};

describe("a push registration that cannot reach the hub", () => {
  // The user is there for good: an answer that says otherwise would only have its client hear that the name is taken.
  it("is a success, and owes the device", async () => {
    const { answer, user } = await registerDeaf(await newHousehold());
    expect(answer).toMatchObject({ code: 200, data: { user_id: user.id } });
    expect(await owedTo(user)).toBe(1);
  });

  it("has its device from the first sign-in on", async () => {
    const home = await newHousehold();
    const { user } = await registerDeaf(home);
    const session = await home.app.signIn(user, { device_guid: "other" });
    expect(session.deviceSn).toBe(2);
    expect(await serials(session)).toEqual([1, 2]);
  });

  it("has its device once the cron trigger has run, and only one however often it runs", async () => {
    const home = await newHousehold();
    const { user } = await registerDeaf(home);
    await runCron();
    await runCron();
    expect(await owedTo(user)).toBe(0);
    expect(await serials(home.app.actingFor(user))).toEqual([1]);
    expect((await home.app.signIn(user, { device_guid: "g" })).deviceSn).toBe(1);
  });
});
