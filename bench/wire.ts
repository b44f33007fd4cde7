import { type Socket, connect } from "node:net";

/** A request as it is sent. */
export interface Sent {
  method: string;
  path: string;
  headers?: Record<string, string>;
  json?: unknown;
}

/**
 * A connection that is kept and takes one request at a time. It does the least that HTTP/1.1 asks of a client, as whoever
 * measures shares the machine with what is measured.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #host: string;
  #answer = Buffer.alloc(0);
  #done: ((answer: string) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", (error) => this.#failed?.(error));
    socket.on("close", () => this.#failed?.(new Error("the connection was closed")));
  }

  static async open(origin: string): Promise<Connection> {
    const { hostname, port, host } = new URL(origin);
    return await new Promise((resolve, reject) => {
      const socket: Socket = connect(Number(port), hostname, () => resolve(new Connection(socket, host)));
      socket.once("error", reject);
    });
  }

  /** Sends a request; returns the answer as it came, head and body. */
  async send({ method, path, headers = {}, json }: Sent): Promise<string> {
    const body = json === undefined ? "" : JSON.stringify(json);
    const lines = Object.entries({
      host: this.#host,
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(body)),
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    return await new Promise((resolve, reject) => {
      this.#done = resolve;
      this.#failed = reject;
      this.#socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
    });
  }

  close(): void {
    this.#failed = undefined;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#answer = this.#answer.length === 0 ? chunk : Buffer.concat([this.#answer, chunk]);
    const head = this.#answer.indexOf("\r\n\r\n");
    if (head < 0 || !this.#isWhole(head)) return;
    const answer = this.#answer.toString();
    this.#answer = Buffer.alloc(0);
    this.#done?.(answer);
  }

  #isWhole(head: number): boolean {
    const text = this.#answer.toString("latin1", 0, head);
    const length = /^content-length: *(\d+)$/im.exec(text)?.[1];
    if (length !== undefined) return this.#answer.length >= head + 4 + Number(length);
    if (!/^transfer-encoding: *chunked$/im.test(text)) throw new Error(`no length in ${text}`);
    return this.#answer.subarray(-5).toString() === "0\r\n\r\n";
  }
}

/** Sends a request that must succeed, as the body says; returns the answer. */
export async function succeed(connection: Connection, sent: Sent): Promise<string> {
  const answer = await connection.send(sent);
  if (!answer.includes('"code":200')) throw new Error(`${sent.method} ${sent.path}: ${answer}`);
  return answer;
}

/** Does something `count` times, eight at a time. */
export async function atOnce(count: number, work: (index: number) => Promise<void>): Promise<void> {
  const all = Array.from({ length: count }, (_, index) => index).values();
  const worker = async () => {
    for (const index of all) await work(index);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}
