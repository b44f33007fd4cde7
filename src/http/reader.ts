import { html } from "hono/html";
import { z } from "zod";
import { type Html, page } from "./page.ts";

const Json = z.record(z.string(), z.unknown());
const Parameter = z.looseObject({
  name: z.string().optional(),
  in: z.string().optional(),
  $ref: z.string().optional(),
});
const Operation = z.looseObject({
  parameters: z.array(Parameter).optional(),
  security: z.array(Json).optional(),
});
const Document = z.looseObject({
  paths: z.record(z.string(), Json),
  components: z.looseObject({
    parameters: z.record(z.string(), Parameter).optional(),
    securitySchemes: Json,
  }),
});

const methods = new Set(["get", "post", "put", "delete"]);

/**
 * The OpenAPI document as the reader is given it: the app is among what a caller shows, beside the token, as the reader keeps
 * that and fills it into every operation. What is a header parameter there is the same header here.
 */
export function forReader(document: unknown): unknown {
  const { paths, components, ...rest } = Document.parse(document);
  const { parameters: shared = {} } = components;
  const namesApp = (given: z.infer<typeof Parameter>) => {
    const { name, in: place } = (given.$ref && shared[given.$ref.split("/").at(-1) ?? ""]) || given;
    return name === "app_id" && place === "header";
  };
  const shown = (operation: unknown): unknown => {
    const { parameters = [], security = [], ...others } = Operation.parse(operation);
    if (!parameters.some(namesApp)) return operation;
    const callers = security.length === 0 ? [{}] : security;
    return {
      ...others,
      parameters: parameters.filter((parameter) => !namesApp(parameter)),
      security: callers.map((caller) => ({ app: [], ...caller })),
    };
  };
  const app = { type: "apiKey", in: "header", name: "app_id" };
  return {
    ...rest,
    paths: Object.fromEntries(
      Object.entries(paths).map(([path, item]) => [
        path,
        Object.fromEntries(
          Object.entries(item).map(([name, each]) => [name, methods.has(name) ? shown(each) : each]),
        ),
      ]),
    ),
    components: { ...components, securitySchemes: { app, ...components.securitySchemes } },
  };
}

/** The page of the operations: the reader does the rest. */
export function readerPage(): Html {
  return page(
    "/docs",
    "Warbler API",
    html`<div id="reference"></div>
      <noscript
        ><main class="text">
          <p>The operations are shown by a script. They are at <a href="/openapi.json">/openapi.json</a>.</p>
        </main></noscript
      >
      <script src="/docs/start.js"></script>
      <script src="/docs/reader.js"></script>`,
  );
}
