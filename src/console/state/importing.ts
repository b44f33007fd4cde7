import type { Outcome } from "../api/client.ts";
import { askInTurn } from "./asking.ts";
import { LongRun } from "./long-run.ts";
import type { Session } from "./session.ts";

/** Most lines of one request, and most bytes. */
const LINES = 500;
const BYTES = 4 * 1024 * 1024;
/** How long an answer is waited for (ms): passwords that are not hashed yet take their time. */
const PATIENCE = 180_000;

/** How an import was begun: what is sent of it later is sent so. */
export interface Manner {
  who: Session;
  mode: "insert" | "upsert";
  /** It is only tried. */
  isDry: boolean;
}

/** Why a line is not even sent: it is too long for a request, or no JSON. */
export type LocalReason = "long" | "json";

/** A line of the text, by its number from 1, that did not become a user, and why: as the service says, or as is seen here. */
export type Reject = { line: number; username: string } & ({ reason: string } | { wrong: LocalReason });

/** Lines that go together: the number of each in the text, and the key by which a repeat is known. */
interface Part {
  numbers: number[];
  lines: string[];
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

const encoder = new TextEncoder();

/** What keeps a line of so many bytes from being sent: among others that cannot be read, it would have all of them refused. */
function wrongIn(line: string, bytes: number): LocalReason | undefined {
  if (bytes > BYTES) return "long";
  try {
    JSON.parse(line);
    return undefined;
  } catch {
    return "json";
  }
}

/** An import of the lines of a text that are not blank, in requests that the service takes. */
export function newImport(text: string, manner: Manner): Import {
  const left: Part[] = [];
  const rejects: Reject[] = [];
  let all = 0;
  let length = 0;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    all += 1;
    const number = index + 1;
    const bytes = encoder.encode(line).length + 1;
    const wrong = wrongIn(line, bytes);
    if (wrong) {
      rejects.push({ line: number, username: "", wrong });
      continue;
    }
    const last = left.at(-1);
    if (last && last.numbers.length < LINES && length + bytes <= BYTES) {
      last.numbers.push(number);
      last.lines.push(line);
      length += bytes;
    } else {
      left.push({ numbers: [number], lines: [line], key: crypto.randomUUID() });
      length = bytes;
    }
  }
  const counts = rejects.length > 0 ? { failed: rejects.length } : {};
  return { ...manner, left, sent: rejects.length, all, counts, rejects, stopped: undefined };
}

/** The import of the session, and what became of it. */
export const importing = new LongRun<Import>();

/** Sends what is left of an import, part by part, until one is not done; true once it was. */
export async function runImport(of: Import): Promise<boolean> {
  const { who, mode, isDry } = of;
  return await importing.go(of, async (signal, onNews) => {
    of.stopped = undefined;
    for (let [part] = of.left; part; [part] = of.left) {
      const { key, lines, numbers } = part;
      const options = { key, lines: lines.join("\n"), who, signal, patience: PATIENCE };
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
