import { Failure } from "./failure.ts";

/** A signal asked for the end: the process ends by it once all is put in order. */
export class Interrupted extends Failure {
  override readonly name = "Interrupted";
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals, message: string) {
    super(message);
    this.signal = signal;
  }
}

/** What comes so soon after the first (ms) is the first: a terminal signals npx as well, which passes it on. */
const SAME = 1_000;

/** Signals as two wishes: the first to end when what is under way is done, the second to end now. */
export class Interrupts {
  readonly #halt = new AbortController();
  readonly #abort = new AbortController();
  readonly #hear: (signal: NodeJS.Signals) => void;
  /** The signal that came first. */
  first: NodeJS.Signals | undefined;

  constructor(onFirst: () => void) {
    let firstAt = 0;
    this.#hear = (signal) => {
      if (this.first !== undefined) {
        if (performance.now() > firstAt + SAME) this.#abort.abort();
        return;
      }
      this.first = signal;
      firstAt = performance.now();
      this.#halt.abort();
      onFirst();
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, this.#hear);
  }

  get halt(): AbortSignal {
    return this.#halt.signal;
  }

  get abort(): AbortSignal {
    return this.#abort.signal;
  }

  /** Signals do what they do to any process. */
  end(): void {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, this.#hear);
  }
}
