import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../../src/index.ts";
import type { Fetch } from "./client.ts";

/** The Worker in an environment that differs in these bindings. */
export function workerWith(changes: Partial<Cloudflare.Env>): Fetch {
  const other = { ...env, ...changes };
  return async (request) => {
    const context = createExecutionContext();
    const response = await worker.fetch(request, other, context);
    await waitOnExecutionContext(context);
    return response;
  };
}
