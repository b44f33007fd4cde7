import { runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type App, type Client, Session, type User, dataOf, newApp, newName } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { holdBatches, hubOf, refuseWrites } from "./kit/faults.ts";
import { holdings } from "./kit/push.ts";
import { connect } from "./kit/socket.ts";
import { Settings, Token, boundDevicesOf, done, settingsOf } from "./kit/wire.ts";

const setForward = movableClock();

interface Holder {
  app: App;
  user: User;
  session: Session;
  acting: Client;
}

/** A user whose phone has written the push token of the settings. */
async function newHolder(more: Record<string, unknown> = { device_guid: "phone" }): Promise<Holder> {
  const app = await newApp();
  const { user, session } = await app.session(more);
  await done(session.post("/user/settings", { push_token: "token", no_sounds: true }));
  expect(await tokenOf(session)).toBe("token");
  return { app, user, session, acting: app.actingFor(user) };
}

async function tokenOf(client: Client): Promise<string> {
  return (await settingsOf(client)).push_token;
}

/** A user who was registered with a push token, and with a device where one is given. */
async function newRegistered(more: Record<string, unknown> = { device_guid: "phone", platform: 1 }) {
  const app = await newApp();
  const name = newName();
  const password = "secret word";
  const json = { username: name, password, ...more, push_token: "token" };
  const { user_id: id } = dataOf(await app.nobody.post("/user/register/push", json), Settings);
  const user = { id, name, password };
  return { app, user, acting: app.actingFor(user) };
}

const change = { password: "a newer word" };

/** What ends the session of the device 1. */
const ends: readonly (readonly [how: string, end: (holder: Omit<Holder, "session">) => Promise<unknown>])[] =
  [
    ["it is kicked", ({ acting }) => done(acting.set("/user/kick", { device_sn: "1" }))],
    ["all are kicked", ({ acting }) => done(acting.set("/user/kick", {}))],
    ["its device is removed", ({ acting }) => done(acting.set("/user/device/remove", { device_sn: "1" }))],
    ["its user is disabled", ({ app, user }) => app.disable(user)],
    ["an admin sets the password", ({ acting }) => done(acting.post("/user/change_password_admin", change))],
  ];

describe("the push token of the settings", () => {
  it.each([
    ...ends,
    ["it signs out", ({ session }: Holder) => done(session.post("/token/logout"))] as const,
    [
      "the sign-in policy makes room",
      async ({ app, user }: Holder) => {
        await app.root.put("/admin/app", {
          sign_in_policy: { limits: { total: 1 }, overflow: "kick_oldest" },
        });
        await app.signIn(user, { device_guid: "laptop" });
      },
    ] as const,
  ])("goes with the session that wrote it where %s", async (_how, end) => {
    const holder = await newHolder();
    await end(holder);
    expect(await tokenOf(holder.acting)).toBe("");
    expect(await settingsOf(holder.acting)).toMatchObject({ no_sounds: true });
    expect(await holdings(holder.app)).toEqual([]);
  });

  it("goes with a session that has no device", async () => {
    const holder = await newHolder({});
    await done(holder.session.post("/token/logout"));
    expect(await tokenOf(holder.acting)).toBe("");
    expect(await holdings(holder.app)).toEqual([]);
  });

  it("goes once the life of that session is over", async () => {
    const app = await newApp({ token_ttl: 1 });
    const user = await app.user();
    const given = { name: user.name, password: user.password, device_guid: "phone" };
    const session = new Session(app.id, dataOf(await app.nobody.post("/token/user", given), Token));
    await done(session.post("/user/settings", { push_token: "token" }));
    await expect.poll(() => tokenOf(app.actingFor(user)), { interval: 25, timeout: 10_000 }).toBe("");
    expect(await holdings(app)).toEqual([]);
  });

  it("stays where other sessions end, and where they have written it last it goes with them", async () => {
    const { app, user, session, acting } = await newHolder();
    const laptop = await app.signIn(user, { device_guid: "laptop" });
    await done(laptop.post("/token/logout"));
    expect(await tokenOf(session)).toBe("token");
    const tablet = await app.signIn(user, { device_guid: "tablet" });
    await done(tablet.post("/user/push/alias", { alias: "", push_token: "token" }));
    await done(session.post("/token/logout"));
    expect(await tokenOf(acting)).toBe("token");
    await done(tablet.post("/token/logout"));
    expect(await tokenOf(acting)).toBe("");
  });

  it.each(ends)("stays where an admin wrote it and %s", async (_how, end) => {
    const holder = await newHolder();
    await done(holder.acting.post("/user/settings", { push_token: "an admin's" }));
    await end(holder);
    expect(await tokenOf(holder.acting)).toBe("an admin's");
    expect((await holdings(holder.app)).map(({ device_token }) => device_token)).toEqual(["an admin's"]);
  });

  it.each(ends)("stays where a registration without a device brought it and %s", async (_how, end) => {
    const { app, user, acting } = await newRegistered({});
    await app.signIn(user, { device_guid: "phone" });
    await end({ app, user, acting });
    expect(await tokenOf(acting)).toBe("token");
    expect(await holdings(app)).toMatchObject([{ user_id: user.id, device_sn: 0, device_token: "token" }]);
  });

  it("stays where the device signs in anew, however often, and goes with the last of these sessions", async () => {
    const { app, user, session, acting } = await newHolder();
    const second = await app.signIn(user, { device_guid: "phone" });
    const third = await app.signIn(user, { device_guid: "phone" });
    for (const ended of [session, second]) expect((await ended.get("/user/profile")).code).toBe(10008);
    expect(await tokenOf(third)).toBe("token");
    await done(third.post("/token/logout"));
    expect(await tokenOf(acting)).toBe("");
    expect(await holdings(app)).toEqual([]);
  });

  it("goes with the session that has followed, where that one wrote another", async () => {
    const { app, user, acting } = await newHolder();
    const second = await app.signIn(user, { device_guid: "phone" });
    await done(second.post("/user/settings", { push_token: "newer" }));
    await done(second.post("/token/logout"));
    expect(await tokenOf(acting)).toBe("");
    expect(await holdings(app)).toEqual([]);
  });

  it("goes with its device's session where a session that wrote it became that device's later", async () => {
    const { app, user, acting } = await newHolder();
    const bare = await app.signIn(user);
    await done(bare.post("/user/settings", { push_token: "bare" }));
    // It takes the place of the phone's session, whose own push token was replaced before.
    const socket = await connect(bare, { device_guid: "phone" });
    expect(await tokenOf(bare)).toBe("bare");
    await done(acting.set("/user/kick", { device_sn: "1" }));
    await socket.closed();
    expect(await tokenOf(acting)).toBe("");
    expect(await holdings(app)).toEqual([]);
  });

  it("is nobody's in the end where its session ends while it writes", async () => {
    for (let round = 0; round < 5; round++) {
      const app = await newApp();
      const { user, session } = await app.session({ device_guid: "phone" });
      const held = await holdBatches(hubOf(app, user));
      const written = session.post("/user/settings", { push_token: "token" });
      await held.reached;
      const kicked = app.actingFor(user).set("/user/kick", {});
      held.letGo();
      await done(kicked);
      await written;
      expect(await tokenOf(app.actingFor(user))).toBe("");
      expect(await holdings(app)).toEqual([]);
    }
  });
});

describe("the push token of a registration with a device", () => {
  it("is bound to the device at once, and shown by the settings", async () => {
    const { app, user, acting } = await newRegistered();
    expect(await boundDevicesOf(acting)).toEqual([1]);
    expect(await tokenOf(acting)).toBe("token");
    expect(await holdings(app)).toMatchObject([
      { user_id: user.id, device_sn: 1, notifier_name: "", device_token: "token" },
    ]);
  });

  it("stays through the sign-in of the device, and goes with that session", async () => {
    const { app, user, acting } = await newRegistered();
    const phone = await app.signIn(user, { device_guid: "phone" });
    expect(phone.deviceSn).toBe(1);
    expect(await boundDevicesOf(phone)).toEqual([1]);
    await done(phone.post("/token/logout"));
    expect(await boundDevicesOf(acting)).toEqual([]);
    expect(await tokenOf(acting)).toBe("");
    expect(await holdings(app)).toEqual([]);
  });

  it.each(ends)("goes before the device has signed in where %s", async (_how, end) => {
    const { app, user, acting } = await newRegistered();
    await end({ app, user, acting });
    expect(await boundDevicesOf(acting)).toEqual([]);
    expect(await tokenOf(acting)).toBe("");
    expect(await holdings(app)).toEqual([]);
  });

  it("goes with its user, and is anybody's again", async () => {
    const { app, acting } = await newRegistered();
    await done(acting.post("/user/delete"));
    expect(await holdings(app)).toEqual([]);
  });

  it("goes from both where the device binds another, or is unbound", async () => {
    for (const end of [
      (phone: Session) =>
        phone.post("/user/token/bind", { device_sn: 1, device_token: "apns-1", notifier_name: "apns" }),
      (phone: Session) => phone.set("/user/token/unbind", { deviceSn: "1" }),
    ]) {
      const { app, user } = await newRegistered();
      const phone = await app.signIn(user, { device_guid: "phone" });
      expect(await tokenOf(phone)).toBe("token");
      await done(end(phone));
      expect(await tokenOf(phone)).toBe("");
      expect((await holdings(app)).map(({ device_token }) => device_token)).not.toContain("token");
    }
  });
});

describe("the next user of a phone", () => {
  it("has its push token alone, whatever the last one's release met", async () => {
    const app = await newApp();
    const binding = { device_sn: 1, device_token: "of the phone", notifier_name: "apns" };
    for (let round = 0; round < 5; round++) {
      const last = await app.session({ device_guid: "phone" });
      const next = await app.session({ device_guid: "phone" });
      await done(last.session.post("/user/token/bind", binding));
      await done(last.session.post("/user/settings", { push_token: "of the phone" }));
      await Promise.all([
        done(last.session.post("/token/logout")),
        done(next.session.post("/user/token/bind", binding)),
        done(next.session.post("/user/settings", { push_token: "of the phone" })),
      ]);
      const held = await holdings(app);
      expect(new Set(held.map(({ user_id }) => user_id))).toEqual(new Set([next.user.id]));
      expect(held).toHaveLength(2);
      expect(await boundDevicesOf(app.actingFor(last.user))).toEqual([]);
      expect(await tokenOf(app.actingFor(last.user))).toBe("");
    }
  });
});

describe("a push token that D1 does not release yet", () => {
  it("is seen by nobody from the kick's answer on, though D1 has it still, and goes by the alarm", async () => {
    const { app, user, session, acting } = await newHolder();
    await done(session.post("/user/token/bind", { device_sn: 1, device_token: "t", notifier_name: "fcm" }));
    const restore = await refuseWrites(app, "delete", "push_bindings");

    await done(acting.set("/user/kick", { device_sn: "1" }));

    expect(await boundDevicesOf(acting)).toEqual([]);
    expect(await tokenOf(acting)).toBe("");
    expect(await holdings(app)).toHaveLength(2);
    const anew = await app.signIn(user, { device_guid: "phone" });
    expect(await boundDevicesOf(anew)).toEqual([]);
    const wanted = { device_sn: 1, device_token: "newer", notifier_name: "fcm" };
    expect((await anew.post("/user/token/bind", wanted)).code).toBe(500);
    expect(await boundDevicesOf(anew)).toEqual([]);
    await restore();
    await runDurableObjectAlarm(hubOf(app, user));
    expect(await holdings(app)).toEqual([]);
    await done(anew.post("/user/token/bind", wanted));
    expect(await boundDevicesOf(anew)).toEqual([1]);
  });

  it("takes no newer one with it, which the device has written by its next session", async () => {
    const app = await newApp({ token_ttl: 3600 });
    const { user, session } = await app.session({ device_guid: "phone" });
    await done(session.post("/user/settings", { push_token: "token" }));
    await done(session.post("/user/token/bind", { device_sn: 1, device_token: "t", notifier_name: "fcm" }));
    const restore = await refuseWrites(app, "delete", "push_bindings");
    setForward(3_600_000);
    const anew = await app.signIn(user, { device_guid: "phone" });
    await done(anew.post("/user/settings", { push_token: "newer" }));
    await restore();
    await runDurableObjectAlarm(hubOf(app, user));
    expect(await boundDevicesOf(anew)).toEqual([]);
    expect(await tokenOf(anew)).toBe("newer");
  });

  it("keeps nobody waiting without an end where D1 does not answer", async () => {
    const { app, user, acting, session } = await newHolder();
    await done(session.post("/user/token/bind", { device_sn: 1, device_token: "t", notifier_name: "fcm" }));
    expect(await boundDevicesOf(acting)).toEqual([1]);
    const held = await holdBatches(hubOf(app, user));

    await done(session.post("/token/logout"));

    await held.reached;
    expect(await boundDevicesOf(acting)).toEqual([]);
    expect(await tokenOf(acting)).toBe("");
    expect(await holdings(app)).toHaveLength(2);
    held.letGo();
    await expect.poll(() => holdings(app)).toEqual([]);
  });
});
