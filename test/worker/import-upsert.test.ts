import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import * as wire from "../wire.ts";
import { dataOf, newApp, newName } from "./kit/client.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, hubsWhere, unreached } from "./kit/faults.ts";
import { eventsOf } from "./kit/heard.ts";
import { connected, devicesOf, fullRow, imported, importOne, password } from "./kit/moving-in.ts";
import { bad, bindingIdOf, holdings, report } from "./kit/push.ts";
import { newHookedApp, outside } from "./kit/receiver.ts";

outside();

describe("an upsert", () => {
  it("changes what its row gives and nothing else; given tags and settings replace", async () => {
    const { app, row, user, session, device } = await connected();
    const { external_id } = row;
    const username = newName("renamed");
    const changed = {
      external_id,
      username,
      nick_name: "",
      settings: { no_sounds: true },
      push: { tags: ["z"] },
      devices: [{ device_guid: "tv", device_sn: 9 }],
    };
    expect(await importOne(app, changed, { mode: "upsert" })).toMatchObject({
      result: "updated",
      user_id: user.id,
    });
    expect(await eventsOf(device)).toEqual(["info_updated"]);
    expect(dataOf(await session.get("/user/profile"), wire.Profile)).toMatchObject({
      username,
      nick_name: "",
      description: row.description,
      mobile: row.mobile,
    });
    expect((await session.get("/user/settings")).data).toMatchObject({
      no_sounds: true,
      no_push: false,
      push_token: "",
      auth_question: "",
    });
    expect((await session.get("/user/push/tag")).data).toEqual(["z"]);
    expect((await session.get("/user/push/alias")).data).toMatchObject({ alias: "al" });
    expect((await devicesOf(session)).at(-1)).toEqual([9, 6, ""]);
    expect(await importOne(app, changed, { mode: "upsert" })).toMatchObject({ result: "unchanged" });
  });

  it("that gives another push token does not leave it held back as the last one was", async () => {
    const { app, row, user } = await connected();
    await report(app.admin, bad(await bindingIdOf(app, user, 0)));
    expect(await holdings(app)).toMatchObject([{ device_sn: 0, held_until: expect.any(Number) }]);
    const { external_id, username } = row;
    const changed = { external_id, username, settings: { push_token: "newer" } };
    expect(await importOne(app, changed, { mode: "upsert" })).toMatchObject({ result: "updated" });
    expect(await holdings(app)).toMatchObject([{ device_token: "newer", held_until: null }]);
  });

  it("that bans ends the sessions before it is answered; one that lifts lets in again", async () => {
    const { app, row, user, session, device } = await connected();
    const ban = { reason: "spam", note: "", until: null };
    const banned = { external_id: row.external_id, username: row.username, ban };
    expect(await importOne(app, banned, { mode: "upsert" })).toMatchObject({ result: "updated" });
    expect((await session.get("/user/profile")).code).toBe(10008);
    expect((await device.closed()).code).toBe(4002);
    expect((await app.nobody.post("/token/user", { name: user.name, password })).code).toBe(10029);
    expect(await importOne(app, { ...banned, ban: undefined, status: 0 }, { mode: "upsert" })).toMatchObject({
      result: "updated",
    });
    await app.signIn(user);
    const bans = dataOf(await app.admin.get("/admin/bans"), z.array(wire.Ban));
    expect(bans).toMatchObject([{ reason: "spam", lifted_by: "admin:test" }]);
  });

  it("that sets a password ends the sessions", async () => {
    const { app, row, user, session } = await connected();
    const changed = { external_id: row.external_id, username: row.username, password: "another word" };
    expect(await importOne(app, changed, { mode: "upsert" })).toMatchObject({ result: "updated" });
    expect((await session.get("/user/profile")).code).toBe(10008);
    expect((await app.nobody.post("/token/user", { name: user.name, password })).code).toBe(11001);
    await app.signIn({ ...user, password: "another word" });
  });

  it("does not take back a hash that a sign-in has renewed", async () => {
    const { app, row, user, session } = await connected();
    const other = {
      external_id: row.external_id,
      username: row.username,
      password_hash: "{SHA}PDUC6jG3V40qqE4XqHRFLkyoMVM=",
    };
    expect(await importOne(app, other, { mode: "upsert" })).toMatchObject({ result: "unchanged" });
    expect((await session.get("/user/profile")).code).toBe(200);
    await app.signIn(user);
  });

  it("passes names on within one call", async () => {
    const app = await newApp();
    const [one, other] = [fullRow(), fullRow()];
    await imported(app, [one, other]);
    const rows = [
      { external_id: one.external_id, username: newName("new") },
      { external_id: other.external_id, username: one.username },
      { external_id: newName("ext"), username: other.username },
    ];
    expect((await imported(app, rows, { mode: "upsert" })).map(({ result }) => result)).toEqual([
      "updated",
      "updated",
      "created",
    ]);
  });

  it("is no success while a hub cannot be told", async () => {
    const { app, row, session } = await connected();
    const fetch = workerWith({ HUB: hubsWhere("take", unreached) });
    const body = JSON.stringify({ external_id: row.external_id, username: row.username, nick_name: "Other" });
    const headers = { "content-type": "application/x-ndjson" };
    const answer = await callBy(fetch, app.admin, "POST", "/admin/import", {
      query: { mode: "upsert" },
      body,
      headers,
    });
    expect(answer.data).toMatchObject([
      { result: "failed", reason: expect.stringMatching(/repeated within a minute/) },
    ]);
    expect(await importOne(app, JSON.parse(body), { mode: "upsert" })).toMatchObject({ result: "unchanged" });
    await app.nobody.post("/token/user", { name: row.username, password });
    expect((await session.get("/user/profile")).data).toMatchObject({ nick_name: "Other" });
  });
});

describe("a dry run", () => {
  it("says what a run would, and writes nothing", async () => {
    const { app, receiver } = await newHookedApp();
    const there = fullRow();
    await importOne(app, there);
    await receiver.heard("users.imported");
    const rows = [
      there,
      { ...there, nick_name: "Other" },
      fullRow(),
      { ...fullRow(), username: there.username },
      { ...fullRow(), password_hash: undefined, password },
      "{",
    ];
    const before = await env.DB.prepare("select count(*) as n from audit where app_id = ?")
      .bind(app.id)
      .first("n");
    for (const mode of ["insert", "upsert"]) {
      const dry = await imported(app, rows, { mode, dry_run: "true" });
      expect(dry.map(({ result }) => result)).toEqual([
        "unchanged",
        "failed",
        "created",
        "failed",
        "created",
        "failed",
      ]);
    }
    const [changed] = await imported(app, [{ ...there, nick_name: "Other" }], {
      mode: "upsert",
      dry_run: "true",
    });
    expect(changed).toMatchObject({ result: "updated" });
    expect(
      await env.DB.prepare("select count(*) as n from audit where app_id = ?").bind(app.id).first("n"),
    ).toBe(before);
    expect((await app.admin.get("/user/list")).data).toHaveLength(1);
    const run = await imported(app, rows);
    expect(run.map(({ result }) => result)).toEqual([
      "unchanged",
      "failed",
      "created",
      "failed",
      "created",
      "failed",
    ]);
    expect(receiver.of("users.imported").length).toBeLessThanOrEqual(2);
  });
});
