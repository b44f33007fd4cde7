import { describe, expect, it } from "vitest";
import { type Client, newApp } from "./kit/client.ts";
import { codeOf, isOnline, listDevices, listVersion, listed, serials } from "./kit/devices.ts";
import { patience } from "./kit/heard.ts";
import { connect } from "./kit/socket.ts";

const remove = async (client: Client, device_sn: string) =>
  (await client.set("/user/device/remove", { device_sn })).code;

describe("the device list", () => {
  it("shows what a device told of itself at sign-in", async () => {
    const app = await newApp();
    const user = await app.user();
    const before = Date.now();
    const answer = await app.nobody.post(
      "/token/user",
      { name: user.name, password: user.password, device_guid: "g", platform: 2, device_name: "Pixel" },
      { "user-agent": "warbler-android/7" },
    );
    expect(answer.code).toBe(200);

    const { devices } = await listDevices(app.actingFor(user));

    expect(devices).toEqual([
      {
        device_sn: 1,
        platform: 2,
        user_agent: "warbler-android/7",
        user_id: user.id,
        device_name: "Pixel",
        online: false,
        last_active_at: expect.any(Number),
        push_bound: false,
        no_push: false,
      },
    ]);
    expect(devices[0]?.last_active_at).toBeGreaterThanOrEqual(before);
    expect(devices[0]?.last_active_at).toBeLessThanOrEqual(Date.now());
  });

  it("takes a device that names no platform for a web browser, with an empty name", async () => {
    const app = await newApp();
    const { session } = await app.session({ device_guid: "browser" });
    expect(await listed(session, session.deviceSn)).toMatchObject({ platform: 6, device_name: "" });
  });

  it("keeps the serial, platform and name of a device that signs in again without naming them", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "g", platform: 3, device_name: "Desk" });
    const again = await app.signIn(user, { device_guid: "g" });
    expect(again.deviceSn).toBe(session.deviceSn);
    expect((await listDevices(again)).devices).toMatchObject([
      { device_sn: session.deviceSn, platform: 3, device_name: "Desk" },
    ]);
  });

  it("takes a new name of a device that connects", async () => {
    const app = await newApp();
    const { session } = await app.session({ device_guid: "g", device_name: "Old" });
    await connect(session, { device_name: "New" });
    expect(await listed(session, session.deviceSn)).toMatchObject({ device_name: "New" });
  });

  it("has no row for a session without a device", async () => {
    const app = await newApp();
    const { session } = await app.session();
    expect(session.deviceSn).toBeUndefined();
    expect(await serials(session)).toEqual([]);
  });

  it("counts serials from 1 per user and never gives one twice", async () => {
    const app = await newApp();
    const { user, session: first } = await app.session({ device_guid: "a" });
    const second = await app.signIn(user, { device_guid: "b" });
    expect([first.deviceSn, second.deviceSn]).toEqual([1, 2]);

    expect((await first.set("/user/device/remove", { device_sn: "2" })).code).toBe(200);
    expect((await app.signIn(user, { device_guid: "c" })).deviceSn).toBe(3);
    expect((await app.signIn(user, { device_guid: "b" })).deviceSn).toBe(4);

    expect(await serials(first)).toEqual([1, 3, 4]);
    const { session: stranger } = await app.session({ device_guid: "a" });
    expect(stranger.deviceSn).toBe(1);
  });

  it("is read page by page, each with a cursor but the last", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "d1" });
    for (const guid of ["d2", "d3", "d4"]) await app.signIn(user, { device_guid: guid });

    const first = await listDevices(session, { limit: "2" });
    expect(first.devices.map((device) => device.device_sn)).toEqual([1, 2]);
    const last = await listDevices(session, { limit: "2", cursor: String(first.cursor) });
    expect(last.devices.map((device) => device.device_sn)).toEqual([3, 4]);
    expect("cursor" in last).toBe(false);
    expect("cursor" in (await listDevices(session, { limit: "4" }))).toBe(false);
    expect(await serials(session, { limit: "1", cursor: String(first.cursor) })).toEqual([3]);
  });

  it("neither skips nor repeats a device where one is removed between two pages", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "d1" });
    for (const guid of ["d2", "d3", "d4"]) await app.signIn(user, { device_guid: guid });
    const { cursor } = await listDevices(session, { limit: "2" });
    await session.set("/user/device/remove", { device_sn: "2" });
    expect(await serials(session, { limit: "2", cursor: String(cursor) })).toEqual([3, 4]);
  });

  it("holds 100 devices a page where no limit is given, and up to 200", async () => {
    const app = await newApp({ sign_in_policy: { limits: {}, overflow: "refuse_new" } });
    const { user, session } = await app.session({ device_guid: "d0" });
    const others = Array.from({ length: 100 }, (_, index) => `d${index + 1}`);
    await Promise.all(others.map((guid) => app.signIn(user, { device_guid: guid })));

    const page = await listDevices(session);
    expect(page.devices).toHaveLength(100);
    expect(page.cursor).toBeDefined();
    expect(await serials(session, { limit: "200" })).toEqual(Array.from({ length: 101 }, (_, i) => i + 1));
  });

  it.each([
    { limit: "0" },
    { limit: "201" },
    { limit: "ten" },
    { limit: "" },
    { limit: "1.5" },
    { cursor: "nonsense" },
    { cursor: "-1" },
  ])("refuses the page %j", async (query) => {
    const app = await newApp();
    const { session } = await app.session({ device_guid: "d" });
    expect((await session.get("/user/device/list", query)).code).toBe(10002);
  });

  it("has a version that grows with each change of it and with nothing else", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "first" });
    let version = await listVersion(session);
    const grows = async (change: () => Promise<unknown>) => {
      await change();
      const next = await listVersion(session);
      expect(next).toBeGreaterThan(version);
      version = next;
    };

    await grows(() => app.signIn(user, { device_guid: "second" }));
    await grows(() => app.signIn(user, { device_guid: "second", device_name: "renamed" }));
    await grows(async () => connect(await app.signIn(user, { device_guid: "second" })));
    await grows(() => session.set("/user/kick", { device_sn: "2" }));
    await grows(() => session.set("/user/device/remove", { device_sn: "2" }));
    expect(await listVersion(session)).toBe(version);
    await session.set("/user/nickname", { nick_name: "Nick" });
    expect(await listVersion(session)).toBe(version);
  });

  it("shows which devices are connected, and has a new version when one goes", async () => {
    const app = await newApp();
    const { user, session: phone } = await app.session({ device_guid: "phone" });
    const laptop = await app.signIn(user, { device_guid: "laptop" });
    const socket = await connect(phone);
    const during = await listDevices(laptop);
    expect(during.devices.map((device) => device.online)).toEqual([true, false]);

    socket.close();

    await expect.poll(async () => (await listed(laptop, phone.deviceSn)).online, patience).toBe(false);
    expect(await listVersion(laptop)).toBeGreaterThan(during.version);
  });

  it("notes the last ping of a connected device as its last activity", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    const socket = await connect(session);
    await expect
      .poll(async () => {
        await socket.ping();
        return (await listed(app.actingFor(user), session.deviceSn)).last_active_at;
      }, patience)
      .toBeGreaterThan(Date.now());
  });

  it("is one user's own", async () => {
    const app = await newApp();
    const { session: one } = await app.session({ device_guid: "shared" });
    const { session: other } = await app.session({ device_guid: "shared" });
    await connect(one);
    expect((await listDevices(other)).devices).toMatchObject([{ user_id: other.userId, online: false }]);
  });
});

describe("removing a device", () => {
  it.each(["POST", "DELETE"])(
    "signs it out, closes its socket and takes it off the list by %s",
    async (method) => {
      const app = await newApp();
      const { user, session: lost } = await app.session({ device_guid: "lost" });
      const kept = await app.signIn(user, { device_guid: "kept" });
      const socket = await connect(lost);

      const answer = await kept.set("/user/device/remove", { device_sn: String(lost.deviceSn) }, method);

      expect(answer.body).toMatchObject({ code: 200, data: true });
      expect(await socket.notice("device_removed")).toMatchObject({ notice_type: 10, retry: false });
      expect(await socket.closed()).toMatchObject({ code: 4010 });
      expect(await codeOf(lost)).toBe(10008);
      expect(await serials(kept)).toEqual([kept.deviceSn]);
    },
  );

  it("releases its push token", async () => {
    const app = await newApp();
    const { user, session: lost } = await app.session({ device_guid: "lost" });
    const kept = await app.signIn(user, { device_guid: "kept" });
    const binding = { device_token: "t", notifier_name: "n" };
    await lost.post("/user/token/bind", { ...binding, device_sn: lost.deviceSn });
    expect(await listed(kept, lost.deviceSn)).toMatchObject({ push_bound: true });

    await kept.set("/user/device/remove", { device_sn: String(lost.deviceSn) });

    const again = await app.signIn(user, { device_guid: "lost" });
    expect((await listDevices(again)).devices.map((device) => device.push_bound)).toEqual([false, false]);
  });

  it("can be done to one's own device and to one that is signed out", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "own" });
    const other = await app.signIn(user, { device_guid: "other" });
    await other.post("/token/logout");
    expect((await session.set("/user/device/remove", { device_sn: String(other.deviceSn) })).code).toBe(200);
    expect((await session.set("/user/device/remove", { device_sn: String(session.deviceSn) })).code).toBe(
      200,
    );
    expect(await codeOf(session)).toBe(10008);
    expect(await serials(app.actingFor(user))).toEqual([]);
  });

  it("takes the serial from a JSON body too, and from an admin", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "own" });
    const answer = await app.actingFor(user).post("/user/device/remove", { device_sn: session.deviceSn });
    expect(answer.body).toMatchObject({ code: 200, data: true });
    expect(await codeOf(session)).toBe(10008);
  });

  it("refuses a serial that is not on the list, and one that is missing or malformed", async () => {
    const app = await newApp();
    const { session } = await app.session({ device_guid: "own" });
    expect(await remove(session, "2")).toBe(10030);
    expect(await remove(session, "")).toBe(10002);
    expect(await remove(session, "one")).toBe(10002);
    expect((await session.post("/user/device/remove")).code).toBe(10002);
    const { session: stranger } = await app.session();
    expect(await remove(stranger, String(session.deviceSn))).toBe(10030);
    expect(await serials(session)).toEqual([session.deviceSn]);
  });
});

describe("the online status", () => {
  it("is true while a device of the user is connected", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "g" });
    const { session: stranger } = await app.session({ device_guid: "g" });
    expect(await isOnline(session)).toBe(false);
    const socket = await connect(session);
    expect(await isOnline(session)).toBe(true);
    expect(await isOnline(app.actingFor(user))).toBe(true);
    expect(await isOnline(stranger)).toBe(false);

    socket.close();

    await expect.poll(() => isOnline(session), patience).toBe(false);
  });

  it("is false once the connected device was kicked", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "g" });
    await connect(session);
    await session.set("/user/kick", {});
    expect(await isOnline(app.actingFor(user))).toBe(false);
  });
});
