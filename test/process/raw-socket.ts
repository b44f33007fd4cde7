import { randomBytes } from "node:crypto";
import { type Socket, connect } from "node:net";

/** Opcodes of WebSocket frames (RFC 6455, 5.2). */
const opcodes = { text: 1, close: 8 } as const;

/** How long something is waited for (ms). */
const PATIENCE = 20_000;

/** A WebSocket of bare frames: it can send what no library sends, and answers nothing by itself. */
export class RawSocket {
  /** The status of the answer to the upgrade. */
  readonly status: Promise<number>;
  readonly #socket: Socket;
  readonly #texts: string[] = [];
  #bytes = Buffer.alloc(0);
  #status: number | undefined;
  #closedWith: number | undefined;
  #hasEnded = false;
  #wake: () => void = () => undefined;

  constructor(url: URL, headers: Record<string, string> = {}) {
    this.#socket = connect(Number(url.port), url.hostname);
    const sent = {
      Host: url.host,
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
      ...headers,
    };
    const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#socket.write(`GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join("")}\r\n`);
    this.#socket.on("data", (bytes: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      this.#readHead();
      while (this.#readFrame());
      this.#wake();
    });
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => {
      this.#hasEnded = true;
      this.#wake();
    });
    this.status = this.#once("the answer", () => this.#status);
  }

  /** The next text. */
  async text(): Promise<string> {
    return await this.#once("a text", () => this.#texts.shift());
  }

  /** The code of the server's close frame, which is not answered. */
  async closedWith(): Promise<number> {
    return await this.#once("a close frame", () => this.#closedWith);
  }

  /** Returns once the connection itself has ended. */
  async ended(): Promise<void> {
    await this.#once("the end of the connection", () => (this.#hasEnded ? true : undefined));
  }

  send(text: string): void {
    this.#write(opcodes.text, Buffer.from(text));
  }

  close(code: number, reason: string): void {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.#write(opcodes.close, Buffer.concat([payload, Buffer.from(reason)]));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Sends a frame of less than 126 bytes, under a mask of zeros. */
  #write(opcode: number, payload: Buffer): void {
    const head = Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]);
    this.#socket.write(Buffer.concat([head, payload]));
  }

  #readHead(): void {
    const end = this.#bytes.indexOf("\r\n\r\n");
    if (this.#status !== undefined || end < 0) return;
    this.#status = Number(this.#bytes.toString("latin1", 0, end).split(" ")[1]);
    this.#bytes = this.#bytes.subarray(end + 4);
  }

  /** Reads a frame of less than 64 KiB; false where it is not there yet. */
  #readFrame(): boolean {
    const [first, second] = this.#bytes;
    if (this.#status === undefined || first === undefined || second === undefined) return false;
    const isLong = (second & 127) === 126;
    const start = isLong ? 4 : 2;
    if (this.#bytes.length < start) return false;
    const end = start + (isLong ? this.#bytes.readUInt16BE(2) : second & 127);
    if (this.#bytes.length < end) return false;
    const payload = this.#bytes.subarray(start, end);
    this.#bytes = this.#bytes.subarray(end);
    if ((first & 15) === opcodes.text) this.#texts.push(payload.toString());
    if ((first & 15) === opcodes.close) this.#closedWith = payload.readUInt16BE();
    return true;
  }

  async #once<T>(what: string, take: () => T | undefined): Promise<T> {
    const deadline = AbortSignal.timeout(PATIENCE);
    for (;;) {
      const taken = take();
      if (taken !== undefined) return taken;
      if (deadline.aborted) throw new Error(`${what} did not come`);
      await new Promise<void>((wake) => {
        this.#wake = wake;
        deadline.addEventListener("abort", () => wake(), { once: true });
      });
    }
  }
}
