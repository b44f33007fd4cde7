import { unsendableCodes } from "../domain/signals.ts";

/** Passes frames and the close on from one socket to another. */
function pass(from: WebSocket, to: WebSocket): void {
  from.addEventListener("message", ({ data }) => to.send(data));
  from.addEventListener("close", ({ code, reason }) => {
    if (unsendableCodes.has(code)) to.close();
    else to.close(code, reason);
  });
}

/** Stands between a socket and its peer: the answer to an upgrade whose frames pass through here. */
export function relay(upgraded: Response, socket: WebSocket): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  socket.accept();
  pass(server, socket);
  pass(socket, server);
  return new Response(null, { status: 101, webSocket: client, headers: upgraded.headers });
}
