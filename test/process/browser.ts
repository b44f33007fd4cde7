import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, type Page, chromium } from "playwright-core";
import { z } from "zod";

/** Where Debian has its Chromium; CHROMIUM says another place. */
const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** True where there is a browser for the tests that need one. */
export const hasBrowser = existsSync(executablePath);

if (!hasBrowser)
  console.log(`left out: the console and the reference in a browser, as ${executablePath} is not there`);

const args = [
  "--no-sandbox",
  // One process shows all tabs: all are of one site, and each process takes as long to begin as a tab to be shown.
  "--process-per-site",
  "--renderer-process-limit=1",
  "--disable-site-isolation-trials",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A browser of its own, with nothing remembered. */
export class Browser {
  readonly #profile = mkdtempSync(join(tmpdir(), "browser-"));
  #context: BrowserContext | undefined;
  /** What pages complained of: errors, and what the Content-Security-Policy stopped. */
  readonly complaints: string[] = [];

  /** Starts it. */
  async start(): Promise<void> {
    this.#context = await chromium.launchPersistentContext(this.#profile, {
      executablePath,
      headless: true,
      args,
      locale: "en-GB",
      viewport: { width: 1280, height: 900 },
    });
  }

  /** The browser that was started. */
  get context(): BrowserContext {
    if (!this.#context) throw new Error("the browser was not started");
    return this.#context;
  }

  /** A new tab, which has a session of its own. */
  async page(): Promise<Page> {
    const page = await this.context.newPage();
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => {
      if (/Content.Security.Policy|Trusted/i.test(message.text())) this.complaints.push(message.text());
    });
    return page;
  }

  /** Ends it, and forgets all of it. */
  async stop(): Promise<void> {
    await this.#context?.close();
    rmSync(this.#profile, { recursive: true, force: true });
  }
}

const axe = readFileSync("node_modules/axe-core/axe.min.js", "utf8");
const Findings = z.array(z.string());

/** What axe-core finds on a page as it is. */
export async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found: unknown = await page.evaluate(
    `axe.run({ resultTypes: ["violations"] }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html)))`,
  );
  return Findings.parse(found);
}
