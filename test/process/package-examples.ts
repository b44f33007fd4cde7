import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Browser, hasBrowser } from "./browser.ts";
import { type Service, app, password } from "./service.ts";
import { Runtime, miniProgramGlobals, miniProgramHost, reactNativeGlobals } from "./runtimes.ts";

/** A program that runs: what it prints can be waited for. */
interface Printing {
  prints(pattern: RegExp): Promise<RegExpExecArray>;
}

type Run = (name: string, environment?: Record<string, string>) => Printing;

const Page = z.object({
  data: z.object({ state: z.string(), devices: z.array(z.object({ device_sn: z.int() })) }),
  signIn: z.function(),
  onUnload: z.function(),
});

/** What the programs do that stand on the packages. */
export function packageExamples(made: () => Service, run: Run): void {
  const cjs = () => join(made().directory, "dist/packages/client/cjs");
  const asAdmin = (user_id: number) => ({
    app_id: app,
    "access-token": made().adminToken,
    user_id: String(user_id),
  });

  async function kickAll(name: string): Promise<void> {
    const { user_id } = await made().signIn(name, "another");
    await made().call(z.unknown(), "POST", "/user/kick", asAdmin(user_id));
  }

  describe.runIf(hasBrowser)("examples/chat in a browser", () => {
    const browser = new Browser();
    beforeAll(async () => await browser.start());
    afterAll(async () => await browser.stop());

    it("signs in, shows its devices as they come, and hears its kick; its server hears of it, and says who may be pushed", async () => {
      const checkout = made();
      const secret = `whsec_${randomBytes(32).toString("base64")}`;
      const environment = { ADMIN_TOKEN: checkout.adminToken, WEBHOOK_SECRET: secret, PORT: "0" };
      const server = run("chat/server.mjs", environment);
      const [, port = ""] = await server.prints(/listening on (\d+)/);
      const at = `http://127.0.0.1:${port}`;
      const root = { app_id: app, "root-key": checkout.rootKey };
      const webhook = { webhook_url: `${at}/webhooks`, webhook_secret: secret };
      await checkout.call(z.unknown(), "PUT", "/admin/app", root, webhook);
      await checkout.register("chatter");
      await server.prints(/user\.registered .*"chatter"/);

      const page = await browser.page();
      await page.goto(at);
      await page.getByLabel("Name").fill("chatter");
      await page.getByLabel("Password").fill("wrong password");
      await page.getByRole("button").click();
      await page.getByText("wrong").waitFor();
      await page.getByLabel("Password").fill(password);
      await page.getByRole("button").click();
      await page.getByText("Connected as device 1").waitFor();
      await page.getByText("this browser is here").waitFor();
      const { user_id } = await checkout.signIn("chatter", "phone");
      const gate = async () => {
        const body = JSON.stringify({ users: [user_id] });
        const response = await fetch(`${at}/gate`, { method: "POST", body });
        return await response.text();
      };
      expect(JSON.parse(await gate())).toMatchObject([{ user_id, push: false, devices: [] }]);
      await checkout.call(z.unknown(), "POST", "/user/kick", asAdmin(user_id), { device_sn: 1 });
      await page.getByText("Signed out: kicked").waitFor();
      await server.prints(/device\.kicked .*"device_sn":1/);
      expect((await fetch(`${at}/webhooks`, { method: "POST", body: "{}" })).status).toBe(401);
      for (const path of ["/../server.mjs", "/nothing.js", "/warbler/../../package.json"])
        expect((await fetch(at + path)).status).toBe(404);
      expect(browser.complaints).toEqual([]);
      await checkout.call(z.unknown(), "PUT", "/admin/app", root, { webhook_url: "" });
    });
  });

  it("examples/wechat signs in, shows its devices, and hears its kick", async () => {
    const checkout = made();
    await checkout.register("weixin");
    const host = miniProgramHost({ parses: false, headerName: (name) => name, promises: false });
    const pages: object[] = [];
    const globals = { ...miniProgramGlobals, wx: host, Page: (page: object) => pages.push(page) };
    const runtime = new Runtime(cjs(), globals);
    // The example names the port of `npm start`.
    const file = join(checkout.directory, "examples/wechat/pages/devices/devices.js");
    execFileSync("sed", ["-i", `s#http://127.0.0.1:8787#${checkout.origin}#`, file]);
    runtime.runFile(file);
    const [page] = pages;
    const { data, signIn, onUnload } = Page.parse(page);
    const seen: string[] = [];
    const states = new Set<() => void>();
    const shows = async (state: string) =>
      await new Promise<void>((done) => {
        const look = () => {
          if (seen.includes(state)) done();
        };
        states.add(look);
        look();
      });
    const setData = (change: Partial<typeof data>) => {
      Object.assign(data, change);
      seen.push(data.state);
      for (const look of states) look();
    };
    Object.assign(page ?? {}, { setData });
    await Reflect.apply(signIn, page, [{ detail: { value: { name: "weixin", password: "wrong-one" } } }]);
    expect(data.state).toMatch(/wrong/);
    await Reflect.apply(signIn, page, [{ detail: { value: { name: "weixin", password } } }]);
    await shows("connected");
    expect(data.devices.map(({ device_sn }) => device_sn)).toEqual([1]);
    await kickAll("weixin");
    await shows("signed out: kicked");
    Reflect.apply(onUnload, page, []);
  });

  /** Each runtime, with what a client is given there. */
  const runtimes: [name: string, globals: object, adapter: string][] = [
    ["React Native", reactNativeGlobals, 'require("@warbler/client/react-native").reactNative()'],
    [
      "uni-app",
      {
        ...miniProgramGlobals,
        uni: miniProgramHost({ parses: true, headerName: (name) => name.toUpperCase(), promises: true }),
      },
      'require("@warbler/client/uni").uniApp(uni)',
    ],
    [
      "WeChat",
      {
        ...miniProgramGlobals,
        wx: miniProgramHost({ parses: false, headerName: (name) => name, promises: false }),
      },
      'require("@warbler/client/wechat").wechat(wx)',
    ],
  ];

  it.each(runtimes)("@warbler/client calls, lists and hears in %s", async (name, globals, adapter) => {
    const checkout = made();
    const user = `user_of_${name.replace(/\W/g, "_").toLowerCase()}`;
    const runtime = new Runtime(cjs(), globals);
    const given = runtime.given(adapter);
    const { createClient, Refused } = runtime.client;
    const client = createClient({ url: checkout.origin, appId: app, ...given });
    await client.register({ username: user, password });
    const again = client.register({ username: user, password });
    await expect(again).rejects.toMatchObject({ name: "Refused", code: 10004 });
    expect((await again.catch((error: unknown) => error)) instanceof Refused).toBe(true);
    const { data } = await client.signInByName({
      name: user,
      password,
      device_guid: "one",
      device_name: "ä 電",
    });
    const me = client.withToken(data.token);
    await me.setProfile({ nick_name: "Änn" });
    await me.setPublicInfo({ text: "as it is" });
    expect((await me.getProfile()).data).toMatchObject({ nick_name: "Änn", public_info: "as it is" });
    await checkout.signIn(user, "two");
    const serials: number[] = [];
    for await (const each of me.each.listDevices({ limit: 1 })) serials.push(each.device_sn);
    expect(serials).toEqual([1, 2]);
    const device = me.device();
    const welcome = new Promise((heard) => device.on("welcome", heard));
    const ended = new Promise((heard) => device.on("ended", heard));
    device.connect();
    expect(await welcome).toMatchObject({ deviceSn: 1 });
    await me.kick({ device_sn: 1 });
    expect(await ended).toMatchObject({ code: 4005, event: "kicked" });
    await expect(me.getProfile()).rejects.toMatchObject({ code: 10008 });
  });
}
