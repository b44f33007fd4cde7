import type { Outcome } from "../api/client.ts";
import { LongRun } from "./long-run.ts";

/** What became of one of many: `open` while it is not known, or not begun. */
export interface Item {
  id: number | string;
  state: "open" | "done" | "failed" | "unknown";
  why: string;
}

/**
 * A request of a batch: whom it is for, by which key a repeat of it is known, and how it is sent, which throws once `signal` says that
 * nobody is there for it any more.
 */
export interface Job {
  items: Item[];
  key: string;
  send: (
    key: string,
    signal: AbortSignal,
  ) => Promise<Map<Item["id"], { isDone: boolean; why: string }> | Outcome<unknown>>;
}

/** How many requests are under way at a time. */
const AT_ONCE = 4;

const isTold = (
  became: Awaited<ReturnType<Job["send"]>>,
): became is Map<Item["id"], { isDone: boolean; why: string }> => became instanceof Map;

async function runJob(job: Job, signal: AbortSignal): Promise<void> {
  const became = await job.send(job.key, signal);
  for (const item of job.items) {
    if (isTold(became)) {
      const row = became.get(item.id);
      item.state = row === undefined ? "unknown" : row.isDone ? "done" : "failed";
      item.why = row?.why ?? "";
    } else {
      item.state = became.kind === "unknown" ? "unknown" : became.kind === "refused" ? "failed" : "done";
      item.why = "message" in became ? became.message : "";
    }
  }
  // What is not known is asked again under its own key; what was refused is another request.
  if (job.items.every(({ state }) => state !== "unknown")) job.key = crypto.randomUUID();
}

/** The batch of the session, and what became of it. */
export const batch = new LongRun<readonly Job[]>();

/** Sends the jobs that have anything left to do, a few at a time; true once all were sent. */
export async function runBatch(jobs: readonly Job[]): Promise<boolean> {
  const left = jobs.filter(({ items }) => items.some(({ state }) => state !== "done"));
  return await batch.go(jobs, async (signal, onNews) => {
    const work = async () => {
      for (let job = left.shift(); job; job = left.shift()) {
        await runJob(job, signal);
        onNews();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  });
}
