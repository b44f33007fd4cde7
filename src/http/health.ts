import { Hono } from "hono";
import { limitStranger } from "../admission/flood.ts";
import type { Call } from "../admission/call.ts";
import { HubClient } from "../hub/client.ts";
import { attemptsName } from "../hub/contract.ts";
import { boundNumbers, databaseFor } from "../store/database.ts";
import { success } from "./envelope.ts";
import type { Gated } from "./gate.ts";
import type { Given } from "./input.ts";
import { respond } from "./serve.ts";

/** How long each of what stands behind the Worker may take (ms). */
const PATIENCE = 2_000;

/** What a probe found: whether it was answered in time, and after how long (ms). */
interface Found {
  ok: boolean;
  ms: number;
}

async function probe(work: () => Promise<unknown>): Promise<Found> {
  const start = Date.now();
  const late = new AbortController();
  const timeout = scheduler.wait(PATIENCE, { signal: late.signal }).then(() => {
    throw new Error("it did not answer in time");
  });
  try {
    await Promise.race([work(), timeout]);
    return { ok: true, ms: Date.now() - start };
  } catch {
    return { ok: false, ms: Date.now() - start };
  } finally {
    late.abort();
  }
}

/** How many databases are asked, the directory first: a call may make so many trips, and one that is gone is told of by its apps. */
const PROBED = 20;

/** Reads from each of what a call may need: databases, KV, and a hub, which is nobody's and stays without anything. */
async function probeAll({ env, trips }: Call): Promise<Record<"d1" | "kv" | "hub", Found>> {
  const hub = new HubClient(env.HUB, attemptsName("health", "ready"), trips);
  const [d1, kv, ofHub] = await Promise.all([
    probe(
      async () =>
        await Promise.all(
          boundNumbers(env)
            .slice(0, PROBED)
            .map((database) => databaseFor(env, { database }, trips).size()),
        ),
    ),
    probe(async () => await env.TOKENS.get("health")),
    probe(async () => await hub.call((each) => each.knows(""))),
  ]);
  return { d1, kv, hub: ofHub };
}

/**
 * For whoever watches the Worker: `/health/live` says that it runs, and asks nothing; `/health/ready` says whether what stands
 * behind it answers, and is 503 where any of it does not.
 */
export function health() {
  const pages = new Hono<Gated & Given>();
  pages.get("/health/live", (c) => respond(c, success(true), 200));
  pages.get("/health/ready", async (c) => {
    await limitStranger(c.get("call"));
    const data = await probeAll(c.get("call"));
    const failed = Object.entries(data).flatMap(([name, { ok }]) => (ok ? [] : [name]));
    if (failed.length === 0) return respond(c, success(data), 200);
    return respond(c, { code: 503, message: `not ready: ${failed.join(", ")}`, data }, 503, {
      "Retry-After": "5",
    });
  });
  return pages;
}
