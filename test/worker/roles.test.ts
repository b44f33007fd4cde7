import { exports } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { grants, roleNames, scopes } from "../../src/domain/roles.ts";
import { type App, type Client, dataOf, newApp, newName } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { bindings, send } from "./kit/contract/stage.ts";
import { logged } from "./kit/log.ts";
import { AdminToken, NewAdminToken, codesOf, done } from "./kit/wire.ts";

const setForward = movableClock();

const worker = (request: Request) => exports.default.fetch(request);

const MINUTE = 60_000;

const path = "/admin/tokens";

/** What each role may do, as staff are told. */
const mayDo: Record<string, string> = {
  viewer: "read",
  support: "read sessions explain",
  moderator: "read sessions explain bans profile",
  push: "push",
  operator: "read sessions explain bans profile act import export webhooks",
  owner: "read sessions explain bans profile act push import export export_secrets webhooks groups",
};

/** The scopes of what is no GET and no other write for a user. */
const named: Record<string, string> = {
  "POST /user/kick": "sessions",
  "PUT /user/kick": "sessions",
  "POST /user/device/remove": "sessions",
  "DELETE /user/device/remove": "sessions",
  "PUT /user/disable": "bans",
  "PUT /user/enable": "bans",
  "POST /user/profile": "profile",
  "PUT /user/profile": "profile",
  "POST /admin/push/route": "push",
  "POST /admin/push/feedback": "push",
  "POST /admin/import": "import",
  "GET /admin/export": "export",
  "PUT /admin/groups": "groups",
  "DELETE /admin/groups": "groups",
  "GET /admin/explain": "explain",
  "POST /admin/explain": "explain",
  "POST /admin/users": "read",
  "POST /admin/webhooks/replay": "webhooks",
  "GET /admin/webhooks/deliveries": "webhooks",
};

const scopeOf = (name: string) => named[name] ?? (name.startsWith("GET ") ? "read" : "act");

const forAdmins = bindings.filter(({ operation }) => operation.scope !== undefined && !operation.socket);

let made = 0;

/** An address that no other test calls from: floods are counted by it. */
function newAddress(): string {
  made++;
  return `10.77.${made >> 8}.${made & 255}`;
}

async function tokenOf(app: App, role: string | undefined, more: Record<string, unknown> = {}) {
  const order = { name: newName("token"), ...(role !== undefined && { role }), ...more };
  const token = dataOf(await app.root.post(path, order), NewAdminToken);
  const headers = { "access-token": token.token, "cf-connecting-ip": newAddress() };
  return { ...token, client: app.nobody.with(headers) };
}

async function listed(app: App, id: number) {
  const tokens = dataOf(await app.root.get(path), z.array(AdminToken));
  return tokens.find((token) => token.id === id);
}

describe("the push token of a user's settings", () => {
  it.each([
    ["viewer", "secret…a-push"],
    ["support", "secret…a-push"],
    ["moderator", "secret…a-push"],
    ["operator", undefined],
    ["owner", undefined],
  ])("is read by a %s as it may: whole by whoever writes it or pushes", async (role, shown) => {
    const app = await newApp();
    const { user, session } = await app.session();
    const push_token = `secret${"0123456789".repeat(4)}a-push`;
    expect((await session.post("/user/push/alias", { alias: "wren", push_token })).code).toBe(200);
    const staff = (await tokenOf(app, role)).client.with({ user_id: String(user.id) });
    for (const client of [staff, session]) {
      const wanted = { push_token: client === staff ? (shown ?? push_token) : push_token };
      expect((await client.get("/user/push/alias")).data).toEqual({ alias: "wren", ...wanted });
      expect((await client.get("/user/settings")).data).toMatchObject(wanted);
    }
  });
});

async function take(client: Client, hashes: string): Promise<string> {
  const url = `https://warbler.test/admin/export?hashes=${hashes}`;
  return await (await worker(new Request(url, { headers: client.headers }))).text();
}

/** What a caller hears of the scope: its name where it lacks it. */
async function lacked(client: Client, binding: (typeof bindings)[number]): Promise<string> {
  const { operation } = binding;
  const forUser = operation.caller === "user" || operation.caller === "admin for user";
  // A user who is not there: what is let through changes nothing.
  const caller = forUser ? client.with({ user_id: "9007199254740991" }) : client;
  const { code, message } = await send(caller, binding, { query: { limit: "none" } });
  return code === 10010 ? (/scope (\w+)/.exec(message)?.[1] ?? message) : "";
}

describe("the role of an admin token", () => {
  it("is one of those that staff are told, with the scopes that they are told", () => {
    const has = Object.fromEntries(
      roleNames.map((role) => [role, scopes.filter((scope) => grants(role, scope)).toSorted()]),
    );
    const told = Object.entries(mayDo).map(([role, list]) => [role, list.split(" ").toSorted()]);
    expect(has).toEqual(Object.fromEntries(told));
  });

  it.each(Object.entries(mayDo))("%s lets through its operations and no others", async (role, list) => {
    const app = await newApp();
    const may = new Set(list.split(" "));
    const heard: Record<string, string> = {};
    const due: Record<string, string> = {};
    const { client } = await tokenOf(app, role);
    for (const binding of forAdmins) {
      const scope = scopeOf(binding.name);
      heard[binding.name] = await lacked(client, binding);
      due[binding.name] = may.has(scope) ? "" : scope;
    }
    expect(heard).toEqual(due);
  });

  it("is owner where it is not said, and is told with the token", async () => {
    const app = await newApp();
    const [plain, viewer] = [await tokenOf(app, undefined), await tokenOf(app, "viewer")];
    expect([plain.role, viewer.role]).toEqual(["owner", "viewer"]);
    expect((await listed(app, viewer.id))?.role).toBe("viewer");
    const wrong = await app.root.post(path, { name: "wrong", role: "king" });
    expect(wrong).toMatchObject({ code: 10002, message: expect.stringContaining("role") });
  });

  it("stands in the way of a write whose token the isolate knows, and which D1 alone would judge", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const { client } = await tokenOf(app, "support");
    expect((await client.with({ user_id: String(user.id) }).get("/user/profile")).code).toBe(200);
    expect(await client.put("/user/disable", { list: [user.id] })).toMatchObject({ code: 10010, data: null });
    const group = { group_id: "7", owner_id: user.id };
    expect((await client.put("/admin/groups", group)).message).toContain("scope groups");
    expect((await session.get("/user/profile")).code).toBe(200);
    await done(client.with({ user_id: String(user.id) }).post("/user/kick"));
    expect((await session.get("/user/profile")).code).toBe(10008);
  });

  it("lets an operator export users, and only an owner what their passwords are kept as", async () => {
    const app = await newApp();
    await app.user();
    const [operator, owner] = [await tokenOf(app, "operator"), await tokenOf(app, "owner")];
    expect(await take(operator.client, "false")).not.toContain("password_hash");
    expect(await take(operator.client, "false")).toContain('"end":true');
    const refused = z.object({ code: z.int(), message: z.string() });
    expect(refused.parse(JSON.parse(await take(operator.client, "true")))).toEqual({
      code: 10010,
      message: expect.stringContaining("scope export_secrets"),
    });
    expect(await take(owner.client, "true")).toContain("password_hash");
  });

  it("is not asked of a user's own token", async () => {
    const app = await newApp();
    const { session } = await app.session();
    expect((await session.post("/user/kick")).code).toBe(200);
  });
});

describe("the name of an admin token", () => {
  it("is one live token's of its app at most, however many ask at once", async () => {
    const [app, other] = [await newApp(), await newApp()];
    const make = (of: App) => of.root.post(path, { name: "bot" });
    const answers = await Promise.all([make(app), make(app), make(app), make(other)]);
    expect(codesOf(answers.slice(0, 3)).toSorted((a, b) => a - b)).toEqual([200, 10004, 10004]);
    expect(answers[3]?.code).toBe(200);
    const tokens = dataOf(await app.root.get(path), z.array(AdminToken));
    const bot = tokens.find(({ name }) => name === "bot");
    await done(app.root.set(path, { id: String(bot?.id) }, "DELETE"));
    expect((await make(app)).code).toBe(200);
  });

  it("is free again when the token's life is over", async () => {
    const app = await newApp();
    const old = await tokenOf(app, "viewer", { name: "bot", expire: Date.now() + MINUTE });
    expect((await app.root.post(path, { name: "bot" })).code).toBe(10004);
    setForward(2 * MINUTE);
    expect((await old.client.get("/user/list")).code).toBe(402);
    const anew = await tokenOf(app, "push", { name: "bot" });
    expect((await listed(app, old.id))?.revoked_at).toBe(old.expire);
    expect((await old.client.get("/user/list")).code).toBe(10008);
    expect((await anew.client.get("/user/list")).message).toContain("scope read");
  });
});

describe("the last use of an admin token", () => {
  it("is told to the minute, and costs the call no trip", async () => {
    const app = await newApp();
    const { id, client } = await tokenOf(app, "viewer");
    expect((await listed(app, id))?.last_used_at).toBe(null);
    const { lines } = await logged(async () => expect((await client.get("/user/list")).code).toBe(200));
    expect(lines.find((line) => line["operation"] === "listUsers")).toMatchObject({ trips: { d1: 2 } });
    const used = async (least: number) =>
      vi.waitFor(async () => {
        const at = (await listed(app, id))?.last_used_at ?? 0;
        expect(at).toBeGreaterThan(least);
        return at;
      });
    const first = await used(0);
    expect(first % MINUTE).toBe(0);
    setForward(2 * MINUTE);
    expect((await client.get("/user/list")).code).toBe(200);
    expect((await used(first)) - first).toBeGreaterThanOrEqual(MINUTE);
  });

  it("is none of one that was revoked, whatever an isolate takes it for", async () => {
    const app = await newApp();
    const { id, client } = await tokenOf(app, "owner");
    expect((await client.get("/user/list")).code).toBe(200);
    await vi.waitFor(async () => expect((await listed(app, id))?.last_used_at).not.toBe(null));
    const before = (await listed(app, id))?.last_used_at;
    await done(app.root.set(path, { id: String(id) }, "DELETE"));
    setForward(2 * MINUTE);
    expect((await client.get("/user/list")).code).toBe(10008);
    const other = await tokenOf(app, "owner");
    expect((await other.client.get("/user/list")).code).toBe(200);
    await vi.waitFor(async () => expect((await listed(app, other.id))?.last_used_at).not.toBe(null));
    expect((await listed(app, id))?.last_used_at).toBe(before);
  });
});
