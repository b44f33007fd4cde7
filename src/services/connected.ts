import { sampleUsers } from "../store/overview.ts";
import { pooled } from "./deliver.ts";
import type { Scope } from "./scope.ts";

/** How many hubs are asked at most. */
export const ASKED = 24;

/**
 * Asks the hubs of some users, at random, whether any device is connected. Only hubs know it, and to have each of them tell would
 * cost every connection; so this costs whoever asks, and as much in an app of any size. A hub that cannot be reached is left out.
 */
export async function sampleConnected(scope: Scope): Promise<{ asked: number; connected: number }> {
  const ids = await sampleUsers(scope.db, scope.app.app_id, ASKED);
  const told = await pooled(ids, async (id) => {
    try {
      return await scope.hub(id).call((hub) => hub.isConnected());
    } catch {
      return undefined;
    }
  });
  const asked = told.filter((each) => each !== undefined);
  return { asked: asked.length, connected: asked.filter((each) => each).length };
}
