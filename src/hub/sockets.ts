import { z } from "zod";
import { closeCodes } from "../protocol/closes.ts";
import { noticeFrame, pingPong, welcomeFrame } from "../protocol/frames.ts";
import type { Notice } from "../protocol/notices.ts";

/** What a socket is, for as long as it is: kept in its attachment, so that hibernation changes nothing. */
const Attachment = z.object({
  session: z.string(),
  device_sn: z.int(),
  /** ms since 1970. */
  opened_at: z.int(),
  /** It was told its end: what follows of it is no news. */
  ended: z.boolean(),
});

type Attachment = z.infer<typeof Attachment>;

/** How long a socket may be silent (ms): three pings of 30 s, and some patience. */
export const SILENCE = 95_000;

/** The tag of the sockets of those who watch the user: they are no device's. */
export const WATCHER = "watcher";

const ofSession = (id: string) => `session:${id}`;
const ofDevice = (sn: number) => `device:${sn}`;

/** The open sockets of one user's devices, in the native dialect: JSON text frames. */
export class Sockets {
  readonly #ctx: DurableObjectState;
  /** What others have still to hear. It dies with their sockets. */
  readonly #news: { frame: string; isFor: (deviceSn: number) => boolean }[] = [];

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(pingPong.ping, pingPong.pong));
  }

  /** Takes a socket in for a device's session and welcomes it, as `welcomeFrame` says. */
  accept(socket: WebSocket, session: string, deviceSn: number, expiresAt: number, tokenDead: boolean): void {
    this.#ctx.acceptWebSocket(socket, [ofSession(session), ofDevice(deviceSn)]);
    attach(socket, { session, device_sn: deviceSn, opened_at: Date.now(), ended: false });
    socket.send(welcomeFrame(deviceSn, expiresAt, tokenDead));
  }

  /** True while a device has an open socket. */
  isOnline(deviceSn: number): boolean {
    return this.#open(ofDevice(deviceSn)).length > 0;
  }

  /** True while any device has an open socket. */
  anyOnline(): boolean {
    return this.#open().length > 0;
  }

  /**
   * Ends the sockets of a session: with a notice, where there is one, and the close code. Returns how many were open
   * and how many were handed the notice.
   */
  end(session: string, code: number, notice?: Notice): { open: number; notified: number } {
    const open = this.#open(ofSession(session));
    let notified = 0;
    for (const socket of open) {
      attach(socket, { ...attachmentOf(socket), ended: true });
      if (notice !== undefined && send(socket, noticeFrame(notice, false))) notified++;
      close(socket, code, notice?.event ?? "");
    }
    return { open: open.length, notified };
  }

  /**
   * Has the connected devices hear of something when `tellNews` is called: all but the one it is of, and the one that
   * caused it.
   */
  tellOthers(ofDevice: number | undefined, notice: Notice): void {
    const causer = "device_sn" in notice.by ? notice.by.device_sn : undefined;
    const isFor = (deviceSn: number) => deviceSn !== ofDevice && deviceSn !== causer;
    this.#news.push({ frame: noticeFrame(notice, true), isFor });
  }

  /** Has one device hear a frame when `tellNews` is called, where it is connected. */
  tellDevice(sn: number, frame: string): void {
    this.#news.push({ frame, isFor: (deviceSn) => deviceSn === sn });
  }

  /** True where there is something to say to others. */
  get hasNews(): boolean {
    return this.#news.length > 0;
  }

  /**
   * Says what there is to say to others, in the order in which it happened. It is for after the turn: what a turn says to
   * a device of the device itself, a close frame above all, does not queue behind it.
   */
  tellNews(): void {
    for (const { frame, isFor } of this.#news.splice(0)) {
      const hearers = this.#open().filter((socket) => isFor(attachmentOf(socket).device_sn));
      for (const socket of hearers) send(socket, frame);
    }
  }

  /** When a device was last heard through its socket (ms), 0 where it has none. Pings are answered asleep and timed. */
  lastHeard(deviceSn: number): number {
    return Math.max(0, ...this.#open(ofDevice(deviceSn)).map((socket) => this.#lastHeard(socket)));
  }

  /** Closes sockets that have missed three pings: their peers are gone. Returns their devices. */
  closeSilent(now: number): number[] {
    return this.#open()
      .filter((socket) => this.#lastHeard(socket) + SILENCE <= now)
      .map((socket) => {
        const was = attachmentOf(socket);
        attach(socket, { ...was, ended: true });
        close(socket, closeCodes.silent, "no ping was heard");
        return was.device_sn;
      });
  }

  /** When the next socket may have missed three pings (ms); undefined where none is open. */
  nextSilence(): number | undefined {
    const times = this.#open().map((socket) => this.#lastHeard(socket) + SILENCE);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** What a socket that closed or spoke is; `ended` where it had been told its end. */
  identify(socket: WebSocket): Attachment {
    return attachmentOf(socket);
  }

  /** Closes a socket that sent what no client may send. */
  refuseFrame(socket: WebSocket): void {
    attach(socket, { ...attachmentOf(socket), ended: true });
    close(socket, closeCodes.bad_frame, "only ping is understood");
  }

  #lastHeard(socket: WebSocket): number {
    return heardLast(this.#ctx, socket, attachmentOf(socket).opened_at);
  }

  #open(tag?: string): WebSocket[] {
    const isWatched = tag === undefined && this.#ctx.getWebSockets(WATCHER).length > 0;
    return this.#ctx
      .getWebSockets(tag)
      .filter((socket) => !isWatched || !this.#ctx.getTags(socket).includes(WATCHER))
      .filter((socket) => socket.readyState === WebSocket.OPEN && !attachmentOf(socket).ended);
  }
}

/** Attachments as parsed while the hub is awake; the sockets keep them. */
const parsed = new WeakMap<WebSocket, Attachment>();

function attach(socket: WebSocket, attachment: Attachment): void {
  socket.serializeAttachment(attachment);
  parsed.set(socket, attachment);
}

function attachmentOf(socket: WebSocket): Attachment {
  const known = parsed.get(socket);
  if (known) return known;
  const attachment = Attachment.parse(socket.deserializeAttachment());
  parsed.set(socket, attachment);
  return attachment;
}

/** When a socket that was opened at `openedAt` was heard of last (ms). */
export function heardLast(ctx: DurableObjectState, socket: WebSocket, openedAt: number): number {
  return Math.max(ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0, openedAt);
}

/** Sends a frame; false where the peer is gone. */
export function send(socket: WebSocket, frame: string): boolean {
  try {
    socket.send(frame);
    return true;
  } catch {
    // The peer is gone already: its close event is on the way.
    return false;
  }
}

/** Closes a socket, unless its peer is gone. */
export function close(socket: WebSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch {
    // The peer is gone already: its close event is on the way.
  }
}
