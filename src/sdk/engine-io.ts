/**
 * The framing of the official SDK's socket: Engine.IO 3 and Socket.IO 2, over a WebSocket only. A text begins with the
 * digit of its Engine.IO type, and a message (4) with the digit of its Socket.IO type after it. An application's message
 * is a pair: a text that announces one binary attachment, and that attachment.
 */

/** How often the client pings (ms), and how long after that it takes a silent server for dead. */
const PING_INTERVAL = 25_000;
const PING_TIMEOUT = 20_000;

/** The type of an Engine.IO message, as the first byte of a binary one. */
const MESSAGE = 4;

const announcement = '451-["frame",{"_placeholder":true,"num":0}]';

/** What a text of the client is. */
export type Packet =
  /** `data` is to be given back. */
  | { kind: "ping"; data: string }
  /** The next message is the attachment. */
  | { kind: "announcement" }
  | { kind: "goodbye" }
  /** Well formed, and nothing that is done here. `isMessage` where it may not stand before a due attachment. */
  | { kind: "other"; isMessage: boolean };

/** What a new socket is sent: that it is open, and that its namespace is joined. */
export function openingPackets(sid: string): readonly string[] {
  const opening = { sid, upgrades: [], pingInterval: PING_INTERVAL, pingTimeout: PING_TIMEOUT };
  return [`0${JSON.stringify(opening)}`, "40"];
}

/** The answer to a ping. */
export function pong(data: string): string {
  return `3${data}`;
}

/** Reads a text of the client; undefined where it is none of the protocol's. */
export function readPacket(text: string): Packet | undefined {
  const rest = text.slice(1);
  switch (text.charAt(0)) {
    case "1":
      return { kind: "goodbye" };
    case "2":
      return { kind: "ping", data: rest };
    case "3":
    case "5":
    case "6":
      return { kind: "other", isMessage: false };
    case "4":
      return readMessage(rest);
    default:
      return undefined;
  }
}

function readMessage(text: string): Packet | undefined {
  switch (text.charAt(0)) {
    case "1":
      return { kind: "goodbye" };
    case "0":
    case "2":
    case "3":
    case "4":
      return { kind: "other", isMessage: true };
    case "5":
      return isAnnouncement(text) ? { kind: "announcement" } : undefined;
    default:
      return undefined;
  }
}

/** True for the event `frame` with one attachment, however its JSON is spaced and ordered. */
function isAnnouncement(text: string): boolean {
  const json = /^51-(\[.*\])$/s.exec(text)?.[1];
  if (json === undefined) return false;
  try {
    const event: unknown = JSON.parse(json);
    if (!Array.isArray(event) || event.length !== 2 || event[0] !== "frame") return false;
    const place: unknown = event[1];
    return typeof place === "object" && place !== null && "num" in place && place.num === 0;
  } catch {
    return false;
  }
}

/** Takes an attachment out of its binary message; undefined where that is none. */
export function readAttachment(message: Uint8Array): Uint8Array | undefined {
  return message[0] === MESSAGE ? message.subarray(1) : undefined;
}

/** The two messages that carry an application's message. */
export function attachmentMessages(frame: Uint8Array): readonly [string, Uint8Array] {
  const message = new Uint8Array(frame.length + 1);
  message[0] = MESSAGE;
  message.set(frame, 1);
  return [announcement, message];
}
