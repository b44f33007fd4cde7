import { type ChildProcess } from "node:child_process";
import { readFileSync, watch, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { wrongSettings } from "../../src/platform/settings.ts";
import { Checkout } from "./kit.ts";
import { migratedCheckout } from "./shared.ts";

/** The names of the variables in wrangler.toml. */
const variables = [
  ...(readFileSync("wrangler.toml", "utf8").split("[vars]")[1] ?? "").matchAll(/^(\w+) = /gm),
].map((match) => match[1] ?? "");

describe("npm start that does not come to serve", () => {
  let checkout: Checkout;

  beforeAll(async () => {
    checkout = await Checkout.make();
  });

  afterAll(async () => {
    await checkout.remove();
  });

  const secrets = () => join(checkout.directory, ".dev.vars");

  it("refuses all wrong settings by name, each with what it may be and without its value", async () => {
    expect(variables).toContain("ERROR_STATUS");
    writeFileSync(secrets(), variables.map((name) => `${name}='so#wrong'\n`).join(""));
    const { code, printed } = await checkout.runToEnd();
    expect(code).toBe(1);
    const sentences = printed.split("\n").filter((line) => line.includes(" must be "));
    expect(new Set(sentences.map((sentence) => sentence.split(" must be ")[0]))).toEqual(new Set(variables));
    expect(sentences).toContain('ERROR_STATUS must be "200" or "http".');
    expect(printed).not.toContain("wrong");
    expect(printed).not.toMatch(/^ +at /m);
    expect(checkout.processes).toEqual([]);
  });

  it("has a sentence for each setting that is missing", () => {
    const sentences = wrongSettings({});
    expect(sentences.length).toBeGreaterThan(2);
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z_]+ must be (?!another$)\S/);
  });

  it("refuses a port that another listens on", async () => {
    writeFileSync(secrets(), "ROOT_KEY=a\n");
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((done) => other.once("listening", done));
    const { port } = z.object({ port: z.int() }).parse(other.address());
    const { code, printed } = await checkout.runToEnd(String(port));
    await new Promise((done) => other.close(done));
    expect(code).toBe(1);
    expect(printed).toMatch(new RegExp(`^Port ${port} is taken: choose another with PORT=`, "m"));
    expect(printed).not.toMatch(/^ +at /m);
  });

  it.each(["SIGINT", "SIGHUP", "SIGKILL"] as const)(
    "ends whole when npm gets %s meanwhile",
    async (signal) => {
      // It has begun when it writes whose the store is.
      const onBegin = (npm: ChildProcess) => {
        const watcher = watch(join(checkout.directory, ".wrangler"), (_, file) => {
          if (file !== "start.json") return;
          watcher.close();
          npm.kill(signal);
        });
      };
      const end = await checkout.runToEnd(undefined, onBegin);
      expect(end).toMatchObject({ code: null, signal });
      expect(end.printed).not.toContain("user/list");
      expect(checkout.processes).toEqual([]);
    },
  );
});

describe("npm start with a root key in another form", () => {
  let checkout: Checkout;
  const secret = "export ROOT_KEY = 'my \\key#1' # mine\n";

  beforeAll(async () => {
    checkout = await migratedCheckout();
    writeFileSync(join(checkout.directory, ".dev.vars"), secret);
    await checkout.start();
  });

  afterAll(async () => {
    await checkout.remove();
  });

  it("reads it as the Worker does, and makes no other", async () => {
    const apps = await fetch(`${checkout.origin}/admin/apps`, { headers: { "root-key": "my \\key#1" } });
    expect(await apps.json()).toMatchObject({ code: 200, data: [{ app_id: "demo" }] });
    expect(readFileSync(join(checkout.directory, ".dev.vars"), "utf8")).toBe(secret);
  });

  it("leaves nothing behind when it is killed, and no lock that holds the next one back; nor does that when it fails", async () => {
    const { pid } = z
      .object({ pid: z.int() })
      .parse(JSON.parse(readFileSync(join(checkout.directory, ".wrangler/start.json"), "utf8")));
    process.kill(pid, "SIGKILL");
    await checkout.ended;
    await vi.waitFor(() => expect(checkout.processes).toEqual([]));

    const change = (sql: string) => {
      const database = checkout.openDatabase();
      database.exec(sql);
      database.close();
    };
    // What is not noted as applied is applied, which fails where it is there.
    change("update d1_migrations set name = '-' || name where id = (select max(id) from d1_migrations)");
    expect((await checkout.runToEnd()).printed).toMatch(/^\d{4}_\w+\.sql was not applied to DB: /m);
    change("update d1_migrations set name = substr(name, 2) where name like '-%'");
    change("drop table admin_tokens");
    const { code, printed } = await checkout.runToEnd();
    expect(printed).toMatch(/^GET \/admin\/tokens: 500 /m);
    expect(code).toBe(1);
    expect(checkout.processes).toEqual([]);
  });
});
