import { describe, expect, it } from "vitest";
import { reasons } from "../../src/domain/reasons.ts";
import { reasonOf } from "../wire.ts";
import { type App, type Client, type Sent, call, newApp, newName, root } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { done } from "./kit/wire.ts";

const setForward = movableClock();

const statuses = [
  ["200", workerWith({ ERROR_STATUS: "200" })],
  ["http", workerWith({ ERROR_STATUS: "http" })],
] as const;

/** A call that is refused: by whom, and what. */
interface Refused {
  by: Client;
  method?: string;
  path: string;
  sent?: Sent;
}

const password = "secret word";
const profile = "/user/profile";

/** A call for each code, and the HTTP status that it has where refusals carry one. */
const refusals: readonly (readonly [
  code: number,
  status: number,
  prepare: (app: App) => Promise<Refused>,
])[] = [
  [
    402,
    401,
    async () => {
      const app = await newApp({ token_ttl: 60 });
      const { session } = await app.session();
      setForward(61_000);
      return { by: session, path: profile };
    },
  ],
  [10000, 404, async (app) => ({ by: app.admin.with({ user_id: "999999999" }), path: profile })],
  [10002, 400, async (app) => ({ by: app.admin, path: profile })],
  [10003, 401, async (app) => ({ by: app.nobody, path: profile })],
  [
    10004,
    409,
    async (app) => {
      const { name: username } = await app.user();
      return {
        by: app.nobody,
        method: "POST",
        path: "/user/register/v2",
        sent: { json: { username, password } },
      };
    },
  ],
  [10008, 401, async (app) => ({ by: app.nobody.with({ "access-token": "none" }), path: profile })],
  [10010, 403, async (app) => ({ by: (await app.session()).session, path: "/user/list" })],
  [
    10015,
    409,
    async (app) => {
      const mobile = "13800138000";
      await done((await app.session()).session.set("/user/mobile", { mobile }));
      const { session } = await app.session();
      return { by: session, method: "PUT", path: "/user/mobile", sent: { query: { mobile } } };
    },
  ],
  [
    10028,
    429,
    async (app) => {
      const tries = { method: "POST", path: "/token/user", sent: { json: { name: "nobody", password } } };
      const by = app.nobody.with({ "cf-connecting-ip": "198.51.100.1" });
      for (let each = 0; each < 5; each++) await by.call(tries.method, tries.path, tries.sent);
      return { by, ...tries };
    },
  ],
  [
    10029,
    403,
    async (app) => {
      const user = await app.user();
      await app.disable(user);
      const json = { name: user.name, password: user.password };
      return { by: app.nobody, method: "POST", path: "/token/user", sent: { json } };
    },
  ],
  [
    10030,
    404,
    async (app) => {
      const { session } = await app.session();
      return { by: session, method: "POST", path: "/user/kick", sent: { query: { device_sn: "9" } } };
    },
  ],
  [
    10031,
    409,
    async () => {
      const app = await newApp({ sign_in_policy: { limits: { total: 1 }, overflow: "refuse_new" } });
      const { user } = await app.session({ device_guid: "phone" });
      const json = { name: user.name, password: user.password, device_guid: "laptop" };
      return { by: app.nobody, method: "POST", path: "/token/user", sent: { json } };
    },
  ],
  [
    11001,
    401,
    async (app) => ({
      by: app.nobody,
      method: "POST",
      path: "/token/user",
      sent: { json: { name: "nobody", password } },
    }),
  ],
  [20001, 404, async (app) => ({ by: app.admin.with({ group_id: "9" }), path: profile })],
  [40000, 404, async (app) => ({ by: app.admin.with({ app_id: newName("never") }), path: profile })],
  [
    40001,
    403,
    async () => {
      const app = await newApp({ registration: "closed" });
      const json = { username: "ann", password };
      return { by: app.nobody, method: "POST", path: "/user/register/v2", sent: { json } };
    },
  ],
  [40003, 403, async () => ({ by: (await newApp({ status: 1 })).nobody, path: profile })],
];

describe("a refusal's HTTP status", () => {
  it.each(refusals)(
    "for %d is 200, and %d where ERROR_STATUS is http; the body is the same",
    async (code, status, prepare) => {
      const { by, method = "GET", path, sent = {} } = await prepare(await newApp());
      const heard = [];
      for (const [, worker] of statuses) {
        const { body, response } = await call(method, path, { ...sent, headers: by.headers }, worker);
        expect(body).toEqual({
          code,
          message: expect.stringMatching(/./),
          data: null,
          reason: reasonOf(code),
        });
        expect(response.headers.get("content-type")).toContain("application/json");
        heard.push({ status: response.status, waits: response.headers.has("retry-after") });
      }
      const waits = code === 10028;
      expect(heard).toEqual([
        { status: 200, waits },
        { status, waits },
      ]);
    },
  );

  it("is tried for every code there is", () => {
    const tried = refusals.map(([code]) => code);
    const known = new Set<number>(Object.values(reasons).map((reason) => reason.code));
    expect(new Set(tried)).toEqual(known);
  });
});

describe.each(statuses)("where ERROR_STATUS is %s", (_setting, worker) => {
  it("a success is 200, and so is a batch with rows that failed", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const read = await call("GET", profile, { headers: session.headers }, worker);
    expect([read.response.status, read.code, read.message]).toEqual([200, 200, ""]);
    const sent = { headers: app.admin.headers, json: { list: [null] } };
    const batch = await call("POST", "/user/register/batch", sent, worker);
    expect([batch.response.status, batch.code]).toEqual([200, 200]);
    const disabled = await call("PUT", "/user/disable", sent, worker);
    expect([disabled.response.status, disabled.code, disabled.data]).toEqual([200, 200, false]);
  });

  it("what is no business answer has its status as its code", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const { headers } = session;
    const typed = (type: string) => ({ ...headers, "content-type": type });
    const faults: readonly (readonly [status: number, method: string, path: string, sent: Sent])[] = [
      [404, "GET", "/user/nothing", { headers }],
      [404, "GET", "/user/profile/", { headers }],
      [405, "GET", "/user/kick", { headers }],
      [405, "DELETE", profile, { headers }],
      [413, "POST", profile, { headers, json: { nick_name: "n".repeat(256 * 1024) } }],
      [413, "POST", "/user/public", { headers, body: "p".repeat(256 * 1024 + 1) }],
      [415, "POST", profile, { headers: typed("text/plain"), body: "{}" }],
      [400, "POST", profile, { headers: typed("application/json"), body: '{"nick_name":' }],
      [
        400,
        "POST",
        profile,
        { headers: typed("application/json"), body: new Uint8Array([0x22, 0xff, 0x22]) },
      ],
      [426, "GET", "/user/device/connect", { headers }],
    ];
    for (const [status, method, path, sent] of faults) {
      const { body, response } = await call(method, path, sent, worker);
      expect({ path, status: response.status, body }).toEqual({
        path,
        status,
        body: { code: status, message: expect.stringMatching(/./), data: null },
      });
    }
    const wrongMethod = await call("GET", "/user/kick", { headers }, worker);
    expect(wrongMethod.response.headers.get("allow")?.split(", ").toSorted()).toEqual(["POST", "PUT"]);
  });
});

describe("the check of the app", () => {
  it.each([[""], ["a b"], ["a.b"], ["x".repeat(65)], [undefined]])(
    "refuses the header app_id %j with 10002, before the token",
    async (app_id) => {
      const headers = app_id === undefined ? {} : { app_id };
      const answer = await call("GET", profile, { headers });
      expect(answer).toMatchObject({ code: 10002, data: null });
      expect(answer.message).toContain("app_id");
    },
  );

  it("comes before that of token, caller, acting headers and parameters", async () => {
    const wrong = { "access-token": "none", user_id: "nobody", group_id: "none" };
    const ghost = root.with({ ...wrong, app_id: newName("never") });
    expect((await ghost.post("/user/nickname", { nick_name: 7 })).code).toBe(40000);
    const app = await newApp();
    expect((await app.nobody.with(wrong).post("/user/nickname", { nick_name: 7 })).code).toBe(10008);
    const { session } = await app.session();
    const atLevel = session.with({ user_id: "nobody" });
    expect((await atLevel.post("/user/register/batch", { list: 7 })).code).toBe(10010);
    expect((await app.admin.with({ user_id: "nobody" }).post("/user/nickname", { nick_name: 7 })).code).toBe(
      10002,
    );
    expect(
      (await app.admin.with({ user_id: "999999999" }).post("/user/nickname", { nick_name: 7 })).code,
    ).toBe(10000);
  });
});
