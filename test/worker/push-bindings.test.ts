import { describe, expect, it } from "vitest";
import { type App, type Client, Session, dataOf, newApp } from "./kit/client.ts";
import { connect } from "./kit/socket.ts";
import { Token, boundDevicesOf, codesOf, done } from "./kit/wire.ts";

const path = "/user/token/bind";
const binding = { device_token: "token-1", notifier_name: "apns" };

/** A user with one device, signed in. */
async function withDevice(app: App) {
  const { user, session } = await app.session({ device_guid: "phone" });
  return { user, session, acting: app.actingFor(user) };
}

function bind(client: Client, device_sn: number, more: Record<string, unknown> = {}) {
  return client.post(path, { device_sn, ...binding, ...more });
}

describe("binding a push token", () => {
  it.each(["POST", "PUT"])("shows in the device list at %s, for that device alone", async (method) => {
    const app = await newApp();
    const { user, session } = await withDevice(app);
    await app.signIn(user, { device_guid: "laptop" });
    expect(await boundDevicesOf(session)).toEqual([]);
    const answer = await session.call(method, path, { json: { device_sn: 2, ...binding } });
    expect(answer).toMatchObject({ code: 200, data: true });
    expect(await boundDevicesOf(session)).toEqual([2]);
  });

  it("takes the token from the other device of the same user", async () => {
    const app = await newApp();
    const { user, session } = await withDevice(app);
    await app.signIn(user, { device_guid: "laptop" });
    await done(bind(session, 1));
    await done(bind(session, 2));
    expect(await boundDevicesOf(session)).toEqual([2]);
    await done(bind(session, 2));
    expect(await boundDevicesOf(session)).toEqual([2]);
  });

  it("outlasts a sign-in of the same device, which is the same device", async () => {
    const app = await newApp();
    const { user, session } = await withDevice(app);
    await done(bind(session, 1));
    const again = await app.signIn(user, { device_guid: "phone" });
    expect(again.deviceSn).toBe(1);
    expect(await boundDevicesOf(again)).toEqual([1]);
  });

  it("takes the token from the other user of the app who had it", async () => {
    const app = await newApp();
    const [first, second] = [await withDevice(app), await withDevice(app)];
    await done(bind(first.session, 1));
    await done(bind(second.session, 1));
    expect(await boundDevicesOf(first.session)).toEqual([]);
    expect(await boundDevicesOf(second.session)).toEqual([1]);
  });

  it("leaves the same token be in another app and at another notifier", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    const [first, second, abroad] = [await withDevice(app), await withDevice(app), await withDevice(other)];
    await done(bind(first.session, 1));
    await done(bind(second.session, 1, { notifier_name: "fcm" }));
    await done(bind(abroad.session, 1));
    for (const { session } of [first, second, abroad]) expect(await boundDevicesOf(session)).toEqual([1]);
  });

  it("is one token a device: the one before is anybody's again", async () => {
    const app = await newApp();
    const [first, second] = [await withDevice(app), await withDevice(app)];
    await done(bind(first.session, 1));
    await done(bind(first.session, 1, { device_token: "token-2" }));
    await done(bind(second.session, 1));
    expect(await boundDevicesOf(first.session)).toEqual([1]);
    await done(bind(second.session, 1, { device_token: "token-2" }));
    expect(await boundDevicesOf(first.session)).toEqual([]);
    expect(await boundDevicesOf(second.session)).toEqual([1]);
  });

  it("leaves the token with one of many who bind it at once", async () => {
    const app = await newApp();
    const all = await Promise.all(Array.from({ length: 5 }, () => withDevice(app)));
    const answers = await Promise.all(all.map(({ session }) => bind(session, 1)));
    expect(new Set(codesOf(answers))).toEqual(new Set([200]));
    const bound = await Promise.all(all.map(({ session }) => boundDevicesOf(session)));
    expect(bound.flat()).toEqual([1]);
  });

  it("is refused for a device that is unknown, and takes the token from nobody", async () => {
    const app = await newApp();
    const [holder, other] = [await withDevice(app), await withDevice(app)];
    await app.signIn(holder.user, { device_guid: "laptop" });
    await done(bind(holder.session, 1));
    expect(await bind(other.session, 2)).toMatchObject({ code: 10030, data: null });
    expect(await boundDevicesOf(holder.session)).toEqual([1]);
  });

  it("is refused for a device that is signed out, and takes the token from nobody", async () => {
    const app = await newApp();
    const [holder, other] = [await withDevice(app), await withDevice(app)];
    await done(bind(holder.session, 1));
    await done(other.session.post("/token/logout"));
    expect(await bind(other.acting, 1)).toMatchObject({ code: 10030, data: null });
    expect(await boundDevicesOf(other.acting)).toEqual([]);
    expect(await boundDevicesOf(holder.session)).toEqual([1]);
  });

  it("works for a device that came to be by connecting, and for an admin on the user's behalf", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    await connect(session);
    await done(bind(app.actingFor(user), 1));
    expect(await boundDevicesOf(session)).toEqual([1]);
  });

  it.each([
    ["device_sn", [undefined, null, 0, -1, 1.5, "1", "phone"]],
    ["device_token", [undefined, null, "", 7, "t".repeat(513), "é".repeat(257)]],
    ["notifier_name", [undefined, null, "", 7, "n".repeat(65)]],
  ])("is refused with 10002 where %s is missing or wrong, and binds nothing", async (name, wrong) => {
    const app = await newApp();
    const { session } = await withDevice(app);
    for (const value of wrong) {
      const answer = await bind(session, 1, { [name]: value });
      expect(answer).toMatchObject({ code: 10002, data: null });
      expect(answer.message).toContain(name);
    }
    expect(await boundDevicesOf(session)).toEqual([]);
  });

  it("takes tokens and notifiers as long as they may be", async () => {
    const app = await newApp();
    const { session } = await withDevice(app);
    await done(bind(session, 1, { device_token: "é".repeat(256), notifier_name: "😀".repeat(64) }));
    expect(await boundDevicesOf(session)).toEqual([1]);
  });
});

describe("unbinding a push token", () => {
  it.each([
    ["POST", "deviceSn"],
    ["DELETE", "deviceSn"],
    ["POST", "device_sn"],
    ["DELETE", "device_sn"],
  ])(
    "takes it off the device at %s, which is named by %s in the query or a JSON body",
    async (method, name) => {
      const app = await newApp();
      const { session } = await withDevice(app);
      await done(bind(session, 1));
      expect(await session.set("/user/token/unbind", { [name]: "1" }, method)).toMatchObject({
        code: 200,
        data: true,
      });
      expect(await boundDevicesOf(session)).toEqual([]);
      await done(bind(session, 1));
      await done(session.call(method, "/user/token/unbind", { json: { [name]: 1 } }));
      expect(await boundDevicesOf(session)).toEqual([]);
    },
  );

  it("is true where nothing is bound, and 10030 where the device is unknown", async () => {
    const app = await newApp();
    const { session } = await withDevice(app);
    await done(session.set("/user/token/unbind", { deviceSn: "1" }));
    expect(await session.set("/user/token/unbind", { deviceSn: "2" })).toMatchObject({
      code: 10030,
      data: null,
    });
  });

  it("touches no other device, and no other user's of that serial", async () => {
    const app = await newApp();
    const [first, second] = [await withDevice(app), await withDevice(app)];
    await app.signIn(first.user, { device_guid: "laptop" });
    await done(bind(first.session, 1));
    await done(bind(first.session, 2, { device_token: "token-2" }));
    await done(bind(second.session, 1, { device_token: "token-3" }));
    await done(first.session.set("/user/token/unbind", { deviceSn: "1" }));
    expect(await boundDevicesOf(first.session)).toEqual([2]);
    expect(await boundDevicesOf(second.session)).toEqual([1]);
  });

  it("is refused where the device is named twice with different values, or not at all, and unbinds nothing", async () => {
    const app = await newApp();
    const { user, session } = await withDevice(app);
    await app.signIn(user, { device_guid: "laptop" });
    await done(bind(session, 1));
    await done(bind(session, 2, { device_token: "token-2" }));
    const unbind = "/user/token/unbind";
    const answers = [
      await session.set(unbind, { deviceSn: "1", device_sn: "2" }),
      await session.post(unbind, { deviceSn: 1, device_sn: 2 }),
      await session.call("POST", unbind, { query: { deviceSn: "1" }, json: { deviceSn: 2 } }),
      await session.call("POST", unbind, { query: { deviceSn: "1" }, json: { device_sn: 2 } }),
      await session.set(unbind, { deviceSn: ["1", "1"] }),
      await session.set(unbind, {}),
      await session.set(unbind, { deviceSn: "phone" }),
      await session.set(unbind, { deviceSn: "0" }),
    ];
    expect(new Set(codesOf(answers))).toEqual(new Set([10002]));
    expect(await boundDevicesOf(session)).toEqual([1, 2]);
    await done(session.set(unbind, { deviceSn: "1", device_sn: "1" }));
    expect(await boundDevicesOf(session)).toEqual([2]);
  });
});

type Holder = Awaited<ReturnType<typeof withDevice>>;

/** What ends a device's session and leaves the device on the list. */
const ends: readonly (readonly [how: string, end: (app: App, holder: Holder) => Promise<unknown>])[] = [
  ["it is kicked", (_app, { acting }) => done(acting.set("/user/kick", { device_sn: "1" }))],
  ["all are kicked", (_app, { acting }) => done(acting.set("/user/kick", {}))],
  ["it logs out", (_app, { session }) => done(session.post("/token/logout"))],
  ["its user is disabled", (app, { user }) => app.disable(user)],
  [
    "an admin sets the password",
    (_app, { acting }) => done(acting.post("/user/change_password_admin", { password: "a newer word" })),
  ],
  [
    "another session changes the password",
    async (app, { user }) => {
      const words = { old_password: user.password, new_password: "a newer word" };
      await done((await app.signIn(user)).post("/user/change_password", words));
    },
  ],
  [
    "the sign-in policy makes room",
    async (app, { user }) => {
      await app.root.put("/admin/app", { sign_in_policy: { limits: { total: 1 }, overflow: "kick_oldest" } });
      await app.signIn(user, { device_guid: "laptop" });
    },
  ],
];

describe("a bound push token", () => {
  it.each(ends)("is released where %s", async (_how, end) => {
    const app = await newApp();
    const holder = await withDevice(app);
    const heir = await withDevice(app);
    await done(bind(holder.session, 1));

    await end(app, holder);

    expect(await boundDevicesOf(holder.acting)).toEqual([]);
    await done(bind(heir.session, 1));
    expect(await boundDevicesOf(heir.session)).toEqual([1]);
  });

  it("is not bound again by the device's next sign-in", async () => {
    const app = await newApp();
    const holder = await withDevice(app);
    await done(bind(holder.session, 1));
    await done(holder.session.post("/token/logout"));
    const again = await app.signIn(holder.user, { device_guid: "phone" });
    expect(again.deviceSn).toBe(1);
    expect(await boundDevicesOf(again)).toEqual([]);
  });

  it("is released where the device is removed, and stays with the user's other devices", async () => {
    const app = await newApp();
    const { user, session } = await withDevice(app);
    const laptop = await app.signIn(user, { device_guid: "laptop" });
    await done(bind(laptop, 1));
    await done(bind(laptop, 2, { device_token: "token-2" }));
    await done(laptop.set("/user/device/remove", { device_sn: "1" }));
    expect((await session.get("/user/profile")).code).toBe(10008);
    expect(await boundDevicesOf(laptop)).toEqual([2]);
    await app.signIn(user, { device_guid: "phone" });
    expect(await boundDevicesOf(laptop)).toEqual([2]);
  });

  it("is released once the life of its device's token is over", async () => {
    const app = await newApp({ token_ttl: 1 });
    const user = await app.user();
    const device = { name: user.name, password: user.password, device_guid: "phone" };
    const session = new Session(app.id, dataOf(await app.nobody.post("/token/user", device), Token));
    await done(bind(session, 1));
    await expect
      .poll(() => boundDevicesOf(app.actingFor(user)), { interval: 25, timeout: 10_000 })
      .toEqual([]);
    expect((await session.get("/user/profile")).code).toBe(402);
  });

  it("is gone in the end where the device is kicked while it binds", async () => {
    const app = await newApp();
    for (let round = 0; round < 5; round++) {
      const { session, acting } = await withDevice(app);
      const [bound] = await Promise.all([bind(session, 1), acting.set("/user/kick", { device_sn: "1" })]);
      expect([200, 10008]).toContain(bound.code);
      expect(await boundDevicesOf(acting)).toEqual([]);
    }
  });
});
