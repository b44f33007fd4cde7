import type { Page } from "playwright-core";
import { z } from "zod";
import { AuditRecord, NewAdminToken } from "../wire.ts";
import { Browser, hasBrowser } from "./browser.ts";
import { Checkout, type SignedIn, app } from "./kit.ts";

/** The service whose console is looked at, and the browser that it is looked at in. */
export const checkout = await Checkout.make();
export const browser = new Browser();

/** Starts both, where there is a browser. */
export async function openConsole(): Promise<void> {
  if (!hasBrowser) return;
  checkout.cheapenPasswords();
  await Promise.all([checkout.start(), browser.start()]);
}

/** Ends both. */
export async function closeConsole(): Promise<void> {
  await browser.stop();
  await checkout.remove();
}

let count = 0;

/** A user of the test's own, with a session on a device. */
export async function newUser(): Promise<SignedIn & { name: string }> {
  const name = `looked_at_${(count += 1)}`;
  await checkout.register(name);
  return { ...(await checkout.signIn(name, "phone")), name };
}

/** Connects a device, and returns its socket once it is welcome. */
export async function connect({ token }: SignedIn): Promise<WebSocket> {
  const address = `${checkout.origin.replace("http", "ws")}/user/device/connect?app_id=${app}`;
  const socket = new WebSocket(address, ["im.v1", `token.${token}`]);
  await new Promise((done, fail) => {
    socket.addEventListener("message", done, { once: true });
    socket.addEventListener("close", fail, { once: true });
  });
  return socket;
}

/** The code that a socket is closed with. */
export const closed = (socket: WebSocket) =>
  new Promise<number>((done) => socket.addEventListener("close", ({ code }) => done(code), { once: true }));

/** An admin token of a role. */
export async function tokenOf(role: string): Promise<string> {
  const headers = { "root-key": checkout.rootKey, app_id: app };
  const body = { name: `${role} ${(count += 1)}`, role };
  return (await checkout.call(NewAdminToken, "POST", "/admin/tokens", headers, body)).token;
}

/** Signs in where the console asks for it. */
export async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel("App id").fill(app);
  await page.getByLabel("Admin token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "Users" }).waitFor();
}

/** A tab that is signed in. */
export async function signedIn(token = checkout.adminToken): Promise<Page> {
  const page = await browser.page();
  await page.goto(`${checkout.origin}/console`);
  await signIn(page, token);
  await page.getByRole("heading", { name: "How the app is" }).waitFor();
  return page;
}

/** A tab that looks at a user, as it happens. */
export async function lookingAt(user: SignedIn, token?: string): Promise<Page> {
  const page = await signedIn(token);
  await page.goto(`${checkout.origin}/console#/user/${user.user_id}`);
  await page.getByText("Live", { exact: true }).waitFor();
  return page;
}

/** A device on the page of its user, connected or not. */
export const deviceOf = (page: Page, { device_sn }: SignedIn, online: boolean) =>
  page.locator(`[data-device="${device_sn}"][data-online="${online}"]`);

/** What is recorded of a user by an operation. */
export async function recordsOf({ user_id }: SignedIn, operation: string) {
  const headers = { app_id: app, "access-token": checkout.adminToken };
  const path = `/admin/audit?user_id=${user_id}&operation=${operation}`;
  return await checkout.call(z.array(AuditRecord), "GET", path, headers);
}

/** An instant as a field for one has it, by the clock of this machine. */
export function localOf(at: number): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}
