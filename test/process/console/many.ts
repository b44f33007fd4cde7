import type { Page, Route } from "playwright-core";
import { expect, it } from "vitest";
import type { Desk } from "./kit.ts";

/** Signs users out everywhere, all at once. */
async function kickAll(page: Page, ids: readonly number[]): Promise<void> {
  await page.getByRole("link", { name: "Many at once" }).click();
  await page.getByLabel("User ids").fill(ids.join(" "));
  await page.getByRole("button", { name: `Sign out everywhere (${ids.length})` }).click();
}

/** What is done for many users at once. */
export function many(get: () => Desk): void {
  it("stops when whoever began it signs out, and sends nothing under whoever signs in next", async () => {
    const user = await get().user();
    const page = await get().signedIn();
    const tokens: (string | undefined)[] = [];
    const held: Route[] = [];
    const four = Promise.withResolvers<void>();
    await page.route("**/user/kick*", (route) => {
      tokens.push(route.request().headers()["access-token"]);
      held.push(route);
      if (held.length === 4) four.resolve();
    });
    await kickAll(
      page,
      [1, 2, 3, 4, 5, 6, 7, 8].map((each) => user.user_id + each),
    );
    await four.promise;
    await page.getByRole("banner").getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("dialog").getByText("They stop now").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    const other = await get().tokenOf("moderator");
    await get().signIn(page, other);
    await page.unroute("**/user/kick*");
    page.on("request", (request) => {
      if (request.url().includes("/user/kick")) tokens.push(request.headers()["access-token"]);
    });
    // What was given up is nobody's any more.
    await Promise.all(held.map((route) => route.continue().catch(() => undefined)));
    await page.getByRole("link", { name: "Many at once" }).click();
    expect(await page.getByText("What became of each").count()).toBe(0);
    await kickAll(page, [user.user_id]);
    await page.locator("main").getByText("1 of 1 done").waitFor();
    expect(tokens).toEqual([...Array.from({ length: 4 }, () => get().checkout.adminToken), other]);
  });

  it("goes on while one looks at another page, and waits as the service asks", async () => {
    const user = await get().user();
    const page = await get().signedIn();
    const keys: (string | undefined)[] = [];
    const asked = Promise.withResolvers<void>();
    await page.route("**/user/kick*", async (route) => {
      keys.push(route.request().headers()["idempotency-key"]);
      if (keys.length > 1) return await route.continue();
      await route.fulfill({
        status: 429,
        headers: { "retry-after": "1" },
        json: { code: 429, message: "too many calls", data: null },
      });
      asked.resolve();
    });
    await kickAll(page, [user.user_id]);
    await asked.promise;
    await page.getByRole("link", { name: "Bans" }).click();
    await page.getByRole("heading", { name: "Bans", level: 1 }).waitFor();
    await page.getByRole("link", { name: "Many at once" }).click();
    await page.locator("main").getByText("1 of 1 done").waitFor();
    expect(await page.getByText("Not done").count()).toBe(0);
    expect(keys).toHaveLength(2);
    expect(keys[1]).toBe(keys[0]);
  });
}
