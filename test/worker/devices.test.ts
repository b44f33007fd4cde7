import { describe, expect, it } from "vitest";
import { newApp } from "./kit/client.ts";
import { connect } from "./kit/socket.ts";

describe("kick", () => {
  it("closes the kicked device's socket with a notice, tells the others, and kills the token", async () => {
    const app = await newApp();
    const { user, session: phone } = await app.session({ device_guid: "phone", platform: 1 });
    const laptop = await app.signIn(user, { device_guid: "laptop", platform: 4 });
    const phoneSocket = await connect(phone);
    const laptopSocket = await connect(laptop);
    await phoneSocket.notice("device_login");

    const answer = await laptop.set("/user/kick", { device_sn: String(phone.deviceSn) });

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
    await laptopSocket.notice("device_logout");
    expect((await phone.get("/user/profile")).code).toBe(10008);
    expect((await laptop.get("/user/profile")).code).toBe(200);
  });
});
