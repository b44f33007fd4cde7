import { session } from "./session.ts";
import { Store } from "./store.ts";

/** How many runs are at work, for who is about to leave. */
export const atWork = new Store(0);

addEventListener("beforeunload", (event) => {
  if (atWork.value > 0) event.preventDefault();
});

/** What a run works on, and whether it is at work. */
export interface Run<T> {
  of: T;
  isBusy: boolean;
}

/**
 * Work of many requests. It goes on while one looks at other pages, and what became of it stays until there is another; it ends,
 * and is forgotten, with the session of whoever began it.
 */
export class LongRun<T> extends Store<Run<T> | undefined> {
  #gone = new AbortController();

  constructor() {
    super(undefined);
    session.subscribe(() => {
      this.#gone.abort();
      this.#gone = new AbortController();
      this.set(undefined);
    });
  }

  /** Has `work` done, which says when there is news of it; true once it is done. Nothing is begun while it is at work. */
  async go(of: T, work: (signal: AbortSignal, onNews: () => void) => Promise<void>): Promise<boolean> {
    if (this.value?.isBusy === true) return false;
    const { signal } = this.#gone;
    const show = (isBusy: boolean) => {
      if (!signal.aborted) this.set({ of, isBusy });
    };
    show(true);
    atWork.set(atWork.value + 1);
    try {
      await work(signal, () => show(true));
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      atWork.set(atWork.value - 1);
      show(false);
    }
    return !signal.aborted;
  }
}
