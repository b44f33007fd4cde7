import { describe, expect, it } from "vitest";
import { z } from "zod";
import * as wire from "../wire.ts";
import { dataOf, newApp, newName } from "./kit/client.ts";
import { fullRow, hash, imported, importOne, password, userOf } from "./kit/moving-in.ts";
import { outside } from "./kit/receiver.ts";

outside();

describe("a row", () => {
  it.each<[string, unknown, RegExp]>([
    ["that is no JSON", '{"username":', /no JSON/],
    ["that is a list", [1], /JSON object/],
    ["that is null", "null", /JSON object/],
    ["with an unknown field", { username: "wren", nickname: "x" }, /nickname is no field/],
    ["with an unknown setting", { username: "wren", settings: { sounds: true } }, /settings must be/],
    ["with a wrong setting", { username: "wren", settings: { no_push: 1 } }, /settings must be/],
    ["without a name", { external_id: "1" }, /username is required/],
    ["with a wrong name", { username: "12345" }, /username must be/],
    ["with an empty external_id", { username: "wren", external_id: "" }, /external_id must be/],
    ["with a short password", { username: "wren", password: "12345" }, /password must be/],
    ["with two passwords", { username: "wren", password, password_hash: hash }, /must not both/],
    ["with an unknown hash", { username: "wren", password_hash: "$9$x" }, /no known form/],
    [
      "with a hash that costs too much",
      { username: "wren", password_hash: "$2b$31$oIBFqVj8qdbwHezF1DBDVOKptvW4TjSUXlJ34IZQyk7aqZAxEH1rm" },
      /costs more/,
    ],
    ["whose status and ban disagree", { username: "wren", status: 0, ban: { reason: "x" } }, /status/],
    ["whose ban is too long", { username: "wren", ban: { until: 9e15 } }, /10 years/],
    [
      "with one device twice",
      { username: "wren", devices: [{ device_guid: "a" }, { device_guid: "a" }] },
      /devices/,
    ],
  ])("%s fails with why, and spoils no other", async (_what, row, why) => {
    const app = await newApp();
    const [first, bad, last] = await imported(app, [{ username: newName() }, row, { username: newName() }]);
    expect(first).toMatchObject({ row: 1, result: "created" });
    expect(bad).toMatchObject({ row: 2, user_id: 0, result: "failed", reason: expect.stringMatching(why) });
    expect(last).toMatchObject({ row: 3, result: "created" });
    expect((await app.admin.get("/user/list")).data).toHaveLength(2);
  });

  it("fails by the name, the mobile number or the address that another has", async () => {
    const app = await newApp();
    const row = fullRow();
    await importOne(app, row);
    const taken = await imported(app, [
      { external_id: "1", username: row.username.toUpperCase() },
      { external_id: "2", username: newName(), mobile: row.mobile },
      { external_id: "3", username: newName(), email: row.email.toUpperCase() },
      { external_id: "4", username: newName(), mobile: "13800000000" },
      { external_id: "5", username: newName(), mobile: "+8613800000000" },
      { external_id: "4", username: newName() },
    ]);
    expect(taken.map(({ result, reason }) => [result, reason.split(" ")[0]])).toEqual([
      ["failed", "username"],
      ["failed", "mobile"],
      ["failed", "email"],
      ["created", ""],
      ["failed", "mobile"],
      ["failed", "external_id"],
    ]);
    // Another app knows nothing of it.
    expect(await importOne(await newApp(), row)).toMatchObject({ result: "created" });
  });

  it("takes over a push token that another has, who hears of it", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const push_token = newName("push");
    await session.post("/user/settings", { push_token });
    const [first, second] = [
      { ...fullRow(), settings: { push_token } },
      { ...fullRow(), settings: { push_token } },
    ];
    const made = await imported(app, [first, second]);
    expect(made.map(({ result }) => result)).toEqual(["created", "created"]);
    expect((await session.get("/user/settings")).data).toMatchObject({ push_token: "" });
    const one = await app.signIn(userOf(first, made[0] ?? { user_id: 0 }));
    const other = await app.signIn(userOf(second, made[1] ?? { user_id: 0 }));
    expect((await one.get("/user/settings")).data).toMatchObject({ push_token: "" });
    expect((await other.get("/user/settings")).data).toMatchObject({ push_token });
  });
});

describe("a repeated call", () => {
  it("does nothing twice: a row that is there is unchanged, also after it has signed in", async () => {
    const app = await newApp();
    const rows = [
      fullRow(),
      { ...fullRow(), password_hash: undefined, password },
      { ...fullRow(), status: 1 },
    ];
    const first = await imported(app, rows);
    const again = first.map((row) => ({ ...row, result: "unchanged" }));
    expect(await imported(app, rows)).toEqual(again);
    expect(await imported(app, rows, { mode: "upsert" })).toEqual(again);
    await app.signIn(userOf(rows[0] ?? fullRow(), first[0] ?? { user_id: 0 }));
    expect(await imported(app, rows)).toEqual(again);
    expect(await imported(app, rows, { mode: "upsert" })).toEqual(again);
    expect(dataOf(await app.admin.get("/admin/bans"), z.array(wire.Ban))).toHaveLength(1);
  });

  it("by insert fails a row that is there with other values, and changes nothing", async () => {
    const app = await newApp();
    const row = fullRow();
    const made = await importOne(app, row);
    for (const other of [
      { nick_name: "Other" },
      { settings: { no_push: false } },
      { push: { tags: ["a"] } },
      { status: 1 },
      { devices: [{ device_guid: "another" }] },
      { password_hash: undefined, password: "another word" },
      { password_hash: "{SHA}PDUC6jG3V40qqE4XqHRFLkyoMVM=" },
    ])
      expect(await importOne(app, { ...row, ...other })).toMatchObject({
        result: "failed",
        reason: expect.stringMatching(/mode=upsert/),
      });
    expect(await importOne(app, row)).toMatchObject({ result: "unchanged", user_id: made.user_id });
  });
});
