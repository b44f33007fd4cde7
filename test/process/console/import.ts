import { expect, it } from "vitest";
import { z } from "zod";
import type { Desk } from "./kit.ts";
import { app } from "../kit.ts";

/** How many users a text finds. */
async function countOf({ checkout }: Desk, q: string): Promise<number> {
  const headers = { app_id: app, "access-token": checkout.adminToken };
  const found = await checkout.call(z.array(z.unknown()), "GET", `/admin/users?q=${q}`, headers);
  return found.length;
}

const long = (name: string) => `{"username":"${name}"${" ".repeat(2_500_000)}}`;

/** What an import of the console does. */
export function importing(get: () => Desk): void {
  it("that was begun as a try stays one, whatever is chosen for the next", async () => {
    const page = await get().signedIn();
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
    expect(await countOf(get(), "tried_")).toBe(0);
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await page.getByRole("heading", { name: "What became of them" }).waitFor();
    await page.getByText("Created: 2").waitFor();
    expect(await countOf(get(), "tried_")).toBe(2);
  });

  it("names lines by their place in the file, cuts it as the service takes it, and waits where it is asked to", async () => {
    const page = await get().signedIn();
    await page.getByRole("link", { name: "Import" }).click();
    const keys: (string | undefined)[] = [];
    await page.route("**/admin/import*", async (route) => {
      keys.push(route.request().headers()["idempotency-key"]);
      if (keys.length > 1) return await route.continue();
      await route.fulfill({
        status: 409,
        headers: { "retry-after": "1" },
        json: { code: 409, message: "the request with this Idempotency-Key is under way", data: null },
      });
    });
    // Two of the rows are too much for one request.
    const lines = [long("big_one"), "", long("big_two"), '{"username":"big_three"', '{"nick_name":"nobody"}'];
    const buffer = Buffer.from(lines.join("\r\n"));
    await page
      .getByLabel("A file of lines of JSON")
      .setInputFiles({ name: "users.ndjson", mimeType: "application/x-ndjson", buffer });
    await page.getByRole("button", { name: "Try", exact: true }).click();
    await page.locator("main").getByText("4 of 4 lines, 2 rejected").waitFor();
    await page.getByText("Created: 2").waitFor();
    const rows = page.getByRole("table", { name: "Rejects" }).getByRole("row");
    const rejected = await rows.evaluateAll((all) => all.map((row) => row.firstElementChild?.textContent));
    expect(rejected).toEqual(["Line", "4", "5"]);
    expect(keys).toHaveLength(3);
    expect(keys[1]).toBe(keys[0]);
  });
}
