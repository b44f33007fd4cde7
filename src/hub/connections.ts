import { endTold } from "../domain/gates/session.ts";
import { isClosingReason } from "../protocol/closes.ts";
import { closeAtOnce, seatedHeader, upgradeHeaders } from "../protocol/upgrade.ts";
import { connectHeader, parseConnectOrder, parseWatchOrder, watchHeader } from "./contract.ts";
import type { Entry } from "./entry.ts";
import type { Pictures } from "./picture.ts";
import type { Presence } from "./presence.ts";
import type { Sockets } from "./sockets.ts";
import type { Turns } from "./turns.ts";
import type { Watchers } from "./watchers.ts";

/** What of the hub has part in connections. */
interface Parts {
  entry: Entry;
  pictures: Pictures;
  presence: Presence;
  sockets: Sockets;
  turns: Turns;
  watchers: Watchers;
}

/** The sockets of a hub as they come, speak and go: those of devices, and those of staff who watch. */
export class Connections {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Connects a device: the order travels in a header, as a socket cannot travel by RPC. A token that is no good is told
   * by the close code, all else by a JSON refusal in place of the upgrade.
   */
  async open(request: Request): Promise<Response> {
    const { entry, turns } = this.#parts;
    const watch = request.headers.get(watchHeader);
    if (watch !== null) return this.#watch(watch);
    const order = parseConnectOrder(request.headers.get(connectHeader));
    const headers = upgradeHeaders(order.subprotocol);
    const now = Date.now();
    const admitted = entry.admit({ session: order.session, from: order.from }, now);
    if (!admitted.ok) {
      if (!isClosingReason(admitted.reason)) return Response.json(admitted);
      // The code is that of any dead token; the reason tells apart a user who may not come back at all.
      const { reason } = endTold(admitted, entry.barred(now)?.reason === "user_disabled");
      return closeAtOnce(isClosingReason(reason) ? reason : admitted.reason, headers);
    }
    const connected = await turns.take(() => entry.connect(admitted, order, now));
    if (!connected.ok) return Response.json(connected);
    if (admitted.session?.device_sn === null) headers.set(seatedHeader, "1");
    return new Response(null, { status: 101, webSocket: connected.socket, headers });
  }

  /** Lets staff watch the user. */
  #watch(header: string): Response {
    const { pictures, turns, watchers } = this.#parts;
    const { acting, subprotocol } = parseWatchOrder(header);
    const admitted = pictures.admit(acting);
    if (!admitted.ok) return Response.json(admitted);
    const { 0: client, 1: server } = new WebSocketPair();
    watchers.accept(server, acting.token.id);
    turns.watched();
    return new Response(null, { status: 101, webSocket: client, headers: upgradeHeaders(subprotocol) });
  }

  /** A frame came that the platform has not answered itself: no client may send it. */
  async hear(socket: WebSocket): Promise<void> {
    const { sockets, watchers } = this.#parts;
    if (watchers.owns(socket)) return watchers.refuseFrame(socket);
    const { device_sn, ended } = sockets.identify(socket);
    if (ended) return;
    sockets.refuseFrame(socket);
    await this.#left(device_sn);
  }

  /** A socket went of its own accord, or broke. */
  async closed(socket: WebSocket): Promise<void> {
    const { sockets, watchers } = this.#parts;
    if (watchers.owns(socket)) return;
    const { device_sn, ended } = sockets.identify(socket);
    if (!ended) await this.#left(device_sn);
  }

  /** A device has lost a socket: there is something to settle where it was the last one. */
  async #left(sn: number): Promise<void> {
    const { presence, turns } = this.#parts;
    await turns.take(
      () => presence.lostSocket(sn, Date.now()),
      (isOffline) => isOffline,
    );
  }
}
