import { type ChildProcess, spawn } from "node:child_process";

/**
 * The command waits for nothing; beside it a watcher waits for the end of this process, which closes the other end of its
 * pipe however it ends, and then ends the group.
 */
const watched = '(read -r end <&3; kill -KILL 0) & exec "$@" 3<&-';

/** How long a command that was asked to end may take (ms). */
const PATIENCE = 5_000;

/** A command and all that it starts, in a process group of its own: no part of it outlives the command or this process. */
export class ProcessGroup {
  /** The command has ended, and so has all that it started. Its exit code; 1 where a signal ended it. */
  readonly ended: Promise<number>;
  /** What it printed, where that was asked for. */
  printed = "";
  #isRunning = true;
  readonly #child: ChildProcess;

  /** Starts it; `isSilent` keeps what it prints to itself. */
  constructor(command: string[], env: NodeJS.ProcessEnv, isSilent = false) {
    const output = isSilent ? "pipe" : "inherit";
    const child = spawn("sh", ["-c", watched, "sh", ...command], {
      detached: true,
      env,
      stdio: ["ignore", output, output, "pipe"],
    });
    const read = (chunk: Buffer) => (this.printed += chunk.toString());
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    this.#child = child;
    this.ended = new Promise((done, fail) => {
      child.on("error", fail);
      child.on("exit", () => {
        this.#isRunning = false;
        this.#kill();
      });
      child.on("close", (code) => done(code ?? 1));
    });
  }

  /** Asks it to end, and ends what is left of it after five seconds. */
  async end(): Promise<void> {
    if (this.#isRunning) this.#child.kill("SIGTERM");
    const patience = setTimeout(() => this.#kill(), PATIENCE);
    await this.ended;
    clearTimeout(patience);
  }

  #kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // Nothing is left of it.
    }
  }
}
