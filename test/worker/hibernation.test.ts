import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { codeOf, isOnline, listDevices, listVersion, listed } from "./kit/devices.ts";
import { hubOf } from "./kit/faults.ts";
import { eventsOf, patience } from "./kit/heard.ts";
import { type Household, bySession, bySn, newHousehold } from "./kit/household.ts";
import { connect, open } from "./kit/socket.ts";

/** Puts a user's hub to sleep; its sockets stay. */
async function sleep({ app, user }: Household): Promise<void> {
  await evictDurableObject(hubOf(app, user));
}

describe("a hub that slept", () => {
  it("is a new object: its tables and its sockets are all that is left", async () => {
    const home = await newHousehold();
    const hub = hubOf(home.app, home.user);
    const mark = Symbol("awake");
    await runInDurableObject(hub, (instance) => {
      Reflect.set(instance, mark, true);
    });
    expect(await runInDurableObject(hub, (instance) => Reflect.has(instance, mark))).toBe(true);
    await sleep(home);
    expect(await runInDurableObject(hub, (instance) => Reflect.has(instance, mark))).toBe(false);
    expect((await listDevices(home.phone)).devices.map((device) => device.online)).toEqual([true, true]);
  });

  it("still answers a ping", async () => {
    const home = await newHousehold();
    await sleep(home);
    home.phoneSocket.send("ping");
    expect(await home.phoneSocket.text()).toBe("pong");
  });

  it("still closes a socket that sends any other frame, and tells the others", async () => {
    const home = await newHousehold();
    await sleep(home);
    home.phoneSocket.send("hello");
    expect(await home.phoneSocket.closed()).toMatchObject({ code: 4400 });
    await home.laptopSocket.notice("device_logout");
    expect(await listed(home.phone, home.phone.deviceSn)).toMatchObject({ online: false });
  });

  it("still shows who is online, and the same list at the same version", async () => {
    const home = await newHousehold();
    const before = await listDevices(home.phone);
    await sleep(home);
    expect(await listDevices(home.phone)).toEqual(before);
    await sleep(home);
    expect(await isOnline(home.phone)).toBe(true);
  });

  it("still kicks a device: notice, close, dead token", async () => {
    const home = await newHousehold();
    await sleep(home);
    const answer = await home.laptop.set("/user/kick", bySn(home.phone));
    expect(answer.body["results"]).toEqual([
      { device_sn: home.phone.deviceSn, was_online: true, notified: true },
    ]);
    expect(await home.phoneSocket.notice("kicked")).toMatchObject({ by: bySession(home.laptop) });
    expect(await home.phoneSocket.closed()).toMatchObject({ code: 4005 });
    expect(await eventsOf(home.laptopSocket)).toEqual([]);
    expect([await codeOf(home.phone), await codeOf(home.laptop)]).toEqual([10008, 200]);
  });

  it("does not take a kicked device for alive after it slept again", async () => {
    const home = await newHousehold();
    await home.laptop.set("/user/kick", bySn(home.phone));
    await sleep(home);
    expect(await codeOf(home.phone)).toBe(10008);
    expect(await (await open(home.phone)).closed()).toMatchObject({ code: 4401 });
    expect(await listed(home.laptop, home.phone.deviceSn)).toMatchObject({ online: false });
  });

  it("still replaces an older socket of a session, and the older of a device_guid", async () => {
    const home = await newHousehold();
    await sleep(home);
    const newer = await connect(home.phone);
    await home.phoneSocket.notice("replaced");
    expect(await home.phoneSocket.closed()).toMatchObject({ code: 4004 });
    expect(await codeOf(home.phone)).toBe(200);

    await sleep(home);
    const again = await home.app.signIn(home.user, { device_guid: "phone" });
    expect(again.deviceSn).toBe(home.phone.deviceSn);
    await newer.notice("replaced");
    expect(await newer.closed()).toMatchObject({ code: 4004 });
    expect([await codeOf(home.phone), await codeOf(again)]).toEqual([10008, 200]);
    expect(await eventsOf(home.laptopSocket)).toEqual(["device_logout"]);
  });

  it("still notices that a device hangs up", async () => {
    const home = await newHousehold();
    const version = await listVersion(home.laptop);
    await sleep(home);
    home.phoneSocket.close();
    expect(await home.laptopSocket.notice("device_logout")).toMatchObject({ by: bySession(home.phone) });
    expect(await listed(home.laptop, home.phone.deviceSn)).toMatchObject({ online: false });
    expect(await listVersion(home.laptop)).toBeGreaterThan(version);
  });

  it("still tells of a change of the profile", async () => {
    const home = await newHousehold();
    await sleep(home);
    await home.phone.set("/user/nickname", { nick_name: "Nick" });
    await expect.poll(() => eventsOf(home.laptopSocket), patience).toEqual(["info_updated"]);
    expect(await eventsOf(home.phoneSocket)).toEqual([]);
  });

  it("still knows a ban, and that it was lifted", async () => {
    const home = await newHousehold();
    await home.app.disable(home.user);
    await sleep(home);
    const { name, password } = home.user;
    const signIn = async () => (await home.app.nobody.post("/token/user", { name, password })).code;
    expect(await signIn()).toBe(10029);
    await home.app.admin.put("/user/enable", { list: [home.user.id] });
    await sleep(home);
    expect(await codeOf(home.phone)).toBe(10008);
    expect(await signIn()).toBe(200);
  });

  it("still closes a sleeping device's socket at the end of its token's life", async () => {
    const home = await newHousehold({ token_ttl: 3 });
    await sleep(home);
    expect(await home.phoneSocket.closed()).toMatchObject({ code: 4402 });
    expect(await home.laptopSocket.closed()).toMatchObject({ code: 4402 });
    expect(await codeOf(home.phone)).toBe(402);
  });

  it("never gives a serial again", async () => {
    const home = await newHousehold();
    await home.phone.set("/user/device/remove", bySn(home.laptop));
    await sleep(home);
    expect((await home.app.signIn(home.user, { device_guid: "new" })).deviceSn).toBe(3);
  });

  it("wakes for its own user only, where another's sleeps too", async () => {
    const home = await newHousehold();
    const other = await newHousehold();
    await Promise.all([sleep(home), sleep(other)]);
    expect((await home.app.disable(home.user)).data).toBe(true);
    for (const socket of [home.phoneSocket, home.laptopSocket]) {
      await socket.notice("disabled");
      expect(await socket.closed()).toMatchObject({ code: 4002 });
    }
    for (const socket of [other.phoneSocket, other.laptopSocket]) expect(await eventsOf(socket)).toEqual([]);
    expect(await codeOf(other.phone)).toBe(200);
  });
});

describe("a hub that crashed", () => {
  it("has dropped its sockets, but not its sessions: they may connect again", async () => {
    const home = await newHousehold();
    await abortAllDurableObjects();
    for (const socket of [home.phoneSocket, home.laptopSocket]) {
      const { code } = await socket.closed();
      expect(code).toBeLessThan(4000);
    }
    expect([await codeOf(home.phone), await codeOf(home.laptop)]).toEqual([200, 200]);
    expect((await listDevices(home.phone)).devices.map((device) => device.online)).toEqual([false, false]);
    expect(await isOnline(home.phone)).toBe(false);
    const socket = await connect(home.phone);
    expect(await eventsOf(socket)).toEqual([]);
    expect(await listed(home.laptop, home.phone.deviceSn)).toMatchObject({ online: true });
  });

  it("still knows who was kicked, signed out or removed", async () => {
    const home = await newHousehold();
    const { app, user, phone, laptop } = home;
    const out = await app.signIn(user, { device_guid: "out" });
    const gone = await app.signIn(user, { device_guid: "gone" });
    await laptop.set("/user/kick", bySn(phone));
    await out.post("/token/logout");
    await laptop.set("/user/device/remove", bySn(gone));

    await abortAllDurableObjects();

    for (const session of [phone, out, gone]) {
      expect(await codeOf(session)).toBe(10008);
      expect(await (await open(session)).closed()).toMatchObject({ code: 4401 });
    }
    expect(await codeOf(laptop)).toBe(200);
    const { devices } = await listDevices(laptop);
    expect(devices.map((device) => device.device_sn)).toEqual([
      phone.deviceSn,
      laptop.deviceSn,
      out.deviceSn,
    ]);
  });

  it("still knows that its user was disabled or deleted", async () => {
    const banned = await newHousehold();
    const gone = await newHousehold();
    await banned.app.disable(banned.user);
    await gone.laptop.post("/user/delete");
    await abortAllDurableObjects();
    expect(await codeOf(banned.phone)).toBe(10008);
    expect(await codeOf(gone.phone)).toBe(10008);
    const { name, password } = banned.user;
    expect((await banned.app.nobody.post("/token/user", { name, password })).code).toBe(10029);
  });
});
