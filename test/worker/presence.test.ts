import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { newApp } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { codeOf, isOnline, listed, serials } from "./kit/devices.ts";
import { hubOf } from "./kit/faults.ts";
import { eventsOf, patience } from "./kit/heard.ts";
import { bySession } from "./kit/household.ts";
import { auditOf } from "./kit/records.ts";
import { connect } from "./kit/socket.ts";

const setForward = movableClock();

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

/** A user with two devices, none of them connected; `wake` does what the hub's alarm does. */
async function newUser(settings: Record<string, unknown> = {}) {
  const app = await newApp(settings);
  const { user, session: phone } = await app.session({ device_guid: "phone", platform: 1 });
  const laptop = await app.signIn(user, { device_guid: "laptop", platform: 4 });
  const hub = hubOf(app, user);
  const wake = async () => {
    await runDurableObjectAlarm(hub);
  };
  return { app, user, phone, laptop, hub, wake, admin: app.actingFor(user) };
}

describe("a socket that pings no more", () => {
  it("is closed with 1001 after 95 s and no sooner; others hear device_logout, and its session lives", async () => {
    const { phone, laptop, wake, admin } = await newUser();
    const silent = await connect(phone);
    setForward(60 * SECOND);
    const other = await connect(laptop);
    setForward(94 * SECOND);
    await wake();
    expect(await eventsOf(other)).toEqual([]);
    expect(await listed(admin, phone.deviceSn)).toMatchObject({ online: true });

    setForward(96 * SECOND);
    await wake();

    expect(await silent.closed()).toMatchObject({ code: 1001 });
    expect(await other.notice("device_logout")).toMatchObject({ by: bySession(phone), retry: true });
    expect(await listed(admin, phone.deviceSn)).toMatchObject({ online: false });
    expect(await listed(admin, laptop.deviceSn)).toMatchObject({ online: true });
    expect(await codeOf(phone)).toBe(200);
    await connect(phone);
    expect(await eventsOf(other)).toEqual(["device_login"]);
  });

  it("is told apart from one that pings: that one stays", async () => {
    const { phone, laptop, wake, admin } = await newUser();
    setForward(-60 * SECOND);
    const pinging = await connect(phone);
    const silent = await connect(laptop);
    setForward(0);
    await pinging.ping();
    setForward(40 * SECOND);
    await wake();
    expect(await silent.closed()).toMatchObject({ code: 1001 });
    expect(await eventsOf(pinging)).toContain("device_logout");
    expect(await listed(admin, phone.deviceSn)).toMatchObject({ online: true });
  });

  it("is found by a hub that slept since it connected", async () => {
    const { phone, hub, wake, admin } = await newUser();
    const silent = await connect(phone);
    await evictDurableObject(hub);
    setForward(96 * SECOND);
    await wake();
    expect(await silent.closed()).toMatchObject({ code: 1001 });
    expect(await isOnline(admin)).toBe(false);
  });

  it("is told once: nothing more is heard of it when its connection ends too", async () => {
    const { phone, laptop, wake } = await newUser();
    const silent = await connect(phone);
    setForward(60 * SECOND);
    const other = await connect(laptop);
    setForward(96 * SECOND);
    await wake();
    await silent.closed();
    silent.close();
    await wake();
    expect(await eventsOf(other)).toEqual(["device_logout"]);
  });
});

describe("online", () => {
  it("is no ghost of a device that hung up while its hub slept", async () => {
    const { phone, laptop, hub, admin } = await newUser();
    const socket = await connect(phone);
    const other = await connect(laptop);
    await evictDurableObject(hub);
    socket.close();
    await other.notice("device_logout");
    expect(await listed(admin, phone.deviceSn)).toMatchObject({ online: false });
    expect(await isOnline(admin)).toBe(true);
    await evictDurableObject(hub);
    other.close();
    await vi.waitFor(async () => expect(await isOnline(admin)).toBe(false), patience);
  });

  it("is nobody's once the last silent device was closed, however often the hub slept", async () => {
    const { phone, laptop, hub, wake, admin } = await newUser();
    const sockets = [await connect(phone), await connect(laptop)];
    setForward(96 * SECOND);
    await evictDurableObject(hub);
    await wake();
    for (const socket of sockets) expect(await socket.closed()).toMatchObject({ code: 1001 });
    await evictDurableObject(hub);
    expect(await isOnline(admin)).toBe(false);
    expect(await listed(admin, phone.deviceSn)).toMatchObject({ online: false });
    expect(await listed(admin, laptop.deviceSn)).toMatchObject({ online: false });
  });
});

describe("device_ttl", () => {
  it("takes a device that was not used for so long off the list, and the others hear device_removed", async () => {
    const { app, user, phone, laptop, wake, admin } = await newUser({ device_ttl: HOUR / SECOND });
    setForward(HOUR - 30 * SECOND);
    await wake();
    expect(await serials(admin)).toEqual([phone.deviceSn, laptop.deviceSn]);
    const other = await connect(laptop);

    setForward(HOUR + 30 * SECOND);
    await wake();

    expect(await other.notice("device_removed")).toMatchObject({ notice_type: 10, retry: true });
    expect(await eventsOf(other)).toEqual([]);
    expect(await serials(admin)).toEqual([laptop.deviceSn]);
    expect([await codeOf(phone), await codeOf(laptop)]).toEqual([10008, 200]);
    const back = await app.signIn(user, { device_guid: "phone", platform: 1 });
    expect(back.deviceSn).toBe(3);
    expect(await auditOf(app, { operation: "session.device_removed" })).toMatchObject([
      { caller: "system", subject: user.id, device_sn: phone.deviceSn, reason: "not used for too long" },
    ]);
  });

  it("spares a device while it is connected, and counts from its last moment", async () => {
    const { phone, laptop, wake, admin } = await newUser({ device_ttl: 60 });
    const socket = await connect(phone);
    setForward(70 * SECOND);
    await wake();
    expect(await serials(admin)).toEqual([phone.deviceSn]);
    expect(await codeOf(laptop)).toBe(10008);
    socket.close();
    await vi.waitFor(async () => expect(await isOnline(admin)).toBe(false), patience);
    setForward(120 * SECOND);
    await wake();
    expect(await serials(admin)).toEqual([phone.deviceSn]);
    setForward(140 * SECOND);
    await wake();
    expect(await serials(admin)).toEqual([]);
  });

  it("counts from a call, too, and of 0 is never", async () => {
    const used = await newUser({ device_ttl: HOUR / SECOND });
    const kept = await newUser({ device_ttl: 0 });
    setForward(HOUR / 2);
    expect(await codeOf(used.phone)).toBe(200);
    setForward(HOUR + 60 * SECOND);
    await used.wake();
    expect(await serials(used.admin)).toEqual([used.phone.deviceSn]);
    setForward(80 * DAY);
    await kept.wake();
    expect(await serials(kept.admin)).toHaveLength(2);
  });
});

/** Signs in so many devices, one after another. */
async function signInMany(settings: Record<string, unknown>, count: number) {
  const app = await newApp(settings);
  const { user, session } = await app.session({ device_guid: "device 1" });
  for (let index = 2; index <= count; index++) {
    const given = { name: user.name, password: user.password, device_guid: `device ${index}` };
    expect((await app.nobody.post("/token/user", given)).code).toBe(200);
  }
  return { app, user, session };
}

describe("the device list", () => {
  it("does not grow beyond 100: signed-out devices leave it, the longest unused first", async () => {
    const { app, user } = await signInMany({}, 102);
    const listedNow = await serials(app.actingFor(user), { limit: "200" });
    expect(listedNow).toEqual(Array.from({ length: 100 }, (_, index) => index + 3));
    // It is used again, and so not the next to go; another has its place.
    await (await app.signIn(user, { device_guid: "device 3" })).post("/token/logout");
    await app.signIn(user, { device_guid: "device 78" });
    const watching = await connect(await app.signIn(user, { device_guid: "device 102" }));
    await app.signIn(user, { device_guid: "one more" });
    expect(await eventsOf(watching)).toEqual(["device_logout", "device_added", "device_removed"]);
    const back = await app.signIn(user, { device_guid: "device 4" });
    expect(back.deviceSn).toBe(104);
    expect((await app.signIn(user, { device_guid: "device 3" })).deviceSn).toBe(3);
  });

  it("keeps every device that is signed in, however many the app allows", async () => {
    const { app, user, session } = await signInMany(
      { sign_in_policy: { limits: {}, overflow: "kick_oldest" } },
      102,
    );
    expect(await serials(app.actingFor(user), { limit: "200" })).toHaveLength(102);
    expect(await codeOf(session)).toBe(200);
  });
});
