import { Miniflare, convertV4MiniflareOptions } from "miniflare";
import { dataDirectory } from "./server.ts";

/**
 * The least that a kick can be: a Worker that finds a Durable Object by name, and an object that keeps hibernating sockets
 * by a tag and closes one when it is told to. No tokens, no tables, no record; `writes` has it keep one row of each kick.
 */
const scriptOf = (writes: boolean) => `
import { DurableObject } from "cloudflare:workers";

export class Bare extends DurableObject {
  ${writes ? 'constructor(ctx, env) { super(ctx, env); ctx.storage.sql.exec("create table if not exists kicks (device text primary key, at integer)"); }' : ""}
  fetch(request) {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, [new URL(request.url).searchParams.get("device")]);
    server.send("{}");
    return new Response(null, { status: 101, webSocket: client });
  }
  kick(device) {
    ${writes ? 'this.ctx.storage.sql.exec("insert or replace into kicks (device, at) values (?, ?)", device, Date.now());' : ""}
    for (const socket of this.ctx.getWebSockets(device)) socket.close(4005, "kicked");
  }
  webSocketClose() {}
}

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    const object = env.BARE.getByName(searchParams.get("user"));
    if (pathname === "/connect") return object.fetch(request);
    await object.kick(searchParams.get("device"));
    return Response.json({ code: 200 });
  },
};
`;

/** Serves the bare object on a free port of this machine. */
export async function serveBare(writes: boolean): Promise<{ origin: string; stop(): Promise<void> }> {
  process.env["TMPDIR"] = dataDirectory;
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      modules: true,
      script: scriptOf(writes),
      compatibilityDate: "2026-11-01",
      // As wrangler.toml has it.
      compatibilityFlags: ["no_web_socket_compression"],
      durableObjects: { BARE: { className: "Bare", useSQLite: true } },
      cf: false,
    }),
  );
  const url = await miniflare.ready;
  return { origin: url.origin, stop: async () => miniflare.dispose() };
}
