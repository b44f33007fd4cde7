import { describe, expect, it } from "vitest";
import { type App, type Session, type User, dataOf, newApp } from "./kit/client.ts";
import { connect, upgrade } from "./kit/socket.ts";
import { Picture, Token, devicesOf, done } from "./kit/wire.ts";

const ios = 1;
const android = 2;
const windows = 3;
const mac = 4;
const linux = 5;
const web = 6;

type Limits = Partial<Record<"mobile" | "desktop" | "web" | "total", number>>;

function appWith(limits: Limits, overflow: "kick_oldest" | "refuse_new" = "kick_oldest"): Promise<App> {
  return newApp({ sign_in_policy: { limits, overflow } });
}

/** A user's devices by their guids: each signs in under its name. */
function deviceOf(app: App, user: User) {
  return (device_guid: string, platform: number) => app.signIn(user, { device_guid, platform });
}

async function codeOf(session: Session): Promise<number> {
  return (await session.get("/user/profile")).code;
}

function tryDevice(app: App, user: User, device_guid: string, platform: number) {
  const credentials = { name: user.name, password: user.password };
  return app.nobody.post("/token/user", { ...credentials, device_guid, platform });
}

describe("the sign-in policy kick_oldest", () => {
  it("ends the device that signed in longest ago where the total is used up", async () => {
    const app = await appWith({ total: 2 });
    const user = await app.user();
    const device = deviceOf(app, user);
    const first = await device("one", ios);
    const second = await device("two", web);
    const third = await device("three", windows);
    expect(await Promise.all([first, second, third].map(codeOf))).toEqual([10008, 200, 200]);
    const fourth = await device("four", ios);
    expect(await Promise.all([second, third, fourth].map(codeOf))).toEqual([10008, 200, 200]);
    expect(await devicesOf(fourth)).toHaveLength(4);
  });

  it.each([
    ["mobile", ios, android, [windows, web]],
    ["desktop", windows, mac, [ios, web]],
    ["desktop", mac, linux, [android, web]],
    ["desktop", linux, windows, [ios, web]],
    ["web", web, web, [android, linux]],
  ] as const)(
    "makes room within the class %s and touches no other class",
    async (name, older, newer, others) => {
      const app = await appWith({ [name]: 1 });
      const user = await app.user();
      const device = deviceOf(app, user);
      const bystanders = [];
      for (const platform of others) bystanders.push(await device(`other-${platform}`, platform));
      const first = await device("first", older);
      const second = await device("second", newer);
      expect(await codeOf(first)).toBe(10008);
      expect(await codeOf(second)).toBe(200);
      expect(await Promise.all(bystanders.map(codeOf))).toEqual([200, 200]);
    },
  );

  it("tells the device that must go that it is kicked, by whom, and closes its socket", async () => {
    const app = await appWith({ total: 1 });
    const { user, session: first } = await app.session({ device_guid: "one" });
    const socket = await connect(first);
    const second = await app.signIn(user, { device_guid: "two" });
    expect(await socket.notice("kicked")).toMatchObject({
      notice_type: 5,
      retry: false,
      by: { user_id: user.id, device_sn: second.deviceSn },
    });
    expect(await socket.closed()).toMatchObject({ code: 4005 });
  });

  it("goes by the last sign-in: a device that signs in again is the newest", async () => {
    const app = await appWith({ total: 2 });
    const user = await app.user();
    const device = deviceOf(app, user);
    await device("one", ios);
    const second = await device("two", ios);
    const firstAgain = await device("one", ios);
    const third = await device("three", ios);
    expect(await Promise.all([firstAgain, second, third].map(codeOf))).toEqual([200, 10008, 200]);
  });

  it("counts a device that signs in again once", async () => {
    const app = await appWith({ total: 2, web: 1 });
    const user = await app.user();
    const device = deviceOf(app, user);
    const other = await device("other", ios);
    await device("one", web);
    const again = await device("one", web);
    expect(await Promise.all([other, again].map(codeOf))).toEqual([200, 200]);
  });

  it("holds 25 devices where the app says nothing", async () => {
    const app = await newApp();
    const user = await app.user();
    const sessions = [];
    for (let index = 1; index <= 25; index++)
      sessions.push(await deviceOf(app, user)(`device-${index}`, web));
    expect(new Set(await Promise.all(sessions.map(codeOf)))).toEqual(new Set([200]));
    const newest = await deviceOf(app, user)("device-26", web);
    const codes = await Promise.all([...sessions, newest].map(codeOf));
    expect(codes).toEqual([10008, ...Array.from({ length: 25 }, () => 200)]);
  });

  it("leaves as many as the limit where more sign in at once", async () => {
    const app = await appWith({ total: 3 });
    const user = await app.user();
    const sessions = await Promise.all(
      Array.from({ length: 8 }, (_, index) => deviceOf(app, user)(`device-${index}`, web)),
    );
    const codes = await Promise.all(sessions.map(codeOf));
    expect(codes.filter((code) => code === 200)).toHaveLength(3);
    expect(codes.filter((code) => code === 10008)).toHaveLength(5);
  });

  it("makes room for a smaller limit at the next sign-in", async () => {
    const app = await appWith({ total: 4 });
    const user = await app.user();
    const device = deviceOf(app, user);
    const older = [await device("one", web), await device("two", web), await device("three", web)];
    await app.root.put("/admin/app", { sign_in_policy: { limits: { total: 2 }, overflow: "kick_oldest" } });
    expect(await Promise.all(older.map(codeOf))).toEqual([200, 200, 200]);
    const newest = await device("four", web);
    expect(await Promise.all([...older, newest].map(codeOf))).toEqual([10008, 10008, 200, 200]);
  });
});

describe("the sign-in policy refuse_new", () => {
  it("refuses one device too many with 10031, and it leaves no trace", async () => {
    const app = await appWith({ mobile: 1 }, "refuse_new");
    const { user, session: phone } = await app.session({ device_guid: "phone", platform: ios });
    const socket = await connect(phone);

    expect(await tryDevice(app, user, "tablet", android)).toMatchObject({ code: 10031, data: null });

    expect(await codeOf(phone)).toBe(200);
    expect(await devicesOf(phone)).toMatchObject([{ device_sn: 1 }]);
    const { sessions } = dataOf(await app.actingFor(user).get("/admin/user"), Picture);
    expect(sessions).toMatchObject([{ device_sn: 1 }]);
    await socket.ping();
    expect(socket.unread).toEqual([]);
    expect((await tryDevice(app, user, "laptop", mac)).code).toBe(200);
  });

  it("lets a device that is signed in sign in again", async () => {
    const app = await appWith({ total: 1 }, "refuse_new");
    const { user, session: older } = await app.session({ device_guid: "phone" });
    const newer = await app.signIn(user, { device_guid: "phone" });
    expect(await Promise.all([older, newer].map(codeOf))).toEqual([10008, 200]);
  });

  it("lets in as many as the limit where more sign in at once", async () => {
    const app = await appWith({ total: 2 }, "refuse_new");
    const user = await app.user();
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => tryDevice(app, user, `device-${index}`, web)),
    );
    expect(answers.filter((answer) => answer.code === 200)).toHaveLength(2);
    expect(answers.filter((answer) => answer.code === 10031)).toHaveLength(4);
  });

  it("has a place again once a device logs out, is kicked or is removed", async () => {
    const app = await appWith({ total: 1 }, "refuse_new");
    const user = await app.user();
    const acting = app.actingFor(user);
    const first = await app.signIn(user, { device_guid: "one" });
    expect((await tryDevice(app, user, "two", web)).code).toBe(10031);
    await done(first.post("/token/logout"));
    const second = await app.signIn(user, { device_guid: "two" });
    expect((await tryDevice(app, user, "three", web)).code).toBe(10031);
    await done(acting.set("/user/kick", { device_sn: String(second.deviceSn) }));
    const third = await app.signIn(user, { device_guid: "three" });
    expect((await tryDevice(app, user, "four", web)).code).toBe(10031);
    await done(acting.set("/user/device/remove", { device_sn: String(third.deviceSn) }));
    expect((await tryDevice(app, user, "four", web)).code).toBe(200);
  });

  it("counts devices: a session without one takes no place until it connects, and then needs one", async () => {
    const app = await appWith({ total: 1 }, "refuse_new");
    const { user, session: bare } = await app.session();
    const phone = await app.signIn(user, { device_guid: "phone" });
    expect(await codeOf(bare)).toBe(200);
    const refused = await upgrade(bare.headers, { platform: String(web) });
    expect(refused.webSocket).toBeNull();
    expect(await refused.json()).toMatchObject({ code: 10031, data: null });
    expect(await Promise.all([bare, phone].map(codeOf))).toEqual([200, 200]);
    await done(phone.post("/token/logout"));
    const socket = await connect(bare);
    await socket.ping();
    expect((await tryDevice(app, user, "phone", ios)).code).toBe(10031);
  });

  it("tells a wrong password nothing of places", async () => {
    const app = await appWith({ total: 1 }, "refuse_new");
    const { user } = await app.session({ device_guid: "phone" });
    const wrong = { name: user.name, password: "not the word", device_guid: "tablet" };
    expect((await app.nobody.post("/token/user", wrong)).code).toBe(11001);
  });

  it("holds for the user alone", async () => {
    const app = await appWith({ total: 1 }, "refuse_new");
    await app.session({ device_guid: "phone" });
    const other = await app.user();
    expect(dataOf(await tryDevice(app, other, "phone", ios), Token).device_sn).toBe(1);
  });
});
