import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newApp } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { losingAnswersTo, mortal, placesOf, rowsOf } from "./kit/databases.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy } from "./kit/faults.ts";
import { contentOf, expectMoved, moveToEnd, newFullApp } from "./kit/moving.ts";
import { done } from "./kit/wire.ts";

const setForward = movableClock();
const path = "/admin/app/database";

describe("a move whose machine dies at any trip to a database", () => {
  it.each([
    [0, 1, 1],
    // The steps are the same as above, and end at other trips, as the directory is a third database.
    [1, 2, 2],
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

  it.each(["owed_signals", "owed_tokens"] as const)(
    "is finished though what it had just copied of %s has been taken and crossed off since",
    async (table) => {
      setForward(0);
      const { app } = await newFullApp(0);
      // Another, of the next user, stays owed.
      await env.DB.batch(
        ["owed_signals", "owed_tokens"].map((each) =>
          env.DB.prepare(`insert into ${each} select ${shifted[each]} from ${each} where app_id = ?`).bind(
            app.id,
          ),
        ),
      );
      const dying = workerWith({ USERS_1: losingAnswersTo(env.USERS_1, `insert into ${table}`) });
      for (const forward of [0, 60_000]) {
        setForward(forward);
        await callBy(dying, app.root, "PUT", path, { json: { database: 1 } });
      }
      expect(await rowsOf(env.USERS_1, table, app)).toHaveLength(2);
      await env.DB.prepare(
        "delete from owed_signals where user_id = (select min(user_id) from owed_signals where app_id = ?)",
      )
        .bind(app.id)
        .run();
      expect(await rowsOf(env.DB, table, app)).toHaveLength(1);

      setForward(120_000);
      const ended = await moveToEnd(app, 1, (ms) => setForward(120_000 + ms));

      expect(ended).toMatchObject({ phase: "done" });
    },
  );
});

/** The same rows, of the users with the next ids. */
const shifted: Record<string, string> = {
  owed_signals: "user_id + 1, epoch, app_id, signal, created_at",
  owed_tokens: "app_id, notifier_name, device_token, user_id + 1, epoch",
};
