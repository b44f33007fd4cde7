import type { Outcome } from "../api/client.ts";
import { askInTurn } from "./asking.ts";
import { LongRun } from "./long-run.ts";
import type { Session } from "./session.ts";

/** Most lines of one request. */
const LINES = 500;

/** How an import was begun: what is sent of it later is sent so. */
export interface Manner {
  who: Session;
  mode: "insert" | "upsert";
  /** It is only tried. */
  isDry: boolean;
}

/** A line of the text, by its number from 1, that did not become a user, and why. */
export interface Reject {
  line: number;
  username: string;
  reason: string;
}

/** Lines that go together: the number of each in the text, and the key by which a repeat is known. */
interface Part {
  numbers: number[];
  text: string;
  key: string;
}

/** An import: what is still to be sent, and what became of what was sent. */
export interface Import extends Manner {
  left: Part[];
  sent: number;
  all: number;
  counts: Record<string, number>;
  rejects: Reject[];
  /** Why it stopped before the end. */
  stopped: Exclude<Outcome<unknown>, { kind: "done" }> | undefined;
}

/** An import of the lines of a text that are not blank, in requests that the service takes. */
export function newImport(text: string, manner: Manner): Import {
  const lines = text
    .split(/\r?\n/)
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== "");
  const left = Array.from({ length: Math.ceil(lines.length / LINES) }, (_, index) => {
    const part = lines.slice(index * LINES, (index + 1) * LINES);
    return {
      numbers: part.map(({ number }) => number),
      text: part.map(({ line }) => line).join("\n"),
      key: crypto.randomUUID(),
    };
  });
  return { ...manner, left, sent: 0, all: lines.length, counts: {}, rejects: [], stopped: undefined };
}

/** The import of the session, and what became of it. */
export const importing = new LongRun<Import>();

/** Sends what is left of an import, part by part, until one is not done; true once it was. */
export async function runImport(of: Import): Promise<boolean> {
  const { who, mode, isDry } = of;
  return await importing.go(of, async (signal, onNews) => {
    of.stopped = undefined;
    for (let [part] = of.left; part; [part] = of.left) {
      const { key, text, numbers } = part;
      const options = { key, lines: text, who, signal };
      const outcome = await askInTurn("importUsers", { mode, dry_run: isDry, rows: [] }, options);
      if (outcome.kind !== "done") {
        of.stopped = outcome;
        // What was refused would be refused again by its key, whatever has changed meanwhile.
        if (outcome.kind === "refused") part.key = crypto.randomUUID();
        return;
      }
      of.left.shift();
      of.sent += numbers.length;
      for (const { row, result, username, reason } of outcome.answer.data) {
        of.counts[result] = (of.counts[result] ?? 0) + 1;
        if (result === "failed") of.rejects.push({ line: numbers[row - 1] ?? 0, username, reason });
      }
      onNews();
    }
  });
}
