import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { hasBrowser } from "./browser.ts";
import { checkout, closeConsole, openConsole, signedIn } from "./console-kit.ts";
import { app } from "./kit.ts";

beforeAll(openConsole);
afterAll(closeConsole);

/** How many users a text finds. */
async function countOf(q: string): Promise<number> {
  const headers = { app_id: app, "access-token": checkout.adminToken };
  const found = await checkout.call(z.array(z.unknown()), "GET", `/admin/users?q=${q}`, headers);
  return found.length;
}

describe.runIf(hasBrowser)("the import of the console", () => {
  it("that was begun as a try stays one, whatever is chosen for the next", async () => {
    const page = await signedIn();
    await page.getByRole("link", { name: "Import" }).click();
    const asked: URLSearchParams[] = [];
    page.on("request", (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (pathname === "/admin/import") asked.push(searchParams);
    });
    await page.route("**/admin/import*", (route) => route.abort());
    await page
      .getByLabel("Lines", { exact: true })
      .fill('{"username":"tried_one"}\n{"username":"tried_two"}');
    await page.getByRole("button", { name: "Try", exact: true }).click();
    await page.getByRole("alert").getByText("No answer came.").waitFor();
    await page.getByLabel("Only try it").uncheck();
    await page.getByLabel("Who is there already").selectOption("upsert");
    await page.getByRole("heading", { name: "What would become of them" }).waitFor();
    await page.unroute("**/admin/import*");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.locator("main").getByText("2 of 2 lines, 0 rejected").waitFor();
    await page.getByRole("heading", { name: "What would become of them" }).waitFor();
    expect(asked.map((each) => [each.get("dry_run"), each.get("mode")])).toEqual([
      ["true", "insert"],
      ["true", "insert"],
    ]);
    expect(await countOf("tried_")).toBe(0);
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await page.getByRole("heading", { name: "What became of them" }).waitFor();
    await page.getByText("Created: 2").waitFor();
    expect(await countOf("tried_")).toBe(2);
  });
});
