import { type Context, Hono } from "hono";
import { asyncapi, servedFrom } from "./asyncapi.ts";
import { codesPage } from "./codes-page.ts";
import type { Gated } from "./gate.ts";
import { openapi } from "./openapi.ts";
import type { Operation } from "./operation.ts";
import type { Html } from "./page.ts";
import { forReader, readerPage } from "./reader.ts";
import { socketPage } from "./socket-page.ts";

const title = "Warbler API";

/** What a page may load: all of it from here. */
const security = (sources: string) => ({
  "Content-Security-Policy": `default-src 'none'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; ${sources}`,
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
});

/** The pages of text run nothing. */
const ofText = security("style-src 'self'");

/** The reader lays its styles into the page itself, and calls what is tried out. */
const ofReader = security("script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'");

/** What the pages load; the assets have no more of the reader than this. */
const files = ["page.css", "reader.js", "start.js"];

/** Makes something when it is asked for first: no other call waits for it. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/**
 * The reference: `/openapi.json` from the declarations of operations, `/asyncapi.json` from those of the sockets, and `/docs`,
 * pages that show them, all served from here.
 */
export function docs(operations: readonly Operation[]) {
  const pages = new Hono<Gated>();
  const document = once(() => openapi(title, operations));
  const sockets = once(() => asyncapi(operations));
  const shown = once(() => forReader(document()));
  pages.get("/openapi.json", (c) => c.json(document()));
  pages.get("/asyncapi.json", (c) => c.json(servedFrom(sockets(), new URL(c.req.url))));
  pages.get("/docs/openapi.json", () => Response.json(shown()));
  const serve = (path: string, make: () => Html, headers: Record<string, string>) => {
    const text = once(make);
    pages.get(path, (c: Context<Gated>) => c.html(text(), 200, headers));
  };
  serve("/docs", readerPage, ofReader);
  serve("/docs/codes", () => codesPage(operations), ofText);
  serve("/docs/socket", socketPage, ofText);
  for (const file of files) {
    pages.get(`/docs/${file}`, async (c) => {
      // With the caller's headers, so that one who has the file already is not sent it again.
      const asset = await c.env.ASSETS.fetch(new Request(new URL(`/docs/${file}`, c.req.url), c.req.raw));
      return new Response(asset.body, asset);
    });
  }
  return pages;
}
