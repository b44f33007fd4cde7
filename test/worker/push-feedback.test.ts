import { describe, expect, it, vi } from "vitest";
import { type App, type User, newApp } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { deafTo } from "./kit/elsewhere.ts";
import { callBy, owedTo, refuseWrites, runCron } from "./kit/faults.ts";
import { logged } from "./kit/log.ts";
import {
  type Report,
  bad,
  bind,
  bindingIdOf,
  countsOf,
  holdings,
  newPhone,
  report,
  unregistered,
} from "./kit/push.ts";
import { auditOf } from "./kit/records.ts";
import { connect } from "./kit/socket.ts";
import { boundDevicesOf, done, settingsOf } from "./kit/wire.ts";

const setAhead = movableClock();

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

async function heldUntil(app: App, { id }: User): Promise<number | null | undefined> {
  return (await holdings(app)).find(({ user_id }) => user_id === id)?.held_until;
}

const delivered = (binding_id: string): Report => ({ binding_id, result: "delivered" });

describe("a push token that is reported as unregistered", () => {
  it("is gone from list, settings and database when the call answers, and anybody may have it", async () => {
    const app = await newApp();
    const { user, phone, id } = await newPhone(app);
    expect(await boundDevicesOf(phone)).toEqual([1]);

    expect(await report(app.admin, unregistered(id))).toEqual([true]);

    expect(await boundDevicesOf(phone)).toEqual([]);
    expect(await holdings(app)).toEqual([]);
    expect(await owedTo(user)).toBeLessThanOrEqual(1);
    const heir = await newPhone(app);
    expect(await boundDevicesOf(heir.phone)).toEqual([1]);
  });

  it("is gone where the settings had it", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    await done(session.post("/user/settings", { push_token: "token", no_sounds: true }));

    expect(await report(app.admin, unregistered(await bindingIdOf(app, user, 0)))).toEqual([true]);

    expect(await settingsOf(session)).toMatchObject({ push_token: "", no_sounds: true });
    expect(await holdings(app)).toEqual([]);
  });

  it("is gone from the settings as well where a registration bound it to a device", async () => {
    const app = await newApp();
    const answer = await app.nobody.post("/user/register/push", {
      username: "ann",
      password: "secret word",
      device_guid: "phone",
      push_token: "token",
    });
    expect(answer.code).toBe(200);
    const [holding] = await holdings(app);
    const acting = app.actingFor({ id: holding?.user_id ?? 0, name: "ann", password: "secret word" });
    expect(await settingsOf(acting)).toMatchObject({ push_token: "token" });

    expect(await report(app.admin, unregistered(holding?.binding_id ?? ""))).toEqual([true]);

    expect(await settingsOf(acting)).toMatchObject({ push_token: "" });
    expect(await boundDevicesOf(acting)).toEqual([]);
  });

  it("stays where the report is from before it was bound: it lives", async () => {
    const app = await newApp();
    const { phone, id } = await newPhone(app);

    expect(await report(app.admin, unregistered(id, Date.now() - HOUR))).toEqual([false]);

    expect(await boundDevicesOf(phone)).toEqual([1]);
    expect(await report(app.admin, unregistered(id, Date.now() + HOUR))).toEqual([true]);
  });

  it("stays where it was bound anew since: each bind has another id", async () => {
    const app = await newApp();
    const { user, phone, id } = await newPhone(app);
    await bind(phone, "token");
    const anew = await bindingIdOf(app, user, 1);
    expect(anew).not.toBe(id);

    expect(await report(app.admin, unregistered(id))).toEqual([false]);
    expect(await boundDevicesOf(phone)).toEqual([1]);
    expect(await report(app.admin, unregistered(anew))).toEqual([true]);
  });

  it("stays where another has it by now", async () => {
    const app = await newApp();
    const { phone: first, id } = await newPhone(app);
    const { phone: second } = await newPhone(app);

    expect(await report(app.admin, unregistered(id))).toEqual([false]);

    expect(await boundDevicesOf(first)).toEqual([]);
    expect(await boundDevicesOf(second)).toEqual([1]);
  });

  it("is released once, by the first of equal reports, and of each user apart", async () => {
    const app = await newApp();
    const [one, other] = [await newPhone(app, "1"), await newPhone(app, "2")];
    const laptop = await app.signIn(one.user, { device_guid: "laptop" });
    await bind(laptop, "3");
    const both = [unregistered(one.id), unregistered(one.id), unregistered(other.id), delivered(one.id)];

    expect(await report(app.admin, ...both)).toEqual([true, false, true, false]);

    expect((await holdings(app)).map(({ device_token }) => device_token)).toEqual(["3"]);
    expect(await report(app.admin, unregistered(one.id))).toEqual([false]);
    expect(await boundDevicesOf(laptop)).toEqual([2]);
  });

  it("is nobody's in another app, nor is what is no id at all", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    const { phone, id } = await newPhone(app);
    const strange = [id.toUpperCase(), `0${id}`, id.slice(0, -1), "1.1.", "..", "nothing", "9".repeat(128)];

    expect(await report(other.admin, unregistered(id))).toEqual([false]);
    expect(await report(app.admin, ...strange.map((each) => unregistered(each)))).toEqual(
      strange.map(() => false),
    );

    expect(await boundDevicesOf(phone)).toEqual([1]);
  });

  it("is released by one of many who report it at once, and a bind at the same time is left whole", async () => {
    const app = await newApp();
    for (let round = 0; round < 5; round++) {
      const { user, phone, id } = await newPhone(app, `token ${round}`);
      const [first, second] = await Promise.all([
        report(app.admin, unregistered(id)),
        report(app.admin, unregistered(id)),
        bind(phone, `newer ${round}`),
      ]);
      expect([...first, ...second].filter(Boolean).length).toBeLessThanOrEqual(1);
      expect(await boundDevicesOf(phone)).toEqual([1]);
      const mine = (await holdings(app)).filter(({ user_id }) => user_id === user.id);
      expect(mine).toMatchObject([{ device_token: `newer ${round}` }]);
    }
  });

  it("is recorded, by who reported and for whom", async () => {
    const app = await newApp();
    const { user, id } = await newPhone(app);
    await report(app.admin, unregistered(id), delivered("nothing"));
    const records = await auditOf(app, { operation: "pushFeedback" });
    expect(records).toMatchObject([{ caller: "admin:test", subject: user.id }]);
  });
});

describe("a push token that a provider refuses", () => {
  it("is held back for 24 h, and released where it is refused again after that", async () => {
    const app = await newApp();
    const { user, phone, id } = await newPhone(app);
    const before = Date.now();

    expect(await report(app.admin, bad(id))).toEqual([false]);

    const until = (await heldUntil(app, user)) ?? 0;
    expect(until).toBeGreaterThanOrEqual(before + DAY);
    expect(until).toBeLessThanOrEqual(Date.now() + DAY);
    setAhead(DAY - HOUR);
    expect(await report(app.admin, bad(id), bad(id))).toEqual([false, false]);
    expect(await heldUntil(app, user)).toBe(until);
    expect(await boundDevicesOf(phone)).toEqual([1]);
    setAhead(DAY + HOUR);
    expect(await report(app.admin, bad(id))).toEqual([true]);
    expect(await boundDevicesOf(phone)).toEqual([]);
  });

  it("is not released by a report that claims to be from after that, nor held by one from before it was bound", async () => {
    const app = await newApp();
    const { user, phone, id } = await newPhone(app);
    expect(await report(app.admin, { ...bad(id), at: Date.now() - DAY })).toEqual([false]);
    expect(await heldUntil(app, user)).toBe(null);
    expect(await report(app.admin, bad(id), { ...bad(id), at: Date.now() + 2 * DAY })).toEqual([
      false,
      false,
    ]);
    expect(await boundDevicesOf(phone)).toEqual([1]);
  });

  it("is free again where one is delivered, and the next refusal is the first", async () => {
    const app = await newApp();
    const { user, phone, id } = await newPhone(app);
    await report(app.admin, bad(id));
    expect(await report(app.admin, delivered(id))).toEqual([false]);
    expect(await heldUntil(app, user)).toBe(null);
    setAhead(DAY + HOUR);
    expect(await report(app.admin, bad(id))).toEqual([false]);
    expect(await heldUntil(app, user)).not.toBe(null);
    expect(await boundDevicesOf(phone)).toEqual([1]);
  });

  it("is free again where it is bound anew, to the device, to another user's or in the settings", async () => {
    const app = await newApp();
    const { user, phone, id } = await newPhone(app);
    await report(app.admin, bad(id));
    await bind(phone, "token");
    expect(await heldUntil(app, user)).toBe(null);

    await report(app.admin, bad(await bindingIdOf(app, user, 1)));
    const heir = await newPhone(app);
    expect(await heldUntil(app, heir.user)).toBe(null);

    const { user: other, session } = await app.session();
    await done(session.post("/user/push/alias", { alias: "", push_token: "theirs" }));
    await report(app.admin, bad(await bindingIdOf(app, other, 0)));
    expect(await heldUntil(app, other)).not.toBe(null);
    await done(session.post("/user/push/alias", { alias: "", push_token: "theirs" }));
    expect(await heldUntil(app, other)).toBe(null);
  });
});

describe("a report list", () => {
  it("that has one malformed row is refused as a whole, and nothing is done", async () => {
    const app = await newApp();
    const { phone, id } = await newPhone(app);
    for (const row of [
      null,
      7,
      {},
      { binding_id: id, result: "gone" },
      { binding_id: 7, result: "delivered" },
    ]) {
      const answer = await app.admin.post("/admin/push/feedback", { list: [unregistered(id), row] });
      expect(answer).toMatchObject({ code: 10002, data: null });
      expect(answer.message).toContain("list[1]");
    }
    expect(await boundDevicesOf(phone)).toEqual([1]);
    expect(await countsOf(app)).toEqual({});
  });

  it("takes a null at as one that is left out, and 500 rows in as few trips as one", async () => {
    const app = await newApp();
    const { id } = await newPhone(app);
    const list = [
      ...Array.from({ length: 499 }, (_, index) => delivered(`${index}.1.0`)),
      { ...unregistered(id), at: null },
    ];
    // Who is known by then is read once.
    await app.admin.get("/user/list");
    const { lines } = await logged(async () => {
      const answer = await app.admin.post("/admin/push/feedback", { list });
      expect(answer).toMatchObject({ code: 200 });
      expect(answer.data).toHaveLength(500);
    });
    // The admin token, what is bound, the write, what is crossed off; and the hub of the one user whom it changes.
    expect(lines).toMatchObject([{ operation: "pushFeedback", trips: { d1: 4, hub: 1, kv: 0 } }]);
    expect(await holdings(app)).toEqual([]);
    expect(await countsOf(app)).toEqual({ delivered: 499, unregistered: 1 });
  });

  it("is counted by app and result, however often it comes", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    const { id } = await newPhone(app);
    await report(app.admin, delivered(id), delivered(id), bad(id));
    await report(app.admin, delivered("nothing"));
    await report(other.admin, bad("nothing"));
    expect(await countsOf(app)).toEqual({ delivered: 3, bad_token: 1 });
    expect(await countsOf(other)).toEqual({ bad_token: 1 });
  });

  it("is refused to a user and to nobody", async () => {
    const app = await newApp();
    const { phone, id } = await newPhone(app);
    const list = [unregistered(id)];
    expect((await phone.post("/admin/push/feedback", { list })).code).toBe(10010);
    expect((await app.nobody.post("/admin/push/feedback", { list })).code).toBe(10003);
    expect(await boundDevicesOf(phone)).toEqual([1]);
  });
});

describe("feedback whose user's hub cannot be told", () => {
  it("is no success; the cron trigger tells it, and the device hears of it", async () => {
    const app = await newApp();
    const { user, phone, id } = await newPhone(app);
    const socket = await connect(phone);
    await boundDevicesOf(phone);
    const deaf = deafTo(app, user);
    const json = { list: [unregistered(id)] };

    expect((await callBy(deaf, app.admin, "POST", "/admin/push/feedback", { json })).code).toBe(503);
    expect(await owedTo(user)).toBe(1);
    await runCron();

    await vi.waitUntil(async () => (await owedTo(user)) === 0);
    expect(await boundDevicesOf(phone)).toEqual([]);
    expect(await socket.notice("push_token_dead")).toMatchObject({ device_sn: 1 });
    expect(await report(app.admin, unregistered(id))).toEqual([false]);
  });

  it("tells it when it is sent again, and is a success then", async () => {
    const app = await newApp();
    const { user, phone, id } = await newPhone(app);
    await boundDevicesOf(phone);
    const deaf = deafTo(app, user);
    const json = { list: [unregistered(id)] };
    expect((await callBy(deaf, app.admin, "POST", "/admin/push/feedback", { json })).code).toBe(503);

    expect(await report(app.admin, unregistered(id))).toEqual([false]);

    expect(await boundDevicesOf(phone)).toEqual([]);
    await vi.waitUntil(async () => (await owedTo(user)) === 0);
  });

  it("leaves all as it was where D1 fails", async () => {
    const app = await newApp();
    const { phone, id } = await newPhone(app);
    const restore = await refuseWrites(app, "insert", "owed_signals");
    expect((await app.admin.post("/admin/push/feedback", { list: [unregistered(id)] })).code).toBe(500);
    await restore();
    expect(await boundDevicesOf(phone)).toEqual([1]);
    expect(await countsOf(app)).toEqual({});
    expect(await report(app.admin, unregistered(id))).toEqual([true]);
  });
});
