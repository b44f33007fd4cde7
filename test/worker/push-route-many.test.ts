import { describe, expect, it } from "vitest";
import { newApp, newName } from "./kit/client.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, hubNameOf, hubsWhere, unheard, unreached } from "./kit/faults.ts";
import { heard, withKey } from "./kit/keys.ts";
import { logged } from "./kit/log.ts";
import { imported } from "./kit/moving-in.ts";
import { withPhone } from "./kit/routes.ts";

const path = "/admin/push/route";

describe("a route of a hundred users", () => {
  it("asks all their hubs at once, in one trip each, and D1 in one for all", async () => {
    const app = await newApp();
    const tokens = Array.from({ length: 100 }, () => newName("push"));
    const rows = tokens.map((push_token) => ({
      external_id: push_token,
      username: newName(),
      settings: { push_token },
    }));
    const json = { list: (await imported(app, rows)).map(({ user_id }) => user_id) };
    let asked = 0;
    let most = 0;
    const HUB = hubsWhere("route", async (run) => {
      most = Math.max(most, ++asked);
      return await run().finally(() => asked--);
    });
    const ask = async () => await callBy(workerWith({ HUB }), app.admin, "POST", path, { json });
    // Of users who have moved in the hubs hear what they bring along before they are asked.
    await ask();
    most = 0;

    const { lines } = await logged(async () => {
      const routes = tokens.map((device_token) => ({ push: true, devices: [{ device_token }] }));
      expect(await ask()).toMatchObject({ code: 200, data: routes });
    });

    expect(lines).toMatchObject([{ operation: "routePush", trips: { d1: 1, hub: 100, kv: 0 } }]);
    expect(most).toBe(100);
  });
});

describe("a route of several users that fails at one hub", () => {
  it.each([
    ["was not reached", unreached, [1, 0, 1]],
    ["was not heard", unheard, [1, 1, 1]],
  ])(
    "that %s is counted once on each badge when it is sent again by its key",
    async (_what, mishap, first) => {
      const app = await newApp();
      const [one, two, three] = [
        await withPhone(app, "1"),
        await withPhone(app, "2"),
        await withPhone(app, "3"),
      ];
      const all = [one, two, three];
      const badges = async () =>
        await Promise.all(all.map(async ({ session }) => (await session.get("/user/push/badge")).data));
      const json = { list: all.map(({ user }) => user.id), badge: { add: 1 } };
      const admin = withKey(app.admin);
      const failing = workerWith({ HUB: hubsWhere("route", mishap, hubNameOf(app, two.user)) });

      expect((await callBy(failing, admin, "POST", path, { json })).code).toBe(500);

      await expect.poll(badges).toEqual(first);
      for (const _ of [1, 2]) {
        const data = ["1", "2", "3"].map((device_token) => ({ badge: 1, devices: [{ device_token }] }));
        expect(heard(await admin.post(path, json))).toMatchObject({ isReplayed: true, body: { data } });
      }
      expect(await badges()).toEqual([1, 1, 1]);
    },
  );
});
