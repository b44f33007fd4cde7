import type { Outbox } from "./outbox.ts";

/**
 * How long a send is put off (ms): what follows at once goes into the same message, which a queue counts by. Devices do not
 * wait for it: without it a kick's close frame comes no sooner and no later.
 */
const PAUSE = 50;

/** Hands what is in the outbox to the queue, again and again until the queue has it. D1 takes each event once. */
export class Postings {
  readonly #env: Env;
  readonly #owner: { app_id: string; user_id: number };
  readonly #outbox: Outbox;
  #posting: Promise<boolean> | undefined;
  #isAsked = false;

  constructor(env: Env, owner: { app_id: string; user_id: number }, outbox: Outbox) {
    this.#env = env;
    this.#owner = owner;
    this.#outbox = outbox;
  }

  /**
   * Posts, and says whether the queue has taken all of it: what it does not take now stays in the outbox. Posts do not overlap: one
   * that is asked for meanwhile follows.
   */
  async post(): Promise<boolean> {
    this.#isAsked = true;
    this.#posting ??= this.#postWhileAsked();
    return await this.#posting;
  }

  async #postWhileAsked(): Promise<boolean> {
    try {
      while (this.#isAsked) {
        await scheduler.wait(PAUSE);
        this.#isAsked = false;
        await this.#postAll();
      }
      return true;
    } catch {
      // The alarm asks again.
      return false;
    } finally {
      this.#posting = undefined;
    }
  }

  async #postAll(): Promise<void> {
    for (;;) {
      const load = this.#outbox.oldest();
      if (!load) break;
      await this.#env.EVENTS.sendBatch(
        load.parcels.map((events) => ({ body: { ...this.#owner, events }, contentType: "json" })),
      );
      this.#outbox.posted(load);
      // What was added meanwhile is asked for by whoever has added it.
      if (load.isAll) break;
    }
  }
}
