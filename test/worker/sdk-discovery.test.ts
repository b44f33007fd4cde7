import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type Answer, type Client, newApp, newName, origin, request } from "./kit/client.ts";

/** What discovery answers a client that reached the service so. */
function hosts(protocol: string, host: string) {
  return {
    code: 200,
    data: {
      version: 1,
      app_status: "",
      account_verification: {},
      dns_server_list: [],
      link_server_list: [],
      dns_list: [
        {
          group_level: 0,
          clusters: [
            {
              ratel: [{ protocol, host, ip_list: [] }],
              webim: [{ protocol, host }],
              rtc: [{ protocol, host }],
            },
          ],
        },
      ],
    },
  };
}

async function discover(url: string): Promise<Response> {
  return await exports.default.fetch(new Request(url));
}

describe("discovery", () => {
  it.each([
    ["https://im.example.com", "https", "im.example.com"],
    ["https://im.example.com:8443", "https", "im.example.com:8443"],
    ["http://127.0.0.1:8787", "http", "127.0.0.1:8787"],
    ["http://[::1]:8787", "http", "[::1]:8787"],
  ])("names the host that %s was reached by", async (reached, protocol, host) => {
    const response = await discover(`${reached}/v2/app_dns?app_id=any&source=sdk`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(hosts(protocol, host));
  });

  it.each([
    "/v2/app_dns",
    "/v2/app_dns?",
    "/v2/app_dns/",
    "/v2/app_dns/2/3?app_id=a",
    "/v2/app_dns_2",
    "/v2/app_dnsX/y",
  ])("is found at %s", async (path) => {
    expect(await (await discover(origin + path)).json()).toEqual(hosts("https", "warbler.test"));
  });

  it("is answered to any page, and to no other method", async () => {
    const headers = { Origin: "https://app.example" };
    const response = await exports.default.fetch(request("GET", "/v2/app_dns", { headers }));
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    const posted = await exports.default.fetch(request("POST", "/v2/app_dns"));
    expect(posted.status).toBe(404);
    expect((await discover(`${origin}/v2/app_dn`)).status).toBe(404);
  });

  it("leads to a host whose root may be timed by any page", async () => {
    const headers = { Origin: "https://app.example" };
    const response = await exports.default.fetch(request("GET", "/?", { headers }));
    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
  });
});

describe("what the service does not know", () => {
  const empty = { code: 200, message: "", data: [] };

  /** The operations that need a user's token, as a client calls them. */
  const asked: [string, (client: Client) => Promise<Answer>][] = [
    ["GET /roster/list?", (client) => client.call("GET", "/roster/list?")],
    ["POST /roster/list", (client) => client.call("POST", "/roster/list", { json: { list: [1, 2] } })],
    ["POST /roster/list of nobody", (client) => client.call("POST", "/roster/list", { json: { list: [] } })],
    [
      "POST /roster/list of texts",
      (client) => client.call("POST", "/roster/list", { json: { list: ["1"] } }),
    ],
    ["GET /group/user_joined?", (client) => client.call("GET", "/group/user_joined?")],
  ];

  it.each(asked)("is empty: %s", async (_, ask) => {
    const { session } = await (await newApp()).session();
    expect((await ask(session)).body).toEqual(empty);
  });

  it.each(asked)("is not told without a user's token that lives: %s", async (_, ask) => {
    const app = await newApp();
    const { user, session } = await app.session();
    expect(await ask(app.nobody)).toMatchObject({ code: 10003 });
    expect(await ask(app.actingFor(user))).toMatchObject({ code: 10010 });
    await session.post("/token/logout");
    expect(await ask(session)).toMatchObject({ code: 10008, data: null });
  });

  it("has no settings for clients either, whoever of the app asks", async () => {
    const app = await newApp();
    const { session } = await app.session();
    for (const client of [app.nobody, session]) {
      expect((await client.get("/app/config", { platform: "6" })).body).toEqual(empty);
    }
    const elsewhere = session.with({ app_id: newName("nowhere") });
    expect(await elsewhere.get("/app/config", { platform: "6" })).toMatchObject({ code: 40000 });
  });

  it("needs a list of ids where ids are asked for", async () => {
    const { session } = await (await newApp()).session();
    expect(await session.post("/roster/list", { list: "1" })).toMatchObject({ code: 10002 });
    expect(await session.post("/roster/list", {})).toMatchObject({ code: 10002 });
  });
});
