import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newApp, request } from "./kit/client.ts";
import { upgrade } from "./kit/socket.ts";
import { codesOf } from "./kit/wire.ts";

const origin = "https://app.example";

function preflight(path: string, method: string, headers: string, from = origin): Promise<Response> {
  const asked = {
    origin: from,
    "access-control-request-method": method,
    "access-control-request-headers": headers,
  };
  return exports.default.fetch(request("OPTIONS", path, { headers: asked }));
}

/** A list in a header, in lower case. */
function listOf(response: Response, header: string): string[] {
  const value = response.headers.get(header) ?? "";
  return value.split(",").map((each) => each.trim().toLowerCase());
}

describe("a browser's preflight", () => {
  it.each([
    ["GET", "/user/profile"],
    ["POST", "/token/user"],
    ["POST", "/user/register/v2"],
    ["PUT", "/user/settings"],
    ["DELETE", "/user/push/tag"],
    ["POST", "/user/public"],
    ["GET", "/user/list"],
  ])(
    "for %s %s is answered for any origin, and allows every header that browser clients send",
    async (method, path) => {
      const wanted = ["app_id", "access-token", "user_id", "group_id", "content-type"];
      for (const from of [origin, "http://localhost:8080", "null"]) {
        const response = await preflight(path, method, wanted.join(", "), from);
        expect(response.ok).toBe(true);
        expect(["*", from]).toContain(response.headers.get("access-control-allow-origin"));
        expect(listOf(response, "access-control-allow-headers")).toEqual(expect.arrayContaining(wanted));
        const methods = ["get", "post", "put", "delete"];
        expect(listOf(response, "access-control-allow-methods")).toEqual(expect.arrayContaining(methods));
        expect(response.headers.has("access-control-allow-credentials")).toBe(false);
        expect(await response.text()).toBe("");
      }
    },
  );

  it("is followed by answers that a page may read, refusals and faults among them", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const from = { origin };
    const answers = [
      await session.with(from).get("/user/profile"),
      await app.nobody.with(from).get("/user/profile"),
      await session.with(from).get("/user/nothing"),
      await session.with(from).get("/user/kick"),
    ];
    expect(answers.map((answer) => answer.code)).toEqual([200, 10003, 404, 405]);
    for (const { response } of answers) {
      expect(["*", origin]).toContain(response.headers.get("access-control-allow-origin"));
      expect(response.headers.has("access-control-allow-credentials")).toBe(false);
      expect(response.headers.has("set-cookie")).toBe(false);
    }
  });
});

describe("the origins that an app allows", () => {
  it("are any at first", async () => {
    const app = await newApp();
    const { session } = await app.session();
    for (const from of [origin, "http://evil.example", "null"]) {
      expect((await session.with({ origin: from }).get("/user/profile")).code).toBe(200);
    }
  });

  it("hold for every call that names one: another is 10010, and a call that names none goes through", async () => {
    const app = await newApp({ allowed_origins: [origin, "http://localhost:8080"] });
    const { user, session } = await app.session();
    for (const from of [origin, "http://localhost:8080"]) {
      expect((await session.with({ origin: from }).get("/user/profile")).code).toBe(200);
    }
    expect((await session.get("/user/profile")).code).toBe(200);
    const strangers = [
      "https://evil.example",
      "http://app.example",
      "https://app.example:8443",
      "https://app.example.evil.example",
      "https://sub.app.example",
      "https://xapp.example",
      "http://localhost",
      "null",
      "*",
    ];
    for (const from of strangers) {
      const answers = [
        await session.with({ origin: from }).get("/user/profile"),
        await session.with({ origin: from }).post("/user/settings", { vibratory: true }),
        await app.nobody
          .with({ origin: from })
          .post("/token/user", { name: user.name, password: user.password }),
        await app.nobody
          .with({ origin: from })
          .post("/user/register/v2", { username: "ann", password: "secret word" }),
        await app.admin.with({ origin: from }).get("/user/list"),
      ];
      expect({ from, codes: codesOf(answers) }).toEqual({ from, codes: [10010, 10010, 10010, 10010, 10010] });
    }
    expect((await session.get("/user/settings")).data).toMatchObject({ vibratory: false });
    expect((await app.admin.get("/user/list")).body).toMatchObject({ total: 1 });
  });

  it("hold for the socket as well", async () => {
    const app = await newApp({ allowed_origins: [origin] });
    const { session } = await app.session();
    const refused = await upgrade({ ...session.headers, origin: "https://evil.example" });
    expect(refused.webSocket).toBeNull();
    expect(await refused.json()).toMatchObject({ code: 10010, data: null });
    const welcomed = await upgrade({ ...session.headers, origin });
    expect(welcomed.status).toBe(101);
    welcomed.webSocket?.accept();
    welcomed.webSocket?.close();
  });

  it("are none where the list is empty, and follow a change from the next call", async () => {
    const app = await newApp({ allowed_origins: [] });
    const { session } = await app.session();
    const browser = session.with({ origin });
    expect((await browser.get("/user/profile")).code).toBe(10010);
    expect((await session.get("/user/profile")).code).toBe(200);
    await app.root.put("/admin/app", { allowed_origins: [origin] });
    expect((await browser.get("/user/profile")).code).toBe(200);
    await app.root.put("/admin/app", { allowed_origins: ["*"] });
    expect((await session.with({ origin: "https://evil.example" }).get("/user/profile")).code).toBe(200);
  });
});
