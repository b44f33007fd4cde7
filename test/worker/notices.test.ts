import { describe, expect, it } from "vitest";
import { codeOf } from "./kit/devices.ts";
import { eventsOf } from "./kit/heard.ts";
import { type Household, byAdmin, bySession, bySn, newHousehold } from "./kit/household.ts";
import { connect } from "./kit/socket.ts";

/** Ways for the phone's session to come to its end, what it hears of it, and what the others hear where they stay. */
const endings: {
  what: string;
  event: string;
  type: number;
  by: (home: Household) => Record<string, unknown>;
  end: (home: Household) => Promise<unknown>;
  /** Absent where the others end too. */
  others?: string;
}[] = [
  {
    what: "another session changes the password",
    event: "password_changed",
    type: 1,
    by: ({ laptop }) => bySession(laptop),
    end: ({ laptop, user }) =>
      laptop.post("/user/change_password", { old_password: user.password, new_password: "a new word" }),
    others: "device_logout",
  },
  {
    what: "another session deletes the user",
    event: "deleted",
    type: 3,
    by: ({ laptop }) => bySession(laptop),
    end: ({ laptop }) => laptop.post("/user/delete"),
  },
  {
    what: "an admin sets the password",
    event: "password_changed",
    type: 1,
    by: () => byAdmin,
    end: ({ app, user }) =>
      app.actingFor(user).post("/user/change_password_admin", { password: "a new word" }),
  },
  {
    what: "an admin disables the user",
    event: "disabled",
    type: 2,
    by: () => byAdmin,
    end: ({ app, user }) => app.disable(user),
  },
  {
    what: "an admin deletes the user",
    event: "deleted",
    type: 3,
    by: () => byAdmin,
    end: ({ app, user }) => app.actingFor(user).delete("/user/delete"),
  },
  {
    what: "another session kicks it",
    event: "kicked",
    type: 5,
    by: ({ laptop }) => bySession(laptop),
    end: ({ laptop, phone }) => laptop.set("/user/kick", bySn(phone)),
    others: "device_logout",
  },
  {
    what: "another session removes it",
    event: "device_removed",
    type: 10,
    by: ({ laptop }) => bySession(laptop),
    end: ({ laptop, phone }) => laptop.set("/user/device/remove", bySn(phone)),
    others: "device_removed",
  },
  {
    what: "an admin removes it",
    event: "device_removed",
    type: 10,
    by: () => byAdmin,
    end: ({ app, user, phone }) => app.actingFor(user).set("/user/device/remove", bySn(phone)),
    others: "device_removed",
  },
];

describe("the end of a session", () => {
  it.each(endings)("is heard as $event before the close where $what", async (ending) => {
    const home = await newHousehold();
    const before = Date.now();

    await ending.end(home);

    const notice = await home.phoneSocket.frame();
    expect(notice).toEqual({
      type: "notice",
      event: ending.event,
      notice_type: ending.type,
      reason: expect.any(String),
      by: ending.by(home),
      at: expect.any(Number),
      retry: false,
    });
    if (notice.type !== "notice") throw new Error("no notice");
    expect(notice.at).toBeGreaterThanOrEqual(before);
    expect(notice.at).toBeLessThanOrEqual(Date.now());
    expect(await home.phoneSocket.closed()).toMatchObject({ code: 4000 + ending.type });
    expect(home.phoneSocket.unread).toEqual([]);
    expect(await codeOf(home.phone)).toBe(10008);
  });

  it.each(endings.filter((ending) => ending.others !== undefined))(
    "is heard as $others by the user's other devices, but for the one that caused it, where $what",
    async (ending) => {
      const home = await newHousehold();
      const isOwn = "device_sn" in ending.by(home);
      const causer = isOwn ? home.laptopSocket : undefined;
      const tablet = await home.app.signIn(home.user, { device_guid: "tablet" });
      const tabletSocket = await connect(tablet);
      for (const socket of [home.phoneSocket, home.laptopSocket]) {
        await socket.notice("device_added");
        await socket.notice("device_login");
      }

      await ending.end(home);

      const isSpared = ending.event !== "password_changed";
      expect(await codeOf(tablet)).toBe(isSpared ? 200 : 10008);
      const heard = isSpared ? ending.others : ending.event;
      expect(await tabletSocket.frame()).toMatchObject({ event: heard });
      expect(await eventsOf(home.laptopSocket)).toEqual(causer ? [] : [ending.others]);
      expect(await codeOf(home.laptop)).toBe(200);
    },
  );

  it.each(endings.filter((ending) => ending.others === undefined))(
    "is the end of the user's other device too where $what",
    async (ending) => {
      const home = await newHousehold();
      await ending.end(home);
      await home.laptopSocket.notice(ending.event);
      expect(await home.laptopSocket.closed()).toMatchObject({ code: 4000 + ending.type });
      expect(home.laptopSocket.unread).toEqual([]);
      expect(await codeOf(home.laptop)).toBe(10008);
    },
  );

  it("carries the reason of a ban to the device", async () => {
    const { app, user, phoneSocket } = await newHousehold();
    await app.disable(user, { reason: "spam" });
    expect(await phoneSocket.notice("disabled")).toMatchObject({ reason: "spam" });
  });

  it("is heard by the device that the sign-in policy displaces, and as device_logout by the rest", async () => {
    const policy = { limits: { mobile: 1 }, overflow: "kick_oldest" };
    const { app, user, phone, phoneSocket, laptop, laptopSocket } = await newHousehold({
      sign_in_policy: policy,
    });
    const tablet = await app.signIn(user, { device_guid: "tablet", platform: 2 });
    expect(await phoneSocket.notice("kicked")).toMatchObject({ notice_type: 5, retry: false });
    expect(await phoneSocket.closed()).toMatchObject({ code: 4005 });
    const heard = await eventsOf(laptopSocket);
    expect(heard.toSorted()).toEqual(["device_added", "device_logout"]);
    expect([await codeOf(phone), await codeOf(laptop), await codeOf(tablet)]).toEqual([10008, 200, 200]);
  });

  it("closes with 4000 and no notice where it signs itself out; the others hear device_logout", async () => {
    const { phone, phoneSocket, laptop, laptopSocket } = await newHousehold();
    expect((await phone.post("/token/logout")).code).toBe(200);
    expect(await phoneSocket.closed()).toMatchObject({ code: 4000 });
    expect(phoneSocket.unread).toEqual([]);
    expect(await laptopSocket.notice("device_logout")).toMatchObject({
      notice_type: 8,
      by: bySession(phone),
      retry: true,
    });
    expect([await codeOf(phone), await codeOf(laptop)]).toEqual([10008, 200]);
  });

  it("spares the session that changes the password", async () => {
    const { user, laptop, laptopSocket } = await newHousehold();
    const change = { old_password: user.password, new_password: "a new word" };
    expect((await laptop.post("/user/change_password", change)).code).toBe(200);
    expect(await codeOf(laptop)).toBe(200);
    await laptopSocket.ping();
  });

  it("touches no other user of the app", async () => {
    const { app, user } = await newHousehold();
    const { session } = await app.session({ device_guid: "phone" });
    const socket = await connect(session);
    await app.disable(user);
    expect(await eventsOf(socket)).toEqual([]);
    expect(await codeOf(session)).toBe(200);
  });
});

describe("the coming and going of a device", () => {
  it("is heard by the others as device_added when it is new and device_login when it connects", async () => {
    const { app, user, phoneSocket, laptopSocket } = await newHousehold();
    const tablet = await app.signIn(user, { device_guid: "tablet" });
    const by = bySession(tablet);
    for (const socket of [phoneSocket, laptopSocket]) {
      expect(await socket.notice("device_added")).toMatchObject({ notice_type: 9, by, retry: true });
    }
    const tabletSocket = await connect(tablet);
    for (const socket of [phoneSocket, laptopSocket]) {
      expect(await socket.notice("device_login")).toMatchObject({ notice_type: 7, by, retry: true });
      expect(await eventsOf(socket)).toEqual([]);
    }
    expect(await eventsOf(tabletSocket)).toEqual([]);
  });

  it("is no device_added where the device was on the list already", async () => {
    const { app, user, phone, phoneSocket, laptopSocket } = await newHousehold();
    await phone.post("/token/logout");
    await laptopSocket.notice("device_logout");
    const back = await app.signIn(user, { device_guid: "phone" });
    await connect(back);
    await laptopSocket.notice("device_login");
    expect(await eventsOf(laptopSocket)).toEqual([]);
    expect(phoneSocket.unread).toEqual([]);
  });

  it("is heard as device_logout when it hangs up", async () => {
    const { phone, phoneSocket, laptopSocket } = await newHousehold();
    phoneSocket.close();
    expect(await laptopSocket.notice("device_logout")).toMatchObject({
      notice_type: 8,
      by: bySession(phone),
    });
    expect(await codeOf(phone)).toBe(200);
  });

  it("is heard of a device that was removed while it was signed out", async () => {
    const { app, user, phone, laptopSocket } = await newHousehold();
    await phone.post("/token/logout");
    await laptopSocket.notice("device_logout");
    await app.actingFor(user).set("/user/device/remove", bySn(phone));
    expect(await laptopSocket.notice("device_removed")).toMatchObject({ notice_type: 10, retry: true });
    expect(await eventsOf(laptopSocket)).toEqual([]);
  });
});
