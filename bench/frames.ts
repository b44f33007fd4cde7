import { randomBytes } from "node:crypto";
import { type Socket, connect } from "node:net";

/**
 * A device that sees frames: the WebSocket clients at hand report a close only when the connection ends, and what is
 * measured is the close frame itself (RFC 6455; the server's frames are unmasked and short).
 */
export class FrameSocket {
  readonly #socket: Socket;
  #buffer = Buffer.alloc(0);
  #isOpen = false;
  #onMessage: (() => void) | undefined;
  #onClose: ((code: number) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", () => this.#onClose?.(1006));
    socket.on("close", () => this.#onClose?.(1006));
  }

  /** Connects; returns when the first message has come. */
  static async open(url: URL, protocols: string[]): Promise<FrameSocket> {
    const socket = connect(Number(url.port), url.hostname);
    const opened = new FrameSocket(socket);
    const first = new Promise<void>((resolve, reject) => {
      opened.#onMessage = resolve;
      opened.#onClose = (code) => reject(new Error(`a socket did not open: ${code}`));
    });
    const lines = [
      `GET ${url.pathname}${url.search} HTTP/1.1`,
      `Host: ${url.host}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
      ...(protocols.length > 0 ? [`Sec-WebSocket-Protocol: ${protocols.join(", ")}`] : []),
    ];
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    await first;
    opened.#onClose = undefined;
    return opened;
  }

  /** The code of the close frame, when it comes. */
  closed(): Promise<number> {
    return new Promise((resolve) => {
      this.#onClose = resolve;
    });
  }

  ping(): void {
    this.#send(1, Buffer.from("ping"));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #send(opcode: number, payload: Buffer): void {
    const mask = randomBytes(4);
    const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
    this.#socket.write(Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length]), mask, masked]));
  }

  #read(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    if (!this.#isOpen) {
      const end = this.#buffer.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.#isOpen = this.#buffer.subarray(0, end).toString().startsWith("HTTP/1.1 101");
      this.#buffer = this.#buffer.subarray(end + 4);
      if (!this.#isOpen) this.#socket.destroy();
    }
    while (this.#buffer.length >= 2) {
      const opcode = (this.#buffer[0] ?? 0) & 0x0f;
      const short = (this.#buffer[1] ?? 0) & 0x7f;
      const start = short === 126 ? 4 : 2;
      if (this.#buffer.length < start) return;
      const length = short === 126 ? this.#buffer.readUInt16BE(2) : short;
      if (this.#buffer.length < start + length) return;
      const payload = this.#buffer.subarray(start, start + length);
      this.#buffer = this.#buffer.subarray(start + length);
      if (opcode === 8) {
        this.#onClose?.(length >= 2 ? payload.readUInt16BE(0) : 1005);
        this.#onClose = undefined;
        this.#socket.end();
      } else this.#onMessage?.();
    }
  }
}
