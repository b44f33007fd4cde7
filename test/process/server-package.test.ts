import { createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createAdmin, createRoot, verifyWebhook } from "../../src/server/index.ts";

/** What a service was asked. */
interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

const ends: (() => void)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const sent = (data: unknown, more: object = {}) => JSON.stringify({ code: 200, message: "", data, ...more });
const refused = (code: number, message = "no", more: object = {}) =>
  JSON.stringify({ code, message, data: null, ...more });

/** A row of the list of users. */
const row = (id: number) => ({ user_id: id, username: `user_${id}`, status: 0 });

/** A service that answers each request by the next of these; the last one answers all that follow. */
async function serviceOf(...answers: ((response: ServerResponse) => void)[]) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method = "", url: path = "", headers } = request;
      asked.push({ method, path, headers, body });
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      answer?.(response);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = z.object({ port: z.int() }).parse(server.address());
  const url = `http://127.0.0.1:${port}`;
  const waits: number[] = [];
  /** Time passes at once, and what is waited for is kept; an answer is waited for as it is. */
  const schedule = (run: () => void, ms: number) => {
    if (ms !== 60_000) waits.push(ms);
    const timer = setTimeout(run, ms === 60_000 ? ms : 0);
    return () => clearTimeout(timer);
  };
  const options = { url, schedule, random: () => 0 };
  return {
    asked,
    waits,
    admin: createAdmin({ ...options, appId: "shop", token: "wa_token" }),
    root: createRoot({ ...options, rootKey: "the key" }),
  };
}

const json =
  (body: string, status = 200, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);

const breaksOff = (response: ServerResponse) => response.socket?.destroy();

describe("a call of @warbler/server", () => {
  it("says who calls and for whom, where its operation is declared to be", async () => {
    const { admin, root, asked } = await serviceOf(json(sent(true, { results: [] })));
    await admin.forUser(5).setProfile({ nick_name: "Ann" });
    await admin.forGroup(7).getBadge();
    await admin.forUser(5).setPublicInfo({ text: "as it is" });
    await root.forApp("other").setApp({ name: "Other" });
    await root.listApps();
    const app = { app_id: "shop", "access-token": "wa_token" };
    expect(asked).toMatchObject([
      {
        method: "POST",
        path: "/user/profile",
        headers: { ...app, user_id: "5" },
        body: '{"nick_name":"Ann"}',
      },
      { method: "GET", path: "/user/push/badge", headers: { ...app, group_id: "7" }, body: "" },
      { method: "POST", path: "/user/public", headers: { "content-type": "text/plain" }, body: "as it is" },
      { method: "PUT", path: "/admin/app", headers: { "root-key": "the key", app_id: "other" } },
      { method: "GET", path: "/admin/apps", headers: { "root-key": "the key" } },
    ]);
    expect(asked[4]?.headers).not.toHaveProperty("app_id");
    const keys = asked.map(({ headers }) => headers["idempotency-key"]);
    expect(keys.map((key) => key !== undefined)).toEqual([true, false, true, true, false]);
    expect(new Set(keys).size).toBeGreaterThan(1);
  });

  it("is not sent where a text that is to be set is not given as one", async () => {
    const { admin, asked } = await serviceOf(json(sent(true)));
    for (const params of [Object({ info: "as it is" }), Object("as it is"), Object({ text: 5 })]) {
      await expect(admin.forUser(5).setPublicInfo(params)).rejects.toBeInstanceOf(TypeError);
    }
    await admin.forUser(5).setPublicInfo({ text: "" });
    expect(asked.map(({ body }) => body)).toEqual([""]);
  });

  it("is sent again under its key after a fault, a broken connection and what passes, as long as it is asked to wait", async () => {
    const { admin, asked, waits } = await serviceOf(
      json(refused(500), 500),
      breaksOff,
      json(refused(503, "busy"), 503, { "retry-after": "3" }),
      json(refused(408, "too late"), 408),
      json(refused(409, "under way"), 409, { "retry-after": "1" }),
      json("<html>", 502),
      json(sent(true)),
    );
    expect(await admin.forUser(5).rename({ username: "ann" })).toEqual({ data: true });
    const keys = asked.map(({ headers }) => headers["idempotency-key"]);
    expect(keys).toHaveLength(7);
    expect(new Set(keys).size).toBe(1);
    expect(waits).toEqual([250, 500, 3000, 2000, 1000, 8000]);
  });

  it("is not sent again where that would be the same, and says what became of it", async () => {
    const { admin, asked, waits } = await serviceOf(
      json(refused(10028, "wait", { reason: "too_many_failures" }), 200, {
        "retry-after": "900",
        "x-request-id": "r1",
      }),
      json(refused(409, "it held a secret"), 409),
      json("<html>", 404),
      (response) => response.writeHead(302, { location: "http://other.example/" }).end(),
    );
    const user = admin.forUser(5);
    await expect(user.getProfile()).rejects.toMatchObject({
      name: "Refused",
      code: 10028,
      reason: "too_many_failures",
      retryAfterMs: 900_000,
      requestId: "r1",
      message: "wait",
    });
    await expect(user.kick()).rejects.toMatchObject({ name: "Withheld" });
    await expect(user.getProfile()).rejects.toMatchObject({
      name: "Unanswered",
      mayAgain: false,
      status: 404,
    });
    await expect(user.getProfile()).rejects.toMatchObject({ name: "Unanswered", mayAgain: false });
    expect(asked).toHaveLength(4);
    expect(waits).toEqual([]);
  });

  it("fails at once where it is asked to wait for longer than its patience", async () => {
    for (const given of ["61", "99999999999999999999", new Date(Date.now() + 120_000).toUTCString()]) {
      const { admin, asked } = await serviceOf(json(refused(429), 429, { "retry-after": given }));
      const failed = await admin.listUsers().catch((error: unknown) => error);
      expect(failed).toMatchObject({ name: "Unanswered", code: 429 });
      expect(z.object({ retryAfterMs: z.number() }).parse(failed).retryAfterMs).toBeGreaterThan(60_000);
      expect(asked).toHaveLength(1);
    }
  });

  it("is ended by its signal, also while it waits", async () => {
    const { admin, asked } = await serviceOf(() => stop.abort(new Error("enough")));
    const stop = new AbortController();
    await expect(admin.listUsers({}, { signal: stop.signal })).rejects.toThrow("enough");
    await expect(admin.listUsers({}, { signal: stop.signal })).rejects.toThrow("enough");
    expect(asked).toHaveLength(1);
  });

  it("gives all rows of a list, be a page short or empty, and of an export that broke off", async () => {
    const { admin, asked } = await serviceOf(
      json(sent([row(1)], { cursor: "a&b" })),
      json(sent([], { cursor: "c" })),
      json(sent([row(2), row(3)])),
    );
    const ids: number[] = [];
    for await (const { user_id } of admin.each.listUsers({ keyword: "user" })) ids.push(user_id);
    expect(ids).toEqual([1, 2, 3]);
    expect(asked.map(({ path }) => path)).toEqual([
      "/user/list?keyword=user",
      "/user/list?keyword=user&cursor=a%26b",
      "/user/list?keyword=user&cursor=c",
    ]);

    const lines = { "content-type": "application/x-ndjson" };
    const exporting = await serviceOf(
      json('{"username":"a"}\n{"cursor":"1.1"}\n', 200, lines),
      json('{"username":"b"}\n', 200, lines),
      json('{"username":"b"}\n{"end":true,"count":2}\n', 200, lines),
    );
    const names: string[] = [];
    for await (const { username } of exporting.admin.each.exportUsers()) names.push(username);
    expect(names).toEqual(["a", "b"]);
    expect(exporting.asked).toHaveLength(3);
  });

  it("sends rows as lines, and lines as they are", async () => {
    const { admin, asked } = await serviceOf(json(sent([])));
    await admin.importUsers({ mode: "upsert", rows: [{ username: "a" }, { username: "b" }] });
    await admin.importUsers({ rows: [] }, { lines: '{"username":"c"}', idempotencyKey: "mine" });
    expect(asked).toMatchObject([
      { path: "/admin/import?mode=upsert", body: '{"username":"a"}\n{"username":"b"}' },
      { path: "/admin/import", body: '{"username":"c"}', headers: { "idempotency-key": "mine" } },
    ]);
  });

  it.each(["im.example", "ftp://im.example", ""])("refuses to be made for %j", (url) => {
    expect(() => createAdmin({ url, appId: "shop", token: "t" })).toThrow(TypeError);
  });
});

const secretOf = (size = 32) => `whsec_${randomBytes(size).toString("base64")}`;

describe("the verification of webhooks", () => {
  const secret = secretOf();
  const body = JSON.stringify({ type: "user.deleted", timestamp: "", data: { user_id: 1, username: "電" } });
  const at = 1_795_397_459;
  const now = at * 1000;

  /** The headers that sign a delivery, each part of which a test can have otherwise. */
  function headersOf({ by = secret, id = "evt_1", timestamp = String(at), begin = "" } = {}) {
    const key = Buffer.from(by.replace("whsec_", ""), "base64");
    const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
    return {
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": `${begin}v1,${signature}`,
    };
  }

  it("takes a delivery that is signed, from Node's headers and from those of fetch, as text and as bytes", async () => {
    const headers = headersOf();
    const shouted = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
    );
    for (const each of [headers, shouted, new Headers(headers)]) {
      for (const given of [body, Buffer.from(body)]) {
        const genuine = await verifyWebhook({ secret, headers: each, body: given, now });
        expect(genuine).toEqual({ id: "evt_1", event: JSON.parse(body) });
      }
    }
  });

  it("takes one of several signatures and one of several secrets, while one takes the place of another", async () => {
    const headers = headersOf({ begin: `v2,AAAA v1,${"A".repeat(43)}= v1,%% ` });
    await verifyWebhook({ secret: [secretOf(), secret], headers, body, now });
    await expect(verifyWebhook({ secret: [secretOf(), secretOf()], headers, body, now })).rejects.toThrow(
      "not signed",
    );
  });

  it.each([
    ["is of another secret", {}, { secret: secretOf() }],
    ["has another body", {}, { body: `${body} ` }],
    ["is older than 300 s", {}, { now: now + 301_000 }],
    ["is of a clock that is ahead by more", {}, { now: now - 301_000 }],
    ["has no time", { timestamp: "" }, {}],
    ["has a time that is none", { timestamp: "soon" }, {}],
    ["has no id", { id: "" }, {}],
    ["is signed by many others first", { begin: `v1,${"A".repeat(43)}= `.repeat(8) }, {}],
  ])("refuses one that %s", async (_, headers, given) => {
    const delivery = { secret, headers: headersOf(headers), body, now, ...given };
    await expect(verifyWebhook(delivery)).rejects.toMatchObject({ name: "NotGenuine" });
  });

  it("refuses a secret that is none", async () => {
    for (const each of ["", "whsec_", secretOf(23), secretOf(65), "whsec_%%", secret.slice(6)]) {
      await expect(verifyWebhook({ secret: each, headers: {}, body })).rejects.toThrow(TypeError);
    }
  });

  it("takes what is late where it is told to", async () => {
    const delivery = { secret, headers: headersOf(), body, now: now + 400_000, toleranceS: 500 };
    expect(await verifyWebhook(delivery)).toMatchObject({ id: "evt_1" });
  });
});
