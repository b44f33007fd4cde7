import { type Notice, type Welcome, parseFrame } from "./events.ts";
import type { Schedule } from "./schedule.ts";

/** As much of a WebSocket as the client uses: the browser's and Node's are such. */
export interface SocketLike {
  send(text: string): void;
  close(code?: number): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(
    type: "close",
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
  removeEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  removeEventListener(
    type: "close",
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
}

/** Opens a socket at an address, offering subprotocols. */
export type OpenSocket = (address: string, protocols: string[]) => SocketLike;

/** When a socket is given up (ms). */
export interface Patience {
  pingEveryMs: number;
  pongWithinMs: number;
  welcomeWithinMs: number;
}

/** What the owner of a connection hears. */
export interface Hearer {
  onWelcome(welcome: Welcome): void;
  onNotice(notice: Notice): void;
  /** The connection has proved itself: a ping after the welcome was answered. */
  onPong(): void;
  /** The last thing heard, and once: by a close frame or a broken wire, or undefined where the socket was given up. */
  onGone(close: { code: number; reason: string } | undefined): void;
}

/**
 * One socket, from its opening to its end. It pings a welcomed socket and gives up one that is silent. A socket that has
 * been left or given up is not listened to any more, whatever it still does.
 */
export class Connection {
  /** The service has taken the device in. */
  welcomed = false;
  /** A ping is out, and its answer is waited for. */
  #isPinged = false;
  readonly #socket: SocketLike;
  readonly #schedule: Schedule;
  readonly #patience: Patience;
  readonly #hearer: Hearer;
  /** Cancels the one timer that runs: for the welcome, the next ping or the pong. */
  #cancel: () => void;

  constructor(socket: SocketLike, schedule: Schedule, patience: Patience, hearer: Hearer) {
    this.#socket = socket;
    this.#schedule = schedule;
    this.#patience = patience;
    this.#hearer = hearer;
    socket.addEventListener("message", this.#onMessage);
    socket.addEventListener("close", this.#onClose);
    this.#cancel = schedule(this.#giveUp, patience.welcomeWithinMs);
  }

  /** Closes the socket and hears no more of it. */
  leave(): void {
    this.#detach();
    try {
      this.#socket.close(1000);
    } catch {
      // Some sockets throw where they are not open yet.
    }
  }

  /** Pings now, so that a socket that is dead is found out soon. One that is not welcomed yet is waited for anyway. */
  check(): void {
    if (!this.welcomed || this.#isPinged) return;
    this.#cancel();
    this.#ping();
  }

  readonly #onMessage = (event: { readonly data: unknown }): void => {
    const frame = parseFrame(event.data);
    switch (frame.type) {
      case "welcome":
        if (this.welcomed) return;
        this.welcomed = true;
        this.#pingLater();
        this.#hearer.onWelcome(frame.welcome);
        return;
      case "notice":
        this.#hearer.onNotice(frame.notice);
        return;
      case "pong":
        if (!this.welcomed) return;
        this.#pingLater();
        this.#hearer.onPong();
        return;
      case "unknown":
        return;
      default:
        frame satisfies never;
    }
  };

  readonly #onClose = ({ code, reason }: { readonly code: number; readonly reason: string }): void => {
    this.#detach();
    this.#hearer.onGone({ code, reason });
  };

  readonly #giveUp = (): void => {
    this.leave();
    this.#hearer.onGone(undefined);
  };

  #pingLater(): void {
    this.#cancel();
    this.#isPinged = false;
    this.#cancel = this.#schedule(() => this.#ping(), this.#patience.pingEveryMs);
  }

  #ping(): void {
    this.#isPinged = true;
    this.#cancel = this.#schedule(this.#giveUp, this.#patience.pongWithinMs);
    this.#socket.send("ping");
  }

  #detach(): void {
    this.#cancel();
    this.#socket.removeEventListener("message", this.#onMessage);
    this.#socket.removeEventListener("close", this.#onClose);
  }
}
