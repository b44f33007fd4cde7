import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { Envelope } from "../../wire.ts";
import { type Desk, lose } from "./kit.ts";
import { type SignedIn, app } from "../kit.ts";

/** The keys of the requests of a path that a page sends, in their order. */
function keysOf(page: Page, path: string): string[] {
  const keys: string[] = [];
  page.on("request", (request) => {
    const key = request.headers()["idempotency-key"];
    if (key !== undefined && new URL(request.url()).pathname === path) keys.push(key);
  });
  return keys;
}

/** True where the session of a token lives. */
async function isAlive({ checkout }: Desk, { token }: SignedIn): Promise<boolean> {
  const headers = { app_id: app, "access-token": token };
  const response = await fetch(`${checkout.origin}/user/profile`, { headers });
  return Envelope.parse(await response.json()).code === 200;
}

/** Presses a button of what can be done with a user, and again in the dialog. */
async function press(page: Page, name: string, reason = ""): Promise<void> {
  await page.getByRole("group", { name: "What can be done" }).getByRole("button", { name }).click();
  const dialog = page.getByRole("dialog");
  if (reason !== "") await dialog.getByLabel("Reason").fill(reason);
  await dialog.getByRole("button", { name: /^(Sign out everywhere|Disable)$/ }).click();
}

const unknown = (page: Page) => page.locator("[data-result=unknown]");
const done = (page: Page) => page.locator("[data-result=done]");

/** A page on which a user is signed out, without an answer, has signed in again, and is to be signed out anew. */
async function pressAnew(desk: Desk) {
  const user = await desk.user();
  const page = await desk.lookingAt(user);
  const keys = keysOf(page, "/user/kick");
  await page.route("**/user/kick*", lose);
  await press(page, "Sign out everywhere");
  await unknown(page).waitFor();
  await page.unroute("**/user/kick*");
  const again = await desk.checkout.signIn(user.name, "phone");
  await press(page, "Sign out everywhere");
  return { page, keys, again };
}

/** What becomes of an act whose answer is lost. */
export function repeats(get: () => Desk): void {
  it("is not to be tried again once its answer is known", async () => {
    const user = await get().user();
    const page = await get().lookingAt(user);
    const keys = keysOf(page, "/user/kick");
    await page.route("**/user/kick*", lose);
    await press(page, "Sign out everywhere");
    await unknown(page).getByRole("button", { name: "Try again" }).waitFor();
    await page.unroute("**/user/kick*");
    await unknown(page).getByRole("button", { name: "Try again" }).click();
    await done(page).getByText(`Device ${user.device_sn}`).waitFor();
    expect(await page.getByRole("button", { name: "Try again" }).count()).toBe(0);
    expect(await page.locator("[data-result]").count()).toBe(1);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  it("is tried again as itself, whatever else was done meanwhile", async () => {
    const user = await get().user();
    const page = await get().lookingAt(user);
    const keys = keysOf(page, "/user/disable");
    await page.route("**/user/disable*", lose);
    await press(page, "Disable", "the first");
    await unknown(page).waitFor();
    await page.unroute("**/user/disable*");
    await press(page, "Disable anew", "the second");
    await done(page).waitFor();
    await unknown(page).getByRole("button", { name: "Try again" }).click();
    await unknown(page).waitFor({ state: "detached" });
    expect(await done(page).count()).toBe(2);
    expect(keys).toHaveLength(3);
    expect(keys[2]).toBe(keys[0]);
    expect(keys[1]).not.toBe(keys[0]);
    await expect.poll(async () => (await get().recordsOf(user, "disableUsers")).length).toBe(2);
    await page.locator(".head").getByText("the second").waitFor();
  });

  it("that is begun while the same has no answer asks which is meant, and does what is said", async () => {
    const { page, keys, again } = await pressAnew(get());
    await page.getByRole("dialog").getByRole("button", { name: "Ask what became of that one" }).click();
    await done(page).waitFor();
    expect(await unknown(page).count()).toBe(0);
    expect(await isAlive(get(), again)).toBe(true);
    await press(page, "Sign out everywhere");
    await expect.poll(() => done(page).count()).toBe(2);
    expect(await isAlive(get(), again)).toBe(false);
    expect([keys[0] === keys[1], keys[1] === keys[2], keys.length]).toEqual([true, false, 3]);
  });

  it("is done once more where that is meant, under a key of its own", async () => {
    const { page, keys, again } = await pressAnew(get());
    await page.getByRole("dialog").getByRole("button", { name: "Do it once more" }).click();
    await done(page).waitFor();
    expect(await isAlive(get(), again)).toBe(false);
    expect(await unknown(page).count()).toBe(1);
    expect(new Set(keys).size).toBe(2);
  });
}
