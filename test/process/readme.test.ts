import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Checkout } from "./kit.ts";

/** The programs of the README, in its order. */
const programs = [...readFileSync("README.md", "utf8").matchAll(/```js\n([\s\S]*?)```/g)].map(
  (match) => match[1] ?? "",
);

describe("a program of the README", { timeout: 60_000 }, () => {
  let checkout: Checkout;
  let running: ChildProcess | undefined;

  beforeAll(async () => {
    checkout = await Checkout.make();
    await checkout.start();
    execFileSync("npm", ["run", "build:client"], { cwd: checkout.directory });
  });

  afterAll(async () => {
    running?.kill();
    await checkout.remove();
  });

  /** Writes a program into the checkout, for the port that it serves on. */
  function write(name: string, program: string): string {
    const path = join(checkout.directory, name);
    writeFileSync(path, program.replaceAll("127.0.0.1:8787", checkout.origin.replace("http://", "")));
    return path;
  }

  it("speaks to the socket by itself, and prints what the README says", () => {
    const path = write("client.mjs", programs[0] ?? "");
    const printed = execFileSync(process.execPath, [path], { encoding: "utf8" }).trim().split("\n");
    expect(printed).toHaveLength(3);
    expect(JSON.parse(printed[0] ?? "")).toMatchObject({ type: "welcome", device_sn: 1 });
    expect(JSON.parse(printed[1] ?? "")).toMatchObject({ type: "notice", event: "kicked", retry: false });
    expect(printed[2]).toBe("closed 4005 kicked");
  });

  it.each([
    ["as TypeScript", "ann", "./src/client/index.ts"],
    ["as the JavaScript that npm run build:client writes", "eve", "./dist/client/index.js"],
  ])("uses the device client %s", async (_, name, client) => {
    const program = (programs[1] ?? "")
      .replaceAll('"ann"', `"${name}"`)
      .replace("./src/client/index.ts", client);
    expect(program).toContain(client);
    const chat = spawn(process.execPath, [write(`${name}.mjs`, program)]);
    running = chat;
    let printed = "";
    const ended = new Promise((done) => chat.on("close", done));
    await new Promise<void>((done) => {
      chat.stdout.on("data", (chunk: Buffer) => {
        printed += chunk.toString();
        if (printed.includes("connected as device 1")) done();
      });
      chat.on("close", () => done());
    });
    const admin = { app_id: "demo", "access-token": checkout.adminToken };
    const users = z.array(z.looseObject({ user_id: z.int() }));
    const [user] = await checkout.call(users, "GET", `/user/list?keyword=${name}`, admin);
    await checkout.call(z.literal(true), "PUT", "/user/disable", admin, { list: [user?.user_id] });
    await ended;
    expect(printed.trim().split("\n")).toEqual([
      "connected as device 1",
      expect.stringMatching(/^disabled/),
      "ended with 4002 { signInAgain: false }",
    ]);
  });
});
