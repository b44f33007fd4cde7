import type { Page, Route } from "playwright-core";
import { z } from "zod";
import { AuditRecord, NewAdminToken } from "../../wire.ts";
import { Browser } from "../browser.ts";
import { type Checkout, type SignedIn, app } from "../kit.ts";
import { migratedCheckout } from "../shared.ts";

/** Numbers from 1, inside a statement. */
const numbers = (count: number) =>
  `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})`;

/** The name of the user who has 10,000 records. */
export const busy = "much_was_done";

/** The id of the first user of a new store: its records are written before it is there, while nothing runs. */
const FIRST = 1;

/** A user of a test's own, with a session on a device. */
export type Looked = SignedIn & { name: string };

/** Once a socket is closed, by which code. */
export const closed = (socket: WebSocket) =>
  new Promise<number>((done) => socket.addEventListener("close", ({ code }) => done(code), { once: true }));

/** A device of a user on its page, as it is shown. */
export const deviceOf = (page: Page, { device_sn }: SignedIn, online: boolean) =>
  page.locator(`[data-device="${device_sn}"][data-online="${online}"]`);

/** Lets a request be done, and loses its answer. */
export async function lose(route: Route): Promise<void> {
  await route.fetch();
  await route.abort();
}

/** An instant as a field for one has it, by the clock of this machine. */
export function localOf(at: number): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}

/** What all tests of the console share: one service and one browser are enough for them. */
export class Desk {
  readonly browser = new Browser();
  readonly checkout: Checkout;
  #count = 0;

  private constructor(checkout: Checkout) {
    this.checkout = checkout;
  }

  /** Serves a checkout of its own, with a user who has much behind it, and starts the browser. */
  static async open(): Promise<Desk> {
    const checkout = await migratedCheckout();
    checkout.cheapenPasswords();
    const desk = new Desk(checkout);
    desk.#fill(FIRST);
    await Promise.all([checkout.start(), desk.browser.start()]);
    const { user_id } = await desk.user(busy);
    if (user_id !== FIRST) throw new Error(`the first user of a new store is ${user_id}`);
    return desk;
  }

  /** Writes 10,000 records of a user, and events that were given up. */
  #fill(user: number): void {
    const database = this.checkout.openDatabase();
    const records = `${numbers(10_000)} insert into audit (app_id, caller, subject, operation, at, address, request_id)
      select ?, 'admin:seed', ?, 'setProfile', ? + i, '203.0.113.7', 'seeded-' || i from n`;
    const events = `${numbers(3)} insert into webhook_events (id, app_id, type, data, created_at, queued_at, dead_at, last_error)
      select 'evt_seeded_' || i, ?, 'user.deleted', '{"user_id":7}', ?, ?, ?, 'HTTP 500' from n`;
    try {
      const at = Date.now() - 60_000;
      database.prepare(records).run(app, user, at);
      database.prepare(events).run(app, at, at, at);
    } finally {
      database.close();
    }
  }

  /** Closes all tabs but the first, which is empty: what nobody looks at any more would go on to show what happens. */
  async clear(): Promise<void> {
    const [, ...tabs] = this.browser.context.pages();
    await Promise.all(tabs.map((page) => page.close()));
  }

  /** Leaves nothing behind. */
  async close(): Promise<void> {
    await this.browser.stop();
    await this.checkout.remove();
  }

  /** A name that nobody has yet. */
  name(prefix: string): string {
    return `${prefix}_${(this.#count += 1)}`;
  }

  /** Makes a user with a session on a device. */
  async user(name = this.name("looked_at")): Promise<Looked> {
    await this.checkout.register(name);
    return { ...(await this.checkout.signIn(name, "phone")), name };
  }

  /** Connects a device, and returns its socket once it is welcome. */
  async connect({ token }: Pick<SignedIn, "token">): Promise<WebSocket> {
    const address = `${this.checkout.origin.replace("http", "ws")}/user/device/connect?app_id=${app}`;
    const socket = new WebSocket(address, ["im.v1", `token.${token}`]);
    await new Promise((done, fail) => {
      socket.addEventListener("message", done, { once: true });
      socket.addEventListener("close", fail, { once: true });
    });
    return socket;
  }

  /** A new admin token of a role. */
  async tokenOf(role: string): Promise<string> {
    const headers = { "root-key": this.checkout.rootKey, app_id: app };
    const body = { name: this.name(role), role };
    return (await this.checkout.call(NewAdminToken, "POST", "/admin/tokens", headers, body)).token;
  }

  /** A tab that is signed in. */
  async signedIn(token = this.checkout.adminToken, of = app): Promise<Page> {
    const page = await this.browser.page();
    // Another tab may have chosen another language for all.
    await page.addInitScript('localStorage.setItem("warbler.language", "en")');
    await page.goto(`${this.checkout.origin}/console`);
    await this.signIn(page, token, of);
    await page.getByRole("heading", { name: "How the app is" }).waitFor();
    return page;
  }

  /** Signs in where the console asks for it. */
  async signIn(page: Page, token: string, of = app): Promise<void> {
    await page.getByLabel("App id").fill(of);
    await page.getByLabel("Admin token").fill(token);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("link", { name: "Users" }).waitFor();
  }

  /** A tab that is signed in and at a page. */
  async at(place: string, token?: string, of?: string): Promise<Page> {
    const page = await this.signedIn(token, of);
    await page.goto(`${this.checkout.origin}/console#/${place}`);
    await page.getByRole("heading", { level: 1 }).waitFor({ state: "attached" });
    return page;
  }

  /** A tab that looks at a user, as it happens. */
  async lookingAt(user: Pick<SignedIn, "user_id">, token?: string): Promise<Page> {
    const page = await this.at(`user/${user.user_id}`, token);
    await page.getByText("Live", { exact: true }).waitFor();
    return page;
  }

  /** The records of a user of an operation. */
  async recordsOf({ user_id }: Pick<SignedIn, "user_id">, operation: string) {
    const headers = { app_id: app, "access-token": this.checkout.adminToken };
    const path = `/admin/audit?user_id=${user_id}&operation=${operation}`;
    return await this.checkout.call(z.array(AuditRecord), "GET", path, headers);
  }
}
