import { describe, expect, it } from "vitest";
import type { Client, User } from "./kit/client.ts";
import { eventsOf, patience } from "./kit/heard.ts";
import { byAdmin, bySession, newHousehold } from "./kit/household.ts";
import { connect } from "./kit/socket.ts";

/** Every write of the profile or the settings that a user's own session can make. */
const writes: [string, (client: Client) => Promise<{ code: number }>][] = [
  [
    "/user/username",
    (client) => client.set("/user/username", { username: `n_${crypto.randomUUID().slice(0, 8)}` }),
  ],
  ["/user/avatar", (client) => client.post("/user/avatar", { avatar: "https://pictures.test/a.png" })],
  ["/user/nickname", (client) => client.set("/user/nickname", { nick_name: "Nick" })],
  ["/user/mobile", (client) => client.set("/user/mobile", { mobile: "+4915112345678" })],
  ["/user/public", (client) => client.call("POST", "/user/public", { body: "public" })],
  ["/user/private", (client) => client.call("POST", "/user/private", { body: "private" })],
  ["/user/profile", (client) => client.put("/user/profile", { description: "me" })],
  ["/user/download", (client) => client.set("/user/download", { value: "true" })],
  ["/user/authmode", (client) => client.set("/user/authmode", { value: "1" })],
  ["/user/settings", (client) => client.put("/user/settings", { group_confirm: true })],
  [
    "/user/push/limit",
    (client) => client.set("/user/push/limit", { no_push_start_hour: "22", no_push_end_hour: "7" }),
  ],
  ["/user/push/snooze", (client) => client.set("/user/push/snooze", { until: String(Date.now() + 60_000) })],
  ["/user/push/nickname", (client) => client.set("/user/push/nickname", { nick_name: "Push" })],
  [
    "/user/push/alias with push_token",
    (client) => client.post("/user/push/alias", { alias: "", push_token: crypto.randomUUID() }),
  ],
  ["/user/sounds", (client) => client.set("/user/sounds", { value: "true" })],
  ["/user/vibratory", (client) => client.set("/user/vibratory", { value: "true" })],
  ["/user/push", (client) => client.set("/user/push", { value: "true" })],
  ["/user/push/detail", (client) => client.set("/user/push/detail", { value: "true" })],
];

/** Writes of the profile that an admin makes for many users at once. */
const batches: [string, (admin: Client, user: User) => Promise<{ code: number }>][] = [
  [
    "/user/profile/batch",
    (admin, user) => admin.post("/user/profile/batch", { list: [{ user_id: user.id, nick_name: "N" }] }),
  ],
  [
    "/user/avatar/batch",
    (admin, user) => admin.post("/user/avatar/batch", { list: [{ user_id: user.id, avatar: "" }] }),
  ],
];

describe("a change of profile or settings", () => {
  it.each(writes)("by %s is heard by the other device, not by the one that made it", async (_, write) => {
    const { phone, phoneSocket, laptopSocket } = await newHousehold();
    expect((await write(phone)).code).toBe(200);
    await expect.poll(() => eventsOf(laptopSocket), patience).toEqual(["info_updated"]);
    expect(await laptopSocket.notice("info_updated")).toMatchObject({
      notice_type: 6,
      by: bySession(phone),
      retry: true,
    });
    expect(await eventsOf(phoneSocket)).toEqual([]);
  });

  it.each(writes)("by an admin with %s is heard by every device", async (_, write) => {
    const { app, user, phoneSocket, laptopSocket } = await newHousehold();
    expect((await write(app.actingFor(user))).code).toBe(200);
    for (const socket of [phoneSocket, laptopSocket]) {
      await expect.poll(() => eventsOf(socket), patience).toEqual(["info_updated"]);
      expect(await socket.notice("info_updated")).toMatchObject({ notice_type: 6, by: byAdmin });
    }
  });

  it.each(batches)("by an admin with %s is heard by every device", async (_, write) => {
    const { app, user, phoneSocket, laptopSocket } = await newHousehold();
    expect((await write(app.admin, user)).code).toBe(200);
    for (const socket of [phoneSocket, laptopSocket]) {
      await expect.poll(() => eventsOf(socket), patience).toEqual(["info_updated"]);
    }
  });

  it("is heard by nobody where it was refused, nor by another user where it was not", async () => {
    const { app, phone, laptopSocket } = await newHousehold();
    const { session: stranger } = await app.session({ device_guid: "phone" });
    const strangeSocket = await connect(stranger);
    expect((await phone.set("/user/authmode", { value: "9" })).code).toBe(10002);
    expect((await phone.set("/user/authmode", { value: "1" })).code).toBe(200);
    await expect.poll(() => eventsOf(laptopSocket), patience).toEqual(["info_updated"]);
    expect(await eventsOf(strangeSocket)).toEqual([]);
  });
});
