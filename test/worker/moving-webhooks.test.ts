import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { movableClock } from "./kit/clock.ts";
import { tablesWith } from "./kit/databases.ts";
import { runCron } from "./kit/faults.ts";
import { move, moveToEnd } from "./kit/moving.ts";
import { newHookedApp, outside } from "./kit/receiver.ts";

outside();

const setForward = movableClock();

describe("a move", () => {
  it("has webhook events wait, those of the app and no other's, and sends each afterwards", async () => {
    const [moving, staying] = [await newHookedApp(), await newHookedApp()];
    const keep = async ({ app }: typeof moving) => {
      const insert = env.DB.prepare(
        `insert into webhook_events (id, app_id, type, data, created_at) values (?, ?, 'user.registered', '{"user_id":1,"username":"wren","at":1}', 1)`,
      );
      await insert.bind(`evt_${crypto.randomUUID()}`, app.id).run();
    };
    expect((await move(moving.app, 1)).phase).toBe("waiting");
    await expect(keep(moving)).rejects.toThrow("app_is_closed");
    const waiting = await newHookedApp();
    await Promise.all([keep(staying), keep(waiting)]);
    expect((await move(waiting.app, 1)).phase).toBe("waiting");

    await runCron();

    await staying.receiver.heard("user.registered");
    const left = (db: D1Database) =>
      db
        .prepare("select count(*) as n from webhook_events where app_id = ? and queued_at is null")
        .bind(waiting.app.id)
        .first("n");
    expect([await left(env.DB), await left(env.USERS_1)]).toEqual([1, 1]);
    await moveToEnd(waiting.app, 1, setForward);
    expect(waiting.receiver.deliveries).toEqual([]);
    await runCron();
    await waiting.receiver.heard("user.registered");
    await vi.waitUntil(async () =>
      (await tablesWith(env.USERS_1, waiting.app)).every((table) => table !== "webhook_events"),
    );
    expect(waiting.receiver.deliveries).toHaveLength(1);
    expect(staying.receiver.deliveries).toHaveLength(1);
  });
});
