import { describe, expect, it } from "vitest";
import { newApp } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { explained } from "./kit/explained.ts";
import { newHousehold } from "./kit/household.ts";
import { bind, routeOf, routesOf, saidOf, tokensOf, withPhone } from "./kit/routes.ts";
import { done, settingsOf } from "./kit/wire.ts";

const setAhead = movableClock();

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** An id that no user has. */
const NOBODY = 9_000_000_000;

/** A noon in UTC. */
const noon = Date.parse("2026-11-25T12:00:00Z");

describe("a route", () => {
  it("names the devices that have a push token, and how a push is shown there", async () => {
    const { app, user, phone, laptop } = await newHousehold();
    await bind(phone, 1, "phone-token");
    await bind(laptop, 2, "laptop-token", "fcm");
    const devices = [
      { device_sn: 1, platform: 1, notifier_name: "apns", device_token: "phone-token", online: true },
      { device_sn: 2, platform: 4, notifier_name: "fcm", device_token: "laptop-token", online: true },
    ];
    const shown = { nick_name: user.name, detail: true, sound: true, vibrate: false };
    const route = await routeOf(app, user);
    expect(route).toEqual({
      user_id: user.id,
      push: true,
      reason: "",
      until: null,
      badge: 0,
      devices: devices.map((device) => ({ ...device, ...shown, binding_id: expect.stringMatching(/.+/) })),
    });
    expect(new Set(route.devices.map((device) => device.binding_id)).size).toBe(2);
    expect(await tokensOf(app, user)).toEqual(["phone-token", "laptop-token"]);
  });

  it("is given for each id in the order given, twice for one that is named twice", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    const [first, second, abroad] = [
      await withPhone(app, "a"),
      await withPhone(app, "b"),
      await withPhone(other),
    ];
    const ids = [second.user.id, NOBODY, first.user.id, abroad.user.id, second.user.id];
    for (const _ of [1, 2]) {
      const routes = await routesOf(app, ids);
      expect(routes.map(({ user_id }) => user_id)).toEqual(ids);
      expect(routes.map(({ reason }) => reason)).toEqual(["", "user_unknown", "", "user_unknown", ""]);
      expect(routes[4]).toEqual(routes[0]);
      expect(routes[1]).toEqual({
        user_id: NOBODY,
        push: false,
        reason: "user_unknown",
        until: null,
        badge: 0,
        devices: [],
      });
    }
    expect((await routeOf(other, abroad.user)).push).toBe(true);
  });

  it("is given of a hundred users in one call", async () => {
    const app = await newApp();
    const { user } = await withPhone(app);
    const ids = Array.from({ length: 99 }, (_, index) => NOBODY + index);
    const routes = await routesOf(app, [...ids, user.id]);
    expect(routes.map(({ push }) => push)).toEqual([...ids.map(() => false), true]);
  });

  it("calls the user as the settings say, else by the nickname, else by the username", async () => {
    const app = await newApp();
    const { user, session } = await withPhone(app);
    const name = async () => (await routeOf(app, user)).devices[0]?.nick_name;
    expect(await name()).toBe(user.name);
    await done(session.set("/user/nickname", { nick_name: "Wren" }));
    expect(await name()).toBe("Wren");
    await done(session.set("/user/push/nickname", { nick_name: "The wren" }));
    expect(await name()).toBe("The wren");
  });

  it("shows a push with or without details, sound and vibration, as the settings are", async () => {
    const app = await newApp();
    const { user, session } = await withPhone(app);
    const shown = async (more = {}) => {
      const [device] = (await routeOf(app, user, { at: noon, ...more })).devices;
      return device && [device.detail, device.sound, device.vibrate];
    };
    expect(await shown()).toEqual([true, true, false]);
    await done(session.post("/user/settings", { no_push_detail: true, vibratory: true, time_zone: "UTC" }));
    expect(await shown()).toEqual([false, true, true]);
    await done(session.post("/user/settings", { silence_start_time: 12, silence_end_time: 13 }));
    expect(await shown()).toEqual([false, false, false]);
    expect(await shown({ urgent: true })).toEqual([false, true, true]);
    expect(await shown({ at: noon + 3_600_000 })).toEqual([false, true, true]);
    await done(session.post("/user/settings", { no_sounds: true }));
    expect(await shown({ urgent: true })).toEqual([false, false, true]);
  });
});

describe("a push that is not let through", () => {
  it("has the first reason of those there are, and urgent passes the hours and the snooze alone", async () => {
    const app = await newApp({ time_zone: "UTC" });
    const { user, session } = await withPhone(app);
    const acting = app.actingFor(user);
    const said = async (more = {}) => [
      await saidOf(app, user, more),
      await saidOf(app, user, { ...more, urgent: true }),
    ];
    expect(await said()).toEqual(["pushed", "pushed"]);
    await done(session.post("/user/push/device", { device_sn: 1, no_push: true }));
    expect(await said()).toEqual(["no_device", "no_device"]);
    const always = [{ days: [1, 2, 3, 4, 5, 6, 7], from: "00:00", to: "00:00" }];
    await done(session.post("/user/settings", { push_schedule: always }));
    expect(await said()).toEqual(["do_not_disturb", "no_device"]);
    await done(session.set("/user/push/snooze", { until: String(Date.now() + DAY) }));
    expect(await said()).toEqual(["snoozed", "no_device"]);
    await done(session.set("/user/push", { value: "true" }));
    expect(await said()).toEqual(["push_off", "push_off"]);
    await app.disable(user);
    expect(await said()).toEqual(["user_disabled", "user_disabled"]);
    await done(acting.post("/user/delete"));
    expect(await said()).toEqual(["user_unknown", "user_unknown"]);
  });

  it("says when one would be: at the end of a ban, and of none that is not soon or has no end", async () => {
    const app = await newApp();
    const { user } = await withPhone(app);
    const until = Date.now() + 39 * DAY;
    const ends = [];
    for (const more of [{ until }, { until: Date.now() + 41 * DAY }, {}]) {
      await app.disable(user, more);
      ends.push(await routeOf(app, user));
    }
    expect(ends.map((route) => [route.reason, route.until])).toEqual([
      ["user_disabled", until],
      ["user_disabled", null],
      ["user_disabled", null],
    ]);
  });

  it("has no device where none has a push token, and where only those are left out that are connected", async () => {
    const { app, user, phone, phoneSocket, laptop } = await newHousehold();
    expect(await routeOf(app, user)).toMatchObject({
      push: false,
      reason: "no_device",
      until: null,
      devices: [],
    });
    await bind(phone, 1, "phone-token");
    await bind(laptop, 2, "laptop-token");
    expect(await saidOf(app, user)).toBe("pushed");
    expect(await routeOf(app, user, { skip_online: true })).toMatchObject({
      reason: "no_device",
      devices: [],
    });
    phoneSocket.close();
    await expect.poll(() => tokensOf(app, user, { skip_online: true })).toEqual(["phone-token"]);
    expect((await routeOf(app, user)).devices.map((device) => device.online)).toEqual([false, true]);
  });
});

describe("the push token of the settings", () => {
  it("is pushed to where no device of the user has it, and is no device", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone", platform: 1 });
    await done(session.post("/user/settings", { push_token: "t" }));
    const [device] = (await routeOf(app, user)).devices;
    expect(device).toMatchObject({
      device_sn: 0,
      platform: 0,
      notifier_name: "",
      device_token: "t",
      online: false,
    });
    await bind(session, 1, "t");
    expect((await routeOf(app, user)).devices.map(({ device_sn }) => device_sn)).toEqual([1]);
    await done(session.post("/user/push/device", { device_sn: 1, no_push: true }));
    expect(await saidOf(app, user)).toBe("no_device");
  });

  it("goes with the session that wrote it; an admin's stays", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    await done(session.post("/user/push/alias", { alias: "", push_token: "own" }));
    expect(await tokensOf(app, user)).toEqual(["own"]);
    await done(session.post("/token/logout"));
    expect(await tokensOf(app, user)).toEqual([]);
    await done(app.actingFor(user).post("/user/settings", { push_token: "given" }));
    await app.signIn(user, { device_guid: "phone" });
    await done(app.actingFor(user).post("/user/kick"));
    expect(await tokensOf(app, user)).toEqual(["given"]);
  });

  it("goes with the life of that session, as of a moment that is asked about; an admin's stays", async () => {
    const app = await newApp({ token_ttl: 3600 });
    const { user, session } = await app.session({ device_guid: "phone" });
    await done(session.post("/user/settings", { push_token: "own" }));
    const over = Date.now() + HOUR;
    const gated = async (at: number) => (await explained(app, { for: "push", user_id: user.id, at })).reason;
    expect(await tokensOf(app, user, { at: over - MINUTE })).toEqual(["own"]);
    expect(await saidOf(app, user, { at: over })).toBe("no_device");
    expect([await gated(over - MINUTE), await gated(over)]).toEqual(["", "no_device"]);
    setAhead(HOUR);
    expect(await saidOf(app, user)).toBe("no_device");
    await done(app.actingFor(user).post("/user/settings", { push_token: "given" }));
    expect(await tokensOf(app, user, { at: over + DAY })).toEqual(["given"]);
  });
});

describe("a moment that is asked about", () => {
  it("is judged from what is stored, and changes nothing", async () => {
    const app = await newApp({ time_zone: "UTC", token_ttl: 3600 });
    const { user, session } = await withPhone(app);
    await done(session.post("/user/settings", { no_push_start_hour: 22, no_push_end_hour: 7 }));
    const before = await settingsOf(session);
    const now = Date.now();
    const night = Date.parse("2020-02-01T23:00:00Z");
    expect(await routeOf(app, user, { at: night })).toMatchObject({
      reason: "do_not_disturb",
      until: Date.parse("2020-02-02T07:00:00Z"),
    });
    expect(await saidOf(app, user, { at: night - 3_600_001 })).toBe("pushed");
    expect(await saidOf(app, user, { at: now + 2 * 3_600_000, urgent: true })).toBe("no_device");
    await app.disable(user, { until: now + DAY });
    expect(await saidOf(app, user, { at: now + DAY - 1 })).toBe("user_disabled");
    expect(await saidOf(app, user, { at: now + DAY, urgent: true })).toBe("no_device");
    await done(app.admin.put("/user/enable", { list: [user.id] }));
    expect(await settingsOf(await app.signIn(user))).toEqual(before);
  });
});

describe("a token that a provider has refused", () => {
  it("is held back for a day, and where it is the only one until says when it is not any more", async () => {
    const app = await newApp({ time_zone: "UTC" });
    const { user, session } = await withPhone(app);
    const laptop = await app.signIn(user, { device_guid: "laptop" });
    await bind(laptop, 2, "laptop-token");
    const [phone] = (await routeOf(app, user)).devices;
    const at = Date.now();
    const list = [{ binding_id: phone?.binding_id, result: "bad_token", at }];
    expect((await app.admin.post("/admin/push/feedback", { list })).code).toBe(200);
    expect(await tokensOf(app, user)).toEqual(["laptop-token"]);
    await done(session.post("/user/token/unbind", { deviceSn: 2 }));
    const route = await routeOf(app, user);
    expect(route).toMatchObject({ push: false, reason: "no_device", devices: [] });
    const until = route.until ?? 0;
    expect(until).toBeGreaterThanOrEqual(at + DAY);
    expect(await saidOf(app, user, { at: until - 1 })).toBe("no_device");
    expect(await tokensOf(app, user, { at: until })).toEqual(["phone-token"]);
    // In the hours of that moment nothing would be let through either.
    const hour = new Date(until).getUTCHours();
    await done(
      session.post("/user/settings", { no_push_start_hour: hour, no_push_end_hour: (hour + 1) % 24 }),
    );
    const end = Math.floor(until / 3_600_000) * 3_600_000 + 3_600_000;
    expect(await routeOf(app, user, { at: until - 3_600_000 })).toMatchObject({
      reason: "no_device",
      until: end,
    });
    expect(await routeOf(app, user, { at: until - 3_600_000, urgent: true })).toMatchObject({ until });
    await bind(session, 1, "phone-token");
    expect(await tokensOf(app, user, { urgent: true })).toEqual(["phone-token"]);
  });
});

describe("a route that is refused", () => {
  it.each([
    ["badge", { badge: {} }],
    ["badge", { badge: { add: 1001 } }],
    ["at", { at: noon, badge: { add: 1 } }],
    ["list", { list: [] }],
  ])("names the parameter that is wrong, %s, and counts nothing", async (name, wrong) => {
    const app = await newApp();
    const { user, session } = await withPhone(app);
    for (const list of [[user.id], [user.id, "x"], [user.id, 0], [user.id, null]]) {
      const given = { list, badge: { add: 1 }, ...(list.length === 1 && wrong) };
      const answer = await app.admin.post("/admin/push/route", given);
      expect(answer).toMatchObject({ code: 10002, data: null });
      expect(answer.message).toContain(list.length === 1 ? name : "list");
    }
    expect((await session.get("/user/push/badge")).data).toBe(0);
  });

  it("is a user's", async () => {
    const app = await newApp();
    const { user, session } = await withPhone(app);
    expect(await session.post("/admin/push/route", { list: [user.id] })).toMatchObject({ code: 10010 });
  });
});
