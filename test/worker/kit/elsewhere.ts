import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../../src/index.ts";
import type { App, Fetch, User } from "./client.ts";
import { hubNameOf, hubsWhere, unreached } from "./faults.ts";

/** The Worker in an environment that differs in these bindings; `abort` is how the platform ends its invocations. */
export function workerWith(changes: Partial<Cloudflare.Env>, abort?: () => void): Fetch {
  return workerIn({ ...env, ...changes }, abort);
}

/** The Worker in an environment that lacks these bindings. */
export function workerWithout(...bindings: string[]): Fetch {
  const other = { ...env };
  for (const binding of bindings) Reflect.deleteProperty(other, binding);
  return workerIn(other);
}

function workerIn(other: Cloudflare.Env, abort?: () => void): Fetch {
  return async (request) => {
    const context = createExecutionContext();
    if (abort) context.abort = abort;
    const response = await worker.fetch(request, other, context);
    await waitOnExecutionContext(context);
    return response;
  };
}

/** The Worker, when it cannot reach a user's hub with what the user is owed. */
export function deafTo(app: App, user: User): Fetch {
  return workerWith({ HUB: hubsWhere("take", unreached, hubNameOf(app, user)) });
}
