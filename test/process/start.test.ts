import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

const parts = ["package.json", "wrangler.toml", "tsconfig.json", "migrations", "scripts", "src"];

describe("npm start in a fresh checkout", () => {
  const checkout = mkdtempSync(join(tmpdir(), "start-"));
  let port: number;
  let stop: (() => Promise<void>) | undefined;
  let printed = "";

  beforeAll(async () => {
    for (const part of parts) cpSync(part, join(checkout, part), { recursive: true });
    symlinkSync(resolve("node_modules"), join(checkout, "node_modules"));
    port = await freePort();
    const server = spawn("npm", ["start"], {
      cwd: checkout,
      env: { ...process.env, PORT: String(port) },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const ended = new Promise((done) => server.on("close", done));
    const group = server.pid ?? 0;
    stop = async () => {
      process.kill(-group, "SIGTERM");
      await ended;
    };
    await new Promise<void>((ready, fail) => {
      const read = (chunk: Buffer) => {
        printed += chunk.toString();
        if (printed.includes("user/list")) ready();
      };
      server.stdout.on("data", read);
      server.stderr.on("data", read);
      server.on("close", () => fail(new Error(`npm start ended:\n${printed}`)));
    });
  });

  afterAll(async () => {
    await stop?.();
    rmSync(checkout, { recursive: true });
  });

  it("prints three curl lines that work when pasted", () => {
    const lines = printed.split("\n").filter((line) => line.trim().startsWith("curl -s "));
    const answers = lines.map((line) => JSON.parse(execFileSync("sh", ["-c", line], { encoding: "utf8" })));
    expect(answers.map((answer) => answer.code)).toEqual([200, 200, 200]);
    expect(answers[1].data).toMatchObject({ user_id: answers[0].data.user_id, device_sn: 1 });
    expect(answers[2].data).toContainEqual(expect.objectContaining({ user_id: answers[0].data.user_id }));
  });

  it("keeps the root key in .dev.vars and out of what it prints", async () => {
    const key = /ROOT_KEY="([^"]{40,})"/.exec(readFileSync(join(checkout, ".dev.vars"), "utf8"))?.[1] ?? "";
    const apps = await fetch(`http://127.0.0.1:${port}/admin/apps`, { headers: { "root-key": key } });
    expect(await apps.json()).toMatchObject({ code: 200, data: [{ app_id: "demo" }] });
    expect(printed).not.toContain(key);
  });

  it("serves an OpenAPI 3.1 document that the standard's schema accepts", async () => {
    const response = await fetch(`http://127.0.0.1:${port}/openapi.json`);
    const document = await response.json();
    expect(document).toMatchObject({ openapi: "3.1.0" });
    expect(await new Validator().validate(Object(document))).toEqual({ valid: true });
  });

  it("serves the reference page with its own script and style, and nothing else of the package", async () => {
    const page = await (await fetch(`http://127.0.0.1:${port}/docs`)).text();
    const sources = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? "");
    expect(sources).toHaveLength(3);
    for (const source of sources) {
      expect(source).toMatch(/^\/docs\//);
      expect((await fetch(`http://127.0.0.1:${port}${source}`)).status).toBe(200);
    }
    expect((await fetch(`http://127.0.0.1:${port}/package.json`)).status).toBe(404);
  });
});
