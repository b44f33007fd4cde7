import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { newApp } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { hubOf } from "./kit/faults.ts";
import { bySn } from "./kit/household.ts";
import { move, moveToEnd } from "./kit/moving.ts";
import { boundDevicesOf, done } from "./kit/wire.ts";

const setForward = movableClock();

const MINUTE = 60_000;

describe("the hubs of an app that is closed for a move", () => {
  it("try again later and later, at random, in five to seven and a half minutes at most, and come through when it opens", async () => {
    const app = await newApp({ database: 0 });
    const { user, session: phone } = await app.session({ device_guid: "phone" });
    const laptop = await app.signIn(user, { device_guid: "laptop" });
    await done(
      phone.post("/user/token/bind", { device_sn: phone.deviceSn, device_token: "t", notifier_name: "fcm" }),
    );
    expect((await move(app, 1)).phase).toBe("waiting");
    await done(laptop.set("/user/kick", bySn(phone)));
    const hub = hubOf(app, user);
    // What the kick posts is no matter of the database.
    const isPosted = async () =>
      await runInDurableObject(
        hub,
        (_, { storage }) => storage.sql.exec("select 1 from outbox").toArray().length === 0,
      );
    await vi.waitUntil(isPosted, { timeout: 10_000 });
    /** How long after a failed try, so long (ms) after the kick, the next one comes. */
    const waitAfter = async (ahead: number) => {
      setForward(ahead);
      await runDurableObjectAlarm(hub);
      const next = await runInDurableObject(hub, async (_, { storage }) => await storage.getAlarm());
      return Number(next) - Date.now();
    };
    const waits: number[] = [];
    for (const ahead of [MINUTE, 5 * MINUTE, 20 * MINUTE, 20 * MINUTE, 24 * 60 * MINUTE]) {
      waits.push(await waitAfter(ahead));
    }
    const [first = 0, second = 0, third = 0, again = 0, last = 0] = waits;
    expect(first).toBeGreaterThan(25_000);
    expect(second).toBeGreaterThan(first);
    for (const wait of [third, again, last]) {
      expect(wait).toBeGreaterThan(4.9 * MINUTE);
      expect(wait).toBeLessThan(7.6 * MINUTE);
    }
    expect(third).not.toBe(again);

    setForward(0);
    await moveToEnd(app, 1, setForward);
    await runDurableObjectAlarm(hub);
    expect(await boundDevicesOf(laptop)).toEqual([]);
  });
});
