import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { type Answer, type Fetch, dataOf, newApp } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { codeOf, isOnline, listed } from "./kit/devices.ts";
import { type Mishap, callBy, holdBatches, hubOf, losingFirst } from "./kit/faults.ts";
import { eventsOf, patience } from "./kit/heard.ts";
import { type Household, bySn, newHousehold } from "./kit/household.ts";
import { binding, phoneIsBound, recorded, success, unlucky } from "./kit/lost.ts";
import { Device, upgrade } from "./kit/socket.ts";
import { Token } from "./kit/wire.ts";

const setForward = movableClock();

/** Each answer of the hub is lost, for as often as it is asked. */
const losingAll: Mishap = async (run) => {
  await run();
  throw Object.assign(new Error("the answer was lost"), { retryable: true });
};

/** Tries until the address must wait, and gives what the tries heard. */
async function codesOf(once: (fetch: Fetch) => Promise<Answer>): Promise<number[]> {
  const codes: number[] = [];
  while (codes.at(-1) !== 10028 && codes.length < 10) {
    codes.push((await once(unlucky("failed", losingFirst({ retryable: true })).fetch)).code);
  }
  return codes;
}

/** What a hub keeps of its answers. */
const kept = async ({ app, user }: Household) =>
  await runInDurableObject(hubOf(app, user), (_, { storage }) =>
    storage.sql.exec<{ body: string }>("select body from answers").toArray(),
  );

describe("wrong passwords whose first answers are lost", () => {
  const fiveThenWait = [11001, 11001, 11001, 11001, 11001, 10028];

  it.each(["a user", "a name that nobody has"])("count once each at %s", async (who) => {
    const app = await newApp();
    const name = who === "a user" ? (await app.user()).name : "nobody";
    const json = { name, password: "not the word" };
    const codes = await codesOf((fetch) => callBy(fetch, app.nobody, "POST", "/token/user", { json }));
    expect(codes).toEqual(fiveThenWait);
  });

  it("count once each where a user confirms its password", async () => {
    const { session } = await (await newApp()).session();
    const json = { old_password: "not the word", new_password: "a new word" };
    const codes = await codesOf((fetch) => callBy(fetch, session, "POST", "/user/change_password", { json }));
    expect(codes).toEqual(fiveThenWait);
  });
});

describe("a command", () => {
  it("whose answers are all lost is tried four times, comes about once, and is a fault that passes", async () => {
    const home = await newHousehold();
    const { fetch, done } = unlucky("kick", losingAll);
    const sent = { query: bySn(home.phone) };
    const answer = await callBy(fetch, home.app.actingFor(home.user), "POST", "/user/kick", sent);
    expect(answer).toMatchObject({ code: 503, data: null });
    expect(answer.response.headers.get("retry-after")).toBe("1");
    expect(done()).toBe(4);
    await home.laptopSocket.notice("device_logout");
    expect(await eventsOf(home.laptopSocket)).toEqual([]);
    const marker = await home.app.signIn(home.user, { device_guid: "marker" });
    expect(await recorded(home.app, marker)).toEqual(["kick", "session.kicked"]);
  });

  it.each([{ retryable: true, overloaded: true }, { overloaded: true }, {}])(
    "is not repeated where the fault is %o",
    async (flags) => {
      const home = await newHousehold();
      const { fetch, done } = unlucky("kick", losingFirst(flags));
      const sent = { query: bySn(home.phone) };
      const answer = await callBy(fetch, home.laptop, "POST", "/user/kick", sent);
      expect(answer).toMatchObject({ code: "overloaded" in flags ? 503 : 500, data: null });
      expect(done()).toBe(1);
    },
  );

  it("that was refused is judged anew when it is repeated", async () => {
    const home = await newHousehold();
    const lose = losingFirst({ retryable: true });
    const { fetch } = unlucky("kick", async (run) => {
      try {
        return await lose(run);
      } finally {
        await home.app.signIn(home.user, { device_guid: "tablet" });
      }
    });
    const answer = await callBy(fetch, home.laptop, "POST", "/user/kick", { query: { device_sn: "3" } });
    expect(answer.body).toMatchObject({ ...success, results: [{ device_sn: 3, was_online: false }] });
  });

  it("is done once where it is repeated while the first is under way", async () => {
    const { app, user, laptop } = await newHousehold();
    const runs: Promise<unknown>[] = [];
    const { fetch, done } = unlucky("bindPush", async (run) => {
      runs.push(run());
      if (runs.length === 2) {
        held.letGo();
        return await runs[1];
      }
      await held.reached;
      throw Object.assign(new Error("the connection was lost"), { retryable: true });
    });
    const held = await holdBatches(hubOf(app, user));
    const admin = app.actingFor(user);
    const answer = await callBy(fetch, admin, "POST", "/user/token/bind", { json: binding });
    expect(answer.body).toMatchObject(success);
    expect(done()).toBe(2);
    await Promise.all(runs);
    expect((await listed(laptop, 1)).push_bound).toBe(true);
    const marker = await app.signIn(user, { device_guid: "marker" });
    expect(await recorded(app, marker)).toEqual(["bindToken"]);
  });

  it("that signed a device in does not bring back a session that was ended before the repeat", async () => {
    const home = await newHousehold();
    const { app, user } = home;
    const lose = losingFirst({ retryable: true });
    const { fetch } = unlucky("signIn", async (run) => {
      try {
        return await lose(run);
      } catch (error) {
        await app.actingFor(user).set("/user/kick", { device_sn: "3" });
        throw error;
      }
    });
    const json = { name: user.name, password: user.password, device_guid: "tablet" };
    const answer = await callBy(fetch, app.nobody, "POST", "/token/user", { json });
    const { token, device_sn } = dataOf(answer, Token);
    expect(device_sn).toBe(3);
    expect(await codeOf(app.nobody.with({ "access-token": token }))).toBe(10008);
    const marker = await app.signIn(user, { device_guid: "marker" });
    expect(await recorded(app, marker)).toEqual(["kick", "session.kicked"]);
  });

  it("does not take a push token back from the device that was bound to it before the repeat", async () => {
    const home = await newHousehold();
    const lose = losingFirst({ retryable: true });
    const { fetch } = unlucky("bindPush", async (run) => {
      try {
        return await lose(run);
      } catch (error) {
        await home.laptop.post("/user/token/bind", { ...binding, device_sn: home.laptop.deviceSn });
        throw error;
      }
    });
    const answer = await callBy(fetch, home.phone, "POST", "/user/token/bind", { json: binding });
    expect(answer.body).toMatchObject(success);
    expect(await phoneIsBound(home)).toBe(false);
    expect((await listed(home.laptop, home.laptop.deviceSn)).push_bound).toBe(true);
  });
});

describe("a sign-in after a wrong password", () => {
  it("gives its token though the failure cannot be forgiven", async () => {
    const app = await newApp();
    const user = await app.user();
    await app.nobody.post("/token/user", { name: user.name, password: "not the word" });
    const { fetch } = unlucky("forgive", async () => {
      throw new Error("the hub cannot be reached");
    });
    const json = { name: user.name, password: user.password };
    const { token } = dataOf(await callBy(fetch, app.nobody, "POST", "/token/user", { json }), Token);
    expect(await codeOf(app.nobody.with({ "access-token": token }))).toBe(200);
  });
});

describe("a connection whose answer is lost", () => {
  it("leaves no socket behind: the device is gone when the one that it has closes", async () => {
    const app = await newApp();
    const { session } = await app.session({ device_guid: "phone" });
    const { fetch, done } = unlucky("fetch", losingFirst({ retryable: true }));
    const { webSocket } = await upgrade(session.headers, {}, fetch);
    if (!webSocket) throw new Error("no socket");
    const device = new Device(webSocket);
    await device.welcome();
    expect(done()).toBe(2);
    expect(await eventsOf(device)).toEqual([]);
    expect(await isOnline(session)).toBe(true);
    device.close();
    await expect.poll(() => isOnline(session), patience).toBe(false);
  });
});

describe("the answers that a hub keeps", () => {
  it("outlast what others do before the repeat, however much", async () => {
    const home = await newHousehold();
    const { app, user, phone } = home;
    const lose = losingFirst({ retryable: true });
    const { fetch } = unlucky("kick", async (run) => {
      try {
        return await lose(run);
      } catch (error) {
        await runInDurableObject(hubOf(app, user), (_, { storage }) => {
          storage.sql.exec(
            `insert into answers (id, at, body)
             with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 100)
             select 'another ' || n, ? + n, '{"ok":true}' from numbers`,
            Date.now(),
          );
        });
        await app.signIn(user, { device_guid: "phone" });
        throw error;
      }
    });
    const answer = await callBy(fetch, app.actingFor(user), "POST", "/user/kick", { query: bySn(phone) });
    expect(answer.body).toMatchObject({
      ...success,
      results: [{ device_sn: phone.deviceSn, was_online: true, notified: true }],
    });
    const marker = await app.signIn(user, { device_guid: "marker" });
    expect(await recorded(app, marker)).toEqual(["kick", "session.kicked"]);
  });

  it("are soon no more than 64 ten seconds later, and gone with the first commands after five minutes", async () => {
    const home = await newHousehold();
    const { app, user, phone } = home;
    const kick = async (times: number) => {
      for (let count = 0; count < times; count++)
        expect((await app.actingFor(user).set("/user/kick", bySn(phone))).code).toBe(200);
    };
    // Every eighth command looks for what need not be kept.
    const slack = 7;
    await kick(70);
    expect((await kept(home)).length).toBeGreaterThan(64 + slack);
    setForward(11_000);
    await kick(1 + slack);
    expect((await kept(home)).length).toBeLessThanOrEqual(64 + slack);
    setForward(11_000 + 5 * 60_000);
    await kick(1 + slack);
    expect((await kept(home)).length).toBeLessThanOrEqual(1 + slack);
  });

  it("hold no secret, and are forgotten with the user", async () => {
    const home = await newHousehold();
    await home.phone.post("/user/token/bind", binding);
    await home.app.nobody.post("/token/user", { name: home.user.name, password: "not the word" });
    await home.laptop.set("/user/kick", bySn(home.phone));
    // The hub of what was tried tells this one of the failure when the caller has heard.
    const all = async () => {
      const answers = await kept(home);
      return answers.length === 5 && answers;
    };
    const bodies = (await vi.waitUntil(all, patience)).map(({ body }) => body);
    expect(bodies.toSorted()).toEqual([
      '{"ok":true,"device_sn":1}',
      '{"ok":true,"device_sn":2}',
      '{"ok":true,"results":[{"device_sn":1,"was_online":true,"notified":true}]}',
      '{"ok":true}',
      '{"ok":true}',
    ]);
    expect((await home.laptop.post("/user/delete")).code).toBe(200);
    expect(await kept(home)).toEqual([]);
  });
});
