import { closeCodes, unsendableCodes } from "../domain/signals.ts";

/** Passes frames and the close on from one socket to another; one that broke is closed with `broken`. */
function pass(from: WebSocket, to: WebSocket, broken?: number): void {
  from.addEventListener("message", ({ data }) => to.send(data));
  from.addEventListener("close", ({ code, reason }) => {
    if (unsendableCodes.has(code)) to.close(broken);
    else to.close(code, reason);
  });
}

/** Stands between a socket and its peer: the answer to an upgrade whose frames pass through here. */
export function relay(upgraded: Response, socket: WebSocket): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  socket.accept();
  pass(server, socket);
  // A hub that is gone comes back, as after a deploy.
  pass(socket, server, closeCodes.restart);
  return new Response(null, { status: 101, webSocket: client, headers: upgraded.headers });
}
