import { expect, it } from "vitest";
import { app } from "../kit.ts";
import { findings } from "../browser.ts";
import { type Desk, closed, deviceOf, localOf } from "./kit.ts";

/** What whoever looks sees, and that nobody is told what is not so. */
export function looking(get: () => Desk): void {
  it("is served by itself alone, under a strict policy, and shadows no path of the API", async () => {
    const desk = get();
    const page = await fetch(`${desk.checkout.origin}/console`);
    expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'; script-src 'self'; /);
    expect(page.headers.get("content-security-policy")).not.toContain("unsafe");
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
    expect(page.headers.get("referrer-policy")).toBe("no-referrer");
    expect(await page.text()).not.toMatch(/<script>|style=|https?:/);
    for (const path of ["/console/nothing", "/docs/nothing", "/index.html", "/_headers"]) {
      expect((await fetch(desk.checkout.origin + path)).status).toBe(404);
    }
  });

  it("signs in with a token that the service takes, for the tab alone", async () => {
    const desk = get();
    const page = await desk.browser.page();
    await page.goto(`${desk.checkout.origin}/console`);
    await page.getByLabel("App id").fill(app);
    await page.getByLabel("Admin token").fill(`wa_${"A".repeat(43)}`);
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("10008").waitFor();
    await page.getByLabel("Admin token").fill(desk.checkout.adminToken);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "How the app is" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "How the app is" }).waitFor();
    expect(await page.evaluate("JSON.stringify(localStorage) + document.cookie")).not.toContain("wa_");
    const other = await desk.browser.page();
    await other.goto(`${desk.checkout.origin}/console`);
    await other.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await page.evaluate("sessionStorage.length")).toBe(0);
  });

  it("finds while one types, and opens by the keyboard alone", async () => {
    const desk = get();
    const user = await desk.user();
    const page = await desk.signedIn();
    await page.keyboard.press("/");
    await page.locator("#find:focus").waitFor();
    await page.keyboard.type(user.name);
    await page.locator("main [data-row]", { hasText: user.name }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: user.name, level: 1 }).waitFor();
    expect(page.url()).toContain(`#/user/${user.user_id}`);
    await page.keyboard.press("/");
    await page.locator("#find:focus").waitFor();
    await page.keyboard.type(user.token);
    await page.locator("main [data-row]", { hasText: user.name }).waitFor();
    expect(page.url()).not.toContain(user.token);
  });

  it("shows a device that comes while one looks, its kick with the receipt, and that it is gone", async () => {
    const desk = get();
    const user = await desk.user();
    const page = await desk.lookingAt(user);
    await deviceOf(page, user, false).waitFor();
    const socket = await desk.connect(user);
    const gone = closed(socket);
    await deviceOf(page, user, true).waitFor();
    await deviceOf(page, user, true)
      .getByRole("button", { name: /^Sign out/ })
      .click();
    await page.locator("[data-result=done]").getByText("Was connected, and told").waitFor();
    expect(await gone).toBe(4005);
    await deviceOf(page, user, false).getByText("Signed out").waitFor();
    await page.getByRole("cell", { name: "Kicked" }).waitFor();
    await deviceOf(page, user, false)
      .getByRole("button", { name: /^Remove/ })
      .click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await page.locator(`[data-device="${user.device_sn}"]`).waitFor({ state: "detached" });
  });

  it("disables until a time, and shows by itself that the ban has ended", async () => {
    const desk = get();
    const user = await desk.user();
    const page = await desk.lookingAt(user);
    await page.getByRole("button", { name: "Disable", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Reason").fill("spam");
    await dialog.getByLabel("For how long").selectOption("other");
    await dialog.getByLabel("Until", { exact: true }).fill(localOf(Date.now() + 5_000));
    await dialog.getByRole("button", { name: "Disable" }).click();
    await page.locator("[data-status=disabled]").waitFor();
    await page.getByText("spam · admin:npm start").first().waitFor();
    await page.locator("[data-status=normal]").waitFor();
    expect((await desk.checkout.signIn(user.name, "phone")).user_id).toBe(user.user_id);
  });

  it("does not show what a role may not do, and the service refuses it all the same", async () => {
    const desk = get();
    const user = await desk.user();
    const token = await desk.tokenOf("viewer");
    const page = await desk.lookingAt(user, token);
    expect(await page.getByRole("button", { name: /Sign out every|Disable|password|^Remove/ }).count()).toBe(
      0,
    );
    expect(await page.getByRole("link", { name: "Import" }).count()).toBe(0);
    const response = await fetch(`${desk.checkout.origin}/user/kick`, {
      method: "PUT",
      headers: { app_id: app, "access-token": token, user_id: String(user.user_id) },
    });
    expect(await response.json()).toMatchObject({ code: 10010 });
  });

  it("tells an answer that was lost from a refusal, and does once what is tried again", async () => {
    const desk = get();
    const user = await desk.user();
    const page = await desk.lookingAt(user);
    await page.route("**/user/kick*", async (route) => {
      await route.fetch();
      await route.abort();
    });
    await page.getByRole("button", { name: "Sign out everywhere" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Sign out everywhere" }).click();
    const lost = page.locator("[data-result=unknown]");
    await lost.getByText("No answer came.").waitFor();
    await page.unroute("**/user/kick*");
    await lost.getByRole("button", { name: "Try again" }).click();
    await page.locator("[data-result=done]").getByText(`Device ${user.device_sn}`).waitFor();
    await expect
      .poll(async () => (await desk.recordsOf(user, "session.kicked")).length, { timeout: 20_000 })
      .toBe(1);
  });

  it("says that the line is lost, and takes it up again", async () => {
    const desk = get();
    const user = await desk.user();
    const page = await desk.lookingAt(user);
    await desk.browser.context.setOffline(true);
    await page.getByText("Connection lost: trying again").waitFor();
    await desk.browser.context.setOffline(false);
    await page.getByText("Live", { exact: true }).waitFor();
    const socket = await desk.connect(user);
    await deviceOf(page, user, true).waitFor();
    socket.close();
    await deviceOf(page, user, false).waitFor();
    expect(await page.getByText("Live", { exact: true }).count()).toBe(1);
  });

  it(
    "gives axe-core nothing to find, in light and dark, and speaks Chinese",
    { timeout: 180_000 },
    async () => {
      const desk = get();
      const user = await desk.user();
      const page = await desk.lookingAt(user);
      const found: Record<string, string[]> = {};
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        for (const place of [
          "",
          `user/${user.user_id}`,
          "many",
          "bans",
          "audit",
          "events",
          "import",
          "apps",
        ]) {
          await page.goto(`${desk.checkout.origin}/console#/${place}`);
          await page.getByRole("heading", { level: 1 }).waitFor({ state: "attached" });
          found[`${colorScheme} ${place}`] = await findings(page);
        }
      }
      await page.goto(`${desk.checkout.origin}/console#/user/${user.user_id}`);
      await page.getByRole("button", { name: "Account stolen" }).click();
      found["dialog"] = await findings(page);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.getByLabel("Language").selectOption("zh");
      await page.getByRole("button", { name: "账号被盗" }).waitFor();
      expect(await page.locator("html").getAttribute("lang")).toBe("zh-CN");
      expect(Object.entries(found).filter(([, list]) => list.length > 0)).toEqual([]);
      expect(desk.browser.complaints).toEqual([]);
    },
  );
}
