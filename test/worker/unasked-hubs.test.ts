import { describe, expect, it } from "vitest";
import { type App, newApp, newName, request } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, hubsWhere, unreached } from "./kit/faults.ts";
import {
  brought,
  devicesOf,
  exported,
  fullRow,
  hash,
  importOne,
  imported,
  password,
  userOf,
} from "./kit/moving-in.ts";
import { moveToEnd } from "./kit/moving.ts";
import { outside } from "./kit/receiver.ts";

outside();
const setForward = movableClock();

const bare = () => ({ external_id: newName("ext"), username: newName(), password_hash: hash });
const laptop = { device_guid: "laptop", platform: 5, device_name: "Laptop" };

/** The guids of each user's devices, by an export that finds no hub there where `HUB` is given. */
async function exportedDevices(app: App, HUB?: Cloudflare.Env["HUB"]) {
  if (!HUB) return (await exported(app)).rows.map(({ devices }) => guidsOf(devices));
  const answer = await workerWith({ HUB })(request("GET", "/admin/export", { headers: app.admin.headers }));
  const lines = (await answer.text()).trim().split("\n");
  return lines.slice(0, -1).map((line) => guidsOf(JSON.parse(line).devices));
}

const guidsOf = (devices: unknown) =>
  Array.isArray(devices) ? devices.map((device) => String(Reflect.get(Object(device), "device_guid"))) : [];

/** Upserts rows where hubs fail in one method; says what became of each. */
async function upsertWithout(app: App, method: "listsDevices" | "take", rows: readonly object[]) {
  const answer = await callBy(
    workerWith({ HUB: hubsWhere(method, unreached) }),
    app.admin,
    "POST",
    "/admin/import",
    {
      query: { mode: "upsert" },
      body: rows.map((row) => JSON.stringify(row)).join("\n"),
      headers: { "content-type": "application/x-ndjson" },
    },
  );
  return answer.data;
}

describe("an export", () => {
  const noHub = hubsWhere("devicesToTake", unreached);

  it("asks no hub for users who never signed in and brought no device, whatever was changed of them", async () => {
    const app = await newApp();
    const row = bare();
    const { id } = await app.user();
    await importOne(app, row);
    await imported(app, [{ ...row, nick_name: "Wren" }], { mode: "upsert" });
    const acting = app.admin.with({ user_id: String(id) });
    expect((await acting.post("/user/profile", { nick_name: "Owl" })).code).toBe(200);
    expect((await acting.get("/user/device/list")).data).toEqual([]);
    await app.disable({ id, name: "", password }, {});
    expect(await exportedDevices(app, noHub)).toEqual([[], []]);
  });

  it.each<[string, (app: App) => Promise<unknown>, string[]]>([
    ["has signed in", async (app) => await app.session({ device_guid: "phone" }), ["phone"]],
    [
      "came with devices and has signed in",
      async (app) => {
        const row = fullRow();
        await app.signIn(userOf(row, await importOne(app, row)));
      },
      ["web", "phone", "laptop"],
    ],
    [
      "came with devices and was acted for",
      async (app) => {
        const { user_id } = await importOne(app, fullRow());
        await app.admin.with({ user_id: String(user_id) }).get("/user/device/list");
      },
      ["web", "phone", "laptop"],
    ],
    [
      "was given devices by a later import",
      async (app) => {
        const row = bare();
        await importOne(app, row);
        await imported(app, [{ ...row, devices: [laptop] }], { mode: "upsert" });
      },
      ["laptop"],
    ],
    [
      "was registered with a device",
      async (app) =>
        await app.nobody.post("/user/register/push", {
          username: newName(),
          password,
          device_guid: "phone",
          platform: 2,
        }),
      ["phone"],
    ],
  ])("has the devices of one who %s", async (_who, make, guids) => {
    const app = await newApp();
    await make(app);
    expect((await exportedDevices(app)).map((each) => each.toSorted())).toEqual([guids.toSorted()]);
    // What waits to be crossed off comes after the answer: by then the hub is what is asked, or what waits says the same.
    expect((await exportedDevices(app)).map((each) => each.toSorted())).toEqual([guids.toSorted()]);
  });
});

describe("an upsert", () => {
  it("asks no hub whether it lists devices where there can be none, and finds those that wait", async () => {
    const app = await newApp();
    const [row, full] = [bare(), fullRow()];
    await imported(app, [row, full]);
    expect(await upsertWithout(app, "listsDevices", [{ ...row, devices: [laptop] }, full])).toMatchObject([
      { result: "updated" },
      { result: "unchanged" },
    ]);
    expect(await exportedDevices(app)).toMatchObject([["laptop"], expect.anything()]);
  });

  it("that changes what no hub knows of tells none", async () => {
    const app = await newApp();
    const row = bare();
    await importOne(app, row);
    const changed = { ...row, created_at: 1_500_000_000_000 };
    expect(await upsertWithout(app, "take", [changed])).toMatchObject([{ result: "updated" }]);
    expect((await exported(app)).rows).toMatchObject([{ created_at: 1_500_000_000_000 }]);
    expect(await upsertWithout(app, "take", [{ ...changed, nick_name: "Owl" }])).toMatchObject([
      { result: "failed", reason: expect.stringMatching(/repeated within a minute/) },
    ]);
  });
});

describe("an app that is moved before its users have come", () => {
  it.each([
    [0, 1],
    [0, 2],
    [1, 2],
  ])("brings along what waits for their hubs, from database %i to %i", async (source, target) => {
    const app = await newApp({ database: source });
    const [row, banned] = [fullRow(), { ...fullRow(), status: 1 }];
    const [made, other] = await imported(app, [row, banned]);
    if (!made || !other) throw new Error("no users");
    await moveToEnd(app, target, setForward);
    expect(await exportedDevices(app)).toMatchObject([
      expect.arrayContaining(["phone", "laptop", "web"]),
      expect.anything(),
    ]);
    expect(await devicesOf(await app.signIn(userOf(row, made)))).toEqual(brought);
    const refused = await app.nobody.post("/token/user", { name: banned.username, password });
    expect(refused.code).toBe(10029);
    expect((await imported(app, [row])).map(({ result }) => result)).toEqual(["unchanged"]);
  });
});
