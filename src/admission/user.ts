import { firstStop } from "../domain/gates/gate.ts";
import { tokenGates } from "../domain/gates/session.ts";
import { Refusal, refusal } from "../domain/reasons.ts";
import { findClaims } from "../store/tokens.ts";
import { actingFor } from "./acting.ts";
import type { Call } from "./call.ts";
import { limitCaller, limitStranger, sessionKey } from "./flood.ts";
import { type Shown, type Verdict, type Wanted, refuseToken } from "./verdict.ts";

/**
 * A user's token says whose it is, of which app; `requireApp` is for where nothing else has said it. Its session is judged by
 * the user's hub.
 */
export async function identifyUser(
  call: Call,
  wanted: Wanted,
  token: string,
  shown: Shown,
  requireApp: (appId: string) => Promise<void>,
): Promise<Verdict> {
  const claims = await findClaims(call, token, async () => limitStranger(call));
  if (!claims) return await refuseToken(call);
  if (wanted.app === "of the token") await requireApp(claims.app_id);
  if (firstStop(tokenGates, { kind: "user", claims, app_id: call.app.app_id }))
    return await refuseToken(call);
  limitCaller(call, sessionKey(claims));
  const { user_id: userId, session_id: session } = claims;
  call.caller = { kind: "user", userId, session, deviceSn: undefined };
  call.knownSubject = userId;
  const judge = async () => {
    const { keeping } = call;
    const outcome = await call.hub(userId).call((hub) => hub.check(call.acting, keeping?.key));
    if (!outcome.ok) throw refusal(outcome);
    if (keeping) keeping.known = outcome.known;
    const deviceSn = "device_sn" in outcome.by ? outcome.by.device_sn : undefined;
    call.caller = { kind: "user", userId, session, deviceSn };
  };
  const wrong = wrongLevel(wanted, userId, shown);
  if (wrong === undefined) return { judge, byHub: true, isForeseen: true, keeper: `user:${userId}` };
  await judge();
  throw wrong;
}

/** What a user's own token may not do. */
function wrongLevel(wanted: Wanted, userId: number, shown: Shown): Refusal | undefined {
  if (wanted.caller !== "user" && wanted.caller !== "session") {
    return new Refusal("forbidden", "this needs an admin token");
  }
  if (shown.groupId !== undefined) return new Refusal("forbidden", "group_id needs an admin token");
  try {
    const named = actingFor(shown, "userId");
    if (named === undefined || named === userId) return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  return new Refusal("forbidden", "user_id may only be one's own without an admin token");
}
