import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type App, Client, call, newApp, newName } from "./kit/client.ts";
import { requireRequestId } from "./kit/contract/stage.ts";
import { type Closed, Device, connect, upgrade } from "./kit/socket.ts";

const path = "/user/device/connect";

/** How an upgrade with a token that is no good ends. */
async function refusedBy(
  headers: Record<string, string>,
  query: Record<string, string> = {},
): Promise<Closed> {
  const response = await upgrade(headers, query);
  if (!response.webSocket) throw new Error(`no socket: ${await response.text()}`);
  return await new Device(response.webSocket).closed();
}

/** Tokens that are no good in an app. */
async function deadTokens(app: App): Promise<Record<string, string>> {
  const elsewhere = await newApp();
  const { user, session } = await app.session();
  const kicked = await app.signIn(user, { device_guid: "kicked" });
  const out = await app.signIn(user);
  const ends = [
    await session.set("/user/kick", { device_sn: String(kicked.deviceSn) }),
    await out.post("/token/logout"),
  ];
  if (ends.some(({ code }) => code !== 200)) throw new Error("a token was not revoked");
  return {
    garbage: "garbage",
    unknown: `wu_${"A".repeat(43)}`,
    "unknown of an admin": `wa_${"A".repeat(43)}`,
    "of another app": (await elsewhere.session()).session.token,
    kicked: kicked.token,
    "signed out": out.token,
  };
}

describe("the device socket's path", () => {
  it("answers 426 without an upgrade, whoever calls", async () => {
    const { session } = await (await newApp()).session();
    for (const client of [session, new Client({})]) {
      const answer = await client.get(path);
      requireRequestId(answer);
      expect(answer.response.status).toBe(426);
      expect(answer.response.headers.get("upgrade")).toBe("websocket");
      expect(answer.body).toMatchObject({ code: 426, data: null });
    }
  });

  it("answers 426 to an upgrade to something else", async () => {
    const { session } = await (await newApp()).session();
    const answer = await session.call("GET", path, { headers: { Upgrade: "h2c" } });
    expect(answer.response.status).toBe(426);
  });

  it("refuses a parameter by its name, and the session can still connect", async () => {
    const { session } = await (await newApp()).session();
    const wrong: Record<string, string> = { device_guid: "", platform: "7", device_name: "n".repeat(65) };
    for (const [name, value] of Object.entries(wrong)) {
      const response = await upgrade(session.headers, { [name]: value });
      const body = z.object({ code: z.int(), message: z.string() }).parse(await response.json());
      expect(body).toEqual({ code: 10002, message: expect.stringContaining(name) });
    }
    await connect(session, { device_guid: "phone", platform: "6", device_name: "n".repeat(64) });
  });
});

describe("an upgrade with a token that is no good", () => {
  it("is closed with 4401, whether a header or a subprotocol carries the token", async () => {
    const app = await newApp();
    const tokens = await deadTokens(app);
    const closed: Record<string, number[]> = {};
    for (const [what, token] of Object.entries(tokens)) {
      const byHeader = await refusedBy({ app_id: app.id, "access-token": token });
      const offer = { "Sec-WebSocket-Protocol": `im.v1, token.${token}` };
      const byProtocol = await refusedBy(offer, { app_id: app.id });
      closed[what] = [byHeader.code, byProtocol.code];
    }
    const expected = Object.keys(tokens).map((what) => [what, [4401, 4401]]);
    expect(closed).toEqual(Object.fromEntries(expected));
  });

  it("is closed with 4401 before its parameters are looked at", async () => {
    const app = await newApp();
    const headers = { app_id: app.id, "access-token": `wu_${"A".repeat(43)}` };
    expect(await refusedBy(headers, { platform: "7" })).toMatchObject({ code: 4401 });
    const { session } = await app.session();
    await session.post("/token/logout");
    expect(await refusedBy(session.headers, { platform: "7" })).toMatchObject({ code: 4401 });
  });

  it("opens no socket to the user", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const out = await app.signIn(user);
    await out.post("/token/logout");
    await refusedBy(out.headers);
    expect((await session.get("/user/online_status")).data).toEqual({ online: false });
    expect((await session.get("/user/device/list")).data).toEqual([]);
  });
});

describe("a browser's upgrade", () => {
  it("carries the app in the query and the token in a subprotocol, and is answered with the other one", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const offer = { "Sec-WebSocket-Protocol": `im.v1, token.${session.token}` };
    const response = await upgrade(offer, { app_id: app.id, device_guid: "tab", platform: "6" });
    expect(response.headers.get("sec-websocket-protocol")).toBe("im.v1");
    if (!response.webSocket) throw new Error("no socket");
    expect(await new Device(response.webSocket).welcome()).toMatchObject({ device_sn: 1 });
  });

  it("is refused without an app, with an unknown one, and without a token", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const token = { "Sec-WebSocket-Protocol": `im.v1, token.${session.token}` };
    const answers = [
      await upgrade(token),
      await upgrade(token, { app_id: newName("nowhere") }),
      await upgrade({ "Sec-WebSocket-Protocol": "im.v1" }, { app_id: app.id }),
    ];
    const codes = await Promise.all(
      answers.map(async (answer) => z.object({ code: z.int() }).parse(await answer.json()).code),
    );
    expect(codes).toEqual([10002, 40000, 10003]);
  });

  it("may name the app in the query on no other path", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const answer = await call("GET", "/user/profile", {
      headers: { "access-token": session.token },
      query: { app_id: app.id },
    });
    expect(answer).toMatchObject({ code: 10002, message: expect.stringContaining("app_id") });
  });
});

describe("an Upgrade header where there is no socket", () => {
  it.each(["websocket", "h2c", "foo"])("is ignored, whatever is answered: %s", async (Upgrade) => {
    const app = await newApp();
    const { session } = await app.session();
    await session.post("/token/logout");
    const ended = await session.call("GET", "/user/profile", { headers: { Upgrade } });
    expect(ended.response.status).toBe(200);
    expect(ended).toMatchObject({ code: 10008, data: null });
    const live = await app.session();
    expect((await live.session.call("GET", "/user/profile", { headers: { Upgrade } })).code).toBe(200);
  });

  it.each(["h2c", "foo", "websocket, foo"])("of another protocol is no socket's: %s", async (Upgrade) => {
    const app = await newApp();
    const { session } = await app.session();
    await session.post("/token/logout");
    for (const client of [session, (await app.session()).session]) {
      const answer = await client.call("GET", path, { headers: { Upgrade } });
      expect(answer.response.status).toBe(426);
      expect(answer.code).toBe(426);
    }
  });
});
