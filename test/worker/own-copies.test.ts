import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type App, type User, newApp } from "./kit/client.ts";
import { holdBatches, hubOf } from "./kit/faults.ts";
import { newHousehold } from "./kit/household.ts";
import { logged } from "./kit/log.ts";
import { done, profileOf } from "./kit/wire.ts";

/** Has an admin change a user by a list, which the user's hub is not asked for. */
async function describeByList(app: App, user: User): Promise<void> {
  const list = [{ user_id: user.id, description: "small and loud" }];
  const changed = await app.admin.post("/user/profile/batch", { list });
  expect(changed.data).toMatchObject([{ success: true }]);
}

describe("a read of what is the user's own", () => {
  it("goes to D1 where another release has written the copy otherwise", async () => {
    const { app, user, phone } = await newHousehold();
    await done(phone.set("/user/nickname", { nick_name: "Wren" }));
    await evictDurableObject(hubOf(app, user));
    await runInDurableObject(hubOf(app, user), (_, { storage }) =>
      storage.sql.exec("update copies set body = '{}' where part = 'profile'"),
    );
    expect(await profileOf(phone)).toMatchObject({ nick_name: "Wren" });
    await done(phone.set("/user/nickname", { nick_name: "Owl" }));
    expect(await profileOf(phone)).toMatchObject({ nick_name: "Owl" });
  });

  it("has what an admin's list changed while D1's answer to a write of the user was on its way", async () => {
    const { app, user, phone } = await newHousehold();
    await profileOf(phone);
    const held = await holdBatches(hubOf(app, user), { isDone: true });
    const naming = done(phone.set("/user/nickname", { nick_name: "Wren" }));
    await held.reached;
    await describeByList(app, user);
    held.letGo();
    await naming;
    expect(await profileOf(phone)).toMatchObject({ nick_name: "Wren", description: "small and loud" });
  });

  it("has what an admin's list changed while D1's answer to the read before was on its way", async () => {
    const { app, user, phone } = await newHousehold();
    const held = await holdBatches(hubOf(app, user), { isDone: true });
    const reading = profileOf(phone);
    await held.reached;
    await describeByList(app, user);
    held.letGo();
    await reading;
    expect(await profileOf(phone)).toMatchObject({ description: "small and loud" });
  });

  it("by an admin wakes no hub of a user who is not there", async () => {
    const app = await newApp();
    const nobody = app.admin.with({ user_id: "9000000001" });
    await app.admin.get("/user/list");
    const { lines } = await logged(async () => {
      for (let time = 0; time < 2; time++) expect((await nobody.get("/user/profile")).code).toBe(10_000);
    });
    expect(lines.map(({ trips }) => trips.hub)).toEqual([0, 0]);
  });

  it("by an admin wakes no hub of a user who is another app's, though that one was seen", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    const { user } = await other.session();
    expect((await other.actingFor(user).get("/user/profile")).code).toBe(200);
    await app.admin.get("/user/list");
    const { lines } = await logged(async () => {
      expect((await app.actingFor(user).get("/user/profile")).code).toBe(10_000);
    });
    expect(lines.map(({ trips }) => trips.hub)).toEqual([0]);
  });
});
