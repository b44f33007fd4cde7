import { describe, expect, it } from "vitest";
import { type Session, newApp, newName } from "./kit/client.ts";
import { codeOf } from "./kit/devices.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, hubNameOf, hubsWhere, unreached } from "./kit/faults.ts";
import { heard, withKey } from "./kit/keys.ts";
import { importLines } from "./kit/moving-in.ts";
import { connect } from "./kit/socket.ts";

describe("a list with a row that could not be told", () => {
  const deaf = () => workerWith({ HUB: hubsWhere("take", unreached) });

  it("is told by a repeat, which hears what became of it: a ban", async () => {
    const app = await newApp();
    const untold = await app.session({ device_guid: "phone" });
    const told = await app.session({ device_guid: "laptop" });
    const homes = [untold, told];
    for (const { session } of homes) await connect(session);
    const admin = withKey(app.admin);
    const json = { list: [untold.user.id, told.user.id] };
    const shut = () => workerWith({ HUB: hubsWhere("take", unreached, hubNameOf(app, untold.user)) });
    const first = await callBy(shut(), admin, "PUT", "/user/disable", { json });
    expect(first.body).toMatchObject({ data: false, results: [{ success: false }, { success: true }] });
    expect((await callBy(shut(), admin, "PUT", "/user/disable", { json })).response.status).toBe(503);
    expect(await Promise.all(homes.map(async ({ session }) => codeOf(session)))).toEqual([200, 10008]);
    const row = (home: (typeof homes)[number]) => ({
      user_id: home.user.id,
      success: true,
      reason: "",
      devices: [{ device_sn: home.session.deviceSn, was_online: true, notified: true }],
    });
    expect(heard(await admin.put("/user/disable", json))).toMatchObject({
      body: { data: true, results: homes.map(row) },
      isReplayed: true,
    });
    expect(await Promise.all(homes.map(async ({ session }) => codeOf(session)))).toEqual([10008, 10008]);
  });

  it("is told by a repeat, which hears what became of it: profiles", async () => {
    const app = await newApp();
    const { session } = await app.session({ device_guid: "phone" });
    expect(await nameOf(session)).toBe("");
    const admin = withKey(app.admin);
    const json = { list: [{ user_id: session.userId, nick_name: "Wren" }] };
    const first = await callBy(deaf(), admin, "POST", "/user/profile/batch", { json });
    expect(first.data).toMatchObject([{ user_id: session.userId, success: false }]);
    expect(heard(await admin.post("/user/profile/batch", json))).toMatchObject({
      body: { data: [{ user_id: session.userId, success: true, reason: "" }] },
      isReplayed: true,
    });
    expect(await nameOf(session)).toBe("Wren");
  });

  it("is told by a repeat, which hears what became of it: an import", async () => {
    const app = await newApp();
    const row = { external_id: newName("ext"), username: newName(), password: "secret word" };
    await importLines(app.admin, [row]);
    const session = await app.signIn({ id: 0, name: row.username, password: row.password });
    expect(await nameOf(session)).toBe("");
    const admin = withKey(app.admin);
    const sent = {
      query: { mode: "upsert" },
      body: JSON.stringify({ ...row, nick_name: "Wren" }),
      headers: { "content-type": "application/x-ndjson" },
    };
    const first = await callBy(deaf(), admin, "POST", "/admin/import", sent);
    expect(first.data).toMatchObject([{ user_id: session.userId, result: "failed" }]);
    expect(heard(await admin.call("POST", "/admin/import", sent))).toMatchObject({
      body: { data: [{ user_id: session.userId, result: "updated", reason: "" }] },
      isReplayed: true,
    });
    expect(await nameOf(session)).toBe("Wren");
  });
});

/** What the user's devices read. */
async function nameOf(session: Session): Promise<unknown> {
  const { data } = await session.get("/user/profile");
  return Reflect.get(Object(data), "nick_name");
}
