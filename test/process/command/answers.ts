import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { z } from "zod";
import { type Shared, Warbler } from "./kit.ts";

/** A name that nobody has yet. */
const fresh = (prefix: string) => `${prefix}${randomUUID().slice(0, 6)}`;

/** What whoever answers users asks. */
export function answers(get: () => Shared): void {
  it("finds by what is known: an id, a device, a request, a token from stdin, which is no word", async () => {
    const { warbler, checkout } = get();
    const name = fresh("found_");
    await checkout.register(name);
    const guid = fresh("guid_");
    const { token, user_id } = await checkout.signIn(name, guid);
    const Found = z.object({ user_id: z.int(), matched_by: z.string() });
    for (const [q, matched_by] of [
      [String(user_id), "id"],
      [guid, "device_guid"],
      [name.slice(0, -1), "name"],
    ] as const)
      expect(await warbler.reads(Found, "users", "find", q)).toContainEqual({ user_id, matched_by });
    const byToken = await warbler.fed(`${token}\n`, "users", "find", "--by-token", "--json");
    expect(Found.parse(JSON.parse(byToken.out))).toEqual({ user_id, matched_by: "token" });
    expect(await warbler.does("users", "find", "--disabled")).not.toContain(name);
    expect(await warbler.run("users", "find", name, "--by-token")).toMatchObject({ code: 2 });
  });

  it("explains what stands in a user's way, and what helps", async () => {
    const { warbler, checkout } = get();
    const name = fresh("barred_");
    await checkout.register(name);
    const { token } = await checkout.signIn(name, "phone");
    expect(await warbler.does("explain", "call", name)).toMatch(/^Let through\.\n/);
    await warbler.does("users", "disable", name, "--reason", "spam");
    const told = await warbler.does("explain", "sign-in", name);
    expect(told).toMatch(/^Not let through: user_disabled \(10029\)\.\n/);
    expect(told).toMatch(/^STOP +user_enabled .*the user is disabled: spam$/m);
    expect(told).toMatch(/^user_enabled: PUT \/user\/enable/m);
    const dead = await warbler.fed(`${token}\n`, "explain", "call", "--by-token", "--json");
    expect(JSON.parse(dead.out)).toMatchObject({ verdict: "refused", code: 10008 });
    expect(dead.out + dead.err).not.toContain(token);
    expect(await warbler.run("explain", "call")).toMatchObject({ code: 2 });
  });

  it("lists dead events and tries, and sends what is dead anew; makes a token of a role", async () => {
    const { warbler } = get();
    expect(await warbler.does("webhooks", "dead")).toBe("No event was given up.\n");
    expect(await warbler.does("webhooks", "deliveries")).toBe("Nothing was delivered.\n");
    expect((await warbler.run("webhooks", "replay", "evt_none")).err).toContain("webhook_url");
    expect(await warbler.run("webhooks", "replay")).toMatchObject({ code: 2 });
    const Made = z.object({ token: z.string(), role: z.string() });
    const [made] = await warbler.reads(Made, "tokens", "create", fresh("viewer"), "--role", "viewer");
    expect(made?.role).toBe("viewer");
    const viewer = new Warbler({ ...warbler.environment, WARBLER_TOKEN: made?.token ?? "" });
    expect(await viewer.run("webhooks", "deliveries")).toMatchObject({
      code: 1,
      err: expect.stringContaining("scope webhooks"),
    });
  });
}
