import type { Route } from "playwright-core";
import { expect, it } from "vitest";
import type { Desk } from "./kit.ts";

/** Whom the first screen finds. */
export function finding(get: () => Desk): void {
  it("opens by Enter whom the field names, and waits for that answer", async () => {
    const before = await get().user();
    const user = await get().user();
    const page = await get().signedIn();
    await page.getByLabel("Find a user").fill(before.name);
    await page.locator("main [data-row]", { hasText: before.name }).waitFor();
    const held = Promise.withResolvers<Route>();
    await page.route("**/admin/users", (route) => held.resolve(route), { times: 1 });
    await page.getByLabel("Find a user").fill(user.name);
    await page.getByLabel("Find a user").press("Enter");
    const route = await held.promise;
    expect(page.url()).not.toContain("/user/");
    await page.locator("main [data-row]", { hasText: before.name }).waitFor();
    await route.continue();
    await page.getByRole("heading", { name: user.name, level: 1 }).waitFor();
    expect(page.url()).toContain(`#/user/${user.user_id}`);
  });
}
