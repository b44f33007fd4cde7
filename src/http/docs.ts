import { Hono } from "hono";
import type { Gated } from "./gate.ts";
import { openapi } from "./openapi.ts";
import type { Operation } from "./operation.ts";

const title = "Warbler API";

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="reference"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
`;

const start = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#reference", deepLinking: true });\n`;

const security = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
};

/** The files of Swagger UI that the page needs; the package holds more, which is served to nobody. */
const files = ["swagger-ui-bundle.js", "swagger-ui.css"];

/** The reference: `/openapi.json` from the declarations, and `/docs`, a page that shows it, all served from here. */
export function docs(operations: readonly Operation[]) {
  const pages = new Hono<Gated>();
  let document: string | undefined;
  pages.get("/openapi.json", (c) => {
    // It is made when it is asked for first, so that no other call waits for it.
    document ??= JSON.stringify(openapi(title, operations));
    return c.body(document, 200, { "Content-Type": "application/json" });
  });
  pages.get("/docs", (c) => c.html(page, 200, security));
  pages.get("/docs/start.js", (c) =>
    c.body(start, 200, { "Content-Type": "text/javascript; charset=utf-8" }),
  );
  for (const file of files) {
    pages.get(`/docs/${file}`, async (c) => {
      const asset = await c.env.ASSETS.fetch(new URL(`/docs/${file}`, c.req.url));
      return new Response(asset.body, asset);
    });
  }
  return pages;
}
