import { describe, expect, it } from "vitest";
import { type App, newApp } from "./kit/client.ts";
import { connect, upgrade } from "./kit/socket.ts";
import { codesOf, usersOf } from "./kit/wire.ts";

const password = "secret word";

function suspend(app: App, status = 1) {
  return app.root.put("/admin/app", { status });
}

describe("a suspended app", () => {
  it("answers every call with 40003, before it looks at the token, until it is normal again", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    await suspend(app);
    const answers = [
      await app.nobody.post("/user/register/v2", { username: "ann", password }),
      await app.nobody.post("/user/register/push", { username: "ann", password }),
      await app.nobody.post("/token/user", { name: user.name, password: user.password }),
      await app.nobody.get("/user/profile"),
      await app.nobody.with({ "access-token": "none" }).get("/user/profile"),
      await session.get("/user/profile"),
      await session.post("/user/settings", { vibratory: true }),
      await session.post("/token/logout"),
      await session.get("/user/device/list"),
      await app.admin.get("/user/list"),
      await app.actingFor(user).get("/user/profile"),
      await app.admin.put("/admin/groups", { group_id: 1, owner_id: user.id }),
    ];
    expect(new Set(codesOf(answers))).toEqual(new Set([40003]));
    await suspend(app, 0);
    expect((await session.get("/user/settings")).data).toMatchObject({ vibratory: false });
    expect(await usersOf(app.admin)).toHaveLength(1);
  });

  it("keeps the sockets that are open and lets no other connect", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    const late = await app.signIn(user, { device_guid: "laptop" });
    const socket = await connect(session);
    await suspend(app);
    const refused = await upgrade(late.headers);
    expect(refused.webSocket).toBeNull();
    expect(await refused.json()).toMatchObject({ code: 40003, data: null });
    await socket.ping();
    expect(socket.unread).toEqual([]);
  });

  it("is suspended alone", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    await suspend(app);
    expect((await other.admin.get("/user/list")).code).toBe(200);
  });
});
