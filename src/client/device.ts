import { type MakeAddress, type Target, checkTarget, composeAddress } from "./address.ts";
import { type Backoff, randomWait } from "./backoff.ts";
import { Emitter } from "./emitter.ts";
import { type DeviceEvents, type Notice, closeCodes, isFinal, isKnown, isRestart } from "./events.ts";
import { type Schedule, withTimeout } from "./schedule.ts";
import { Connection, type OpenSocket, type Patience, type SocketLike } from "./socket.ts";

/** What a client is made of. Times are in ms. */
export interface DeviceClientOptions extends Target {
  /** The token that a sign-in gave. */
  token: string;
  /** How long a welcomed socket rests between pings. Default: 30 s; the service closes one that is silent for 95 s. */
  pingEveryMs?: number;
  /** How soon a ping must be answered, else the socket is given up. Default: 10 s. */
  pongWithinMs?: number;
  /** How soon the welcome must come, else the socket is given up. Default: 10 s. */
  welcomeWithinMs?: number;
  /** The longest wait before the first try to come back; it doubles with every try. Default: 1 s. */
  backoffBaseMs?: number;
  /** The longest wait before any try. Default: 30 s. */
  backoffCapMs?: number;
  /** Numbers from 0 up to, but not including, 1. Default: `Math.random`. */
  random?: () => number;
  /** Default: `setTimeout` and `clearTimeout`. */
  schedule?: Schedule;
  /** Opens a socket. Default: `WebSocket`, which browsers, React Native and Node from 22 on have. */
  openSocket?: OpenSocket;
  /** The class of the sockets, in place of `openSocket`. */
  WebSocket?: new (url: string, protocols: string[]) => SocketLike;
  /** Default: one that needs nothing of its runtime. */
  makeAddress?: MakeAddress;
}

/** How sockets are opened: as the options say, else by the runtime's own WebSocket. */
function opener(options: DeviceClientOptions): OpenSocket {
  if (options.openSocket) return options.openSocket;
  const Socket = options.WebSocket ?? (typeof WebSocket === "undefined" ? undefined : WebSocket);
  if (Socket === undefined) throw new TypeError("there is no WebSocket here: give openSocket in the options");
  return (address, protocols) => new Socket(address, protocols);
}

/**
 * The connection of one device: it hears what the service tells the device, keeps the socket alive, and comes back by
 * itself where the session lives. It stops for good, with `ended`, where the service says so.
 */
export class DeviceClient {
  readonly #address: string;
  readonly #protocols: string[];
  readonly #openSocket: OpenSocket;
  readonly #patience: Patience;
  readonly #backoff: Backoff;
  readonly #random: () => number;
  readonly #schedule: Schedule;
  readonly #emitter: Emitter<DeviceEvents>;
  #connection: Connection | undefined;
  /** Present while a try to come back is waited for. */
  #cancelWait: (() => void) | undefined;
  /** Tries since the last connection that lasted. */
  #attempt = 0;
  /** The notice that told this connection its end. */
  #lastWord: Notice | undefined;

  /**
   * Makes a client that is not connected yet. Throws a TypeError for a URL, app id, token, device id, device name or
   * platform that no service takes, or where there is no WebSocket; a RangeError for a time that no timer can wait for.
   */
  constructor(options: DeviceClientOptions) {
    checkTarget(options);
    this.#address = (options.makeAddress ?? composeAddress)(options);
    // A browser cannot set headers: the token travels as a subprotocol.
    this.#protocols = ["im.v1", `token.${checkToken(options.token)}`];
    this.#openSocket = opener(options);
    this.#patience = {
      pingEveryMs: time("pingEveryMs", options.pingEveryMs ?? 30_000),
      pongWithinMs: time("pongWithinMs", options.pongWithinMs ?? 10_000),
      welcomeWithinMs: time("welcomeWithinMs", options.welcomeWithinMs ?? 10_000),
    };
    this.#backoff = {
      baseMs: time("backoffBaseMs", options.backoffBaseMs ?? 1000),
      capMs: time("backoffCapMs", options.backoffCapMs ?? 30_000),
    };
    this.#random = options.random ?? Math.random;
    const schedule = options.schedule ?? withTimeout;
    this.#schedule = schedule;
    this.#emitter = new Emitter((run) => {
      if (typeof queueMicrotask === "undefined") schedule(run, 0);
      else queueMicrotask(run);
    });
  }

  /** Listens to an event; the function returned stops that. A listener that throws does not hinder the others. */
  on<Name extends keyof DeviceEvents>(name: Name, listener: (event: DeviceEvents[Name]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  /**
   * Connects, also after `close()` and after `ended`. While the client waits to come back it tries at once; while it is
   * connected, or about to be, it does nothing. Throws where the socket cannot be made: a browser refuses a ws URL on an
   * https page.
   */
  connect(): void {
    if (this.#connection) return;
    this.#stopWaiting();
    this.#open();
  }

  /**
   * Looks after the connection now, as an app does that comes to the foreground or back on the net: a try that is waited for is made
   * at once, and a socket that is there is pinged, so that a dead one is given up within `pongWithinMs`. Nothing else changes.
   */
  wake(): void {
    if (this.#connection) this.#connection.check();
    else if (this.#cancelWait) this.connect();
  }

  /** Disconnects, and stays so: nothing is heard any more, `ended` neither. The session lives on. */
  close(): void {
    this.#stopWaiting();
    this.#attempt = 0;
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.leave();
  }

  #open(): void {
    const socket = this.#openSocket(this.#address, this.#protocols);
    this.#lastWord = undefined;
    this.#connection = new Connection(socket, this.#schedule, this.#patience, {
      onWelcome: (welcome) => this.#emitter.emit("welcome", welcome),
      onNotice: (notice) => this.#heard(notice),
      onPong: () => {
        this.#attempt = 0;
      },
      onGone: (close) => this.#gone(close),
    });
  }

  #heard(notice: Notice): void {
    if (!notice.retry) this.#lastWord = notice;
    const connection = this.#connection;
    this.#emitter.emit("notice", notice);
    // A listener may have closed the client.
    if (isKnown(notice) && this.#connection === connection) this.#emitter.emit(notice.event, notice);
  }

  #gone(close: { code: number; reason: string } | undefined): void {
    const welcomed = this.#connection?.welcomed === true;
    this.#connection = undefined;
    if (this.#lastWord || (close && isFinal(close.code))) this.#end(close, this.#lastWord);
    else this.#comeBack(welcomed && close && isRestart(close.code) ? close : undefined);
  }

  /** A notice may have told the end where the wire broke before the close frame. */
  #end(close: { code: number; reason: string } | undefined, notice: Notice | undefined): void {
    this.#attempt = 0;
    const told = close && isFinal(close.code) ? close.code : undefined;
    const code = told ?? 4000 + (notice?.noticeType ?? 0);
    this.#emitter.emit("ended", {
      code,
      reason: notice?.reason ?? close?.reason ?? "",
      ...(notice && { event: notice.event }),
      signInAgain: code === closeCodes.token_expired,
    });
  }

  #comeBack(restart: { code: number; reason: string } | undefined): void {
    const attempt = this.#attempt++;
    const waitMs = randomWait(this.#backoff, attempt, this.#random);
    const cancel = this.#schedule(() => {
      this.#cancelWait = undefined;
      try {
        this.#open();
      } catch {
        // The first socket could be made: that this one cannot is a loss like any other.
        this.#comeBack(undefined);
      }
    }, waitMs);
    this.#cancelWait = cancel;
    if (restart) this.#emitter.emit("server_restart", restart);
    // A listener may have closed the client, or connected it.
    if (this.#cancelWait === cancel) this.#emitter.emit("reconnecting", { attempt, waitMs });
  }

  #stopWaiting(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
  }
}

/** A token as it was given. Throws a TypeError for one with characters that a subprotocol does not take: no sign-in gave it. */
export function checkToken(token: string): string {
  if (/^[A-Za-z0-9._~-]+$/.test(token)) return token;
  throw new TypeError("token must be one that a sign-in gave: URL-safe characters only");
}

/** A time (ms) that a timer can wait for. */
function time(name: string, value: number): number {
  if (value > 0 && value < 2 ** 31) return value;
  throw new RangeError(`${name} must be above 0 and below 2^31, in ms`);
}
