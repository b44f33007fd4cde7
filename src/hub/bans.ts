import { openApp } from "../store/apps.ts";
import { noTrips } from "../store/database.ts";
import { liftExpiredBan } from "../store/bans.ts";
import { queueEvents } from "../store/webhooks.ts";
import type { HubState } from "./state.ts";

/** Where a ban that time ends is lifted. */
interface Lifting {
  env: Env;
  owner: { app_id: string; user_id: number };
  state: HubState;
  /** Lets work go on that nobody waits for. */
  background: (work: Promise<unknown>) => void;
}

/** Lifts a ban whose time has come, in D1 and in the hub. */
export async function liftBan({ env, owner, state, background }: Lifting, now: number): Promise<void> {
  const { status, until, epoch } = state.user.read();
  if (status !== "disabled" || until === null || until > now) return;
  const { app_id, user_id } = owner;
  const { app, db } = await openApp(env, app_id, noTrips());
  const [, , heard] = await db.writeUnrecorded("time", liftExpiredBan(db, app, user_id, until));
  if (heard.meta.changes > 0) {
    background(queueEvents(env, db, app_id, now).catch(() => undefined));
  }
  // Another signal may have been taken while D1 was written.
  if (state.user.read().epoch === epoch) state.user.set({ status: "normal", reason: "", until: null });
}
