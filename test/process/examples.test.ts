import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Envelope, ListedUser, Token } from "../wire.ts";
import { packageExamples } from "./package-examples.ts";
import { type Service, app, password } from "./service.ts";
import { sharedService } from "./shared.ts";

const Anything = z.unknown();
const Users = z.array(ListedUser);

/** A program that runs, and what it has printed. */
class Program {
  readonly process: ChildProcess;
  /** What it printed, once it has ended. */
  readonly ended: Promise<string>;
  printed = "";
  readonly #listeners = new Set<() => void>();

  constructor(path: string, environment: Record<string, string> = {}, args: string[] = []) {
    this.process = spawn(process.execPath, [path, ...args], { env: { ...process.env, ...environment } });
    this.process.stdout?.on("data", (chunk: Buffer) => this.#hear(chunk));
    this.process.stderr?.on("data", (chunk: Buffer) => this.#hear(chunk));
    this.ended = new Promise((done) => this.process.on("close", () => done(this.printed)));
  }

  /** Waits until it has printed what a pattern finds; fails where it ends first. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    return await new Promise((found, fail) => {
      const look = () => {
        const match = pattern.exec(this.printed);
        if (match) found(match);
      };
      this.#listeners.add(look);
      look();
      void this.ended.then(() => fail(new Error(`it ended, and had printed:\n${this.printed}`)));
    });
  }

  #hear(chunk: Buffer): void {
    this.printed += chunk.toString();
    for (const look of this.#listeners) look();
  }
}

/** Runs lines of a shell, and reads the answers that they print one after another. */
const answers = (script: string) =>
  execFileSync("sh", ["-ec", script], { encoding: "utf8" })
    .trim()
    .split(/(?<=\})\n?(?=\{"code")/)
    .map((line): unknown => JSON.parse(line));

/** A line without what no two runs have in common. */
const plain = (line: string) => line.replaceAll(/\d{3,}/g, "…").replaceAll(/"user_id":\d+/g, '"user_id":…');

describe("beside npm start", { timeout: 60_000 }, () => {
  let checkout: Service;
  const running: Program[] = [];

  beforeAll(async () => {
    checkout = await sharedService();
    cpSync("examples", join(checkout.directory, "examples"), { recursive: true });
    execFileSync("npm", ["run", "build:packages"], { cwd: checkout.directory });
  });

  afterAll(() => {
    for (const { process } of running) process.kill();
  });

  /** Runs an example of the checkout, for the port that it serves on. */
  function run(name: string, environment: Record<string, string> = {}, args: string[] = []): Program {
    const path = join(checkout.directory, "examples", name);
    const here = readFileSync(join("examples", name), "utf8").replaceAll(
      "127.0.0.1:8787",
      checkout.origin.replace("http://", ""),
    );
    writeFileSync(path, here);
    const program = new Program(path, environment, args);
    running.push(program);
    return program;
  }

  const staff = async (...args: string[]) =>
    await run("admin.mjs", { ADMIN_TOKEN: checkout.adminToken }, args).ended;

  it("the README's first call works when pasted", () => {
    const blocks = [...readFileSync("README.md", "utf8").matchAll(/```sh\n([^`]*curl[^`]*)```/g)];
    const [first = "", second = ""] = blocks.map(([, block = ""]) =>
      block.replaceAll("http://127.0.0.1:8787", checkout.origin),
    );
    expect(blocks).toHaveLength(2);
    const [registered, signedIn] = answers(first);
    expect(registered).toMatchObject({ code: 200 });
    const { token } = Token.parse(Envelope.parse(signedIn).data);
    const head = first.slice(0, first.indexOf("curl"));
    const pasted = second.replace(/TOKEN=.*/, `TOKEN=${token}`);
    expect(pasted).toContain(token);
    const read = answers(head + pasted);
    expect(read.length).toBeGreaterThanOrEqual(2);
    for (const answer of read) expect(answer).toMatchObject({ code: 200 });
  });

  it("examples/device.mjs prints what docs/devices.md says", async () => {
    const printed = (await run("device.mjs").ended).trim().split("\n");
    expect(printed).toHaveLength(3);
    const said = /It prints:\n\n```\n([\s\S]*?)```/.exec(readFileSync("docs/devices.md", "utf8"))?.[1];
    expect(printed.map(plain)).toEqual(said?.trim().split("\n").map(plain));
  });

  it("examples/device-client.mjs uses the device client", async () => {
    const program = run("device-client.mjs");
    const [, name = ""] = await program.prints(/(\S+) is connected as device 1/);
    expect(await staff("disable", name)).toContain(`disabled ${name}; devices signed out: 1`);
    expect((await program.ended).trim().split("\n")).toEqual([
      `${name} is connected as device 1`,
      expect.stringMatching(/^disabled/),
      "ended with 4002 { signInAgain: false }",
    ]);
  });

  packageExamples(
    () => checkout,
    (name, environment) => run(name, { WARBLER: checkout.origin, ...environment }),
  );

  it("examples/admin.mjs lists, disables and enables users, and shows who did it", async () => {
    await checkout.register("walter");
    expect(await staff("list", "walt")).toMatch(/^\d+ walter 0\n$/);
    expect(await staff("disable", "walter", "spam")).toBe("disabled walter; devices signed out: 0\n");
    expect(await staff("list", "walt")).toMatch(/^\d+ walter 1\n$/);
    expect(await staff("enable", "walter")).toBe("enabled walter; devices signed out: 0\n");
    const record = await staff("audit", "walter");
    expect(record).toMatch(/admin:npm start enableUsers.*\n.*admin:npm start disableUsers/);
    expect(await staff("disable", "nobody_at_all")).toContain("nobody is called nobody_at_all");
  });

  it("examples/push-sender.mjs pushes what is let through, and has a dead push token released", async () => {
    /** What the provider's stand-in says of each push token. */
    const answers: Record<string, [number, object]> = {
      good: [200, {}],
      dead: [410, { reason: "Unregistered", timestamp: Date.now() + 60_000 }],
      bad: [400, { reason: "BadDeviceToken" }],
      large: [413, { reason: "PayloadTooLarge" }],
    };
    const pushed: Record<string, unknown> = {};
    const provider = createServer((request, response) => {
      void text(request).then((body) => {
        const token = request.url?.split("/").at(-1) ?? "";
        pushed[token] = JSON.parse(body);
        const [status, answer] = answers[token] ?? [404, {}];
        response.writeHead(status).end(JSON.stringify(answer));
      });
    });
    provider.listen(0, "127.0.0.1");
    await once(provider, "listening");
    const ids: string[] = [];
    for (const token of [...Object.keys(answers), "muted"]) {
      const name = `pushed_${token}`;
      await checkout.register(name);
      const json = { name, password, device_guid: "phone" };
      const { token: own, user_id } = await checkout.call(
        Token,
        "POST",
        "/token/user",
        { app_id: app },
        json,
      );
      const session = { app_id: app, "access-token": own };
      const bound = { device_sn: 1, device_token: token, notifier_name: "apns" };
      await checkout.call(Anything, "POST", "/user/token/bind", session, bound);
      if (token === "muted") await checkout.call(Anything, "POST", "/user/push?value=true", session);
      ids.push(String(user_id));
    }
    const environment = {
      ADMIN_TOKEN: checkout.adminToken,
      PROVIDER: `http://127.0.0.1:${z.object({ port: z.int() }).parse(provider.address()).port}`,
    };
    const sent = await run("push-sender.mjs", environment, ["hello", ...ids]).ended;
    expect(sent.trim().split("\n")).toEqual([
      "apns: 200",
      "apns: 410 Unregistered",
      "apns: 400 BadDeviceToken",
      "apns: 413 PayloadTooLarge",
      `user ${ids[4]} is not pushed: push_off`,
      "push tokens released: 1",
    ]);
    expect(Object.keys(pushed)).toEqual(["good", "dead", "bad", "large"]);
    const alert = { title: "pushed_good", body: "hello" };
    expect(pushed["good"]).toEqual({ aps: { alert, badge: 1, sound: "default" } });
    const again = await run("push-sender.mjs", environment, ["hello", ...ids.slice(1)]).ended;
    expect(again.trim().split("\n")).toEqual([
      `user ${ids[1]} is not pushed: no_device`,
      // It is held back for a day.
      expect.stringMatching(`^user ${ids[2]} is not pushed: no_device, not before `),
      "apns: 413 PayloadTooLarge",
      `user ${ids[4]} is not pushed: push_off`,
    ]);
    provider.close();
  });

  it("examples/webhook-receiver.mjs takes each event once, and nothing that is not signed", async () => {
    const secret = `whsec_${randomBytes(32).toString("base64")}`;
    const receiver = run("webhook-receiver.mjs", { WEBHOOK_SECRET: secret, PORT: "0" });
    const [, port = ""] = await receiver.prints(/listening on (\d+)/);
    const webhook_url = `http://127.0.0.1:${port}/`;
    const root = { app_id: app, "root-key": checkout.rootKey };
    await checkout.call(Anything, "PUT", "/admin/app", root, { webhook_url, webhook_secret: secret });
    await checkout.register("xenia");
    const [, data = ""] = await receiver.prints(/user\.registered (\{.*"xenia".*\})/);
    const users = await checkout.call(Users, "GET", "/user/list?keyword=xenia", {
      app_id: app,
      "access-token": checkout.adminToken,
    });
    expect(JSON.parse(data)).toMatchObject({ user_id: users[0]?.user_id, username: "xenia" });

    const forged = { "webhook-id": "made-up", "webhook-signature": `v1,${"A".repeat(43)}=` };
    const now = String(Math.floor(Date.now() / 1000));
    for (const timestamp of [now, "0", "", "soon"]) {
      const headers = { ...forged, "webhook-timestamp": timestamp };
      expect((await fetch(webhook_url, { method: "POST", headers, body: "{}" })).status).toBe(401);
    }
    expect((await fetch(webhook_url, { method: "POST", body: "{}" })).status).toBe(401);
    const body = JSON.stringify({ type: "sent.again", data: {} });
    const signature = createHmac("sha256", Buffer.from(secret.replace("whsec_", ""), "base64"))
      .update(`again.${now}.${body}`)
      .digest("base64");
    const headers = {
      "webhook-id": "again",
      "webhook-timestamp": now,
      "webhook-signature": `v2,AAAA v1,${signature}`,
    };
    for (const _ of [1, 2]) {
      expect((await fetch(webhook_url, { method: "POST", headers, body })).status).toBe(204);
    }
    expect((await fetch(webhook_url, { method: "POST", headers, body: `${body} ` })).status).toBe(401);
    await checkout.call(Anything, "PUT", "/admin/app", root, { webhook_url: "" });
    expect(receiver.printed.match(/sent\.again/g)).toHaveLength(1);
  });
});
