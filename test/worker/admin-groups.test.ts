import { describe, expect, it } from "vitest";
import { newApp } from "./kit/client.ts";
import { codeOf } from "./kit/devices.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, hubsWhere, unreached } from "./kit/faults.ts";
import { heard, withKey } from "./kit/keys.ts";
import { codesOf, done } from "./kit/wire.ts";

describe("groups", () => {
  it("are set and forgotten by root and by an admin, and by nobody else", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const group = { group_id: 7, owner_id: user.id };
    const forGroup = app.admin.with({ group_id: "7" });
    for (const caller of [app.root, app.admin]) {
      await done(caller.put("/admin/groups", group));
      expect((await forGroup.get("/user/profile")).data).toMatchObject({ user_id: user.id });
      await done(caller.set("/admin/groups", { group_id: "7" }, "DELETE"));
      expect((await forGroup.get("/user/profile")).code).toBe(20001);
    }
    expect((await session.put("/admin/groups", group)).code).toBe(10010);
    expect((await app.nobody.put("/admin/groups", group)).code).toBe(10003);
    expect((await app.nobody.with({ "root-key": "wrong" }).put("/admin/groups", group)).code).toBe(10010);
    expect((await forGroup.get("/user/profile")).code).toBe(20001);
  });

  it("belong to users of their app: another's or nobody's is 10000, and the owner stays", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    const [user, abroad] = [await app.user(), await other.user()];
    await done(app.admin.put("/admin/groups", { group_id: 7, owner_id: user.id }));
    for (const owner_id of [abroad.id, 999_999_999]) {
      expect((await app.admin.put("/admin/groups", { group_id: 7, owner_id })).code).toBe(10000);
    }
    expect((await app.admin.with({ group_id: "7" }).get("/user/profile")).data).toMatchObject({
      user_id: user.id,
    });
  });

  it("that are unknown cannot be forgotten, and ids must be ids", async () => {
    const app = await newApp();
    const user = await app.user();
    expect((await app.admin.set("/admin/groups", { group_id: "7" }, "DELETE")).code).toBe(20001);
    const answers = [
      await app.admin.set("/admin/groups", {}, "DELETE"),
      await app.admin.set("/admin/groups", { group_id: "seven" }, "DELETE"),
      await app.admin.put("/admin/groups", { group_id: 7 }),
      await app.admin.put("/admin/groups", { owner_id: user.id }),
      await app.admin.put("/admin/groups", { group_id: "7", owner_id: user.id }),
      await app.admin.put("/admin/groups", { group_id: 0, owner_id: user.id }),
      await app.admin.put("/admin/groups", { group_id: 7, owner_id: -1 }),
    ];
    expect(new Set(codesOf(answers))).toEqual(new Set([10002]));
  });

  it.each([0, 1])(
    "have a request with an Idempotency-Key be done to whom it was first for, whoever owns them by then (database %i)",
    async (database) => {
      const app = await newApp({ database });
      const [one, other] = [await app.session(), await app.session()];
      const own = async (owner_id: number) => {
        expect((await app.root.put("/admin/groups", { group_id: 7, owner_id })).code).toBe(200);
      };
      await own(one.user.id);
      const admin = withKey(app.admin.with({ group_id: "7" }));
      const first = await admin.post("/user/kick");
      expect([first.code, await codeOf(one.session)]).toEqual([200, 10008]);
      await own(other.user.id);
      expect(heard(await admin.post("/user/kick"))).toEqual({ ...heard(first), isReplayed: true });
      expect(await codeOf(other.session)).toBe(200);
      // So it is where no hub has heard of it yet.
      const again = await app.signIn(one.user);
      await own(one.user.id);
      const later = withKey(app.admin.with({ group_id: "7" }));
      const deaf = workerWith({ HUB: hubsWhere("kick", unreached) });
      expect((await callBy(deaf, later, "POST", "/user/kick")).response.status).toBeGreaterThanOrEqual(500);
      await own(other.user.id);
      expect((await later.post("/user/kick")).code).toBe(200);
      expect([await codeOf(again), await codeOf(other.session)]).toEqual([10008, 200]);
      // Another request under the key is one all the same.
      expect((await admin.set("/user/kick", { device_sn: "1" })).response.status).toBe(422);
    },
  );
});
