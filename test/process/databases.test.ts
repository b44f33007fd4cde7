import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { App, ListedUser } from "../wire.ts";
import { type Checkout, app } from "./kit.ts";
import { migratedCheckout } from "./shared.ts";

describe("npm run databases", () => {
  let checkout: Checkout;

  beforeAll(async () => {
    checkout = await migratedCheckout();
    checkout.shortenMoves();
    await checkout.start();
  });

  afterAll(async () => {
    await checkout.remove();
  });

  it("adds databases that the next start uses, however often it is killed meanwhile, says what each holds, and moves an app there", async () => {
    await checkout.register("alice");
    await checkout.stop();

    expect((await checkout.databases("--local")).printed).toMatch(/^DB +1 apps +1 users .*ready$/m);
    const files = () => readdirSync(checkout.databaseDirectory).length;
    const before = files();
    const deaths: [folder: string, isThere: () => boolean][] = [
      [".", () => checkout.read("wrangler.toml").includes("USERS_1")],
      [".wrangler/state/v3/d1/miniflare-D1DatabaseObject", () => files() > before],
      ["src", () => checkout.read("src/worker-configuration.d.ts").includes("USERS_1")],
    ];
    for (const death of deaths) await checkout.killDatabases(...death, "add", "--local");
    for (const number of [1, 2]) {
      const added = await checkout.databases("add", "--local");
      expect(added).toMatchObject({ isRight: true, printed: expect.stringContaining(`USERS_${number}`) });
    }
    const added = (await checkout.databases("--local")).printed;
    expect(added).toMatch(/^USERS_1 +0 apps +0 users .*ready$/m);
    expect(added).toMatch(/^USERS_2 +0 apps +0 users .*ready$/m);
    expect(added).not.toMatch(/USERS_3/);
    expect(checkout.read("src/worker-configuration.d.ts")).toMatch(/USERS_1: .*\s+USERS_2: /);

    await checkout.start();
    const root = { app_id: app, "root-key": checkout.rootKey };
    const placed = await checkout.call(App, "POST", "/admin/apps", root, { app_id: "placed", database: 1 });
    expect(placed.database).toBe(1);
    await checkout.register("bob", "placed");
    const move = ["move", app, "2", "--origin", checkout.origin];
    const moved = await checkout.databases(...move);
    expect(moved).toMatchObject({
      isRight: true,
      printed: expect.stringMatching(/^done: \d+ rows copied, closed for/m),
    });
    expect(await checkout.databases(...move)).toMatchObject({ isRight: true });
    const signedIn = await checkout.signIn("alice", "laptop");
    await checkout.register("carol");
    const users = { app_id: app, "access-token": checkout.adminToken };
    const listed = await checkout.call(ListedUser.array(), "GET", "/user/list", users);
    expect(listed.map((user) => user.username)).toEqual(["alice", "carol"]);
    expect(listed[0]?.user_id).toBe(signedIn.user_id);
    await checkout.stop();

    const after = (await checkout.databases("--local")).printed;
    expect(after).toMatch(/^DB +0 apps +0 users /m);
    expect(after).toMatch(/^USERS_1 +1 apps +1 users /m);
    expect(after).toMatch(/^USERS_2 +1 apps +2 users /m);
  }, 240_000);

  it("refuses what it does not know, and says what there is", async () => {
    for (const args of [["frob"], ["move", app], ["move", app, "x"], ["--frob"]]) {
      const { isRight, printed } = await checkout.databases(...args);
      expect(isRight).toBe(false);
      expect(printed).toMatch(/move <app> <k>|--frob/);
      expect(printed).not.toMatch(/^ +at /m);
    }
  });
});
