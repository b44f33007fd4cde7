import { CLOSE_PATIENCE, closeCodes, sendableClose } from "../protocol/closes.ts";

/** Does what a socket that is closed already would throw at: its close is passed on, or on its way. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // There is nobody to tell.
  }
}

/** Passes frames and the end on from one socket to another; where one broke, the other is closed with `broken`. */
function pass(from: WebSocket, to: WebSocket, broken?: number): void {
  from.addEventListener("message", ({ data }) => attempt(() => to.send(data)));
  from.addEventListener("close", ({ code, reason }) => {
    const closing = sendableClose(code, reason);
    attempt(() => (closing ? to.close(closing.code, closing.reason) : to.close(broken)));
  });
  // A peer that breaks the protocol ends its socket with this event alone.
  from.addEventListener("error", () => attempt(() => to.close(broken)));
}

/**
 * Stands between a socket and its peer: the answer to an upgrade whose frames pass through here. A peer has as long to answer
 * the close that is passed on to it as any has; then `hangUp` is called.
 */
export function relay(upgraded: Response, socket: WebSocket, hangUp: () => void): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  socket.accept();
  let farewell: ReturnType<typeof setTimeout> | undefined;
  let isGone = false;
  const leave = () => {
    isGone = true;
    clearTimeout(farewell);
  };
  const wait = () => {
    if (!isGone) farewell ??= setTimeout(hangUp, CLOSE_PATIENCE);
  };
  server.addEventListener("close", leave);
  server.addEventListener("error", leave);
  socket.addEventListener("close", wait);
  socket.addEventListener("error", wait);
  pass(server, socket);
  // A hub that is gone comes back, as after a deploy.
  pass(socket, server, closeCodes.restart);
  return new Response(null, { status: 101, webSocket: client, headers: upgraded.headers });
}
