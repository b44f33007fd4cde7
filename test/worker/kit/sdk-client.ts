import { exports } from "cloudflare:workers";
import { type Fetch, type Session, origin } from "./client.ts";
import type { Closed } from "./socket.ts";

/**
 * The official SDK's side of its socket, written by hand from what is known of its wire: nothing here is shared with the
 * service.
 */

/** A value of a protobuf field as it is written: a varint, or bytes of a length. */
type Value = number | bigint | boolean | string | Uint8Array;

/** Fields by their number, in the order to be written; a number may come again. */
export type Fields = readonly (readonly [number: number, value: Value])[];

const encoder = new TextEncoder();

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    const low = Number(rest & 127n);
    if (rest < 128n) return [...bytes, low];
    bytes.push(low | 128);
  }
}

/** Writes a protobuf message. */
export function encode(fields: Fields): Uint8Array {
  const bytes: number[] = [];
  for (const [number, value] of fields) {
    const isPlain = typeof value === "number" || typeof value === "bigint" || typeof value === "boolean";
    bytes.push(...varint(BigInt(number * 8 + (isPlain ? 0 : 2))));
    if (isPlain) {
      bytes.push(...varint(BigInt(value)));
      continue;
    }
    const content = typeof value === "string" ? encoder.encode(value) : value;
    bytes.push(...varint(BigInt(content.length)), ...content);
  }
  return Uint8Array.from(bytes);
}

/** A protobuf message that was read. A field that is not there reads as 0, "" or an empty message. */
export class Message {
  readonly #fields = new Map<number, (bigint | Uint8Array)[]>();

  constructor(bytes: Uint8Array) {
    let at = 0;
    const next = (): bigint => {
      let value = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = bytes[at++];
        if (byte === undefined) throw new Error("the message ends within a number");
        value |= BigInt(byte & 127) << shift;
        if (byte < 128) return value;
      }
    };
    while (at < bytes.length) {
      const tag = Number(next());
      const known = this.#fields.get(tag >> 3) ?? [];
      this.#fields.set(tag >> 3, known);
      if ((tag & 7) === 0) known.push(next());
      else if ((tag & 7) === 2) {
        const length = Number(next());
        known.push(bytes.slice(at, at + length));
        at += length;
      } else throw new Error(`wire type ${tag & 7} is not expected`);
    }
  }

  has(number: number): boolean {
    return this.#fields.has(number);
  }

  number(number: number): number {
    const value = this.#fields.get(number)?.[0] ?? 0n;
    if (typeof value !== "bigint") throw new Error(`field ${number} is no number`);
    return Number(value);
  }

  bytes(number: number): Uint8Array {
    return this.all(number)[0] ?? new Uint8Array();
  }

  text(number: number): string {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.bytes(number));
  }

  message(number: number): Message {
    return new Message(this.bytes(number));
  }

  /** A message that must be there: the SDK reads a field of it without looking, and dies where it is not. */
  needed(number: number): Message {
    if (!this.has(number)) throw new Error(`the message has no field ${number}`);
    return this.message(number);
  }

  /** The values of a repeated field. */
  all(number: number): Uint8Array[] {
    return (this.#fields.get(number) ?? []).map((value) => {
      if (typeof value === "bigint") throw new Error(`field ${number} is a number`);
      return value;
    });
  }
}

export const commands = { unread: 0, sync: 1, notice: 2, provision: 3 } as const;

/** The text that announces an attachment. */
export const announcement = '451-["frame",{"_placeholder":true,"num":0}]';

/** A Frame around a payload; further fields may be added. */
export function frame(command: number, payload: Uint8Array, more: Fields = []): Uint8Array {
  return encode([[1, 3], [2, 0], [3, command], [4, payload], ...more]);
}

/** The binary message that carries an attachment. */
export function attached(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([4, ...bytes]);
}

/** What a PROVISION says besides the token. */
export interface ProvisionFacts {
  uid?: number | bigint;
  osType?: number;
  guid?: string;
  info?: string;
}

/** The payload of a PROVISION, with the fields that the SDK fills. */
export function provisionPayload(token: string, facts: ProvisionFacts = {}): Uint8Array {
  const { uid, osType = 6, guid, info } = facts;
  return encode([
    ...(uid === undefined ? [] : ([[2, encode([[1, uid]])]] as const)),
    [5, ""],
    [6, token],
    [7, osType],
    [8, "3.0.0"],
    [9, true],
    ...(guid === undefined ? [] : ([[10, guid]] as const)),
    [11, "none"],
    [12, ""],
    ...(info === undefined ? [] : ([[13, info]] as const)),
    [14, 1_700_000_000_000n],
  ]);
}

/** The answer to a PROVISION. */
export interface ProvisionAnswer {
  code: number;
  reason: string;
  uid: number;
  deviceSn: number;
}

/** A notice as the SDK reads it. */
export interface Notice {
  type: number;
  id: number;
  at: number;
  from: { uid: number; deviceSn: number };
  to: { uid: number; deviceSn: number };
  /** The user whom the SyncDL says that it is about. */
  about: { uid: number; deviceSn: number };
}

/** Fails where the SDK, as published in 3.0.0, would die of a frame: of each it reads what is needed here. */
function readAsTheSdk(command: number, payload: Message): void {
  if (command === commands.provision && payload.needed(1).number(1) === 1) payload.needed(2).number(2);
  if (command !== commands.sync) return;
  payload.needed(1).number(1);
  payload.needed(4).number(1);
  for (const meta of payload.all(2).map((each) => new Message(each))) {
    if (meta.number(5) === 4) meta.needed(6).number(1);
  }
}

function xid(message: Message): { uid: number; deviceSn: number } {
  return { uid: message.number(1), deviceSn: message.number(2) };
}

/** Reads what a SyncDL with one notice says; fails for any other. */
function readNotice(payload: Message): Notice {
  const metas = payload.all(2).map((each) => new Message(each));
  const [meta] = metas;
  if (!meta || metas.length > 1) throw new Error(`${metas.length} metas came in place of a notice`);
  if (payload.message(1).number(1) !== 1 || meta.number(5) !== 4) throw new Error("the meta is no notice");
  return {
    type: meta.message(6).number(1),
    id: meta.number(1),
    at: meta.number(4),
    from: xid(meta.message(2)),
    to: xid(meta.message(3)),
    about: xid(payload.needed(4)),
  };
}

const unsubscribed = () => undefined;

/** A socket as the SDK has it: what it hears comes out in order, each waited for. */
export class SdkClient {
  readonly #socket: WebSocket;
  readonly #heard: (string | Uint8Array)[] = [];
  #listener: () => void = unsubscribed;
  #closed: Closed | undefined;

  /** One that is `rude` answers no close. */
  constructor(socket: WebSocket, rude = false) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") this.#heard.push(data);
      else if (data instanceof ArrayBuffer) this.#heard.push(new Uint8Array(data));
      else throw new Error("a message is neither a text nor bytes");
      this.#listener();
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.#closed = { code, reason };
      this.#listener();
    });
    socket.accept({ allowHalfOpen: rude });
  }

  /** The next message. */
  async message(): Promise<string | Uint8Array> {
    for (;;) {
      const heard = this.#heard.shift();
      if (heard !== undefined) return heard;
      if (this.#closed) throw new Error(`closed with ${this.#closed.code} while a message was waited for`);
      await this.#change();
    }
  }

  /** The next message, which must be a text. */
  async text(): Promise<string> {
    const message = await this.message();
    if (typeof message !== "string") throw new Error("bytes came in place of a text");
    return message;
  }

  /** The next frame: its announcement and its attachment. */
  async frame(): Promise<{ vsn: number; command: number; payload: Message }> {
    const text = await this.text();
    if (text !== announcement) throw new Error(`${text} came in place of a frame`);
    const message = await this.message();
    if (typeof message === "string" || message[0] !== 4) throw new Error("no attachment came");
    const read = new Message(message.slice(1));
    if (read.number(2) !== 0 || read.number(5) !== 0) throw new Error("the frame is compressed or encrypted");
    const answer = { vsn: read.number(1), command: read.number(3), payload: read.message(4) };
    readAsTheSdk(answer.command, answer.payload);
    return answer;
  }

  /** The payload of the next frame, which must be of that command. */
  async payload(command: number): Promise<Message> {
    const read = await this.frame();
    if (read.command !== command) throw new Error(`command ${read.command} came in place of ${command}`);
    return read.payload;
  }

  /** The answer to a PROVISION, which must come next. */
  async provisioned(): Promise<ProvisionAnswer> {
    const payload = await this.payload(commands.provision);
    const status = payload.message(1);
    return { code: status.number(1), reason: status.text(2), ...xid(payload.message(2)) };
  }

  /** Asks to be let in. */
  async provision(token: string, facts: ProvisionFacts = {}): Promise<ProvisionAnswer> {
    this.sendFrame(frame(commands.provision, provisionPayload(token, facts)));
    return await this.provisioned();
  }

  /** The next frame, which must be a notice of that type. */
  async notice(type: number): Promise<Notice> {
    const notice = readNotice(await this.payload(commands.sync));
    if (notice.type !== type) throw new Error(`a notice of type ${notice.type} came in place of ${type}`);
    return notice;
  }

  /** The status of an UNREAD. */
  async unread(): Promise<number> {
    this.sendFrame(frame(commands.unread, new Uint8Array()));
    return (await this.payload(commands.unread)).message(1).number(1);
  }

  /** The answer to a SYNC. */
  async sync(uid?: number): Promise<Message> {
    this.sendFrame(
      frame(
        commands.sync,
        encode([...(uid === undefined ? [] : ([[1, encode([[1, uid]])]] as const)), [2, 0], [4, false]]),
      ),
    );
    return await this.payload(commands.sync);
  }

  /** A round trip: all that was sent to the client before is heard when it returns. */
  async ping(): Promise<void> {
    this.send("2");
    const before: (string | Uint8Array)[] = [];
    for (;;) {
      const message = await this.message();
      if (message === "3") break;
      before.push(message);
    }
    this.#heard.unshift(...before);
  }

  /** The types of the notices that were heard and not read, after a round trip. */
  async unreadNotices(): Promise<number[]> {
    await this.ping();
    const types: number[] = [];
    while (this.#heard.length > 0) types.push(readNotice(await this.payload(commands.sync)).type);
    return types;
  }

  /** How the socket ends, once it has; messages before that stay to be read. */
  async closed(): Promise<Closed> {
    while (!this.#closed) await this.#change();
    return this.#closed;
  }

  /** What was heard and not yet read. */
  get heard(): readonly (string | Uint8Array)[] {
    return this.#heard;
  }

  send(message: string | Uint8Array): void {
    this.#socket.send(message);
  }

  sendFrame(bytes: Uint8Array): void {
    this.send(announcement);
    this.send(attached(bytes));
  }

  close(): void {
    this.#socket.close(1000, "");
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#listener = resolve;
    });
  }
}

const worker: Fetch = (request) => exports.default.fetch(request);

/** Where the SDK connects. */
export const sdkPath = "/socket.io/?EIO=3&transport=websocket";

/** Asks for a socket as the SDK does. */
export async function sdkUpgrade(
  headers: Record<string, string> = {},
  fetch: Fetch = worker,
  path = sdkPath,
): Promise<Response> {
  const sent = { headers: { Upgrade: "websocket", ...headers } };
  return await fetch(new Request(new URL(path, origin), sent));
}

/** Opens a socket; the two opening packets have been read when it returns. One that is `rude` answers no close. */
export async function sdkOpen(
  headers: Record<string, string> = {},
  fetch?: Fetch,
  rude = false,
): Promise<SdkClient> {
  const response = await sdkUpgrade(headers, fetch);
  if (!response.webSocket) throw new Error(`no socket: ${await response.text()}`);
  const client = new SdkClient(response.webSocket, rude);
  await client.text();
  await client.text();
  return client;
}

/** Connects a session's device as the SDK does, and fails where it is not let in. */
export async function sdkConnect(session: Session, facts: ProvisionFacts = {}): Promise<SdkClient> {
  const client = await sdkOpen();
  const answer = await client.provision(session.token, { uid: session.userId, ...facts });
  if (answer.code !== 1) throw new Error(`status ${answer.code}: ${answer.reason}`);
  return client;
}
