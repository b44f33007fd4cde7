import { SingleBar } from "cli-progress";
import type { Counts } from "./import-log.ts";
import { shownSpan } from "./instants.ts";
import { note } from "./print.ts";
import { plain } from "./plain.ts";

/** How often a line is written where no terminal shows a bar (ms). */
const EVERY = 10_000;
/** How far back the rate looks (ms). */
const WINDOW = 20_000;

/** A number for people. */
export const shownCount = (count: number) => count.toLocaleString("en");

/** How far a run has come. */
export interface Step {
  /** Rows so far, with those of earlier runs. */
  rows: number;
  failed: number;
  /** How much of the source is done (bytes). */
  position: number;
}

/** Tells how far a run is: by a bar on a terminal, by a line every 10 s elsewhere. */
export class Progress {
  readonly #size: number | undefined;
  readonly #bar: SingleBar | undefined;
  readonly #timer: NodeJS.Timeout;
  #steps: { at: number; rows: number; position: number }[] = [];
  #step: Step = { rows: 0, failed: 0, position: 0 };
  #waiting = "";
  #said = "";
  #waitsUntil = 0;

  constructor(size: number | undefined, isSilent = false) {
    this.#size = size;
    const isTerminal = process.stderr.isTTY && !isSilent;
    if (isTerminal) {
      const bar = size === undefined ? "" : "{bar} {percentage}%  ";
      this.#bar = new SingleBar({
        format: `${bar}{told}`,
        barCompleteChar: "█",
        barIncompleteChar: "░",
        barsize: 16,
        clearOnComplete: true,
        linewrap: true,
        autopadding: true,
        emptyOnZero: true,
        fps: 8,
      });
      this.#bar.start(size ?? 0, 0, { told: "" });
    }
    this.#timer = setInterval(
      () => {
        if (this.#bar) this.#draw();
        else if (!isSilent) note(this.#line());
      },
      isTerminal ? 500 : EVERY,
    );
    this.#timer.unref();
  }

  /** From here on rows are sent: what is done already says nothing of the rate. */
  begin(step: Step): void {
    this.#steps = [];
    this.take(step);
  }

  take(step: Step): void {
    const now = performance.now();
    this.#step = step;
    this.#steps.push({ at: now, rows: step.rows, position: step.position });
    while ((this.#steps[1]?.at ?? now) < now - WINDOW) this.#steps.shift();
    this.#draw();
  }

  /** A request waits (ms), and why. */
  wait(ms: number, why: string): void {
    this.#waiting = why;
    this.#waitsUntil = performance.now() + ms;
    this.#draw();
  }

  /** Says something beside it: where a bar is drawn, in its place. */
  say(sentence: string): void {
    this.#said = sentence;
    if (!this.#bar) note(sentence);
    this.#draw();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#bar?.stop();
  }

  #draw(): void {
    // The last byte is done when the last answer is here: a bar that is full would be cleared.
    this.#bar?.update(Math.min(this.#step.position, (this.#size ?? 1) - 1), { told: this.#told() });
  }

  #rate(): { rows: number; bytes: number } {
    const [first] = this.#steps;
    const last = this.#steps.at(-1);
    const ms = first && last ? performance.now() - first.at : 0;
    if (!first || !last || ms < 1) return { rows: 0, bytes: 0 };
    return {
      rows: ((last.rows - first.rows) / ms) * 1000,
      bytes: ((last.position - first.position) / ms) * 1000,
    };
  }

  /** What there is to tell, in at most 58 letters where nothing has to be waited for. */
  #told(): string {
    const { rows, failed, position } = this.#step;
    const rate = this.#rate();
    if (this.#said !== "") return this.#bar ? this.#said : `${shownCount(rows)} rows`;
    const isWaiting = performance.now() < this.#waitsUntil;
    if (isWaiting) {
      const seconds = Math.ceil((this.#waitsUntil - performance.now()) / 1000);
      const room = (process.stderr.columns ?? 80) - 45;
      return plain(`${shownCount(rows)} rows  waiting ${seconds} s: ${this.#waiting}`).slice(
        0,
        Math.max(20, room),
      );
    }
    const left =
      this.#size === undefined || rate.bytes < 1
        ? ""
        : `  ${shownSpan(((this.#size - position) / rate.bytes) * 1000)} left`;
    const wrong = failed === 0 ? "" : `  ${shownCount(failed)} failed`;
    return `${shownCount(rows)} rows  ${shownCount(Math.round(rate.rows))}/s${left}${wrong}`;
  }

  #line(): string {
    const part = this.#size ? ` (${Math.floor((this.#step.position / this.#size) * 100)}%)` : "";
    return this.#told().replace(" rows", ` rows${part}`).replaceAll("  ", ", ");
  }
}

/** What became of all rows, for people. */
export function shownCounts({ created, updated, unchanged, failed }: Counts): string {
  const parts = [
    [created, "created"],
    [updated, "updated"],
    [unchanged, "unchanged"],
    [failed, "failed"],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, what]) => `${shownCount(count)} ${what}`);
  return said.length === 0 ? "nothing to do" : said.join(", ");
}
