import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type Answer, type Session, newApp } from "./kit/client.ts";
import { codeOf, listDevices } from "./kit/devices.ts";
import { type Connected, isOpen, living, opened, race, rounds, tryConnect, trySignIn } from "./kit/race.ts";
import { connect } from "./kit/socket.ts";
import { usersOf } from "./kit/wire.ts";

/** What a sign-in gave: its code, its session, and the socket that was opened with it at once. */
interface SignedIn {
  code: number;
  connected: Connected | undefined;
}

/** The sockets that sign-ins came to. */
function socketsOf(signedIn: readonly SignedIn[]): Connected[] {
  return signedIn.flatMap(({ connected }) => (connected ? [connected] : []));
}

const sessionsOf = (connected: readonly Connected[]): Session[] => connected.map(({ session }) => session);

const none = (flags: readonly boolean[]) => flags.map(() => false);

describe("an end of all sessions against sign-ins and connections at once", () => {
  it("by disabling: no token lives and no socket is open when both are done, nor can anybody sign in", async () => {
    const app = await newApp();
    await rounds(async (round) => {
      const { user, session } = await app.session({ device_guid: "phone" });
      const before = [await tryConnect(session)];
      const comeIn = (guid?: string) => async (): Promise<SignedIn> => {
        const { code, session: made } = await trySignIn(app, user, guid ? { device_guid: guid } : {});
        return { code, connected: made && (await tryConnect(made)) };
      };
      const reconnect = async (): Promise<SignedIn> => ({
        code: 200,
        connected: await tryConnect(session),
      });
      const disable = async (): Promise<SignedIn> => {
        expect((await app.disable(user)).data).toBe(true);
        // What was there before the ban is dead the moment that the call returns.
        expect(await living([session])).toEqual([false]);
        return { code: 200, connected: undefined };
      };

      const came = await race(round, [comeIn("a"), disable, comeIn(), reconnect, comeIn("phone")]);

      for (const { code } of came) expect([200, 10029]).toContain(code);
      const sockets = [...before, ...socketsOf(came)];
      const alive = await living(sessionsOf(sockets));
      expect(alive).toEqual(none(alive));
      expect(await opened(sockets)).toEqual(none(alive));
      expect((await trySignIn(app, user)).code).toBe(10029);
    });
  });

  it("by a kick of all: what was there is dead, and a socket is open only where its session lives", async () => {
    const app = await newApp();
    await rounds(async (round) => {
      const { user, session } = await app.session({ device_guid: "phone" });
      const bare = await app.signIn(user);
      const before = [await tryConnect(session)];
      const comeIn = (guid: string) => async (): Promise<Connected> => {
        const { session: made } = await trySignIn(app, user, { device_guid: guid });
        if (!made) throw new Error("no session");
        return await tryConnect(made);
      };
      const kick = async (): Promise<undefined> => {
        expect((await app.actingFor(user).set("/user/kick", {})).code).toBe(200);
        expect(await living([session, bare])).toEqual([false, false]);
      };

      const came = await race<Connected | undefined>(round, [
        comeIn("a"),
        kick,
        () => tryConnect(bare),
        comeIn("b"),
        () => tryConnect(session),
      ]);

      const sockets = [...before, ...came.filter((each) => each !== undefined)];
      const alive = await living(sessionsOf(sockets));
      expect(await opened(sockets)).toEqual(alive);
      const { devices } = await listDevices(app.actingFor(user));
      expect(devices.filter((device) => device.online)).toHaveLength(alive.filter(Boolean).length);
      await app.actingFor(user).set("/user/kick", {});
      expect(await living(sessionsOf(sockets))).toEqual(none(alive));
      expect(await opened(sockets)).toEqual(none(alive));
    });
  });

  it("by deletion: nobody is signed in, and nobody can sign in, when it is done", async () => {
    const app = await newApp();
    await rounds(async (round) => {
      const { user, session } = await app.session({ device_guid: "phone" });
      const before = [await tryConnect(session)];
      const comeIn = async (): Promise<SignedIn> => {
        const { code, session: made } = await trySignIn(app, user, { device_guid: "a" });
        return { code, connected: made && (await tryConnect(made)) };
      };
      const remove = async (): Promise<SignedIn> => {
        expect((await app.actingFor(user).post("/user/delete")).code).toBe(200);
        return { code: 200, connected: undefined };
      };

      const came = await race(round, [comeIn, remove, comeIn]);

      for (const { code } of came) expect([200, 11001]).toContain(code);
      const sockets = [...before, ...socketsOf(came)];
      const codes = await Promise.all(sessionsOf(sockets).map(codeOf));
      expect(codes).toEqual(codes.map(() => 10008));
      expect(await opened(sockets)).toEqual(codes.map(() => false));
      expect((await trySignIn(app, user)).code).toBe(11001);
      const left = env.DB.prepare("select count(*) as tokens from tokens where user_id = ?").bind(user.id);
      expect(await left.first("tokens")).toBe(0);
    });
  });

  it.each(["the user", "an admin"])(
    "by a password change of %s: no session of the old password survives",
    async (who) => {
      const app = await newApp();
      await rounds(async (round) => {
        const { user, session: changer } = await app.session({ device_guid: "changer" });
        const other = await app.signIn(user, { device_guid: "other" });
        const before = [await tryConnect(other)];
        const comeIn = async (): Promise<SignedIn> => {
          const { code, session: made } = await trySignIn(app, user, { device_guid: "a" });
          return { code, connected: made && (await tryConnect(made)) };
        };
        const change = async (): Promise<SignedIn> => {
          const answer =
            who === "the user"
              ? await changer.post("/user/change_password", {
                  old_password: user.password,
                  new_password: "a new word",
                })
              : await app.actingFor(user).post("/user/change_password_admin", { password: "a new word" });
          expect(answer.code).toBe(200);
          return { code: 200, connected: undefined };
        };

        const came = await race(round, [comeIn, change, comeIn]);

        for (const { code } of came) expect([200, 11001]).toContain(code);
        const sockets = [...before, ...socketsOf(came)];
        const alive = await living(sessionsOf(sockets));
        expect(alive).toEqual(none(alive));
        expect(await opened(sockets)).toEqual(none(alive));
        expect(await living([changer])).toEqual([who === "the user"]);
        expect((await trySignIn(app, user)).code).toBe(11001);
        expect((await trySignIn(app, { ...user, password: "a new word" })).code).toBe(200);
      });
    },
  );
});

describe("two password changes at once", () => {
  it("by two sessions that give the same old password: one wins, and its session alone lives", async () => {
    const app = await newApp();
    await rounds(async (round) => {
      const { user, session: one } = await app.session({ device_guid: "one" });
      const other = await app.signIn(user, { device_guid: "other" });
      const change = (session: Session, new_password: string) => () =>
        session.post("/user/change_password", { old_password: user.password, new_password });

      const answers = await race(round, [change(one, "word of one"), change(other, "word of other")]);

      const won = answers.map((answer) => answer.code === 200);
      expect(won.filter(Boolean)).toHaveLength(1);
      // The loser's password is wrong by then, or its session is dead already.
      const lost = answers.find((answer) => answer.code !== 200);
      expect([11001, 10008]).toContain(lost?.code);
      expect(await living([one, other])).toEqual(won);
      const words = ["word of one", "word of other"];
      const tried = await Promise.all(words.map((password) => trySignIn(app, { ...user, password })));
      expect(tried.map(({ code }) => code === 200)).toEqual(won);
    });
  });
});

describe("bans of one user at once", () => {
  it("settle to the last of several made one after another", async () => {
    const app = await newApp();
    const user = await app.user();
    const orders = ["/user/disable", "/user/disable", "/user/enable", "/user/enable", "/user/disable"];
    for (const order of orders) {
      expect((await app.admin.put(order, { list: [user.id] })).data).toBe(true);
      expect((await trySignIn(app, user)).code).toBe(order === "/user/disable" ? 10029 : 200);
    }
  });

  it("leave the list of users and the sign-in of one mind, whichever was last", async () => {
    const app = await newApp();
    const user = await app.user();
    await rounds(async (round) => {
      const orders = ["/user/disable", "/user/enable", "/user/disable", "/user/enable"];
      const answers = await race<Answer>(
        round,
        orders.map((order) => () => app.admin.put(order, { list: [user.id] })),
      );
      expect(answers.map((answer) => answer.data)).toEqual([true, true, true, true]);
      const [row] = await usersOf(app.admin);
      expect((await trySignIn(app, user)).code).toBe(row?.status === 1 ? 10029 : 200);
      const bans = env.DB.prepare(
        "select count(*) as bans from bans where user_id = ? and lifted_at is null",
      ).bind(user.id);
      expect(await bans.first("bans")).toBe(row?.status);
    });
  });
});

describe("sign-ins of one user at once", () => {
  it("with one device_guid leave one session alive, and one device", async () => {
    const app = await newApp();
    await rounds(async (round) => {
      const user = await app.user();
      const comeIn = async () => (await trySignIn(app, user, { device_guid: "phone" })).session;
      const came = await race(round, [comeIn, comeIn, comeIn, comeIn]);
      const sessions = came.filter((each) => each !== undefined);
      expect(sessions).toHaveLength(4);
      expect((await living(sessions)).filter(Boolean)).toHaveLength(1);
      const { devices } = await listDevices(app.actingFor(user));
      expect(devices.map((device) => device.device_sn)).toEqual([1]);
    });
  });

  it.each([
    ["refuse_new", [200, 200, 10031, 10031, 10031]],
    ["kick_oldest", [200, 200, 200, 200, 200]],
  ])("never exceed the sign-in policy under %s", async (overflow, expected) => {
    const app = await newApp({ sign_in_policy: { limits: { total: 2 }, overflow } });
    await rounds(async (round) => {
      const user = await app.user();
      const guids = ["a", "b", "c", "d", "e"];
      const came = await race(
        round,
        guids.map((device_guid) => () => trySignIn(app, user, { device_guid })),
      );
      expect(came.map(({ code }) => code).toSorted((a, b) => a - b)).toEqual(expected);
      const alive = await living(came.flatMap(({ session }) => (session ? [session] : [])));
      expect(alive.filter(Boolean)).toHaveLength(2);
    });
  });
});

describe("connections of one session at once", () => {
  it("leave one socket open; the others have heard replaced", async () => {
    const app = await newApp();
    const { session } = await app.session({ device_guid: "phone" });
    await rounds(async (round) => {
      const comeIn = () => connect(session);
      const sockets = await race(round, [comeIn, comeIn, comeIn, comeIn]);
      const open = await Promise.all(sockets.map(isOpen));
      expect(open.filter(Boolean)).toHaveLength(1);
      const replaced = sockets.filter((_, index) => !open[index]);
      const ends = await Promise.all(replaced.map((socket) => socket.closed()));
      expect(ends).toMatchObject([{ code: 4004 }, { code: 4004 }, { code: 4004 }]);
      expect(await living([session])).toEqual([true]);
    });
  });

  it("of a session without a device make one device of it", async () => {
    const app = await newApp();
    await rounds(async (round) => {
      const { session } = await app.session();
      const comeIn = () => tryConnect(session);
      const sockets = await race(round, [comeIn, comeIn, comeIn]);
      expect((await opened(sockets)).filter(Boolean)).toHaveLength(1);
      const { devices } = await listDevices(session);
      expect(devices.map(({ device_sn, online }) => [device_sn, online])).toEqual([[1, true]]);
    });
  });
});
