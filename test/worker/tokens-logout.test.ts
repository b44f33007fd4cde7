import { describe, expect, it } from "vitest";
import { newApp } from "./kit/client.ts";
import { codeOf } from "./kit/devices.ts";
import { withKey } from "./kit/keys.ts";
import { connect } from "./kit/socket.ts";
import { devicesOf } from "./kit/wire.ts";

describe("logout", () => {
  it("kills the caller's token from the next call on, and no other", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const other = await app.signIn(user);
    expect(await session.post("/token/logout")).toMatchObject({ code: 200, data: true });
    expect((await session.get("/user/profile")).code).toBe(10008);
    expect((await session.get("/user/device/list")).code).toBe(10008);
    expect((await session.post("/token/logout")).code).toBe(10008);
    expect((await other.get("/user/profile")).code).toBe(200);
  });

  it("closes the socket with 4000 and no notice to itself, and tells the others", async () => {
    const app = await newApp();
    const { user, session: phone } = await app.session({ device_guid: "phone" });
    const laptop = await app.signIn(user, { device_guid: "laptop" });
    const laptopSocket = await connect(laptop);
    const phoneSocket = await connect(phone);
    await laptopSocket.notice("device_login");

    await phone.post("/token/logout");

    expect(await phoneSocket.closed()).toMatchObject({ code: 4000 });
    expect(phoneSocket.unread).toEqual([]);
    await laptopSocket.notice("device_logout");
    await laptopSocket.ping();
    expect(laptopSocket.unread).toEqual([]);
  });

  it("is of the session that asks, whose Idempotency-Key is no answer to another", async () => {
    const app = await newApp();
    const { user, session: phone } = await app.session({ device_guid: "phone" });
    const laptop = await app.signIn(user, { device_guid: "laptop" });
    const logout = async (client = phone) => await withKey(client, "one").post("/token/logout");
    expect((await logout(phone)).code).toBe(200);
    expect((await logout(laptop)).response.status).toBe(422);
    expect(await codeOf(laptop)).toBe(200);
    expect((await withKey(laptop, "other").post("/token/logout")).code).toBe(200);
    expect([await codeOf(phone), await codeOf(laptop)]).toEqual([10008, 10008]);
  });

  it("leaves the device on the list, offline", async () => {
    const app = await newApp();
    const { user, session: phone } = await app.session({ device_guid: "phone" });
    await connect(phone);
    await phone.post("/token/logout");
    expect(await devicesOf(app.actingFor(user))).toMatchObject([
      { device_sn: phone.deviceSn, online: false },
    ]);
  });

  it("is refused to an admin token, on whose behalf it may be", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    expect((await app.admin.post("/token/logout")).code).toBe(10010);
    expect((await app.actingFor(user).post("/token/logout")).code).toBe(10010);
    expect((await session.get("/user/profile")).code).toBe(200);
  });
});
