import { describe, expect, it } from "vitest";
import { newApp } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { codeOf, listed } from "./kit/devices.ts";
import { eventsOf } from "./kit/heard.ts";
import { bySn } from "./kit/household.ts";
import { audit, auditOf } from "./kit/records.ts";
import { connect, open } from "./kit/socket.ts";

const setForward = movableClock();

describe("the end of a token's life", () => {
  // They wait for the clock of the world, and so at once.
  it.concurrent("closes its open socket with 4402, tells the other devices, and keeps the device out from then on", async () => {
    const app = await newApp({ token_ttl: 3 });
    const end = Date.now() + 3000;
    const { user, session } = await app.session({ device_guid: "short" });
    await app.root.put("/admin/app", { token_ttl: 3600 });
    const other = await connect(await app.signIn(user, { device_guid: "long" }));
    const socket = await connect(session);
    await other.notice("device_login");

    expect(await socket.closed()).toMatchObject({ code: 4402 });

    expect(socket.unread.filter((text) => text.includes("kicked"))).toEqual([]);
    await other.notice("device_logout");
    expect(await codeOf(session)).toBe(402);
    expect(await (await open(session)).closed()).toMatchObject({ code: 4402 });
    expect(await eventsOf(other)).toEqual([]);
    const device = await listed(app.actingFor(user), session.deviceSn);
    expect(device.online).toBe(false);
    // It was connected until then.
    expect(device.last_active_at).toBeGreaterThanOrEqual(end);
  });

  it.concurrent("is recorded once for each session, with a device or without, connected or not, as done by the system", async () => {
    const app = await newApp({ token_ttl: 4 });
    const { user, session } = await app.session({ device_guid: "phone" });
    const bare = await app.signIn(user);
    const socket = await connect(await app.signIn(user, { device_guid: "laptop" }));
    expect(await socket.closed()).toMatchObject({ code: 4402 });
    await app.root.put("/admin/app", { token_ttl: 3600 });
    await app.signIn(user, { device_guid: "phone" });

    const records = await auditOf(app, { operation: "session.expired" }, 3);

    const row = { caller: "system", subject: user.id, address: "", request_id: "" };
    expect(records).toHaveLength(3);
    for (const record of records) expect(record).toMatchObject(row);
    expect(new Set(records.map((record) => record.device_sn))).toEqual(new Set([1, 2, null]));
    expect(await audit(app.admin, { caller: "system" })).toHaveLength(3);
    expect([await codeOf(session), await codeOf(bare)]).toEqual([402, 402]);
  });

  it.concurrent("comes for each of several sessions in its turn", async () => {
    const app = await newApp({ token_ttl: 2 });
    const { user, session: first } = await app.session({ device_guid: "first" });
    await app.root.put("/admin/app", { token_ttl: 4 });
    const second = await app.signIn(user, { device_guid: "second" });
    const sockets = [await connect(first), await connect(second)];
    const ends = await Promise.all(sockets.map((socket) => socket.closed()));
    expect(ends).toMatchObject([{ code: 4402 }, { code: 4402 }]);
    expect([await codeOf(first), await codeOf(second)]).toEqual([402, 402]);
  });

  it("is no later for a call than for the alarm, should that be late", async () => {
    const app = await newApp({ token_ttl: 3600 });
    const { session } = await app.session({ device_guid: "phone" });
    setForward(3_601_000);
    // The alarm is set for an hour from now, by a clock that the test has not moved.
    expect((await session.get("/user/profile")).code).toBe(402);
    expect((await session.post("/user/sounds", { value: true })).code).toBe(402);
    expect((await session.set("/user/kick", {})).code).toBe(402);
    expect(await (await open(session)).closed()).toMatchObject({ code: 4402 });
  });

  it("has come where its alarm is late: who signs in again or is kicked then has not ended the session", async () => {
    const app = await newApp({ token_ttl: 3600 });
    const { user, session: phone } = await app.session({ device_guid: "phone" });
    const laptop = await app.signIn(user, { device_guid: "laptop" });
    const socket = await connect(laptop);
    setForward(3600_000);
    const back = await app.signIn(user, { device_guid: "phone" });
    await app.actingFor(user).set("/user/kick", bySn(laptop));
    expect(await socket.closed()).toMatchObject({ code: 4402 });
    expect([await codeOf(phone), await codeOf(laptop), await codeOf(back)]).toEqual([402, 402, 200]);
    await auditOf(app, { operation: "session.expired" }, 2);
    expect(await audit(app.admin, { operation: "session.kicked" })).toEqual([]);
    expect(await audit(app.admin, { operation: "session.replaced" })).toEqual([]);
  });
});
