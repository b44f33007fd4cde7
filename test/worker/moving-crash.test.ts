import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newApp } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { mortal, placesOf } from "./kit/databases.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy } from "./kit/faults.ts";
import { contentOf, expectMoved, moveToEnd } from "./kit/moving.ts";
import { done } from "./kit/wire.ts";

const setForward = movableClock();
const path = "/admin/app/database";

describe("a move whose machine dies at any trip to a database", () => {
  it.each([
    [0, 1, 1],
    // The steps are the same as above, and end at other trips, as the directory is a third database.
    [1, 2, 4],
  ])(
    "is finished by who comes next, and nothing is lost or twice: from %i to %i",
    async (source, target, stride) => {
      let died = 0;
      for (let trips = 1; ; trips += stride) {
        setForward(0);
        const app = await newApp({ database: source });
        const user = await app.user();
        await done(app.admin.put("/user/disable", { list: [user.id] }));
        const before = await contentOf(app, source);
        // What was sent is done: it is as if the next trip were not sent.
        const life = { left: trips, losesAnswer: true };
        const names = ["DB", "USERS_1", "USERS_2"] as const;
        const dying = workerWith(Object.fromEntries(names.map((name) => [name, mortal(env[name], life)])));
        const turn = async () => {
          await callBy(dying, app.root, "PUT", path, { json: { database: target } });
        };
        await turn();
        setForward(60_000);
        await turn();
        const isDead = life.left <= 0;
        if (isDead) died++;
        setForward(120_000);
        await moveToEnd(app, target, (ms) => setForward(120_000 + ms));
        await expectMoved(app, before, source, target);
        await done(app.admin.put("/user/enable", { list: [user.id] }));
        const fresh = await app.user();
        expect(await placesOf(fresh)).toEqual([target]);
        if (!isDead) break;
      }
      expect(died).toBeGreaterThan(30 / stride);
    },
    300_000,
  );
});
