import { z } from "zod";
import { type Refused, isReason } from "../domain/reasons.ts";
import { type DeviceFacts, connectHeader, formatOrder, watchHeader } from "../hub/contract.ts";
import { offersSubprotocol, refusedHeader, seatedHeader } from "../protocol/upgrade.ts";
import { noteDeviceNow } from "../store/seen-devices.ts";
import { relay } from "./relay.ts";
import type { Scope } from "./scope.ts";

const RefusedUpgrade = z.object({
  ok: z.literal(false),
  reason: z.string().refine(isReason),
  message: z.string().optional(),
});

/** Has the subject's hub take the caller's device in: the socket's upgrade, or why there is none. */
export async function openSocket(scope: Scope, device: DeviceFacts): Promise<Response | Refused> {
  const { acting } = scope;
  if (!("session" in acting)) throw new Error("only a session connects");
  const order = formatOrder({
    session: acting.session,
    device: { ...device },
    rules: scope.rules,
    from: scope.from,
    subprotocol: offersSubprotocol(scope.subprotocols),
  });
  const opened = await upgrade(scope, "connect", { [connectHeader]: order });
  const { guid } = device;
  if (guid !== undefined && opened instanceof Response && opened.headers.has(seatedHeader)) {
    const owner = { app_id: scope.app.app_id, user_id: scope.subject };
    scope.background(noteDeviceNow(scope.db, owner, guid, scope.now));
  }
  return opened;
}

/** Has the subject's hub let the caller, an admin, watch the subject: the socket's upgrade, or why there is none. */
export async function openWatch(scope: Scope): Promise<Response | Refused> {
  const { acting } = scope;
  if (!("admin" in acting)) throw new Error("only an admin watches");
  const order = formatOrder({ acting, subprotocol: offersSubprotocol(scope.subprotocols) });
  return await upgrade(scope, "watch", { [watchHeader]: order });
}

/** Sends the subject's hub an order whose answer is a socket. */
async function upgrade(
  scope: Scope,
  path: string,
  order: Record<string, string>,
): Promise<Response | Refused> {
  const headers = { Upgrade: "websocket", ...order };
  const response = await scope
    .hub(scope.subject)
    .call((hub) => hub.fetch(`https://hub/${path}`, { headers }));
  const { webSocket } = response;
  if (webSocket) {
    // What the hub closed at once ends here, so that a peer who answers no close keeps no hub awake.
    const isRelayed = scope.relaysSockets || response.headers.has(refusedHeader);
    return isRelayed ? relay(response, webSocket, () => scope.hangUp()) : response;
  }
  const { reason, message } = RefusedUpgrade.parse(await response.json());
  return { ok: false, reason, ...(message === undefined ? {} : { message }) };
}
