/*
 * A page of a WeChat mini-program: it signs in, shows the user's devices, and hears when it is signed out. The service's host is among
 * the mini-program's domains of requests and of sockets; "Build npm" in WeChat's tools takes the package over.
 */
const { createClient } = require("@warbler/client");
const { wakeWith, wechat } = require("@warbler/client/wechat");

const client = createClient({ url: "http://127.0.0.1:8787", appId: "demo", ...wechat(wx) });

Page({
  data: { state: "signed out", devices: [] },

  /** The form's `submit`: its fields are `name` and `password`. */
  async signIn({ detail: { value } }) {
    try {
      const { data } = await client.signInByName({ ...value, device_guid: "wechat-1", platform: 1 });
      this.connect(data.token);
    } catch (error) {
      this.setData({ state: error.message });
    }
  },

  connect(token) {
    const user = client.withToken(token);
    this.device = user.device();
    this.stopWaking = wakeWith(wx, this.device);
    this.device.on("welcome", async () => {
      const { data } = await user.listDevices();
      this.setData({ state: "connected", devices: data });
    });
    this.device.on("ended", ({ event, reason }) => {
      this.setData({ state: `signed out: ${event ?? reason}`, devices: [] });
    });
    this.device.connect();
  },

  onUnload() {
    if (this.device) this.device.close();
    if (this.stopWaking) this.stopWaking();
  },
});
