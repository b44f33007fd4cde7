import { describe, expect, it } from "vitest";
import { newApp } from "./kit/client.ts";
import { codeOf } from "./kit/devices.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, hubsWhere, unreached } from "./kit/faults.ts";
import { fillHub, heard, keysIn, withKey } from "./kit/keys.ts";

describe("a request with an Idempotency-Key that a hub does alone", () => {
  it("is the user's own done once, however many admins' keys have come since", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    const laptop = await app.signIn(user, { device_guid: "laptop" });
    const client = withKey(laptop);
    const remove = async () =>
      heard(await client.set("/user/kick", { device_sn: String(session.deviceSn) })).isReplayed;
    expect(await remove()).toBe(false);
    await fillHub(app, user, 2_000, { caller: "admin:1" });
    await withKey(app.actingFor(user)).post("/user/profile", { nick_name: "Wren" });
    const later = await app.signIn(user, { device_guid: "phone" });
    expect(await remove()).toBe(true);
    expect(await codeOf(later)).toBe(200);
    // Admins' keys and the user's own are counted apart.
    expect(await keysIn(app, user)).toBe(2_001);
  });

  it("is not done again where the hub has forgotten its key for others", async () => {
    const app = await newApp();
    const { user } = await app.session({ device_guid: "phone" });
    const admin = withKey(app.actingFor(user));
    expect((await admin.post("/user/kick")).code).toBe(200);
    await fillHub(app, user, 1_999, { caller: "admin:1" });
    expect(heard(await admin.post("/user/kick")).isReplayed).toBe(true);
    await withKey(app.actingFor(user)).post("/user/profile", { nick_name: "Wren" });
    const later = await app.signIn(user, { device_guid: "phone" });
    expect(heard(await admin.post("/user/kick"))).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining("another key") },
    });
    expect(await codeOf(later)).toBe(200);
    expect((await app.actingFor(user).post("/user/kick")).code).toBe(200);
  });

  it("is done where the hub has not heard of it, though it keeps as many keys as it may", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    await fillHub(app, user, 2_000, { caller: "admin:1", age: 60_000 });
    const admin = withKey(app.actingFor(user));
    const deaf = workerWith({ HUB: hubsWhere("kick", unreached) });
    expect((await callBy(deaf, admin, "POST", "/user/kick")).response.status).toBeGreaterThanOrEqual(500);
    expect(await codeOf(session)).toBe(200);
    expect(heard(await admin.post("/user/kick"))).toMatchObject({ body: { code: 200 }, isReplayed: false });
    expect(await codeOf(session)).toBe(10008);
  });
});
