import { describe, expect, it } from "vitest";
import { dataOf, newApp } from "./kit/client.ts";
import { connect } from "./kit/socket.ts";
import { Token, devicesOf, done } from "./kit/wire.ts";

describe("a sign-in with a device_guid", () => {
  it("puts the device on the list with the facts it told", async () => {
    const app = await newApp();
    const user = await app.user();
    const before = Date.now();
    const device = { device_guid: "phone", platform: 2, device_name: "Ann's phone ☎" };
    const credentials = { name: user.name, password: user.password };

    const answer = await app.nobody.post(
      "/token/user",
      { ...credentials, ...device },
      { "user-agent": "Phone/1.0" },
    );

    expect(dataOf(answer, Token).device_sn).toBe(1);
    const [listed, ...others] = await devicesOf(app.actingFor(user));
    expect(others).toEqual([]);
    expect(listed).toMatchObject({
      device_sn: 1,
      platform: 2,
      user_agent: "Phone/1.0",
      user_id: user.id,
      device_name: "Ann's phone ☎",
      online: false,
      push_bound: false,
      no_push: false,
    });
    expect(listed?.last_active_at).toBeGreaterThanOrEqual(before);
    expect(listed?.last_active_at).toBeLessThanOrEqual(Date.now());
  });

  it("is a device at every way to sign in, and a web browser where nothing else is said", async () => {
    const app = await newApp();
    const user = await app.user();
    const ways = [
      ["/token/user", { name: user.name }],
      ["/token/id", { user_id: user.id }],
      ["/token/login", { login_name: user.name }],
    ] as const;
    for (const [index, [path, naming]] of ways.entries()) {
      const device = { password: user.password, device_guid: `device-${index}` };
      expect(dataOf(await app.nobody.post(path, { ...naming, ...device }), Token).device_sn).toBe(index + 1);
    }
    const platforms = (await devicesOf(app.actingFor(user))).map((device) => device.platform);
    expect(platforms).toEqual([6, 6, 6]);
  });

  it("is no device without a guid, whatever else it tells", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ platform: 1, device_name: "phone", device_guid: null });
    expect(session.deviceSn).toBeUndefined();
    expect(await devicesOf(app.actingFor(user))).toEqual([]);
  });

  it("gives each guid of a user its own serial from 1 on, and each user serials of its own", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "one" });
    const serials = [session.deviceSn];
    for (const device_guid of ["two", "Two", "three"]) {
      serials.push((await app.signIn(user, { device_guid })).deviceSn);
    }
    expect(serials).toEqual([1, 2, 3, 4]);
    const { session: other } = await app.session({ device_guid: "two" });
    expect(other.deviceSn).toBe(1);
    expect((await session.get("/user/profile")).code).toBe(200);
  });

  it("ends the older session of the same guid, and keeps the serial and what is known of the device", async () => {
    const app = await newApp();
    const { user, session: older } = await app.session({
      device_guid: "phone",
      platform: 1,
      device_name: "phone",
    });
    const bystander = await app.signIn(user, { device_guid: "laptop" });

    const newer = await app.signIn(user, { device_guid: "phone" });

    expect(newer.deviceSn).toBe(older.deviceSn);
    expect((await older.get("/user/profile")).code).toBe(10008);
    expect((await newer.get("/user/profile")).code).toBe(200);
    expect((await bystander.get("/user/profile")).code).toBe(200);
    expect(await devicesOf(newer)).toMatchObject([
      { device_sn: 1, platform: 1, device_name: "phone" },
      { device_sn: 2 },
    ]);
    const renamed = await app.signIn(user, { device_guid: "phone", platform: 2, device_name: "tablet" });
    expect(await devicesOf(renamed)).toMatchObject([
      { device_sn: 1, platform: 2, device_name: "tablet" },
      {},
    ]);
  });

  it("tells the older session's socket that it is replaced, and the user's other devices no coming or going", async () => {
    const app = await newApp();
    const { user, session: older } = await app.session({ device_guid: "phone" });
    const socket = await connect(older);
    const newer = await app.signIn(user, { device_guid: "phone" });
    expect(await socket.notice("replaced")).toMatchObject({
      notice_type: 4,
      retry: false,
      by: { user_id: user.id, device_sn: newer.deviceSn },
    });
    expect(await socket.closed()).toMatchObject({ code: 4004 });
    expect(socket.unread).toEqual([]);
    await connect(newer);
  });

  it("keeps one session of a guid alive, the last, where many sign in at once", async () => {
    const app = await newApp();
    const user = await app.user();
    const sessions = await Promise.all(
      Array.from({ length: 6 }, () => app.signIn(user, { device_guid: "phone" })),
    );
    expect(sessions.map((session) => session.deviceSn)).toEqual([1, 1, 1, 1, 1, 1]);
    const codes = await Promise.all(
      sessions.map(async (session) => (await session.get("/user/profile")).code),
    );
    expect(codes.toSorted((a, b) => a - b)).toEqual([200, 10008, 10008, 10008, 10008, 10008]);
    expect(await devicesOf(app.actingFor(user))).toHaveLength(1);
  });

  it("gives a removed guid that comes back a new serial", async () => {
    const app = await newApp();
    const { user, session: laptop } = await app.session({ device_guid: "laptop" });
    const phone = await app.signIn(user, { device_guid: "phone" });
    await done(laptop.set("/user/device/remove", { device_sn: String(phone.deviceSn) }));
    expect((await phone.get("/user/profile")).code).toBe(10008);
    expect((await app.signIn(user, { device_guid: "phone" })).deviceSn).toBe(3);
  });

  it.each([
    ["device_guid", { device_guid: "" }],
    ["device_guid", { device_guid: "g".repeat(129) }],
    ["device_guid", { device_guid: 7 }],
    ["platform", { device_guid: "phone", platform: 0 }],
    ["platform", { device_guid: "phone", platform: 7 }],
    ["platform", { device_guid: "phone", platform: 1.5 }],
    ["platform", { device_guid: "phone", platform: "1" }],
    ["device_name", { device_guid: "phone", device_name: "n".repeat(65) }],
    ["device_name", { device_guid: "phone", device_name: 7 }],
  ])("refuses a wrong %s: %j", async (name, wrong) => {
    const app = await newApp();
    const user = await app.user();
    const answer = await app.nobody.post("/token/user", {
      name: user.name,
      password: user.password,
      ...wrong,
    });
    expect(answer.code).toBe(10002);
    expect(answer.message).toContain(name);
    expect(await devicesOf(app.actingFor(user))).toEqual([]);
  });

  it("takes guids and names as long as they may be, counted in code points", async () => {
    const app = await newApp();
    const longest = { device_guid: "😀".repeat(128), device_name: "😀".repeat(64) };
    const { session } = await app.session(longest);
    expect(await devicesOf(session)).toMatchObject([{ device_name: longest.device_name }]);
  });

  it("makes no device where the sign-in fails", async () => {
    const app = await newApp();
    const user = await app.user();
    const sign = (more: Record<string, unknown>) =>
      app.nobody.post("/token/user", {
        name: user.name,
        password: user.password,
        device_guid: "phone",
        ...more,
      });
    expect((await sign({ password: "not the word" })).code).toBe(11001);
    await app.disable(user);
    expect((await sign({})).code).toBe(10029);
    expect(await devicesOf(app.actingFor(user))).toEqual([]);
  });

  it("is judged by nothing that another app's user of that guid does", async () => {
    const [one, two] = await Promise.all([newApp(), newApp()]);
    const device = { device_guid: "phone" };
    const { session: first } = await one.session(device);
    const { session: second } = await two.session(device);
    expect((await first.get("/user/profile")).code).toBe(200);
    expect((await second.get("/user/profile")).code).toBe(200);
  });
});
