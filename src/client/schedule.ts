/** Runs a function once after so many ms, unless the function returned is called before. */
export type Schedule = (run: () => void, ms: number) => () => void;

/** Schedules by the runtime's timers. */
export const withTimeout: Schedule = (run, ms) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

/** As much of an AbortSignal as is used: it ends what is under way. */
export interface StopSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Throws what a signal was aborted with. */
export function throwIfStopped(stop: StopSignal | undefined): void {
  if (stop?.aborted) throw reasonOf(stop);
}

/** What a signal was aborted with, as an error. */
export function reasonOf({ reason }: StopSignal): Error {
  return reason instanceof Error ? reason : new Error("stopped");
}

/** Waits, unless a signal ends it, which throws its reason. */
export async function pause(schedule: Schedule, ms: number, stop?: StopSignal): Promise<void> {
  throwIfStopped(stop);
  await new Promise<void>((done, fail) => {
    const onAbort = () => {
      cancel();
      if (stop) fail(reasonOf(stop));
    };
    const cancel = schedule(() => {
      stop?.removeEventListener("abort", onAbort);
      done();
    }, ms);
    stop?.addEventListener("abort", onAbort);
  });
}
