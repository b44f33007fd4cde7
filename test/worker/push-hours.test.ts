import { describe, expect, it } from "vitest";
import { type Client, newApp } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { listVersion, listed } from "./kit/devices.ts";
import { newHousehold } from "./kit/household.ts";
import { bind, routeOf, saidOf, tokensOf, withPhone } from "./kit/routes.ts";
import { done, settingsOf } from "./kit/wire.ts";

const setAhead = movableClock();

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const snooze = (client: Client, until: number | string, method = "POST") =>
  client.set("/user/push/snooze", { until: String(until) }, method);

describe("the hours without push", () => {
  it("are those of the user's zone, else of the app's, which is Shanghai's where it does not say", async () => {
    const [app, ofBerlin] = await Promise.all([newApp(), newApp({ time_zone: "Europe/Berlin" })]);
    for (const [tenant, quiet, loud] of [
      [app, Date.parse("2026-11-25T22:00:00+08:00"), Date.parse("2026-11-25T22:00:00+01:00")],
      [ofBerlin, Date.parse("2026-11-25T22:00:00+01:00"), Date.parse("2026-11-25T22:00:00+08:00")],
    ] as const) {
      const { user, session } = await withPhone(tenant);
      await done(session.set("/user/push/limit", { no_push_start_hour: "22", no_push_end_hour: "5" }));
      expect(await saidOf(tenant, user, { at: quiet })).toBe("do_not_disturb");
      expect(await saidOf(tenant, user, { at: quiet - 1 })).toBe("pushed");
      expect(await saidOf(tenant, user, { at: loud })).toBe("pushed");
      await done(session.post("/user/settings", { time_zone: "Asia/Kathmandu" }));
      const there = Date.parse("2026-11-25T22:00:00+05:45");
      expect([
        await saidOf(tenant, user, { at: there - 1 }),
        await saidOf(tenant, user, { at: there }),
        await saidOf(tenant, user, { at: there + 7 * HOUR - 1 }),
        await saidOf(tenant, user, { at: there + 7 * HOUR }),
      ]).toEqual(["pushed", "do_not_disturb", "do_not_disturb", "pushed"]);
      await done(session.post("/user/settings", { time_zone: "" }));
      expect(await saidOf(tenant, user, { at: quiet })).toBe("do_not_disturb");
    }
  });

  it("follow the app's zone from the call that changed it on", async () => {
    const app = await newApp();
    const { user, session } = await withPhone(app);
    await done(session.set("/user/push/limit", { no_push_start_hour: "22", no_push_end_hour: "5" }));
    const at = Date.parse("2026-11-25T22:30:00+01:00");
    expect(await saidOf(app, user, { at })).toBe("pushed");
    expect((await app.root.put("/admin/app", { time_zone: "Europe/Berlin" })).code).toBe(200);
    expect(await saidOf(app, user, { at })).toBe("do_not_disturb");
    for (const time_zone of ["Mars/Olympus", "", "+01:00"]) {
      const answer = await app.root.put("/admin/app", { time_zone });
      expect(answer).toMatchObject({ code: 10002 });
      expect(answer.message).toContain("time_zone");
    }
    expect(await saidOf(app, user, { at })).toBe("do_not_disturb");
  });

  it("end after 9 or 7 hours of the night in which the clock is set", async () => {
    const app = await newApp({ time_zone: "America/New_York" });
    const { user, session } = await withPhone(app);
    await done(session.set("/user/push/limit", { no_push_start_hour: "23", no_push_end_hour: "7" }));
    const nights = {
      "2026-10-31T23:00:00-04:00": 9,
      "2026-03-07T23:00:00-05:00": 7,
      "2026-06-01T23:00:00-04:00": 8,
    };
    for (const [start, length] of Object.entries(nights)) {
      const at = Date.parse(start);
      const until = at + length * HOUR;
      expect(await routeOf(app, user, { at })).toMatchObject({ reason: "do_not_disturb", until });
      expect(await saidOf(app, user, { at: until })).toBe("pushed");
    }
  });

  it("and the windows of the schedule are taken together", async () => {
    const app = await newApp({ time_zone: "UTC" });
    const { user, session } = await withPhone(app);
    const push_schedule = [
      { days: [6, 7], from: "08:30", to: "08:30" },
      { days: [5], from: "20:00", to: "01:00" },
    ];
    await done(session.post("/user/settings", { push_schedule, no_push_start_hour: 0, no_push_end_hour: 6 }));
    expect((await settingsOf(session)).push_schedule).toEqual(push_schedule);
    const friday = Date.parse("2026-11-27T21:00:00Z");
    expect(await routeOf(app, user, { at: friday })).toMatchObject({
      reason: "do_not_disturb",
      until: Date.parse("2026-11-30T06:00:00Z"),
    });
    await done(session.post("/user/settings", { push_schedule: [] }));
    expect(await saidOf(app, user, { at: friday })).toBe("pushed");
  });
});

describe("a snooze", () => {
  it.each(["POST", "PUT"])(
    "has nothing pushed until its end at %s, and is shown until then",
    async (method) => {
      const app = await newApp({ time_zone: "UTC" });
      const { user, session } = await withPhone(app);
      const until = Date.now() + 31 * DAY - 60_000;
      await done(snooze(session, until, method));
      expect((await settingsOf(session)).snooze_until).toBe(until);
      expect(await routeOf(app, user)).toMatchObject({ reason: "snoozed", until });
      expect(await saidOf(app, user, { at: until - 1 })).toBe("snoozed");
      expect(await saidOf(app, user, { at: until })).toBe("pushed");
      await done(snooze(session, 0, method));
      expect((await settingsOf(session)).snooze_until).toBe(0);
      expect(await saidOf(app, user)).toBe("pushed");
    },
  );

  it("that is past is none, and one that is negative or over 31 days ahead is refused and changes nothing", async () => {
    const app = await newApp();
    const { session } = await withPhone(app);
    const until = Date.now() + DAY;
    await done(snooze(session, until));
    for (const wrong of [-1, Date.now() + 31 * DAY + 60_000, "1.5", "", "soon"]) {
      const answer = await snooze(session, wrong);
      expect(answer).toMatchObject({ code: 10002, data: null });
      expect(answer.message).toContain("until");
    }
    expect((await settingsOf(session)).snooze_until).toBe(until);
    await done(snooze(session, Date.now() - 1));
    expect((await settingsOf(session)).snooze_until).toBe(0);
  });

  it("whose time has passed is none: it is shown as 0, and may be written back as it was read, then or now", async () => {
    const app = await newApp();
    const { user, session } = await withPhone(app);
    await done(snooze(session, Date.now() + HOUR));
    const then = await settingsOf(session);
    setAhead(HOUR);
    const now = await settingsOf(session);
    expect(now).toEqual({ ...then, snooze_until: 0 });
    for (const read of [now, then]) {
      await done(session.post("/user/settings", read));
      expect(await settingsOf(session)).toEqual(now);
    }
    expect(await saidOf(app, user)).toBe("pushed");
  });

  it("is read-only among the settings: what was read may be written back, and nothing else", async () => {
    const app = await newApp();
    const { session } = await withPhone(app);
    const until = Date.now() + DAY;
    await done(snooze(session, until));
    const read = await settingsOf(session);
    await done(session.post("/user/settings", { ...read, no_sounds: true }));
    expect(await settingsOf(session)).toEqual({ ...read, no_sounds: true });
    const answer = await session.post("/user/settings", { snooze_until: until + 1, no_sounds: false });
    expect(answer).toMatchObject({ code: 10002, data: null });
    expect(answer.message).toContain("snooze_until");
    expect(await settingsOf(session)).toEqual({ ...read, no_sounds: true });
  });
});

describe("a device that is muted", () => {
  it.each(["POST", "PUT"])(
    "is shown as that at %s, and only it is pushed nothing, not even what is urgent",
    async (method) => {
      const { app, user, phone, laptop } = await newHousehold();
      await bind(phone, 1, "phone-token");
      await bind(laptop, 2, "laptop-token");
      const mute = (no_push: boolean) =>
        done(laptop.call(method, "/user/push/device", { json: { device_sn: 1, no_push } }));
      const before = await listVersion(phone);
      await mute(true);
      expect((await listed(phone, 1)).no_push).toBe(true);
      expect((await listed(phone, 2)).no_push).toBe(false);
      expect(await listVersion(phone)).toBeGreaterThan(before);
      expect(await tokensOf(app, user)).toEqual(["laptop-token"]);
      expect(await tokensOf(app, user, { urgent: true })).toEqual(["laptop-token"]);
      await app.signIn(user, { device_guid: "phone" });
      expect(await tokensOf(app, user)).toEqual(["laptop-token"]);
      await mute(false);
      expect(await tokensOf(app, user)).toEqual(["phone-token", "laptop-token"]);
    },
  );

  it("must be one of the user's", async () => {
    const app = await newApp();
    const { session } = await withPhone(app);
    const answer = await session.post("/user/push/device", { device_sn: 7, no_push: true });
    expect(answer).toMatchObject({ code: 10030, data: null });
  });
});
