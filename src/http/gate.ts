import type { Context, HonoRequest } from "hono";
import { createMiddleware } from "hono/factory";
import { identify } from "../admission/admit.ts";
import type { Call } from "../admission/call.ts";
import type { Shown } from "../admission/verdict.ts";
import { offeredToken } from "../protocol/upgrade.ts";
import { MAX_BODY, MAX_ROWS_BODY, readBody } from "./body.ts";
import { type Declaration, keyHeader, onlyLooks } from "./operation.ts";

/** What the gate leaves in the context for those behind it; `body` is empty where there is none or none is taken. */
export interface Gated {
  Bindings: Env;
  Variables: { call: Call; body: Uint8Array; verdict: KeyedVerdict };
}

/** The verdict on the caller of a request with an Idempotency-Key. */
export interface KeyedVerdict {
  /** Judges the caller, once. */
  judge(): Promise<void>;
  /** Whatever does the work judges the caller as well. */
  isJudgedThere: boolean;
  keeper: string | undefined;
}

/**
 * Lets a request's caller in, in two parts. Before the body is read, whoever cannot be let in anyway is refused. Then, when
 * all of the call is here, it is judged by what holds at that moment: nothing is awaited from the caller between the verdict
 * and what the call does.
 *
 * A user's session is judged by the user's hub. A read of one who is known does not wait for the verdict but its answer does,
 * and an operation that goes to the hub itself, or that begins with a write of an admin, is judged there.
 */
export function gate(declaration: Declaration) {
  const isRead = declaration.methods.includes("GET");
  const takesBody = !isRead && declaration.from !== "none";
  const wanted = {
    caller: declaration.caller,
    scope: declaration.scope,
    app: declaration.app === false ? ("none" as const) : ("named" as const),
  };
  return createMiddleware<Gated>(async (c, next) => {
    const call = c.get("call");
    call.operation = declaration.id;
    call.tellsDevices = declaration.tellsDevices === true;
    const shown = shownBy(c.req, declaration);
    const caller = await identify(call, wanted, shown, takesBody);
    const broken = takesBody ? await takeBody(c, mostOf(declaration)) : undefined;
    if (takesBody) await caller.complete();
    if (broken) {
      await caller.judge();
      throw broken;
    }
    const isKeyed = !onlyLooks(declaration) && c.req.header(keyHeader) !== undefined;
    const decides = caller.byHub ? declaration.hubDecides : declaration.databaseDecides;
    const isJudgedThere = decides === true && caller.isForeseen;
    if (isJudgedThere || isKeyed) {
      let verdict: Promise<void> | undefined;
      const judge = async () => await (verdict ??= caller.judge());
      c.set("verdict", { judge, isJudgedThere, keeper: caller.keeper });
      await next();
      if (c.error) await judge();
    } else if (caller.isForeseen && (isRead || declaration.waitsItself)) {
      const verdict = caller.judge(isRead ? call.ride : undefined);
      call.letIn = async () => verdict;
      // It is thrown below, and by who waits for it.
      verdict.catch(() => undefined);
      await next().finally(() => call.ride.end());
      await verdict;
    } else {
      await caller.judge();
      await next();
    }
  });
}

const mostOf = ({ from }: Declaration) => (from === "rows" ? MAX_ROWS_BODY : MAX_BODY);

/** Reads the body for those behind the gate; what is wrong with it is thrown after the verdict on its caller. */
async function takeBody(c: Context<Gated>, most: number): Promise<Error | undefined> {
  try {
    c.set("body", await readBody(c.req.raw, c.get("call").settings.BODY_TIMEOUT, most));
    return undefined;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

/** What a request shows of its caller: headers, and for a socket, whose headers a browser cannot set, what stands for them. */
function shownBy(request: HonoRequest, { socket, caller }: Declaration): Shown {
  const isSocket = socket === true;
  const isWatch = isSocket && caller === "admin for user";
  const header = (name: string) => request.header(name);
  return {
    appId: header("app_id") ?? (isSocket ? request.query("app_id") : undefined),
    rootKey: header("root-key"),
    token: header("access-token") ?? (isSocket ? offeredToken(header("sec-websocket-protocol")) : undefined),
    userId: header("user_id") ?? (isWatch ? request.query("user_id") : undefined),
    groupId: header("group_id") ?? (isWatch ? request.query("group_id") : undefined),
    origin: header("origin"),
  };
}
