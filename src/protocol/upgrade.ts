import { type ClosingReason, refusalCode } from "./closes.ts";

/** The subprotocol that a browser offers, as it cannot set headers. */
export const SUBPROTOCOL = "im.v1";

/** In front of an access token that is offered beside it. */
export const TOKEN_PREFIX = "token.";

function offersOf(header: string | null | undefined): string[] {
  return (header ?? "").split(",").map((each) => each.trim());
}

/** True where a request offers the device socket's subprotocol: the answer must name it, or a browser hangs up. */
export function offersSubprotocol(header: string | null | undefined): boolean {
  return offersOf(header).includes(SUBPROTOCOL);
}

/** The token that a request offers as a subprotocol; undefined where it offers none. */
export function offeredToken(header: string | null | undefined): string | undefined {
  return offersOf(header)
    .find((each) => each.startsWith(TOKEN_PREFIX))
    ?.slice(TOKEN_PREFIX.length);
}

/** The headers of an upgrade's answer, which names the subprotocol where it was offered. */
export function upgradeHeaders(isOffered: boolean): Headers {
  return new Headers(isOffered ? { "Sec-WebSocket-Protocol": SUBPROTOCOL } : {});
}

/** The header of an upgrade that was answered only to be closed: the reason, for the log. */
export const refusedHeader = "X-Refused";

/** The header of an upgrade by which a session was given its device: the token was not a device's before. */
export const seatedHeader = "X-Seated";

/** Answers an upgrade only to close it: a browser hears no other reason. */
export function closeAtOnce(reason: ClosingReason, headers: Headers): Response {
  headers.set(refusedHeader, reason);
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.close(refusalCode(reason), reason);
  return new Response(null, { status: 101, webSocket: client, headers });
}
