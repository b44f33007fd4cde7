import { type Frame, pingPong, readFrame } from "../protocol/frames.ts";

/** What is heard of a native socket: its frames, and how it ended. */
export type Heard = Frame | { type: "closed"; code: number; reason: string };

/** A device's socket in the native dialect, from the device's side. Nothing is lost that comes before somebody listens. */
export class NativeSocket {
  readonly #socket: WebSocket;
  readonly #waiting: Heard[] = [];
  #listener: ((heard: Heard) => void) | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const frame = readFrame(data);
      if (frame) this.#hear(frame);
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.#hear({ type: "closed", code, reason });
    });
    socket.addEventListener("error", () => {
      this.#hear({ type: "closed", code: 1006, reason: "" });
    });
    socket.accept();
  }

  /** What is heard next. */
  async next(): Promise<Heard> {
    return await new Promise((resolve) => {
      this.listen((heard) => {
        this.#listener = undefined;
        resolve(heard);
      });
    });
  }

  /** Hands over what was heard and not taken, and all that follows. */
  listen(listener: (heard: Heard) => void): void {
    this.#listener = listener;
    while (this.#listener) {
      const heard = this.#waiting.shift();
      if (!heard) return;
      this.#listener(heard);
    }
  }

  /** Shows the hub that the device is there: it notes that asleep. */
  ping(): void {
    this.#try(() => this.#socket.send(pingPong.ping));
  }

  close(): void {
    this.#try(() => this.#socket.close(1000, ""));
  }

  #hear(heard: Heard): void {
    if (this.#listener) this.#listener(heard);
    else this.#waiting.push(heard);
  }

  #try(work: () => void): void {
    try {
      work();
    } catch {
      // It is closed already: that is heard, or on its way.
    }
  }
}
