import { execFileSync } from "node:child_process";
import { setImmediate as turns } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Envelope, ListedUser } from "../wire.ts";
import { Checkout, app } from "./kit.ts";
import { findingsOfRedocly, findingsOfSpectral } from "./lint.ts";

describe("npm start in a fresh checkout", () => {
  let checkout: Checkout;

  beforeAll(async () => {
    checkout = await Checkout.make();
    await checkout.start();
  });

  afterAll(async () => {
    await checkout.remove();
  });

  it("prints three curl lines that work when pasted", () => {
    const lines = checkout.printed.split("\n").filter((line) => line.trim().startsWith("curl -s "));
    const answers = lines.map((line) => JSON.parse(execFileSync("sh", ["-c", line], { encoding: "utf8" })));
    expect(answers.map((answer) => answer.code)).toEqual([200, 200, 200]);
    expect(answers[1].data).toMatchObject({ user_id: answers[0].data.user_id, device_sn: 1 });
    expect(answers[2].data).toContainEqual(expect.objectContaining({ user_id: answers[0].data.user_id }));
  });

  it("keeps the root key in .dev.vars and out of what it prints", async () => {
    const key = checkout.rootKey;
    const apps = await fetch(`${checkout.origin}/admin/apps`, { headers: { "root-key": key } });
    expect(await apps.json()).toMatchObject({ code: 200, data: [{ app_id: "demo" }] });
    expect(checkout.printed).not.toContain(key);
  });

  it("serves an OpenAPI 3.1 document in which Redocly and Spectral find nothing", async () => {
    const document = await (await fetch(`${checkout.origin}/openapi.json`)).text();
    expect(JSON.parse(document)).toMatchObject({ openapi: "3.1.0" });
    expect(await findingsOfRedocly(document)).toEqual([]);
    expect(await findingsOfSpectral(document)).toEqual([]);
    // They look: of a document that says too little they say so.
    const bare = JSON.stringify({ openapi: "3.1.0", info: { title: "none", version: "1" }, paths: {} });
    expect(await findingsOfRedocly(bare)).not.toEqual([]);
    expect(await findingsOfSpectral(bare)).not.toEqual([]);
    // Nothing else of this process had its turn meanwhile: it has not heard yet that the service has closed the idle connection.
    await turns();
  }, 300_000);

  it("serves the pages of the reference with what they load, and nothing else of the reader's package", async () => {
    for (const path of ["/docs", "/docs/codes", "/docs/socket"]) {
      const page = await (await fetch(checkout.origin + path)).text();
      const sources = [...page.matchAll(/(?:src|href)="([^"#]+)/g)].map((match) => match[1] ?? "");
      expect(sources.length).toBeGreaterThan(5);
      for (const source of new Set(sources)) {
        expect(source).toMatch(/^\//);
        const loaded = await fetch(`${checkout.origin}${source}`);
        expect([source, loaded.status]).toEqual([source, 200]);
        // Read to its end: a connection with an unread answer is no good for the next.
        await loaded.arrayBuffer();
      }
    }
    expect((await fetch(`${checkout.origin}/package.json`)).status).toBe(404);
  });

  it("takes no caller's word for the caller's address: wrong passwords count, whatever a header says", async () => {
    const codes = [];
    for (const last of [1, 2, 3, 4, 5, 6]) {
      const response = await fetch(`${checkout.origin}/token/user`, {
        method: "POST",
        headers: {
          app_id: "demo",
          "content-type": "application/json",
          "cf-connecting-ip": `192.0.2.${last}`,
        },
        body: JSON.stringify({ name: "nobody_here", password: "a wrong one" }),
      });
      codes.push(Envelope.parse(await response.json()).code);
    }
    expect(codes).toEqual([11001, 11001, 11001, 11001, 11001, 10028]);
  });

  it("refuses a second start on its store and says who has it, and goes on undisturbed", async () => {
    const { code, printed } = await checkout.runToEnd();
    expect(code).toBe(1);
    const [, pid, origin] = /^Another npm start \(process (\d+), (\S+)\) has the store/m.exec(printed) ?? [];
    expect(checkout.processes).toContain(Number(pid));
    expect(origin).toBe(checkout.origin);
    expect(printed).not.toMatch(/^ +at /m);
    const headers = { app_id: app, "access-token": checkout.adminToken };
    expect(await checkout.call(z.array(ListedUser), "GET", "/user/list", headers)).toBeDefined();
  });

  it("refuses a PORT that is none by name", async () => {
    const ends = await Promise.all(["0", "65536", "http"].map(async (port) => checkout.runToEnd(port)));
    for (const { code, printed } of ends) {
      expect(code).toBe(1);
      expect(printed).toMatch(/^PORT must be a whole number of 1–65535\.$/m);
      expect(printed).not.toMatch(/^ +at /m);
    }
  });

  it("ends whole when npm hears SIGTERM", async () => {
    expect(checkout.processes.length).toBeGreaterThan(4);
    await checkout.signalNpm("SIGTERM");
    expect(checkout.processes).toEqual([]);
    await expect(fetch(checkout.origin)).rejects.toThrow("fetch failed");
  });
});
