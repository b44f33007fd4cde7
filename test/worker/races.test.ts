import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Answer, type App, type Session, dataOf, newApp, newName } from "./kit/client.ts";
import { codeOf, listDevices } from "./kit/devices.ts";
import { patience } from "./kit/heard.ts";
import { holdBatches, hubOf, refuseWrites } from "./kit/faults.ts";
import { logged } from "./kit/log.ts";
import { fromElsewhere, race, rounds, trySignIn } from "./kit/race.ts";
import { ListedUser, PushAlias, RegisteredRow, codesOf, done, profileOf, tagsOf } from "./kit/wire.ts";

const Users = z.array(ListedUser);

/** A way to register a name: it gives the code that the name met. */
interface Way {
  path: string;
  register: (app: App, username: string, password: string) => Promise<number>;
}

const plain: Way = {
  path: "/user/register/v2",
  register: async (app, username, password) =>
    (await app.nobody.post("/user/register/v2", { username, password }, fromElsewhere())).code,
};

const withPush: Way = {
  path: "/user/register/push",
  register: async (app, username, password) => {
    const json = { username, password, device_guid: "g", push_token: `${username} ${password}` };
    return (await app.nobody.post("/user/register/push", json, fromElsewhere())).code;
  },
};

const inBatch: Way = {
  path: "/user/register/batch",
  register: async (app, username, password) => {
    const answer = await app.admin.post("/user/register/batch", { list: [{ username, password }] });
    const rows = dataOf(answer, z.array(RegisteredRow));
    return rows[0]?.success ? 200 : 10004;
  },
};

const pairs = [plain, withPush, inBatch].flatMap((one, index, ways) =>
  ways.slice(index).map((other) => ({ one, other })),
);

const ascending = (codes: readonly number[]) => codes.toSorted((a, b) => a - b);

describe("two registrations of one name at once", () => {
  it.each(pairs)(
    "by $one.path and $other.path: exactly one wins, and its password is the user's",
    async ({ one, other }) => {
      const app = await newApp();
      await rounds(async (round) => {
        const name = newName("Race");
        const forms = [name, round % 2 === 0 ? name : name.toUpperCase()] as const;
        const codes = await race(round, [
          () => one.register(app, forms[0], "password of one"),
          () => other.register(app, forms[1], "password of other"),
        ]);

        expect(ascending(codes)).toEqual([200, 10004]);
        const winner = codes.indexOf(200);
        const users = dataOf(await app.admin.get("/user/list", { keyword: name }), Users);
        expect(users.map((user) => user.username)).toEqual([forms[winner]]);
        const tries = ["password of one", "password of other"].map((password) =>
          trySignIn(app, { id: 0, name, password }),
        );
        const signIns = (await Promise.all(tries)).map(({ code }) => code);
        expect(signIns).toEqual(winner === 0 ? [200, 11001] : [11001, 200]);
      }, 10);
    },
  );

  it("and a rename to it: exactly one has it", async () => {
    const app = await newApp();
    const { session } = await app.session();
    await rounds(async (round) => {
      const name = newName("race");
      const codes = await race(round, [
        () => plain.register(app, name, "secret word"),
        async () => (await session.set("/user/username", { username: name.toUpperCase() })).code,
      ]);
      expect(ascending(codes)).toEqual([200, 10004]);
      const users = dataOf(await app.admin.get("/user/list", { keyword: name }), Users);
      expect(users).toHaveLength(1);
      expect(users[0]?.user_id === session.userId).toBe(codes[1] === 200);
    });
  });
});

describe("two users who set the same mobile number at once", () => {
  it("are told apart: exactly one has it, whichever way it was written", async () => {
    const app = await newApp();
    const { session: one } = await app.session();
    const { session: other } = await app.session();
    await rounds(async (round) => {
      const mobile = `13${String(100_000_000 + round)}`;
      const answers = await race<Answer>(round, [
        () => one.set("/user/mobile", { mobile }),
        () => other.set("/user/mobile", { mobile: `+86${mobile}` }),
      ]);
      expect(codesOf(answers)).toEqual([200, 10015]);
      const owners = (await Promise.all([profileOf(one), profileOf(other)])).filter((profile) =>
        profile.mobile.endsWith(mobile),
      );
      expect(owners.map((profile) => profile.user_id)).toEqual([
        answers[0]?.code === 200 ? one.userId : other.userId,
      ]);
    });
  });
});

const bind = (session: Session, device_token: string, device_sn = session.deviceSn) =>
  session.post("/user/token/bind", { device_sn, device_token, notifier_name: "fcm" });

/** For each session whether its device has a push token. */
async function boundTo(sessions: readonly Session[]): Promise<boolean[]> {
  return await Promise.all(
    sessions.map(async (session) => {
      const { devices } = await listDevices(session);
      return devices.some((device) => device.device_sn === session.deviceSn && device.push_bound);
    }),
  );
}

/** How many devices D1 has a push token for. */
async function holders(deviceToken: string): Promise<number | null> {
  const rows = env.DB.prepare("select count(*) as held from push_bindings where device_token = ?");
  return await rows.bind(deviceToken).first("held");
}

describe("one push token", () => {
  it("bound by two users and by two devices of one at once is one device's in the end", async () => {
    const app = await newApp();
    const { user, session: phone } = await app.session({ device_guid: "phone" });
    const laptop = await app.signIn(user, { device_guid: "laptop" });
    const { session: stranger } = await app.session({ device_guid: "phone" });
    const all = [phone, laptop, stranger];
    await rounds(async (round) => {
      const token = `token ${round}`;
      const answers = await race<Answer>(
        round,
        all.map((session) => () => bind(session, token)),
      );
      expect(codesOf(answers)).toEqual([200, 200, 200]);
      expect(await holders(token)).toBe(1);
      expect((await boundTo(all)).filter(Boolean)).toHaveLength(1);
    });
  });

  it("bound while its device is kicked, removed or signed out is bound to nothing in the end", async () => {
    const app = await newApp();
    const { user, session: keeper } = await app.session({ device_guid: "keeper" });
    await rounds(async (round) => {
      const token = `short ${round}`;
      const phone = await app.signIn(user, { device_guid: "phone" });
      const query = { device_sn: String(phone.deviceSn) };
      const ends = [
        () => keeper.set("/user/kick", query),
        () => keeper.set("/user/device/remove", query),
        () => phone.post("/token/logout"),
      ];
      const end = ends[round % ends.length];
      if (!end) throw new Error("no end");
      const by = round % 2 === 0 ? phone : keeper;
      const [bound, ended] = await race(round, [() => bind(by, token, phone.deviceSn), end]);
      expect(ended?.code).toBe(200);
      expect([200, 10008, 10030]).toContain(bound?.code);
      expect(await holders(token)).toBe(0);
    });
  });

  it("whose binding D1 is slow to take is not left behind by a kick that comes meanwhile", async () => {
    const app = await newApp();
    const { user, session: keeper } = await app.session({ device_guid: "keeper" });
    const phone = await app.signIn(user, { device_guid: "phone" });
    const held = await holdBatches(hubOf(app, user));
    const binding = bind(phone, "slow");
    await held.reached;
    const kicking = keeper.set("/user/kick", { device_sn: String(phone.deviceSn) });
    await expect.poll(() => codeOf(phone), patience).toBe(10008);

    held.letGo();

    expect((await kicking).code).toBe(200);
    await binding;
    expect(await holders("slow")).toBe(0);
  });

  it("is not bound after a kick that comes while what an earlier session had is still being released", async () => {
    const app = await newApp();
    const { user, session: keeper } = await app.session({ device_guid: "keeper" });
    const first = await app.signIn(user, { device_guid: "phone" });
    await done(bind(first, "earlier"));
    const restore = await refuseWrites(app, "delete", "push_bindings");
    await logged(async () => done(first.post("/token/logout")));
    const phone = await app.signIn(user, { device_guid: "phone" });
    await restore();
    const held = await holdBatches(hubOf(app, user));
    const binding = bind(phone, "later");
    await held.reached;
    const kicking = keeper.set("/user/kick", { device_sn: String(phone.deviceSn) });
    await expect.poll(() => codeOf(phone), patience).toBe(10008);

    held.letGo();

    expect((await kicking).code).toBe(200);
    expect((await binding).code).toBe(10008);
    expect([await holders("earlier"), await holders("later")]).toEqual([0, 0]);
  });

  it("set as two users' own at once is one user's in the end", async () => {
    const app = await newApp();
    const { session: one } = await app.session();
    const { session: other } = await app.session();
    await rounds(async (round) => {
      const push_token = `own ${round}`;
      const answers = await race<Answer>(round, [
        () => one.post("/user/settings", { push_token }),
        () => other.post("/user/push/alias", { alias: "a", push_token }),
      ]);
      expect(codesOf(answers)).toEqual([200, 200]);
      const read = await Promise.all([one, other].map((each) => each.get("/user/push/alias")));
      const owned = read.filter((answer) => dataOf(answer, PushAlias).push_token === push_token);
      expect(owned).toHaveLength(1);
    });
  });
});

describe("tags added at once", () => {
  it("never exceed 100, and each call's are all there or none", async () => {
    const app = await newApp();
    const { session } = await app.session();
    await rounds(async (round) => {
      await session.delete("/user/push/tag/all");
      const sets = Array.from({ length: 8 }, (_, call) =>
        Array.from({ length: 30 }, (_, index) => `${round}-${call}-${index}`),
      );
      const answers = await race<Answer>(
        round,
        sets.map((tags) => () => session.post("/user/push/tag", { tags })),
      );
      const added = sets.filter((_, call) => answers[call]?.code === 200);
      expect(added).toHaveLength(3);
      expect(codesOf(answers)).toEqual([200, 200, 200, 10002, 10002, 10002, 10002, 10002]);
      expect(await tagsOf(session)).toEqual(added.flat().toSorted());
    }, 10);
  });
});
