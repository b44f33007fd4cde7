/** Close codes that a peer may not send: they say that there was none (RFC 6455, 7.4.1). */
const unsendable = new Set([1005, 1006, 1015]);

/** Passes frames and the close on from one socket to another. */
function pass(from: WebSocket, to: WebSocket): void {
  from.addEventListener("message", ({ data }) => to.send(data));
  from.addEventListener("close", ({ code, reason }) => {
    if (unsendable.has(code)) to.close();
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
