import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { EndedSession, FoundUser, Picture } from "../wire-staff.ts";
import { type App, type Client, type User, dataOf, newApp, newName, requestIdOf } from "./kit/client.ts";
import { hubOf } from "./kit/faults.ts";
import { fullRow, importOne } from "./kit/moving-in.ts";
import { connect } from "./kit/socket.ts";
import { eventually } from "./kit/watching.ts";

async function found(app: App, q: string, more: Record<string, string> = {}) {
  const rows = dataOf(await app.admin.get("/admin/users", { q, ...more }), z.array(FoundUser));
  return rows.map(({ user_id, matched_by }) => [user_id, matched_by]);
}

async function pictureOf(app: App, user: User) {
  return dataOf(await app.actingFor(user).get("/admin/user"), Picture);
}

describe("users", () => {
  it("are found by id, external_id, mobile, e-mail and the beginning of the name, and by nothing of another app's", async () => {
    const [app, other] = [await newApp(), await newApp()];
    const user = await app.user();
    await app.actingFor(user).set("/user/mobile", { mobile: "13800000001" });
    await app.actingFor(user).post("/user/profile", { email: "Wren@Example.org" });
    const row = fullRow();
    await importOne(app, row);
    const [moved] = dataOf(await app.admin.get("/admin/users", { q: row.external_id }), z.array(FoundUser));

    expect(moved).toMatchObject({ external_id: row.external_id, matched_by: "external_id" });
    expect(await found(app, String(user.id))).toEqual([[user.id, "id"]]);
    for (const q of ["13800000001", "+8613800000001", "8613800000001"])
      expect([q, ...(await found(app, q))]).toEqual([q, [user.id, "mobile"]]);
    expect(await found(app, "wREN@example.org")).toEqual([[user.id, "email"]]);
    expect(await found(app, user.name.slice(0, -1).toUpperCase())).toContainEqual([user.id, "name"]);
    for (const q of [String(user.id), "13800000001", "wren@example.org", user.name, row.external_id])
      expect(await found(other, q)).toEqual([]);
  });

  it("come page by page, each once, those who are named exactly first", async () => {
    const app = await newApp();
    const first = await app.user();
    const prefix = `u${first.id}_`;
    for (const n of [1, 2, 3])
      await app.nobody.post("/user/register/v2", { username: prefix + n, password: "secret word" });
    const row = { ...fullRow(), external_id: prefix };
    await importOne(app, row);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { q: prefix, limit: "1", ...(cursor !== undefined && { cursor }) };
      const answer = await app.admin.get("/admin/users", query);
      const [user] = dataOf(answer, z.array(FoundUser));
      seen.push(`${user?.matched_by}:${user?.username}`);
      cursor = z.object({ cursor: z.string().optional() }).parse(answer.body).cursor;
    } while (cursor !== undefined);

    expect(seen).toEqual([`external_id:${row.username}`, ...[1, 2, 3].map((n) => `name:${prefix}${n}`)]);
  });

  it("are found by a token in a body alone, and by none of another app's", async () => {
    const [app, other] = [await newApp(), await newApp()];
    const { user, session } = await app.session();
    expect(await session.get("/admin/users", { q: user.name })).toMatchObject({ code: 10010 });
    await session.post("/token/logout");
    const by = async (client: Client) =>
      dataOf(await client.post("/admin/users", { q: session.token }), z.array(FoundUser));

    expect(await by(app.admin)).toMatchObject([{ user_id: user.id, matched_by: "token" }]);
    expect(await by(other.admin)).toEqual([]);
    expect(await app.admin.get("/admin/users", { q: session.token })).toMatchObject({ code: 10002 });
  });
});

describe("a user of whom only a device or a request is known", () => {
  it("is found by the guid of a device, the last who signed in there first, whatever has ended since", async () => {
    const [app, other] = [await newApp(), await newApp()];
    const guid = newName("Phone");
    const { user: first, session } = await app.session({ device_guid: guid });
    const { user: second } = await app.session({ device_guid: guid });
    await app.signIn(second, { device_guid: guid });
    await session.post("/token/logout");
    await other.session({ device_guid: newName("phone") });

    expect(await found(app, guid)).toEqual([
      [second.id, "device_guid"],
      [first.id, "device_guid"],
    ]);
    expect(await found(app, guid.toLowerCase())).toEqual([]);
    expect(await found(other, guid)).toEqual([]);
  });

  it("is found by a device that was named when it connected only", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const guid = newName("phone");
    await connect(session, { device_guid: guid });
    const rows = await eventually(async () => {
      const rows = await found(app, guid);
      return rows.length > 0 && rows;
    });
    expect(rows).toEqual([[user.id, "device_guid"]]);
  });

  it("is found by the id of a request that has left a record, and by none of another app's", async () => {
    const [app, other] = [await newApp(), await newApp()];
    const [one, two] = [await app.user(), await app.user()];
    const id = requestIdOf(await app.admin.put("/user/disable", { list: [one.id, two.id] }));
    const refused = requestIdOf(
      await app.nobody.post("/token/user", { name: one.name, password: one.password }),
    );

    expect(await found(app, id)).toEqual([
      [one.id, "request_id"],
      [two.id, "request_id"],
    ]);
    expect(await found(app, refused)).toEqual([]);
    expect(await found(other, id)).toEqual([]);
  });
});

describe("the picture of a user", () => {
  it("has devices, sessions with where they came from, push tokens without their middle, bans and what has ended", async () => {
    const app = await newApp();
    const user = await app.user();
    const headers = { "user-agent": "Pocket/1", "cf-connecting-ip": "10.9.8.7" };
    const signedIn = await app.nobody
      .with(headers)
      .post("/token/user", { name: user.name, password: user.password, device_guid: "phone", platform: 1 });
    const { token } = dataOf(signedIn, z.object({ token: z.string() }));
    const phone = app.nobody.with({ "access-token": token });
    const laptop = await app.signIn(user, { device_guid: "laptop", platform: 3 });
    await connect(laptop);
    const secret = "0123456789abcdefghijklmnopqrstuvwxyz0123456789";
    await phone.post("/user/token/bind", { device_sn: 1, device_token: secret, notifier_name: "fcm" });
    await phone.post("/user/settings", { push_token: `settings-${secret}` });

    const picture = await pictureOf(app, user);

    expect(picture).toMatchObject({
      user_id: user.id,
      profile: { username: user.name },
      status: { status: 0, ban: null },
      online: true,
      devices: [
        { device_sn: 1, device_guid: "phone", online: false, push_bound: true },
        { device_sn: 2, online: true, push_bound: false },
      ],
      sessions: expect.arrayContaining([
        expect.objectContaining({ device_sn: 1, address: "10.9.8.7", user_agent: "Pocket/1" }),
      ]),
      push: {
        bindings: [{ device_sn: 1, notifier_name: "fcm", device_token: "01234…56789" }],
        settings_token: { push_token: "settin…456789" },
      },
      owed: [],
    });
    const text = JSON.stringify(picture);
    for (const hidden of [secret.slice(10, 30), token, "argon2", user.password])
      expect(text).not.toContain(hidden);

    await app.actingFor(user).post("/user/kick?device_sn=1");
    await app.disable(user, { reason: "spam", note: "for staff" });
    const ended = await eventually(async () => {
      const answer = await app.actingFor(user).get("/admin/user");
      const rows = z.object({ sessions_ended: z.array(EndedSession) }).parse(answer.body).sessions_ended;
      return rows.length === 2 && rows;
    });
    expect(ended).toMatchObject([
      { device_sn: 2, event: "disabled", reason: "spam", by: "admin:test" },
      { device_sn: 1, event: "kicked", by: "admin:test" },
    ]);
    expect(await pictureOf(app, user)).toMatchObject({
      status: { status: 1, ban: { reason: "spam", note: "for staff" } },
      bans: [{ reason: "spam", lifted_at: null }],
      online: false,
      sessions: [],
    });
    // Until D1 has both records, the page is longer and the last.
    const page = await eventually(async () => {
      const answer = await app.actingFor(user).get("/admin/user", { limit: "1" });
      return "cursor" in answer.body && answer;
    });
    const { cursor } = z.object({ cursor: z.string() }).parse(page.body);
    const next = await app.actingFor(user).get("/admin/user", { limit: "1", cursor });
    expect(next.body).toMatchObject({ sessions_ended: [{ event: "kicked" }] });
  });

  it("changes nothing: a hub that knows of nothing has no tables behind it", async () => {
    const app = await newApp();
    const user = await app.user();
    expect(await pictureOf(app, user)).toMatchObject({ devices: [], sessions: [], online: false });
    const tables = await runInDurableObject(hubOf(app, user), (_, { storage }) =>
      storage.sql.exec("select name from sqlite_master where name = 'steps'").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it("is refused of another app's user, of nobody, and to users", async () => {
    const [app, other] = [await newApp(), await newApp()];
    const { user, session } = await app.session();
    expect(await other.actingFor(user).get("/admin/user")).toMatchObject({ code: 10000 });
    expect(await app.admin.with({ user_id: "9007199254740991" }).get("/admin/user")).toMatchObject({
      code: 10000,
    });
    expect(await app.admin.get("/admin/user")).toMatchObject({ code: 10002 });
    expect(await session.get("/admin/user")).toMatchObject({ code: 10010 });
  });
});
