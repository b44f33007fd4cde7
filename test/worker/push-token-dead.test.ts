import { describe, expect, it } from "vitest";
import { newApp } from "./kit/client.ts";
import { bySn } from "./kit/household.ts";
import { bad, bind, bindingIdOf, newPhone, report, unregistered } from "./kit/push.ts";
import { sdkConnect } from "./kit/sdk-client.ts";
import { connect, open } from "./kit/socket.ts";
import { done } from "./kit/wire.ts";

describe("a device whose push token was dead", () => {
  it("hears it at once over its socket, and nobody else does", async () => {
    const app = await newApp();
    const { user, phone, id } = await newPhone(app);
    const laptop = await app.signIn(user, { device_guid: "laptop" });
    const socket = await connect(phone);
    const other = await connect(laptop);
    await socket.notice("device_login");

    await report(app.admin, unregistered(id));

    expect(await socket.notice("push_token_dead")).toEqual({
      type: "notice",
      event: "push_token_dead",
      notice_type: 0,
      device_sn: 1,
      notifier_name: "apns",
      reason: "unregistered",
      by: { admin: "test" },
      at: expect.any(Number),
      retry: true,
    });
    await other.ping();
    expect(other.unread).toEqual([]);
  });

  it("hears it in each welcome until it has another, and not of one that is only held back", async () => {
    const app = await newApp();
    const { user, phone, id } = await newPhone(app);
    await report(app.admin, bad(id));
    expect(await (await open(phone)).welcome()).not.toHaveProperty("push_token_dead");
    await report(app.admin, unregistered(id));
    expect(await (await open(phone)).welcome()).toMatchObject({ push_token_dead: true });
    expect(await (await open(phone)).welcome()).toMatchObject({ push_token_dead: true });
    const laptop = await app.signIn(user, { device_guid: "laptop" });
    expect(await (await open(laptop)).welcome()).not.toHaveProperty("push_token_dead");

    await bind(phone, "another");

    expect(await (await open(phone)).welcome()).not.toHaveProperty("push_token_dead");
  });

  it("hears it of the settings' token that its session wrote", async () => {
    const app = await newApp();
    const { user, session: phone } = await app.session({ device_guid: "phone" });
    await done(phone.post("/user/settings", { push_token: "token" }));
    const socket = await connect(phone);
    await report(app.admin, unregistered(await bindingIdOf(app, user, 0)));
    expect(await socket.notice("push_token_dead")).toMatchObject({ device_sn: 0, notifier_name: "" });
    await done(phone.post("/user/settings", { push_token: "token" }));
    expect(await (await open(phone)).welcome()).not.toHaveProperty("push_token_dead");
  });

  it("hears nothing of it where it speaks the vendor's dialect", async () => {
    const app = await newApp();
    const { user, phone, id } = await newPhone(app);
    const laptop = await app.signIn(user, { device_guid: "laptop" });
    const client = await sdkConnect(phone, { guid: "phone" });

    await report(app.admin, unregistered(id));
    await done(laptop.set("/user/kick", bySn(laptop)));

    // Notices come in their order: another before this one would be read here.
    expect(await client.notice(8)).toMatchObject({ type: 8 });
  });
});
