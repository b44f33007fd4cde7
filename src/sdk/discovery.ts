import { Hono } from "hono";
import type { Gated } from "../http/gate.ts";

/**
 * Where the official SDK asks which hosts serve it: this one does, as the client reached it. After trouble the SDK asks
 * a longer path with the same beginning.
 */
export function discovery() {
  const routes = new Hono<Gated>();
  routes.get("/v2/:path{app_dns.*}", (c) => {
    const call = c.get("call");
    call.operation = "discover";
    call.code = 200;
    const url = new URL(c.req.url);
    const here = { protocol: url.protocol.replace(":", ""), host: url.host };
    const cluster = { ratel: [{ ...here, ip_list: [] }], webim: [here], rtc: [here] };
    // Not the envelope of the API: the SDK reads this before it knows that there is one.
    return c.json({
      code: 200,
      data: {
        version: 1,
        app_status: "",
        account_verification: {},
        dns_server_list: [],
        link_server_list: [],
        dns_list: [{ group_level: 0, clusters: [cluster] }],
      },
    });
  });
  return routes;
}
