import { Hono } from "hono";
import { Fault } from "../http/envelope.ts";
import { limitStranger } from "../admission/flood.ts";
import type { Gated } from "../http/gate.ts";
import { requireUpgrade } from "../http/serve.ts";
import { hangUp } from "../platform/hang-up.ts";
import { provision } from "./provision.ts";
import { SdkSession } from "./session.ts";
import { takePlace } from "./strangers.ts";

/** Where the official SDK opens its socket, as it and others spell it. */
export const sdkPaths: readonly string[] = ["/socket.io/", "/socket.io"];

/** The official SDK's socket. Who it is for is said on it, by PROVISION. */
export function sdkSocket() {
  const routes = new Hono<Gated>();
  for (const path of sdkPaths) {
    routes.get(path, async (c) => {
      const call = c.get("call");
      call.operation = "sdkSocket";
      requireUpgrade(c);
      if (c.req.query("EIO") !== "3" || c.req.query("transport") !== "websocket") {
        throw new Fault(400, "EIO must be 3 and transport websocket");
      }
      await limitStranger(call);
      let session: SdkSession | undefined;
      const leave = takePlace(call.address, () => session?.giveWay());
      const { 0: client, 1: server } = new WebSocketPair();
      const visitor = {
        env: c.env,
        url: c.req.url,
        headers: new Headers(c.req.raw.headers),
        waitUntil: (work: Promise<unknown>) => c.executionCtx.waitUntil(work),
        hangUp: () => hangUp(c.executionCtx),
      };
      // It lives by its sockets' events.
      session = new SdkSession(server, {
        ...visitor,
        provision: async (given) => await provision(visitor, given),
        leave,
      });
      call.code = 200;
      return new Response(null, { status: 101, webSocket: client });
    });
    routes.all(path, () => {
      throw new Fault(405, "the method must be one of: GET", { Allow: "GET" });
    });
  }
  return routes;
}
