import type { Context, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import { Refusal, isReason, reasons } from "../domain/reasons.ts";
import { isClosingReason } from "../protocol/closes.ts";
import { closeAtOnce, offersSubprotocol, refusedHeader, upgradeHeaders } from "../protocol/upgrade.ts";
import type { Call } from "../admission/call.ts";
import { type Envelope, Fault, answerTo, success } from "./envelope.ts";
import { type Gated, gate } from "./gate.ts";
import { type Given, readInput } from "./input.ts";
import { faultOf } from "../platform/log.ts";
import { keyed } from "./keyed.ts";
import { type Operation, onlyLooks } from "./operation.ts";

type Served = Gated & Given;

/** Answers with an envelope. */
export function respond(
  c: Context<Served>,
  body: Envelope,
  status: number,
  headers: Record<string, string> = {},
): Response {
  const call: Call | undefined = c.get("call");
  if (call) call.code = body.code;
  // Answers bear tokens, profiles and what holds this moment: nobody on the way is to keep one.
  return Response.json(body, { status, headers: { "Cache-Control": "no-store", ...headers } });
}

/** Answers an error: a refusal, a fault, or what nobody expected. */
export function respondToError(error: unknown, c: Context<Served>): Response {
  const call: Call | undefined = c.get("call");
  const answer = answerTo(error, call?.knownSettings ?? { ERROR_STATUS: "200" });
  if (call && answer.unexpected) call.fault = faultOf(error);
  if (call?.isUpgrade && error instanceof Refusal && isClosingReason(error.reason)) {
    call.code = answer.body.code;
    return closeAtOnce(error.reason, upgradeHeaders(offersSubprotocol(call.subprotocols)));
  }
  return respond(c, answer.body, answer.status, answer.headers);
}

/** Refuses with 426 what is no WebSocket's upgrade; on what is none of a socket the header is ignored. */
export function requireUpgrade(c: Context<Gated>): void {
  c.get("call").isUpgrade = c.req.header("upgrade")?.toLowerCase() === "websocket";
  if (!c.get("call").isUpgrade) throw new Fault(426, "connect with a WebSocket", { Upgrade: "websocket" });
}

const upgradesOnly = createMiddleware<Gated>(async (c, next) => {
  requireUpgrade(c);
  await next();
});

/** Runs an operation that the gate let through, and tells whom it must. */
function perform(operation: Operation): MiddlewareHandler<Served> {
  return async (c) => {
    const call = c.get("call");
    const reply = await operation.run(call, c.get("given") ?? {});
    if (reply instanceof Response) {
      const refused = reply.headers.get(refusedHeader);
      call.code = refused !== null && isReason(refused) ? reasons[refused].code : 200;
      return reply;
    }
    const { data, ...beside } = reply;
    return respond(c, success(data, beside), 200);
  };
}

/** An operation that does anything takes idempotency keys. */
const keying = (operation: Operation) => (onlyLooks(operation) ? [] : [keyed(operation)]);

/** The way of a request through an operation: upgrade, gate, parameters, work. */
export function serve(operation: Operation): MiddlewareHandler[] {
  const upgrade = operation.socket ? [upgradesOnly] : [];
  return [...upgrade, gate(operation), ...readInput(operation), ...keying(operation), perform(operation)];
}
