import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { dataOf, newApp, newName, root } from "./kit/client.ts";
import { patience } from "./kit/heard.ts";
import { bySn } from "./kit/household.ts";
import { auditOf, bans } from "./kit/records.ts";
import { Receiver, eventsKept, newHookedApp, outside } from "./kit/receiver.ts";
import { connect } from "./kit/socket.ts";
import { RegisteredRow, Settings, done } from "./kit/wire.ts";

outside();

// Each waits for the queue, with a receiver of its own.
describe.concurrent("an app's webhook", () => {
  it("hears of users who register, alone or in a batch, and of none who could not", async () => {
    const { app, receiver } = await newHookedApp();
    const before = Date.now();
    const user = await app.user();
    const [one, two] = [newName(), newName()];
    const list = [one, user.name, two].map((username) => ({ username, password: "secret word" }));
    const rows = dataOf(await app.admin.post("/user/register/batch", { list }), z.array(RegisteredRow));
    const username = newName();
    const pushed = await app.nobody.post("/user/register/push", { username, password: "secret word" });

    const heard = await receiver.heard("user.registered", 4);

    const at = expect.any(Number);
    expect(heard.toSorted((a, b) => Number(a["user_id"]) - Number(b["user_id"]))).toEqual([
      { user_id: user.id, username: user.name, at },
      { user_id: rows[0]?.user_id, username: one, at },
      { user_id: rows[2]?.user_id, username: two, at },
      { user_id: dataOf(pushed, Settings).user_id, username, at },
    ]);
    for (const data of heard) expect(data["at"]).toBeGreaterThanOrEqual(before);
  });

  it("hears of a ban with its reason and end, of its lifting, and of a user's deletion", async () => {
    const { app, receiver } = await newHookedApp();
    const user = await app.user();
    const until = Date.now() + 3_600_000;
    await app.disable(user, { reason: "spam", until, note: "for staff only" });
    await app.admin.put("/user/enable", { list: [user.id] });
    await done(app.actingFor(user).post("/user/delete"));

    const about = { user_id: user.id, username: user.name, by: "admin:test", at: expect.any(Number) };
    expect(await receiver.heard("user.disabled")).toEqual([{ ...about, reason: "spam", until }]);
    expect(await receiver.heard("user.enabled")).toEqual([about]);
    expect(await receiver.heard("user.deleted")).toEqual([about]);
  });

  it("hears of a ban that ends: the hub lifts it itself at that moment, though nobody calls", async () => {
    const { app, receiver } = await newHookedApp();
    const user = await app.user();
    const until = Date.now() + 3000;
    await app.disable(user, { until });
    const lifted = async () => {
      const row = await env.DB.prepare("select status, disabled_until from users where id = ?")
        .bind(user.id)
        .first();
      expect(row).toEqual({ status: 0, disabled_until: null });
    };
    await vi.waitFor(lifted, { interval: 20, timeout: 10_000 });
    expect(Date.now()).toBeGreaterThanOrEqual(until);
    expect(await bans(app.admin)).toMatchObject([{ lifted_at: until, lifted_by: "expiry" }]);
    expect(await receiver.heard("user.enabled")).toEqual([
      { user_id: user.id, username: user.name, by: "system", at: until },
    ]);
  });

  it("hears of the users of a list who are there, and of no other", async () => {
    const { app, receiver } = await newHookedApp();
    const [first, second] = [await app.user(), await app.user()];
    const elsewhere = await (await newApp()).user();
    await app.admin.put("/user/disable", { list: [first.id, elsewhere.id, second.id, 9_000_000_000] });
    const heard = await receiver.heard("user.disabled", 2);
    expect(new Set(heard.map((data) => data["user_id"]))).toEqual(new Set([first.id, second.id]));
    expect(heard[0]).toMatchObject({ reason: "", until: null });
    await vi.waitFor(async () => expect(await eventsKept(app)).toEqual([]), patience);
    expect(receiver.of("user.disabled")).toHaveLength(2);
  });

  it("hears of a device that connects, hangs up, is kicked and signs out", async () => {
    const { app, receiver } = await newHookedApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    const about = { user_id: user.id, device_sn: session.deviceSn, at: expect.any(Number) };
    const own = { ...about, caller: `user:${user.id}` };

    (await connect(session)).close();
    expect(await receiver.heard("device.login")).toEqual([{ ...own, reason: "" }]);
    expect(await receiver.heard("device.logout")).toEqual([{ ...own, reason: "" }]);

    await done(app.actingFor(user).set("/user/kick", bySn(session)));
    expect(await receiver.heard("device.kicked")).toEqual([
      { ...about, caller: "admin:test", reason: "kicked" },
    ]);

    await done((await app.signIn(user, { device_guid: "phone" })).post("/token/logout"));
    expect(await receiver.heard("device.logout", 2)).toContainEqual({ ...own, reason: "signed out" });
    expect(receiver.of("device.kicked")).toHaveLength(1);
  });

  it("hears of a device that the sign-in policy displaces as kicked", async () => {
    const sign_in_policy = { limits: { total: 1 }, overflow: "kick_oldest" };
    const { app, receiver } = await newHookedApp({ sign_in_policy });
    const { user, session } = await app.session({ device_guid: "old" });
    await app.signIn(user, { device_guid: "new" });
    expect(await receiver.heard("device.kicked")).toMatchObject([{ device_sn: session.deviceSn }]);
  });

  it("hears at once of kicks of devices that were there before it, and of what they do once they connect again", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "early" });
    const other = await app.signIn(user, { device_guid: "later" });
    await connect(session);
    const receiver = new Receiver();
    await app.root.put("/admin/app", receiver.settings);

    await done(app.actingFor(user).set("/user/kick", bySn(session)));
    expect(await receiver.heard("device.kicked")).toMatchObject([{ device_sn: session.deviceSn }]);

    await connect(other);
    expect(await receiver.heard("device.login")).toMatchObject([{ device_sn: other.deviceSn }]);
  });

  it("is told nothing of another app, and an app without one keeps no events", async () => {
    const { app, receiver } = await newHookedApp();
    const other = await newApp();
    const { user, session } = await other.session({ device_guid: "phone" });
    await connect(session);
    await other.disable(user);
    await app.user();
    await receiver.heard("user.registered");
    await auditOf(other, { operation: "session.disabled" });
    expect(receiver.deliveries).toHaveLength(1);
    expect(await eventsKept(other)).toEqual([]);
  });
});

describe("a delivery", () => {
  it("is a POST of JSON, signed as Standard Webhooks says, under an id of its own", async () => {
    const { app, receiver } = await newHookedApp();
    const { session } = await app.session({ device_guid: "phone" });
    await connect(session);
    await app.user();
    await receiver.heard("user.registered", 2);
    await receiver.heard("device.login");

    for (const delivery of receiver.deliveries) {
      expect(delivery).toMatchObject({ method: "POST", redirect: "manual" });
      expect(delivery.headers.get("content-type")).toBe("application/json");
      expect(delivery.headers.get("webhook-signature")).toBe(receiver.signatureOf(delivery));
      const sentAt = Number(delivery.headers.get("webhook-timestamp"));
      expect(Math.abs(sentAt - Date.now() / 1000)).toBeLessThan(60);
      expect(Number.isInteger(sentAt)).toBe(true);
      expect(Date.parse(delivery.event.timestamp)).toBe(delivery.event.data["at"]);
    }
    expect(new Set(receiver.deliveries.map(({ id }) => id)).size).toBe(receiver.deliveries.length);
  });

  it("is signed with the key of the day: a new one holds for what follows, and no other key fits", async () => {
    const { app, receiver } = await newHookedApp();
    const next = new Receiver(64);
    await app.user();
    await receiver.heard("user.registered");
    const changed = await app.root.put("/admin/app", { webhook_secret: next.secret });
    expect(changed.code).toBe(200);
    await app.user();
    await receiver.heard("user.registered", 2);
    const [before, after] = receiver.deliveries;
    if (!before || !after) throw new Error("nothing was delivered");
    expect(before.headers.get("webhook-signature")).toBe(receiver.signatureOf(before));
    expect(after.headers.get("webhook-signature")).toBe(next.signatureOf(after));
    expect(after.headers.get("webhook-signature")).not.toBe(receiver.signatureOf(after));
  });
});

describe("webhook_url without webhook_secret", () => {
  const { webhook_url, webhook_secret } = new Receiver().settings;

  it("is refused when an app is made, with the name of what is missing, and makes none", async () => {
    const app_id = newName("app");
    const refused = await root.post("/admin/apps", { app_id, webhook_url });
    expect(refused).toMatchObject({ code: 10002, message: expect.stringContaining("webhook_secret") });
    expect((await root.post("/admin/apps", { app_id })).code).toBe(200);
  });

  it("is refused when an app is changed, unless it has the key already", async () => {
    const app = await newApp();
    const refused = await app.root.put("/admin/app", { webhook_url });
    expect(refused).toMatchObject({ code: 10002, message: expect.stringContaining("webhook_secret") });
    expect((await app.root.get("/admin/app")).data).toMatchObject({ webhook_url: "" });
    expect((await app.root.put("/admin/app", { webhook_secret })).code).toBe(200);
    expect((await app.root.put("/admin/app", { webhook_url })).data).toMatchObject({ webhook_url });
  });

  it("is the only way to have none: the key is never shown, and a malformed one is refused", async () => {
    const { app } = await newHookedApp();
    expect((await app.root.get("/admin/app")).data).not.toHaveProperty("webhook_secret");
    for (const wrong of ["", "whsec_", "whsec_c2hvcnQ=", "c2VjcmV0", `whsec_${"A".repeat(200)}`]) {
      const refused = await app.root.put("/admin/app", { webhook_secret: wrong });
      expect(refused).toMatchObject({ code: 10002, message: expect.stringContaining("webhook_secret") });
    }
  });
});
