import { openApp } from "../store/apps.ts";
import { noTrips } from "../store/database.ts";
import { recordHubEvents } from "../store/outbox.ts";
import { queueEvents } from "../store/webhooks.ts";
import type { Outbox } from "./outbox.ts";

/** Most events of one payment. */
const AT_ONCE = 50;

/** How long a payment is put off (ms): what the hub has to say goes out first, and more may come to be paid. */
const PAUSE = 50;

/** Pays D1 what is in the outbox, again and again until D1 has it. D1 keeps each event once. */
export class Payments {
  readonly #env: Env;
  readonly #owner: { app_id: string; user_id: number };
  readonly #outbox: Outbox;
  #paying: Promise<void> | undefined;
  #isAsked = false;

  constructor(env: Env, owner: { app_id: string; user_id: number }, outbox: Outbox) {
    this.#env = env;
    this.#owner = owner;
    this.#outbox = outbox;
  }

  /** Pays; what D1 does not take now stays owed. Payments do not overlap: one that is asked for meanwhile follows. */
  async pay(): Promise<void> {
    this.#isAsked = true;
    this.#paying ??= this.#payWhileAsked();
    await this.#paying;
  }

  async #payWhileAsked(): Promise<void> {
    try {
      while (this.#isAsked) {
        await scheduler.wait(PAUSE);
        this.#isAsked = false;
        await this.#payAll();
      }
    } catch {
      // The alarm asks again.
    } finally {
      this.#paying = undefined;
    }
  }

  async #payAll(): Promise<void> {
    const { app_id } = this.#owner;
    const { app, db } = await openApp(this.#env, app_id, noTrips());
    let isHeard = false;
    for (;;) {
      const parcel = this.#outbox.oldest(AT_ONCE);
      if (!parcel) break;
      isHeard = (await recordHubEvents(db, app, this.#owner, parcel.events)) || isHeard;
      this.#outbox.paid(parcel);
    }
    if (isHeard) await queueEvents(this.#env, db, app_id, Date.now());
  }
}
