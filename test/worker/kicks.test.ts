import { describe, expect, it } from "vitest";
import { type Session, newApp } from "./kit/client.ts";
import { codeOf, serials } from "./kit/devices.ts";
import { eventsOf } from "./kit/heard.ts";
import { bySn, newHousehold } from "./kit/household.ts";
import { connect } from "./kit/socket.ts";

/** A user with two connected devices, and a session without a device. */
async function withBareSession() {
  const home = await newHousehold();
  return { ...home, bare: await home.app.signIn(home.user) };
}

const codes = (sessions: Session[]) => Promise.all(sessions.map((session) => codeOf(session)));

describe("kicking one device", () => {
  it("closes the kicked device's socket with a notice, tells the others, and kills the token", async () => {
    const { user, phone, laptop, bare, phoneSocket, laptopSocket } = await withBareSession();

    const answer = await laptop.set("/user/kick", bySn(phone));

    expect(answer.body).toMatchObject({
      code: 200,
      data: true,
      results: [{ device_sn: phone.deviceSn, was_online: true, notified: true }],
    });
    const notice = await phoneSocket.notice("kicked");
    expect(notice).toMatchObject({
      notice_type: 5,
      retry: false,
      by: { user_id: user.id, device_sn: laptop.deviceSn },
    });
    expect(await phoneSocket.closed()).toMatchObject({ code: 4005 });
    expect(await eventsOf(laptopSocket)).toEqual([]);
    expect(await codes([phone, laptop, bare])).toEqual([10008, 200, 200]);
  });

  it("leaves it on the list, with its serial for when it comes back", async () => {
    const { app, user, phone, laptop } = await withBareSession();
    await laptop.set("/user/kick", bySn(phone));
    expect(await serials(laptop)).toEqual([phone.deviceSn, laptop.deviceSn]);
    const back = await app.signIn(user, { device_guid: "phone" });
    expect(back.deviceSn).toBe(phone.deviceSn);
    expect(await codeOf(back)).toBe(200);
  });

  it.each(["POST", "PUT"])("is limited by the device_sn of a JSON body (%s)", async (method) => {
    const { phone, laptop, bare, phoneSocket, laptopSocket } = await withBareSession();
    const answer = await laptop.call(method, "/user/kick", { json: { device_sn: phone.deviceSn } });
    expect(answer.code).toBe(200);
    expect(await phoneSocket.closed()).toMatchObject({ code: 4005 });
    await laptopSocket.ping();
    expect(await codes([phone, laptop, bare])).toEqual([10008, 200, 200]);
  });

  it("is limited by a JSON body that has no content type", async () => {
    const { phone, laptop, bare } = await withBareSession();
    const body = new TextEncoder().encode(JSON.stringify({ device_sn: phone.deviceSn }));
    expect((await laptop.call("POST", "/user/kick", { body })).code).toBe(200);
    expect(await codes([phone, laptop, bare])).toEqual([10008, 200, 200]);
  });

  it("takes the same serial in query and body, and refuses two different ones", async () => {
    const { phone, laptop, bare } = await withBareSession();
    const both = (inBody: Session) =>
      laptop.call("POST", "/user/kick", { query: bySn(phone), json: { device_sn: inBody.deviceSn } });
    expect((await both(laptop)).code).toBe(10002);
    expect(await codes([phone, laptop, bare])).toEqual([200, 200, 200]);
    expect((await both(phone)).code).toBe(200);
    expect(await codes([phone, laptop, bare])).toEqual([10008, 200, 200]);
  });

  it("may be done to one's own device", async () => {
    const { phone, laptop, phoneSocket } = await withBareSession();
    expect((await phone.set("/user/kick", bySn(phone))).code).toBe(200);
    await phoneSocket.notice("kicked");
    expect(await phoneSocket.closed()).toMatchObject({ code: 4005 });
    expect(await codes([phone, laptop])).toEqual([10008, 200]);
  });

  it("says of a device that was not connected that it was not, and of one that is signed out too", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "g" });
    const away = await app.signIn(user, { device_guid: "away" });
    const results = [{ device_sn: away.deviceSn, was_online: false, notified: false }];
    expect((await session.set("/user/kick", bySn(away))).body).toMatchObject({ data: true, results });
    expect(await codeOf(away)).toBe(10008);
    expect((await session.set("/user/kick", bySn(away))).body).toMatchObject({ data: true, results });
  });

  it("refuses a device that does not exist, is another user's, or was removed, and kicks nobody", async () => {
    const { app, phone, laptop, bare } = await withBareSession();
    const { session: stranger } = await app.session();
    expect((await laptop.set("/user/kick", { device_sn: "99" })).code).toBe(10030);
    expect((await stranger.set("/user/kick", bySn(phone))).code).toBe(10030);
    expect(await codes([phone, laptop, bare, stranger])).toEqual([200, 200, 200, 200]);
    await laptop.set("/user/device/remove", bySn(phone));
    expect((await laptop.set("/user/kick", bySn(phone))).code).toBe(10030);
    expect(await codes([laptop, bare])).toEqual([200, 200]);
  });

  it.each([
    { query: { device_sn: "" } },
    { query: { device_sn: "0" } },
    { query: { device_sn: "-1" } },
    { query: { device_sn: "1.5" } },
    { query: { device_sn: "1 " } },
    { query: { device_sn: "all" } },
    { query: { device_sn: ["1", "2"] } },
    { json: { device_sn: "" } },
    { json: { device_sn: {} } },
    { json: { device_sn: [1] } },
    { json: [1] },
  ])("refuses %j and kicks nobody", async (sent) => {
    const { phone, laptop, bare, phoneSocket } = await withBareSession();
    expect((await laptop.call("POST", "/user/kick", sent)).code).toBe(10002);
    expect(await codes([phone, laptop, bare])).toEqual([200, 200, 200]);
    await phoneSocket.ping();
    expect(phoneSocket.unread).toEqual([]);
  });

  it("refuses a body that is no JSON and kicks nobody", async () => {
    const { phone, laptop, bare } = await withBareSession();
    const form = { body: new URLSearchParams({ device_sn: "1" }) };
    expect((await laptop.call("POST", "/user/kick", form)).response.status).toBe(415);
    const cut = { body: '{"device_sn":', headers: { "content-type": "application/json" } };
    expect((await laptop.call("POST", "/user/kick", cut)).response.status).toBe(400);
    expect(await codes([phone, laptop, bare])).toEqual([200, 200, 200]);
  });
});

describe("kicking every device", () => {
  it("ends every session, with a device or without, the caller's too, and says so to each", async () => {
    const { app, user, phone, laptop, bare, phoneSocket, laptopSocket } = await withBareSession();
    const away = await app.signIn(user, { device_guid: "away" });
    await phoneSocket.notice("device_added");
    await laptopSocket.notice("device_added");

    const answer = await laptop.set("/user/kick", {}, "PUT");

    expect(answer.body).toMatchObject({ code: 200, data: true });
    expect(answer.body["results"]).toHaveLength(3);
    expect(answer.body["results"]).toEqual(
      expect.arrayContaining([
        { device_sn: phone.deviceSn, was_online: true, notified: true },
        { device_sn: laptop.deviceSn, was_online: true, notified: true },
        { device_sn: away.deviceSn, was_online: false, notified: false },
      ]),
    );
    for (const socket of [phoneSocket, laptopSocket]) {
      await socket.notice("kicked");
      expect(await socket.closed()).toMatchObject({ code: 4005 });
      expect(socket.unread).toEqual([]);
    }
    expect(await codes([phone, laptop, bare, away])).toEqual([10008, 10008, 10008, 10008]);
    expect(await serials(app.actingFor(user))).toHaveLength(3);
  });

  it("is what a JSON null in place of device_sn asks for, as if it were left out", async () => {
    const { laptop, phone, bare } = await withBareSession();
    expect((await laptop.post("/user/kick", { device_sn: null })).code).toBe(200);
    expect(await codes([phone, laptop, bare])).toEqual([10008, 10008, 10008]);
  });

  it("is done by an admin for one user, whose devices hear which admin it was", async () => {
    const { app, user, phone, laptop, bare, phoneSocket } = await withBareSession();
    const { session: stranger } = await app.session({ device_guid: "phone" });
    expect((await app.actingFor(user).set("/user/kick", {})).code).toBe(200);
    expect(await phoneSocket.notice("kicked")).toMatchObject({ by: { admin: "test" } });
    expect(await codes([phone, laptop, bare, stranger])).toEqual([10008, 10008, 10008, 200]);
  });

  it("needs a user where an admin calls, and kicks nobody without", async () => {
    const { app, phone, laptop } = await withBareSession();
    const answer = await app.admin.set("/user/kick", {});
    expect(answer.code).toBe(10002);
    expect(answer.message).toContain("user_id");
    expect(await codes([phone, laptop])).toEqual([200, 200]);
  });

  it("leaves the user free to sign in again", async () => {
    const { app, user, laptop } = await withBareSession();
    await laptop.set("/user/kick", {});
    const back = await app.signIn(user, { device_guid: "laptop" });
    expect(back.deviceSn).toBe(laptop.deviceSn);
    await connect(back);
    expect(await codeOf(back)).toBe(200);
  });

  it("cannot be done with a kicked token", async () => {
    const { app, user, phone, laptop } = await withBareSession();
    await laptop.set("/user/kick", bySn(phone));
    const back = await app.signIn(user, { device_guid: "phone" });
    expect((await phone.set("/user/kick", {})).code).toBe(10008);
    expect(await codes([laptop, back])).toEqual([200, 200]);
  });
});
