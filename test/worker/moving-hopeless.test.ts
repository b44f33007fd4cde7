import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newApp } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { tablesWith } from "./kit/databases.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy } from "./kit/faults.ts";
import { contentOf, expectMoved, moveOf, moveToEnd, newFullApp } from "./kit/moving.ts";
import { done } from "./kit/wire.ts";

const setForward = movableClock();
const path = "/admin/app/database";

/** A database that says that it is so large (bytes). */
function sized(db: D1Database, size_after: number): D1Database {
  const grown = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name !== "run") return (...args: unknown[]): unknown => Reflect.apply(value, target, args);
        return async () => {
          const result = await target.run();
          return { ...result, meta: { ...result.meta, size_after } };
        };
      },
    });
  return new Proxy(db, {
    get(target, name) {
      if (name === "prepare") {
        return (sql: string) => (sql === "select 1" ? grown(target.prepare(sql)) : target.prepare(sql));
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function"
        ? (...args: unknown[]): unknown => Reflect.apply(value, target, args)
        : value;
    },
  });
}

const trigger = async (sql: string) => await env.USERS_1.prepare(sql).run();

const create = (table: string) =>
  trigger(`create trigger passing before insert on ${table} begin select raise(abort, 'refused'); end`);

describe("a move that can never succeed", () => {
  it("is not begun where the target has no room, and the app stays open", async () => {
    const app = await newApp({ database: 0 });
    const { session } = await app.session();
    const fetch = workerWith({ USERS_1: sized(env.USERS_1, 9_000_000_000) });
    const refused = await callBy(fetch, app.root, "PUT", path, { json: { database: 1 } });
    expect(refused).toMatchObject({ code: 10002, data: null, message: expect.stringContaining("9.0 GB") });
    expect((await app.root.get(path)).code).toBe(10002);
    await done(session.post("/user/nickname", { nick_name: "open" }));
  });

  it("is undone by itself after ten steps that failed, says why, and can be made later", async () => {
    const { app, phone } = await newFullApp(0);
    await env.USERS_1.prepare(
      `create trigger hopeless before insert on push_tags when new.tag = '龥' begin select raise(abort, 'refused'); end`,
    ).run();
    const closed = () => phone.post("/user/nickname", { nick_name: "late" });
    for (let failures = 1; failures < 10; failures++) {
      expect((await app.root.put(path, { database: 1 })).code).toBe(500);
      expect(await moveOf(app)).toMatchObject({
        phase: "copying",
        failures,
        fault: "the database failed: SQLITE_CONSTRAINT",
      });
      expect((await closed()).code).toBe(503);
    }
    expect((await app.root.put(path, { database: 1 })).data).toMatchObject({ phase: "undone" });
    expect(await moveOf(app)).toMatchObject({
      phase: "undone",
      fault: "the database failed: SQLITE_CONSTRAINT",
    });
    await done(closed());
    expect(await tablesWith(env.USERS_1, app)).toEqual([]);

    await env.USERS_1.prepare("drop trigger hopeless").run();
    const now = await contentOf(app, 0);
    expect(await moveToEnd(app, 1, setForward)).toMatchObject({ phase: "done", failures: 0, fault: "" });
    await expectMoved(app, now, 0, 1);
  });

  it("is not undone by faults that pass: a step that succeeds begins the count anew", async () => {
    const { app } = await newFullApp(0);
    for (const table of ["users", "push_tags"]) {
      await create(table);
      for (let turn = 1; turn <= 6; turn++)
        expect((await app.root.put(path, { database: 1 })).code).toBe(500);
      expect(await moveOf(app)).toMatchObject({ phase: "copying", failures: 6 });
      await trigger("drop trigger passing");
    }
    expect(await moveToEnd(app, 1, setForward)).toMatchObject({ phase: "done", failures: 0, fault: "" });
  });
});
