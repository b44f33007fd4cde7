import { describe, expect, it } from "vitest";
import { type App, type Client, Session, type User, dataOf, newApp } from "./kit/client.ts";
import { codeOf, isOnline, listDevices } from "./kit/devices.ts";
import { type Connected, fromElsewhere, isOpen, race, rounds, tryConnect } from "./kit/race.ts";
import { tryBind } from "./kit/revocation.ts";
import { Token, done } from "./kit/wire.ts";

/** How many users go through an event at once, and how often each: 140 rounds of the seven events. */
const LANES = 5;
const ROUNDS = 4;

/** One user on the way through the rounds: what is alive of it is carried on into the next. */
class Lane {
  readonly app: App;
  readonly user: User;
  readonly acting: Client;
  password: string;
  /** Every session, as soon as its token was issued. */
  sessions: Session[] = [];
  sockets: Connected[] = [];
  /** Sessions whose device was bound to a push token while they lived. */
  readonly bound = new WeakSet<Session>();
  readonly #phones = new WeakSet<Session>();
  /** The codes of sign-ins that were refused. */
  refused: number[] = [];

  constructor(app: App, user: User) {
    this.app = app;
    this.user = user;
    this.acting = app.actingFor(user);
    this.password = user.password;
  }

  /** Signs a device in, connects it and binds a push token to it. */
  async comeIn(device_guid: string, password = this.password): Promise<Session | undefined> {
    const given = { name: this.user.name, password, device_guid };
    const answer = await this.app.nobody.post("/token/user", given, fromElsewhere());
    if (answer.code !== 200) {
      this.refused.push(answer.code);
      return undefined;
    }
    const session = new Session(this.app.id, dataOf(answer, Token));
    this.sessions.push(session);
    if (device_guid === "phone") this.#phones.add(session);
    await this.connect(session);
    if ((await tryBind(session)).code === 200) this.bound.add(session);
    return session;
  }

  async connect(session: Session): Promise<void> {
    this.sockets.push(await tryConnect(session));
  }

  /** The phone's session, where it came through the last round; else a new one. */
  async phone(): Promise<Session> {
    const phone = this.sessions.find((session) => this.#phones.has(session)) ?? (await this.comeIn("phone"));
    if (!phone) throw new Error(`the phone was refused with ${this.refused.join()}`);
    return phone;
  }
}

/**
 * Holds what is alive against what may be. `dead` were issued before the event ruled them out; `alive` are those that it
 * spares. Of the rest either may be so, but tokens, sockets and the online state are of one mind. Returns the serials on
 * the list.
 */
async function settle(lane: Lane, dead: Session[], alive: Session[] = []): Promise<number[]> {
  const codes = await Promise.all(lane.sessions.map((session) => codeOf(session)));
  expect(codes.filter((code) => code !== 200 && code !== 10008)).toEqual([]);
  const living = new Set(lane.sessions.filter((_, index) => codes[index] === 200));
  expect(dead.filter((session) => living.has(session))).toEqual([]);
  expect(alive.filter((session) => !living.has(session))).toEqual([]);

  const open = await Promise.all(lane.sockets.map(({ socket }) => isOpen(socket)));
  const openSockets = lane.sockets.filter((_, index) => open[index]);
  const connected = openSockets.map(({ session }) => session);
  // Every session has connected, so one that lives has its socket still: one, and none is anybody else's.
  expect(connected).toHaveLength(living.size);
  expect(new Set(connected)).toEqual(living);

  const { devices } = await listDevices(lane.acting);
  // Of what lives, and of that alone, a push token that was bound is bound still.
  const bound = devices.filter((device) => device.push_bound).map((device) => device.device_sn);
  const mayBeBound = [...living].map((session) => session.deviceSn);
  const mustBeBound = [...living].filter((session) => lane.bound.has(session)).map((each) => each.deviceSn);
  expect(mayBeBound).toEqual(expect.arrayContaining(bound));
  expect(bound).toEqual(expect.arrayContaining(mustBeBound));
  const online = devices.filter((device) => device.online).map((device) => device.device_sn);
  expect(online).toHaveLength(living.size);
  expect(new Set(online)).toEqual(new Set(connected.map((session) => session.deviceSn)));
  expect(await isOnline(lane.acting)).toBe(living.size > 0);

  lane.sessions = [...living];
  lane.sockets = openSockets;
  lane.refused = [];
  return devices.map((device) => device.device_sn);
}

/** Takes several users of one app through the rounds, all at once. */
async function contend(
  round: (lane: Lane, index: number) => Promise<void>,
  settings: Record<string, unknown> = {},
): Promise<void> {
  const app = await newApp(settings);
  const lanes = await Promise.all(Array.from({ length: LANES }, async () => new Lane(app, await app.user())));
  await Promise.all(lanes.map((lane, offset) => rounds((index) => round(lane, index + offset), ROUNDS)));
}

describe("nothing dead is alive when several sign in and connect against", { timeout: 120_000 }, () => {
  it("a kick of all: what was there is dead, and what came after has its socket", async () => {
    await contend(async (lane, index) => {
      const phone = await lane.phone();
      const dead = [...lane.sessions];
      await race<unknown>(index, [
        () => lane.comeIn("a"),
        () => done(lane.acting.set("/user/kick", {})),
        () => lane.connect(phone),
        () => lane.comeIn("phone"),
      ]);
      expect(lane.refused).toEqual([]);
      await settle(lane, dead);
    });
  });

  it("a kick of the device: its session is dead, the others' are spared, and who comes back has its serial", async () => {
    await contend(async (lane, index) => {
      const phone = await lane.phone();
      const [, , back, other] = await race<Session | undefined>(index, [
        () => lane.connect(phone).then(() => undefined),
        () =>
          done(lane.acting.set("/user/kick", { device_sn: String(phone.deviceSn) })).then(() => undefined),
        () => lane.comeIn("phone"),
        () => lane.comeIn("a"),
      ]);
      expect(lane.refused).toEqual([]);
      if (!other) throw new Error("a sign-in gave no session");
      expect(back?.deviceSn).toBe(phone.deviceSn);
      await settle(lane, [phone], [other]);
    });
  });

  it("a logout: the session is dead, and the one that the device has signed in with since is not", async () => {
    await contend(async (lane, index) => {
      const phone = await lane.phone();
      const [, , back, other] = await race<Session | undefined>(index, [
        () => lane.connect(phone).then(() => undefined),
        () => phone.post("/token/logout").then(() => undefined),
        () => lane.comeIn("phone"),
        () => lane.comeIn("a"),
      ]);
      expect(lane.refused).toEqual([]);
      if (!back || !other) throw new Error("a sign-in gave no session");
      await settle(lane, [phone], [back, other]);
    });
  });

  it("a sign-in policy that displaces: no more live than there is place for, and the newest is among them", async () => {
    const sign_in_policy = { limits: { total: 2 }, overflow: "kick_oldest" };
    await contend(
      async (lane, index) => {
        const phone = await lane.phone();
        await race<unknown>(index, [
          () => lane.comeIn("a"),
          () => lane.comeIn("b"),
          () => lane.connect(phone),
          () => lane.comeIn("c"),
        ]);
        const last = await lane.comeIn("last");
        expect(lane.refused).toEqual([]);
        if (!last) throw new Error("a sign-in gave no session");
        await settle(lane, [phone], [last]);
        expect(lane.sessions).toHaveLength(2);
      },
      { sign_in_policy },
    );
  });

  it("a ban that is lifted at once: every token issued before the ban returned is dead", async () => {
    await contend(async (lane, index) => {
      const phone = await lane.phone();
      let dead: Session[] = [];
      const ban = async () => {
        await done(lane.app.disable(lane.user));
        dead = [...lane.sessions];
        await done(lane.app.admin.put("/user/enable", { list: [lane.user.id] }));
      };
      await race<unknown>(index, [
        () => lane.comeIn("a"),
        ban,
        () => lane.comeIn("phone"),
        () => lane.connect(phone),
      ]);
      expect(lane.refused.filter((code) => code !== 10029)).toEqual([]);
      expect(dead).toContain(phone);
      await settle(lane, dead);
    });
  });

  it("a password change: no token of the old password lives but its changer's, every one of the new does", async () => {
    await contend(async (lane, index) => {
      const phone = await lane.phone();
      const before = [...lane.sessions];
      const [old, password] = [lane.password, `password ${index}`];
      const isByUser = index % 2 === 0;
      const change = isByUser
        ? () => phone.post("/user/change_password", { old_password: old, new_password: password })
        : () => lane.acting.post("/user/change_password_admin", { password });
      const [withOld, , withNew] = await race<Session | undefined>(index, [
        () => lane.comeIn("a", old),
        () => done(change()).then(() => undefined),
        () => lane.comeIn("b", password),
        () => lane.connect(phone).then(() => undefined),
      ]);
      lane.password = password;
      expect(lane.refused.filter((code) => code !== 11001)).toEqual([]);
      const ofOld = [...before, withOld].filter((session) => session !== undefined);
      const spared = isByUser ? [phone] : [];
      const dead = ofOld.filter((session) => !spared.includes(session));
      await settle(lane, dead, [...spared, ...(withNew ? [withNew] : [])]);
    });
  });

  it("a removal of the device: its serial is gone for good, and the others' sessions are spared", async () => {
    await contend(async (lane, index) => {
      const phone = await lane.phone();
      const [, , back, other] = await race<Session | undefined>(index, [
        () => lane.connect(phone).then(() => undefined),
        () =>
          done(lane.acting.set("/user/device/remove", { device_sn: String(phone.deviceSn) })).then(
            () => undefined,
          ),
        () => lane.comeIn("phone"),
        () => lane.comeIn("a"),
      ]);
      expect(lane.refused).toEqual([]);
      if (!back || !other) throw new Error("a sign-in gave no session");
      // It either came before and is removed too, or has come back as a new device.
      const isRemoved = back.deviceSn === phone.deviceSn;
      const dead = isRemoved ? [phone, back] : [phone];
      const serials = await settle(lane, dead, isRemoved ? [other] : [other, back]);
      expect(serials).not.toContain(phone.deviceSn);
    });
  });
});
