import { Hono } from "hono";
import { cors } from "hono/cors";
import { Call } from "./admission/call.ts";
import { discovery } from "./sdk/discovery.ts";
import { docs } from "./http/docs.ts";
import { Fault, success } from "./http/envelope.ts";
import { countBlock } from "./admission/flood.ts";
import type { Gated } from "./http/gate.ts";
import { health } from "./http/health.ts";
import type { Given } from "./http/input.ts";
import { respond, respondToError, serve } from "./http/serve.ts";
import { settingsOf } from "./platform/settings.ts";
import { refusedHeader } from "./protocol/upgrade.ts";
import { operations } from "./operations/index.ts";
import { sdkPaths, sdkSocket } from "./sdk/route.ts";
import { hangUp } from "./platform/hang-up.ts";
import { CLOSE_PATIENCE } from "./protocol/closes.ts";

const crossOrigin = cors({
  origin: "*",
  allowMethods: ["GET", "POST", "PUT", "DELETE"],
  allowHeaders: ["app_id", "access-token", "user_id", "group_id", "content-type", "idempotency-key"],
  exposeHeaders: ["X-Request-Id", "Retry-After", "Idempotency-Replayed"],
  maxAge: 86_400,
});

const socketPaths = new Set([
  ...sdkPaths,
  ...operations.filter((operation) => operation.socket).map((operation) => operation.path),
]);

/** The order of things for every request. */
export const app = new Hono<Gated & Given>();

app.use(async (c, next) => {
  const call = new Call(c.env, c.req.raw, {
    waitUntil: (work) => c.executionCtx.waitUntil(work),
    hangUp: () => hangUp(c.executionCtx),
  });
  c.set("call", call);
  await next();
  const { status } = c.res;
  if (status === 101 && c.res.headers.has(refusedHeader)) {
    // Anybody can have an upgrade refused. It holds nothing by then but the refusal's close.
    setTimeout(() => call.hangUp(), CLOSE_PATIENCE);
  }
  // An upgrade's headers cannot be written any more.
  if (status !== 101) c.res.headers.set("X-Request-Id", call.requestId);
  if (call.countedAs !== undefined) call.background(countBlock(call, call.countedAs));
  call.log(status, `${c.req.method} ${status === 404 ? "unknown" : c.req.path}`);
});

app.use(async (c, next) => {
  // A wrong setting is a fault of every call, and is answered and logged like one.
  c.get("call").knownSettings = settingsOf(c.env);
  await next();
});

app.use(async (c, next) => {
  if (socketPaths.has(c.req.path)) return await next();
  if (c.req.method === "OPTIONS") return await crossOrigin(c, next);
  await next();
  // No call waits for the headers of its answer.
  await crossOrigin(c, async () => undefined);
});

app.get("/", (c) => respond(c, success({ service: "warbler" }), 200));
app.route("/", docs(operations));
app.route("/", health());
app.route("/", discovery());
app.route("/", sdkSocket());

for (const operation of operations) {
  app.on([...operation.methods], [operation.path], ...serve(operation));
}

for (const [path, sharing] of Map.groupBy(operations, (operation) => operation.path)) {
  const allowed = [...new Set(sharing.flatMap((operation) => operation.methods))].join(", ");
  app.all(path, () => {
    throw new Fault(405, `the method must be one of: ${allowed}`, { Allow: allowed });
  });
}

app.notFound((c) => respondToError(new Fault(404, "no operation has this path"), c));

app.onError((error, c) => respondToError(error, c));
