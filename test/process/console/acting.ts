import { expect, it } from "vitest";
import type { Page } from "playwright-core";
import { z } from "zod";
import { app } from "../kit.ts";
import { type Desk, closed, lose } from "./kit.ts";

/** Presses what does something, and presses it again where one is asked. */
async function press(page: Page, act: string, isAsked: boolean): Promise<void> {
  await page.getByRole("button", { name: act, exact: true }).click();
  if (isAsked) await page.getByRole("dialog").getByRole("button", { name: act, exact: true }).click();
}

/** Lets a request of the page be done, and has its answer lost, until the function that is returned is called. */
async function loseAt(page: Page, path: string): Promise<() => Promise<void>> {
  const of = (url: URL) => url.pathname === path;
  await page.route(of, lose);
  return async () => await page.unroute(of);
}

/** What staff do, and what they are told of it. */
export function acting(get: () => Desk): void {
  it("signs a stolen account out and disables it in one press, and enables it again", async () => {
    const desk = get();
    const user = await desk.user();
    const page = await desk.lookingAt(user);
    const gone = closed(await desk.connect(user));
    await press(page, "Account stolen", true);
    await page.locator("[data-status=disabled]").waitFor();
    await page.locator("[data-result=done]").getByText("Was connected, and told").waitFor();
    expect(await gone).toBe(4002);
    await press(page, "Enable", false);
    await page.locator("[data-status=normal]").waitFor();
    expect((await desk.checkout.signIn(user.name, "phone")).user_id).toBe(user.user_id);
  });

  it("sets a password, and changes the profile: a refusal says why, and nothing is changed", async () => {
    const desk = get();
    const [user, other] = [await desk.user(), await desk.user()];
    const page = await desk.lookingAt(user);
    await page.getByRole("button", { name: "Set a password" }).click();
    await page.getByLabel("New password").fill("another word");
    await page.getByRole("dialog").getByRole("button", { name: "Set a password" }).click();
    await page.locator("[data-result=done]").getByText("Set a password").waitFor();
    await expect(desk.checkout.signIn(user.name, "phone")).rejects.toThrow("11001");

    const email = `${other.name}@example.org`;
    for (const [who, result] of [
      [other, "done"],
      [user, "refused"],
    ] as const) {
      const at = await desk.lookingAt(who);
      await at.getByRole("button", { name: "Edit the profile" }).click();
      await at.getByLabel("E-mail address").fill(email);
      await at.getByRole("button", { name: "Save" }).click();
      const became = at.locator(`[data-result=${result}]`).first();
      await became.waitFor();
      if (result === "refused") await became.getByText("10015").waitFor();
      else await at.getByRole("definition").getByText(email).waitFor();
    }
  });

  it("does the same for many, says what became of each, and takes up what had no answer", async () => {
    const desk = get();
    const [one, two] = [await desk.user(), await desk.user()];
    const page = await desk.at("many");
    await page.getByLabel("User ids").fill(`${one.user_id}, ${two.user_id} 999999`);
    await page.getByLabel("What is done").selectOption("disable");
    await page.getByRole("button", { name: "Disable (3)" }).click();
    const answered = await loseAt(page, "/user/disable");
    await page.getByRole("dialog").getByRole("button", { name: "Disable (3)" }).click();
    const rows = page.getByRole("table").getByRole("row");
    await expect.poll(async () => await rows.filter({ hasText: "No answer" }).count()).toBe(3);
    await answered();
    await page.getByRole("button", { name: "Try the other 3 again" }).click();
    await expect.poll(async () => await rows.locator(".badge.good").count()).toBe(2);
    await rows.filter({ hasText: "999999" }).getByText("Not done").waitFor();
    await page.getByText("2 of 3 done").first().waitFor();
    await expect.poll(async () => (await desk.recordsOf(one, "disableUsers")).length).toBe(1);
  });

  it("brings users in: first only tried, then done, with which lines were rejected and why", async () => {
    const desk = get();
    const name = desk.name("moved_in");
    const page = await desk.at("import");
    const lines = [JSON.stringify({ username: name }), "", JSON.stringify({ username: "a b" }), "no JSON"];
    await page.getByLabel("Lines", { exact: true }).fill(lines.join("\n"));
    const rejects = page.getByRole("table", { name: "Rejects" }).getByRole("row");
    await page.getByRole("button", { name: "Try", exact: true }).click();
    await page.getByRole("heading", { name: "What would become of them" }).waitFor();
    await page.getByText("3 of 3 lines, 2 rejected").first().waitFor();
    await page.getByLabel("Only try it").uncheck();
    const answered = await loseAt(page, "/admin/import");
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await page.getByRole("alert").getByText("No answer came.").waitFor();
    await answered();
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("Created: 1").waitFor();
    await rejects.filter({ hasText: "a b" }).getByText("username").first().waitFor();
    expect(await rejects.nth(2).textContent()).toMatch(/^4/);
  });

  it("sends dead events anew", async () => {
    const desk = get();
    const root = { "root-key": desk.checkout.rootKey, app_id: app };
    const hook = async (settings: object) =>
      await desk.checkout.call(z.looseObject({}), "PUT", "/admin/app", root, settings);
    const webhook_secret = `whsec_${btoa("k".repeat(24))}`;
    await hook({ webhook_url: "https://hooks.example.invalid/", webhook_secret });
    const page = await desk.at("events");
    await page.getByLabel(/evt_seeded_2$/).check();
    await page.getByRole("button", { name: "Send 1 anew" }).click();
    await page.locator("[data-result=done]").getByText("1 event is sent anew").waitFor();
    await page.getByLabel(/evt_seeded_2$/).waitFor({ state: "detached" });
    expect(await page.getByLabel(/evt_seeded_/).count()).toBe(2);
    await hook({ webhook_url: "" });
  });

  it("makes an app and a token by the root key, which a reload forgets, and revokes the token", async () => {
    const desk = get();
    const id = desk.name("shop");
    const page = await desk.at("apps");
    await page.locator("input[type=password]").fill("not the key");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("alert").getByText("10010").waitFor();
    await page.getByRole("button", { name: "Forget the root key" }).click();
    await page.locator("input[type=password]").fill(desk.checkout.rootKey);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("button", { name: "Make an app" }).click();
    await page.getByRole("dialog").getByLabel("App id").fill(id);
    await page.getByRole("dialog").getByRole("button", { name: "Make an app" }).click();
    await page.getByRole("button", { name: id }).click();
    await page.getByLabel("Name", { exact: true }).last().fill("for support");
    const made = page.waitForResponse(
      (response) => response.url().endsWith("/admin/tokens") && response.request().method() === "POST",
    );
    await page.getByRole("button", { name: "Make a token" }).click();
    const { data }: { data: { token: string } } = await (await made).json();
    await page.getByText("The token “for support” is made.").waitFor();
    expect(await page.content()).not.toContain(data.token);
    const other = await desk.signedIn(data.token, id);
    await page.getByRole("button", { name: "Revoke: for support" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("cell", { name: "Revoked" }).waitFor();
    const dead = other.getByText("The token is no good any more");
    await other.reload();
    await dead.waitFor();
    // The tab may have heard of it before it was reloaded: that is told all the same.
    await other.reload();
    await dead.waitFor();
    await page.reload();
    await page.locator("input[type=password]").waitFor();
  });

  it("finds by a device's guid and by a request, and says why of a token and in Chinese", async () => {
    const desk = get();
    const name = desk.name("looked_at");
    await desk.checkout.register(name);
    const guid = desk.name("guid");
    const user = await desk.checkout.signIn(name, guid);
    const headers = { app_id: app, "access-token": desk.checkout.adminToken };
    const kick = await fetch(`${desk.checkout.origin}/user/kick`, {
      method: "PUT",
      headers: { ...headers, user_id: String(user.user_id) },
    });
    const refused = await fetch(`${desk.checkout.origin}/user/profile`, {
      headers: { app_id: app, "access-token": user.token },
    });
    const page = await desk.signedIn();
    const found = page.locator("main [data-row]", { hasText: name });
    for (const [q, by] of [
      [guid, "by the device"],
      [kick.headers.get("x-request-id") ?? "", "by the request"],
    ] as const) {
      await page.locator("#find").fill(q);
      // The record of a kick comes by the queue.
      await expect
        .poll(
          async () => {
            await page.locator("#find").fill("");
            await page.locator("#find").fill(q);
            await page.locator("main .card .rows, main .empty").first().waitFor();
            return await found.getByText(by).isVisible();
          },
          { timeout: 30_000, interval: 1_000 },
        )
        .toBe(true);
    }
    await page.locator("#find").fill(refused.headers.get("x-request-id") ?? "");
    await page.getByText("It has left no record that names a user").waitFor();
    await page.locator("#find").fill(user.token);
    await page.getByText("the session was ended: kicked").waitFor();
    expect(page.url()).not.toContain(user.token);
    await page.getByLabel("Language").selectOption("zh");
    await page.getByText("会话已结束：被踢下线").waitFor();
  });
}
