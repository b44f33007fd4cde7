import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { z } from "zod";
import { type Shared, Warbler, serving } from "./kit.ts";

const Token = z.object({ id: z.int(), token: z.string() });
const Any = z.looseObject({});

/** A name that nobody has yet. */
const fresh = (prefix: string) => `${prefix}${randomUUID().slice(0, 6)}`;

/** What an app's admins and the holder of the root key do. */
export function admins(get: () => Shared): void {
  it("makes, shows, changes, suspends and resumes an app", async () => {
    const { warbler } = get();
    const id = fresh("shop_");
    const settings = ["name=Laden 小店", "token_ttl=60", 'allowed_origins=["https://shop.example"]'];
    await warbler.does("apps", "create", id, ...settings);
    const [made] = await warbler.reads(Any, "apps", "show", id);
    expect(made).toMatchObject({
      name: "Laden 小店",
      token_ttl: 60,
      allowed_origins: ["https://shop.example"],
    });
    await warbler.does("apps", "settings", id, "time_zone=Europe/Berlin");
    expect(await warbler.does("apps", "show", id)).toMatch(/^time_zone +Europe\/Berlin$/m);
    const secret = `whsec_${"s".repeat(32)}`;
    const told = await warbler.run("apps", "settings", id, `webhook_secret=${secret}`);
    expect(told).toMatchObject({
      code: 2,
      err: expect.stringContaining("say webhook_secret=- and give the secret"),
    });
    expect(told.err).not.toContain(secret);
    const given = await warbler.fed(secret, "apps", "settings", id, "webhook_secret=-");
    expect([given.code, given.err]).toEqual([0, ""]);
    await warbler.does("apps", "suspend", id);
    expect(await warbler.does("apps", "list")).toMatch(new RegExp(`^${id} +Laden 小店 +suspended`, "m"));
    await warbler.does("apps", "resume", id);
    expect(await warbler.reads(Any, "apps", "show", id)).toEqual([expect.objectContaining({ status: 0 })]);
    const again = await warbler.run("apps", "create", id);
    expect(again).toMatchObject({ code: 1, err: "warbler: 10004 app_id is taken: choose another\n" });
  });

  it("makes a token that is good until it is revoked", async () => {
    const { warbler, checkout } = get();
    const [made] = await warbler.reads(Token, "tokens", "create", fresh("token"), "--expires", "1d");
    const other = new Warbler({ ...warbler.environment, WARBLER_TOKEN: made?.token ?? "" });
    await other.does("users", "find");
    expect(await warbler.does("tokens", "list")).toMatch(new RegExp(`^${made?.id} .*good`, "m"));
    await warbler.does("tokens", "revoke", String(made?.id));
    const refused = await other.run("users", "find");
    expect(refused).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^warbler: 10008 the access token is invalid/),
    });
    expect((await warbler.run("tokens", "list", "--token", checkout.adminToken)).err).toContain("10010");
  });

  it("finds, shows, disables, enables and deletes a user by name and by id", async () => {
    const { warbler, checkout } = get();
    const name = fresh("王小明_");
    await checkout.register(name);
    await checkout.signIn(name, "phone");
    const [found] = await warbler.reads(z.object({ user_id: z.int() }), "users", "find", name);
    const id = String(found?.user_id);
    const disabled = await warbler.run("users", "disable", name, "--reason", "bad 行为", "--until", "1d");
    expect(disabled).toMatchObject({
      code: 0,
      out: expect.stringMatching(new RegExp(`^${id} +disabled +1$`, "m")),
    });
    const shown = await warbler.does("users", "show", id);
    expect(shown).toMatch(new RegExp(`^username +${name}$`, "m"));
    expect(shown).toContain("bad 行为");
    expect(await warbler.does("bans", "--user", name)).toContain("bad 行为");
    expect(await warbler.does("users", "find", name, "--disabled")).toContain(id);
    await warbler.does("users", "enable", id);
    const rows = await warbler.reads(
      z.object({ operation: z.string() }),
      "audit",
      "--user",
      name,
      "--since",
      "1h",
    );
    expect(rows.map(({ operation }) => operation)).toEqual(
      expect.arrayContaining(["enableUsers", "disableUsers"]),
    );
    await checkout.signIn(name, "phone");
    expect(await warbler.does("users", "kick", name)).toMatch(/^1 +false +false$/m);
    expect(await warbler.does("push", "route", id)).toMatch(new RegExp(`^${id} +no +no_device`, "m"));
    expect(await warbler.run("users", "delete", id)).toMatchObject({
      code: 2,
      err: expect.stringContaining("--yes"),
    });
    expect(await warbler.does("users", "delete", id, "--yes")).toBe(`${name} (${id}) is deleted.\n`);
    expect(await warbler.run("users", "show", id)).toMatchObject({
      code: 1,
      err: "warbler: 10000 the user does not exist\n",
    });
    expect((await warbler.run("users", "show", name)).err).toBe(`warbler: nobody is called ${name}\n`);
  });

  it("a list of which some fail is done in part, and says whose failed", async () => {
    const { warbler, checkout } = get();
    const name = fresh("partly");
    await checkout.register(name);
    const some = await warbler.run("users", "disable", name, "999999999");
    expect(some).toMatchObject({
      code: 3,
      err: "999999999: the user does not exist\nwarbler: 1 of 2 failed\n",
    });
    expect((await warbler.run("users", "disable", "999999999")).code).toBe(1);
  });

  it("sets a password that stdin gives", async () => {
    const { warbler, checkout } = get();
    const name = fresh("alice");
    await checkout.register(name);
    expect((await warbler.fed("", "users", "set-password", name)).code).toBe(2);
    expect((await warbler.fed("another wonder\nland", "users", "set-password", name)).code).toBe(0);
    const signIn = { name, password: "another wonder" };
    await checkout.call(
      z.looseObject({ token: z.string() }),
      "POST",
      "/token/user",
      { app_id: checkout.app },
      signIn,
    );
  });

  it("what a user wrote gives no orders to a terminal, and is read back as it was", async () => {
    const { warbler } = get();
    const name = fresh("sly");
    const nick_name = "\u001B[2Jred\u009B31m\u202Eevil\nline";
    await warbler.fed(
      JSON.stringify({ username: name, nick_name }),
      "import",
      "-",
      "--rejected",
      warbler.path("r"),
    );
    const shown = await warbler.does("users", "show", name);
    expect(shown).toContain("\\u001b[2Jred\\u009b31m\\u202eevil\\u000aline");
    const json = await warbler.does("users", "show", name, "--json");
    const ORDERS = /(?!\n)[\p{Cc}\u202e]/u;
    expect([ORDERS.test(shown), ORDERS.test(json)]).toEqual([false, false]);
    expect(JSON.parse(json)).toMatchObject({ profile: { nick_name } });
  });

  it("a write that hears 503 is sent again under its key, after the wait that it is asked for", async () => {
    const keys: unknown[] = [];
    const at: number[] = [];
    const busy = await serving((request, response) => {
      if (request.method === "GET") return response.end('{"code":200,"message":"","data":{"username":"x"}}');
      keys.push(request.headers["idempotency-key"]);
      at.push(performance.now());
      if (keys.length === 1)
        return response
          .writeHead(503, { "retry-after": "1" })
          .end('{"code":503,"message":"busy","data":null}');
      return response.end('{"code":200,"message":"","data":true}');
    });
    const { code } = await get().warbler.run("users", "delete", "7", "--yes", "--url", busy.origin);
    busy.close();
    expect(code).toBe(0);
    expect(keys).toEqual([expect.stringMatching(/^[\w-]{20,64}$/), keys[0]]);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(1000);
  });
}
