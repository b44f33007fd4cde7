import { expect, it } from "vitest";
import { z } from "zod";
import type { Desk } from "./kit.ts";
import { app } from "../kit.ts";

const Asked = z.object({ for: z.string() });
const Explained = z.object({ data: z.object({ gates: z.array(z.unknown()).min(1) }) });
const Imported = z.object({ data: z.tuple([z.object({ user_id: z.int().min(1) })]) });

const headersOf = ({ checkout }: Desk) => ({ app_id: app, "access-token": checkout.adminToken });

/** What the console shows, and takes. */
export function shown(get: () => Desk): void {
  it("has words for every gate", async () => {
    const page = await get().lookingAt(await get().user());
    const card = page.getByRole("region", { name: "Why?" });
    const names: string[] = [];
    for (const about of ["call", "sign_in", "connect", "push"]) {
      await card.getByLabel("About").selectOption(about);
      const answered = page.waitForResponse((response) => {
        const request = response.request();
        // The page asks of a push by itself as well.
        return request.url().endsWith("/admin/explain") && Asked.parse(request.postDataJSON()).for === about;
      });
      await card.getByRole("button", { name: "Why?" }).click();
      const { gates } = Explained.parse(await (await answered).json()).data;
      await expect.poll(() => card.getByRole("listitem").count()).toBe(gates.length);
      names.push(...(await card.locator(".gates strong").allTextContents()));
    }
    await page.getByLabel("Language").selectOption("zh");
    const chinese = page.getByRole("region", { name: "原因查询" });
    names.push(...(await chinese.locator(".gates strong").allTextContents()));
    // The browser remembers it for all tabs.
    await page.getByLabel("语言").selectOption("en");
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => /^[a-z_]+$/.test(name))).toEqual([]);
  });

  it("says of a filter that it is no user id, and asks nothing by it", async () => {
    const user = await get().user();
    const page = await get().signedIn();
    const asked: (string | null)[] = [];
    page.on("request", (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (/^\/admin\/(audit|bans)$/.test(pathname)) asked.push(searchParams.get("user_id"));
    });
    for (const name of ["Audit", "Bans"]) {
      asked.length = 0;
      const first = page.waitForResponse(/\/admin\/(audit|bans)/);
      await page.getByRole("link", { name }).click();
      await first;
      await page.getByLabel("User id").fill(user.name);
      await page.getByLabel("User id").press("Enter");
      await page.getByRole("alert").getByText(`“${user.name}” is no user id`).waitFor();
      const second = page.waitForResponse(/\/admin\/(audit|bans)/);
      await page.getByLabel("User id").fill(`#${user.user_id}`);
      await page.getByLabel("User id").press("Enter");
      await second;
      expect(asked).toEqual([null, String(user.user_id)]);
    }
  });

  it("changes of a profile what was changed in the dialog, and nothing that was changed elsewhere meanwhile", async () => {
    const user = await get().user();
    const page = await get().lookingAt(user);
    await page.getByRole("button", { name: "Edit the profile" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Nickname").fill("by staff");
    const headers = { ...headersOf(get()), user_id: String(user.user_id) };
    await get().checkout.call(z.unknown(), "PUT", "/user/profile", headers, { description: "by the user" });
    await page.getByText("by the user").waitFor();
    const sent = page.waitForRequest((request) => request.url().endsWith("/user/profile"));
    await dialog.getByRole("button", { name: "Save" }).click();
    expect((await sent).postDataJSON()).toEqual({ nick_name: "by staff" });
    await page.getByRole("heading", { name: "by staff" }).waitFor();
    await page.getByText("by the user").waitFor();
  });

  it("shows an instant that no calendar has as its number", async () => {
    const response = await fetch(`${get().checkout.origin}/admin/import`, {
      method: "POST",
      headers: { ...headersOf(get()), "content-type": "application/x-ndjson" },
      body: '{"username":"of_the_future","created_at":9007199254740991}',
    });
    const [{ user_id }] = Imported.parse(await response.json()).data;
    const page = await get().signedIn();
    await page.goto(`${get().checkout.origin}/console#/user/${user_id}`);
    await page.getByRole("heading", { name: "of_the_future", level: 1 }).waitFor();
    expect(await page.getByText("9007199254740991").count()).toBe(1);
  });
}
