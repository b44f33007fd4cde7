import { Parser } from "@asyncapi/parser";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Browser, findings, hasBrowser } from "./browser.ts";
import { type Service, app } from "./service.ts";
import { sharedService } from "./shared.ts";

let checkout: Service;
const browser = new Browser();

beforeAll(async () => {
  [checkout] = await Promise.all([sharedService(), hasBrowser && browser.start()]);
});

afterAll(async () => {
  await browser.stop();
});

it("serves an AsyncAPI 3 document in which the standard's own parser finds nothing", async () => {
  const text = await (await fetch(`${checkout.origin}/asyncapi.json`)).text();
  const findings = await new Parser().validate(text);
  expect(findings.map(({ code, message, path }) => `${code} ${path.join(".")}: ${message}`)).toEqual([]);
  expect(JSON.parse(text)).toMatchObject({
    servers: { here: { host: new URL(checkout.origin).host, protocol: "ws" } },
  });
});

it("has the parser find what is wrong with such a document", async () => {
  const text = await (await fetch(`${checkout.origin}/asyncapi.json`)).text();
  for (const [right, wrong] of [
    ['"action":"send"', '"action":"publish"'],
    ["#/components/messages/kicked", "#/components/messages/nothing"],
    ["#/channels/device/messages/welcome", "#/channels/watch/messages/watchPicture"],
  ] as const) {
    expect(text).toContain(right);
    expect(await new Parser().validate(text.replace(right, wrong))).not.toEqual([]);
  }
});

/** How long a test waits for what the reader does in its own time (ms). */
const patience = { timeout: 30_000 };

/** A tab; `hosts` are those that were asked for anything. */
async function tab() {
  const page = await browser.page();
  const hosts = new Set<string>();
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
  return { page, hosts };
}

/** A tab that has come to the operations from a code that one of them gives. */
async function fromCode() {
  const { page, hosts } = await tab();
  await page.goto(`${checkout.origin}/docs/codes`);
  await page.locator("#device_unknown summary").click();
  await page.locator("#device_unknown").getByRole("link", { name: "removeDevice" }).click();
  await shown(page);
  return { page, hosts };
}

let opened: ReturnType<typeof fromCode> | undefined;

/** One such tab, which is opened where it is first asked for: the reader takes seconds to be loaded. */
const newcomer = async () => await (opened ??= fromCode());

const shown = (page: Page) => page.getByText("Authentication", { exact: true }).first().waitFor();

/** The fields of what a caller shows: the app first, then the token. */
const fields = (page: Page) => page.locator(".scalar-reference-intro-auth .scalar-password-input");

/** Looks for an operation by its path, and goes to the first that is found. */
async function find(page: Page, path: string) {
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").getByRole("textbox").or(page.getByRole("combobox")).last().fill(path);
  await page.getByRole("option", { name: path }).first().click();
  return page.locator(`section[id$="${path}"]`).first();
}

const languages = [
  ["Curl", "curl "],
  ["Fetch", "fetch("],
  ["Requests", "requests."],
  ["java.net.http", "HttpRequest"],
  ["NSURLSession", "import Foundation"],
] as const;

describe.runIf(hasBrowser)("the reference", () => {
  it("keeps the app and the token for the tab alone, and calls with them", async () => {
    const { page, hosts } = await tab();
    await page.goto(`${checkout.origin}/docs`);
    await shown(page);
    await checkout.register("looked_up");
    const { token } = await checkout.signIn("looked_up", "phone");
    await fields(page).nth(0).fill(app);
    await fields(page).nth(1).fill(token);
    // The reader writes down what it keeps a moment later.
    const kept = async () => await page.evaluate("JSON.stringify(sessionStorage)");
    await expect.poll(kept, patience).toContain(token);
    await page.reload();
    await shown(page);
    await expect.poll(async () => await fields(page).nth(0).inputValue(), patience).toBe(app);
    const operation = await find(page, "/user/device/list");
    await operation.getByRole("button", { name: /Test Request/ }).click();
    const answer = page.waitForResponse(/\/user\/device\/list/);
    await page.getByRole("button", { name: /^Send/ }).first().click();
    expect(await (await answer).json()).toMatchObject({ code: 200, data: [{ device_sn: 1 }] });
    expect([...hosts]).toEqual([new URL(checkout.origin).host]);

    await page.goto(`${checkout.origin}/docs/codes`);
    expect(await kept()).toContain(token);
    expect(await page.evaluate("JSON.stringify(localStorage) + document.cookie")).toBe("{}");
    const other = await newcomer();
    expect(await fields(other.page).nth(1).inputValue()).toBe("");
  });

  it("shows the operation that a code is given by, where it is asked for it", async () => {
    const { page } = await newcomer();
    // The reader goes on as what is above it takes its place.
    const operation = page.locator('section[id$="tag/devices/POST/user/device/remove"]');
    const top = async () => (await operation.boundingBox())?.y;
    await expect.poll(top, patience).toBeLessThan(400);
    expect(await top()).toBeGreaterThan(-400);
    expect(browser.complaints).toEqual([]);
  });

  it("finds an operation, has a sample of it in five languages, and asks no other host", async () => {
    const { page, hosts } = await newcomer();
    await fields(page).nth(0).fill(app);
    const operation = await find(page, "/user/kick");
    for (const [name, beginning] of languages) {
      await operation.getByTestId("client-picker").click();
      await page.getByRole("option", { name }).click();
      await operation.locator("pre", { hasText: beginning }).first().waitFor();
      expect(await operation.locator("pre").first().textContent()).toContain(app);
    }
    expect([...hosts]).toEqual([new URL(checkout.origin).host]);
    expect(browser.complaints).toEqual([]);
  });

  it("keeps its pages of text under a policy that runs nothing, and has each notice beside its close", async () => {
    for (const path of ["/docs/codes", "/docs/socket"]) {
      const { headers } = await fetch(checkout.origin + path);
      expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; .*style-src 'self'$/);
    }
    const page = await browser.page();
    await page.goto(`${checkout.origin}/docs/codes`);
    const row = page.locator("#too_many_devices");
    expect(await row.locator("td").allTextContents()).toEqual(
      expect.arrayContaining(["10031", "too_many_devices", "409"]),
    );
    const givers = row.locator("details");
    await givers.locator("summary", { hasText: "given by 4 operations" }).click();
    expect(await givers.getByRole("link").allTextContents()).toEqual([
      "signInByName",
      "signInById",
      "signIn",
      "connect",
    ]);
    await page.locator("#close-4005").getByRole("link", { name: "kicked" }).click();
    const notice = page.locator("details#kicked");
    await notice.locator("summary").click();
    await notice.getByText('"notice_type":5').waitFor();
    await notice.getByRole("link", { name: "4005" }).click();
    await page.locator("#close-4005:target").waitFor();
    expect(browser.complaints).toEqual([]);
  });

  it.each(["light", "dark"] as const)(
    "is no hindrance to anybody, nor wider than a telephone, where it is %s",
    async (colorScheme) => {
      for (const path of ["/docs/codes", "/docs/socket"]) {
        const page = await browser.page();
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width: 360, height: 740 });
        await page.goto(checkout.origin + path);
        await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
        expect(await findings(page)).toEqual([]);
        await page.close();
      }
    },
  );
});
