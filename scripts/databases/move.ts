import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { Failure } from "./failure.ts";

const Answer = z.object({ code: z.int(), message: z.string(), data: z.unknown() });

const Move = z.object({
  phase: z.string(),
  copied: z.int(),
  started_at: z.int(),
  closed_at: z.int().nullable(),
  open_at: z.int().nullable(),
  opened_at: z.int().nullable(),
  ended_at: z.int().nullable(),
  failures: z.int(),
  fault: z.string(),
});

/** Where the service is, and the key of its root. */
export interface Service {
  origin: string;
  rootKey: string;
}

/** How long to wait where the service cannot go on now, at first and at most (ms). */
const [PAUSE, LONGEST_PAUSE] = [2_000, 30_000];

/**
 * Moves an app to its end, and says how far it is. Should this end before, the service goes on by itself; the same command
 * looks on again.
 */
export async function moveApp({ origin, rootKey }: Service, appId: string, database: number): Promise<void> {
  let said = "";
  const url = `${origin}/admin/app/database`;
  const headers = { "root-key": rootKey, app_id: appId, "content-type": "application/json" };
  const look = async () => {
    const answer = Answer.safeParse(await (await fetch(url, { headers })).json());
    return Move.safeParse(answer.data?.data).data;
  };
  const before = await look();
  const isOver = before === undefined || before.ended_at !== null;
  let pause = PAUSE;
  for (;;) {
    const known = await look();
    // One that was stopped or undone meanwhile is not begun again.
    if (known?.phase.startsWith("undo") && !(isOver && known.started_at === before?.started_at)) {
      throw new Failure(
        known.fault === "" ? "The move was stopped." : `The move was undone, as it failed: ${known.fault}`,
      );
    }
    const response = await fetch(url, { method: "PUT", headers, body: JSON.stringify({ database }) });
    const { code, data, message } = Answer.parse(await response.json());
    if (response.status >= 500 || response.status === 429) {
      const why = (await look())?.fault ?? "";
      console.log(`${response.status}: ${message}${why && ` (${why})`}`);
      await sleep(pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
      continue;
    }
    pause = PAUSE;
    if (code !== 200) throw new Failure(`${code}: ${message}`);
    const move = Move.parse(data);
    const line = lineOf(move);
    if (line !== said) console.log(line);
    said = line;
    if (move.ended_at !== null) return;
    if (move.phase === "waiting") await sleep(Math.max((move.open_at ?? 0) - Date.now(), PAUSE));
  }
}

const seconds = (from: number | null, to: number | null) => ((Number(to) - Number(from)) / 1000).toFixed(1);

function lineOf({ phase, copied, started_at, closed_at, opened_at, ended_at }: z.infer<typeof Move>): string {
  const rows = `${copied} rows copied`;
  if (phase === "waiting")
    return `waiting: ${rows}; no place believes any more soon that the app is where it was`;
  if (ended_at === null) return `${phase}: ${rows}`;
  const closed = `closed for ${seconds(closed_at, opened_at)} s`;
  return `${phase}: ${rows}, ${closed}, ${seconds(started_at, ended_at)} s in all`;
}
