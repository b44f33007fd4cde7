import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { newApp } from "./kit/client.ts";
import { codeOf } from "./kit/devices.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, hubOf, refuseWrites } from "./kit/faults.ts";
import { patience } from "./kit/heard.ts";
import { bySn, newHousehold } from "./kit/household.ts";
import { logged } from "./kit/log.ts";
import {
  type Sending,
  addEvents,
  postingThrough,
  refusing,
  waitingIn,
  withoutDatabase,
} from "./kit/parcels.ts";
import { Receiver, outside } from "./kit/receiver.ts";
import { audit, auditOf } from "./kit/records.ts";
import { connect } from "./kit/socket.ts";

outside();

const kicked = { operation: "session.kicked" };

describe("a kick", () => {
  it("asks D1 for nothing while it happens, and is recorded when D1 is there again", async () => {
    const { app, user, phone, phoneSocket, laptop } = await newHousehold();
    expect(await codeOf(laptop)).toBe(200);
    const posted = Promise.withResolvers<void>();
    const letGo = Promise.withResolvers<void>();
    const restoreQueue = await postingThrough(app, user, async (send) => {
      posted.resolve();
      await letGo.promise;
      await send();
    });
    const away = await withoutDatabase(app, user);
    const fetch = workerWith({ DB: away.db });

    const { lines } = await logged(async () => {
      const answer = await callBy(fetch, laptop, "POST", "/user/kick", { query: bySn(phone) });
      expect(answer).toMatchObject({ code: 200, data: true });
    });

    await phoneSocket.notice("kicked");
    expect(await phoneSocket.closed()).toMatchObject({ code: 4005 });
    expect(lines).toMatchObject([{ operation: "kick", trips: { d1: 0, hub: 1, kv: 0 } }]);
    await posted.promise;
    expect(away.asked()).toBe(0);
    await away.restore();
    letGo.resolve();
    expect(await auditOf(app, kicked)).toMatchObject([{ subject: user.id, device_sn: phone.deviceSn }]);
    await restoreQueue();
  });

  it("is a kick where the queue takes nothing for a while, and loses no record", async () => {
    const { app, user, phone, phoneSocket, laptop } = await newHousehold();
    let refused = 0;
    const restore = await postingThrough(app, user, async (...sending) => {
      refused++;
      return await refusing(...sending);
    });

    const answer = await app.actingFor(user).set("/user/kick", bySn(phone));

    expect(answer).toMatchObject({ code: 200, data: true });
    expect(await phoneSocket.closed()).toMatchObject({ code: 4005 });
    expect(await codeOf(phone)).toBe(10008);
    await vi.waitFor(() => expect(refused).toBe(1), patience);
    await runDurableObjectAlarm(hubOf(app, user));
    await vi.waitFor(() => expect(refused).toBe(2), patience);
    expect(await waitingIn(app, user)).toBe(2);
    expect(await audit(app.admin, { user_id: String(user.id) })).toEqual([]);

    await restore();
    await laptop.post("/token/logout");
    const records = await auditOf(app, { user_id: String(user.id) }, 3);
    expect(records.map(({ operation }) => operation)).toEqual(["session.logout", "session.kicked", "kick"]);
    await vi.waitFor(async () => expect(await waitingIn(app, user)).toBe(0), patience);
  });

  it("is recorded and told once where the hub dies between the queue and the crossing off", async () => {
    const receiver = new Receiver();
    const { app, user, phone, laptop } = await newHousehold(receiver.settings);
    await receiver.heard("device.login", 2);
    let sent = 0;
    const restore = await postingThrough(app, user, async (send) => {
      await send();
      sent++;
      throw new Error("the machine died");
    });
    await app.actingFor(user).set("/user/kick", bySn(phone));
    await receiver.heard("device.kicked");
    expect(await waitingIn(app, user)).toBe(2);

    await restore();
    await runDurableObjectAlarm(hubOf(app, user));

    await vi.waitFor(async () => expect(await waitingIn(app, user)).toBe(0), patience);
    expect(sent).toBe(1);
    await laptop.post("/token/logout");
    await receiver.heard("device.logout");
    expect(await audit(app.admin, kicked)).toHaveLength(1);
    expect(await audit(app.admin, { operation: "kick" })).toHaveLength(1);
    expect(receiver.of("device.kicked")).toHaveLength(1);
  });
});

describe("what D1 does not take", () => {
  it("comes again until it does, and the records of others do not wait for it", async () => {
    const [refused, other] = [await newHousehold(), await newHousehold()];
    const restore = await refuseWrites(refused.app, "insert", "audit");
    await refused.laptop.set("/user/kick", bySn(refused.phone));
    await other.laptop.set("/user/kick", bySn(other.phone));

    await auditOf(other.app, kicked);
    await vi.waitFor(async () => expect(await waitingIn(refused.app, refused.user)).toBe(0), patience);
    expect(await audit(refused.app.admin, kicked)).toEqual([]);

    await restore();
    expect(await auditOf(refused.app, kicked)).toHaveLength(1);
  });
});

describe("what has long waited in a hub", () => {
  it("goes to the queue in messages and sends of a size that it takes, and all of it is recorded", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    await connect(session);
    const sends: Sending[] = [];
    const restore = await postingThrough(app, user, async (send, messages) => {
      sends.push(messages);
      await send();
    });
    const long = { reason: "\u0001".repeat(256), caller: `admin:${"\u0001".repeat(64)}` };
    await addEvents(app, user, 400, long);

    await session.post("/token/logout");

    await auditOf(app, { operation: "session.logout" });
    const sizes = sends.map((messages) => messages.map(({ body }) => JSON.stringify(body).length));
    expect(sizes.flat().length).toBeGreaterThan(400 / 50);
    for (const each of sizes) {
      expect(Math.max(...each)).toBeLessThan(128_000);
      expect(each.reduce((sum, size) => sum + size, 0)).toBeLessThan(256_000);
    }
    const count = env.DB.prepare("select count(distinct event_key) as count from audit where app_id = ?");
    const counted = async () => expect(await count.bind(app.id).first("count")).toBe(401);
    await vi.waitFor(counted, patience);
    await restore();
  });

  it("goes at once as well, where one send is just full and something is left behind it", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    await addEvents(app, user, 150);
    await session.post("/token/logout");
    await vi.waitFor(async () => expect(await waitingIn(app, user)).toBe(0), patience);
    await auditOf(app, { operation: "session.logout" });
  });
});
