import { describe, expect, it } from "vitest";
import { z } from "zod";
import { call, dataOf, newApp, newName, root } from "./kit/client.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { App, codesOf } from "./kit/wire.ts";

const AppIds = z.array(App);

const password = "secret word";

const defaults = {
  name: "",
  status: 0,
  registration: "open",
  token_ttl: 90 * 24 * 3600,
  sign_in_policy: { limits: { total: 25 }, overflow: "kick_oldest" },
  allowed_origins: ["*"],
};

const changed = {
  name: "An app 应用",
  status: 1,
  registration: "closed",
  token_ttl: 3600,
  sign_in_policy: { limits: { mobile: 1, desktop: 2, web: 3, total: 4 }, overflow: "refuse_new" },
  allowed_origins: ["https://app.example", "http://localhost:8080"],
};

describe("making an app", () => {
  it("answers it with what a new one has, and lists it", async () => {
    const app_id = newName("app");
    const answer = await root.post("/admin/apps", { app_id });
    expect(answer).toMatchObject({ code: 200, data: { app_id, ...defaults } });
    const listed = dataOf(await root.get("/admin/apps"), AppIds);
    expect(listed.filter((each) => each.app_id === app_id)).toEqual([answer.data]);
    expect((await root.with({ app_id }).get("/admin/app")).data).toEqual(answer.data);
  });

  it("takes every setting at once", async () => {
    const app_id = newName("app");
    const answer = await root.post("/admin/apps", { app_id, ...changed, push_secret: "p" });
    expect(answer).toMatchObject({ code: 200, data: { app_id, ...changed } });
  });

  it("is refused with 10004 where the id is taken, and changes nothing of the app", async () => {
    const app = await newApp({ name: "first" });
    expect(await root.post("/admin/apps", { app_id: app.id, name: "second" })).toMatchObject({
      code: 10004,
      data: null,
    });
    expect((await app.root.get("/admin/app")).data).toMatchObject({ name: "first" });
  });

  it("gives an id to one of many who want it at once", async () => {
    const app_id = newName("app");
    const answers = await Promise.all([1, 2, 3].map(() => root.post("/admin/apps", { app_id })));
    expect(codesOf(answers)).toEqual([200, 10004, 10004]);
  });

  it.each([["a"], ["1400000000"], ["A-b_9"], ["x".repeat(64)]])("takes an id like %s", async (form) => {
    const app_id = form.length === 64 ? newName("x").padEnd(64, "x") : `${form}${newName("")}`;
    expect((await root.post("/admin/apps", { app_id })).code).toBe(200);
    const client = root.with({ app_id });
    expect((await client.post("/user/register/v2", { username: "ann", password })).code).toBe(200);
  });

  it.each([
    [""],
    ["a b"],
    ["a.b"],
    ["app/1"],
    ["应用"],
    ["x".repeat(65)],
    [1_400_000_000],
    [null],
    [undefined],
  ])("refuses the id %j with 10002", async (app_id) => {
    const answer = await root.post("/admin/apps", { app_id });
    expect(answer).toMatchObject({ code: 10002, data: null });
    expect(answer.message).toContain("app_id");
  });
});

describe("changing an app", () => {
  it.each(Object.entries(changed))("sets %s alone to %j and shows the app", async (name, value) => {
    const app = await newApp();
    const answer = await app.root.put("/admin/app", { [name]: value });
    expect(answer).toMatchObject({ code: 200, data: { app_id: app.id, ...defaults, [name]: value } });
    expect((await app.root.get("/admin/app")).data).toEqual(answer.data);
  });

  it("leaves a setting as it is that is left out or null, and never the id", async () => {
    const app = await newApp(changed);
    const nulls = Object.fromEntries(Object.keys(changed).map((name) => [name, null]));
    for (const change of [{}, nulls, { app_id: "another" }]) {
      const answer = await app.root.put("/admin/app", change);
      expect(answer).toMatchObject({ code: 200, data: { app_id: app.id, ...changed } });
    }
  });

  it.each([
    ["name", ["n".repeat(65), 7]],
    ["status", [2, -1, "0", true]],
    ["registration", ["ajar", "", true]],
    ["token_ttl", [0, -1, 0.5, "60"]],
    ["push_secret", [7, "p".repeat(257)]],
    ["allowed_origins", ["*", [7], ["app.example"], ["https://app.example/path"], [""]]],
    [
      "sign_in_policy",
      [
        "kick_oldest",
        {},
        { limits: {}, overflow: "ask" },
        { overflow: "kick_oldest" },
        { limits: { total: 0 }, overflow: "kick_oldest" },
        { limits: { total: 1.5 }, overflow: "kick_oldest" },
        { limits: { tablet: 1 }, overflow: "kick_oldest" },
      ],
    ],
  ])("refuses a wrong %s with 10002 and writes nothing, as does making one", async (setting, wrong) => {
    const app = await newApp({ name: "before" });
    const app_id = newName("app");
    for (const value of wrong) {
      const other = setting === "name" ? { status: 1 } : { name: "after" };
      const put = await app.root.put("/admin/app", { ...other, [setting]: value });
      const post = await root.post("/admin/apps", { app_id, ...other, [setting]: value });
      for (const answer of [put, post]) {
        expect(answer).toMatchObject({ code: 10002, data: null });
        expect(answer.message).toContain(setting);
      }
    }
    expect((await app.root.get("/admin/app")).data).toMatchObject({ ...defaults, name: "before" });
    expect((await root.with({ app_id }).get("/admin/app")).code).toBe(40000);
  });

  it("holds from the next call", async () => {
    const app = await newApp();
    const register = async (username: string) =>
      (await app.nobody.post("/user/register/v2", { username, password })).code;
    expect(await register("ann")).toBe(200);
    await app.root.put("/admin/app", { registration: "closed" });
    expect(await register("bob")).toBe(40001);
    await app.root.put("/admin/app", { registration: "open" });
    expect(await register("bob")).toBe(200);
  });

  it("shows the push secret to nobody, neither whole nor as a field", async () => {
    const push_secret = `secret-${crypto.randomUUID()}`;
    const app_id = newName("app");
    const app = root.with({ app_id });
    const answers = [
      await root.post("/admin/apps", { app_id, push_secret }),
      await app.put("/admin/app", { push_secret, name: "named" }),
      await app.get("/admin/app"),
      await root.get("/admin/apps"),
    ];
    expect(codesOf(answers)).toEqual([200, 200, 200, 200]);
    for (const { body } of answers) {
      expect(JSON.stringify(body)).not.toContain(push_secret);
      expect(JSON.stringify(body)).not.toContain("push_secret");
    }
  });
});

describe("the root key", () => {
  const calls = [
    ["GET", "/admin/apps", undefined],
    ["POST", "/admin/apps", { app_id: "never_made" }],
    ["GET", "/admin/app", undefined],
    ["PUT", "/admin/app", { name: "taken over" }],
    ["GET", "/admin/tokens", undefined],
    ["POST", "/admin/tokens", { name: "taken over" }],
    ["DELETE", "/admin/tokens", { id: 1 }],
  ] as const;

  it.each(calls)(
    "is asked for at %s %s: a wrong or missing one is 10010, whatever token comes with it",
    async (method, path, json) => {
      const app = await newApp();
      const { session } = await app.session();
      const key = String(root.headers["root-key"]);
      const keys = ["wrong", "", key.slice(1), `${key}x`, key.toUpperCase()];
      const callers = [
        app.nobody,
        session,
        app.admin,
        ...keys.map((key) => app.nobody.with({ "root-key": key })),
      ];
      const answers = await Promise.all(callers.map((caller) => caller.call(method, path, { json })));
      for (const answer of answers) expect(answer).toMatchObject({ code: 10010, data: null });
      expect((await app.root.get("/admin/app")).data).toMatchObject({ name: "" });
      expect(dataOf(await app.root.get("/admin/tokens"), z.array(z.unknown()))).toHaveLength(1);
      expect((await app.admin.get("/user/list")).code).toBe(200);
    },
  );

  it("is nobody's where none is set, least of all theirs who send an empty one", async () => {
    const app = await newApp();
    for (const key of ["", "undefined", "null"]) {
      const headers = { ...app.nobody.headers, "root-key": key };
      const answer = await call("GET", "/admin/app", { headers }, workerWith({ ROOT_KEY: "" }));
      expect(answer.code).toBe(10010);
    }
  });

  it("is no token: it opens no operation of users or admins", async () => {
    const app = await newApp();
    const user = await app.user();
    expect((await app.root.get("/user/list")).code).toBe(10003);
    expect((await app.root.with({ user_id: String(user.id) }).get("/user/profile")).code).toBe(10003);
  });

  it.each(["/admin/app", "/admin/tokens"])(
    "still needs the app at %s: missing 10002, unknown 40000",
    async (path) => {
      expect((await root.get(path)).code).toBe(10002);
      expect((await root.with({ app_id: "no such app" }).get(path)).code).toBe(10002);
      expect((await root.with({ app_id: newName("never") }).get(path)).code).toBe(40000);
    },
  );
});
