import { nameActor } from "../domain/actors.ts";
import { HubEvent } from "../domain/events.ts";
import { databaseFor, noTrips } from "../store/database.ts";
import { recordHubEvents } from "../store/outbox.ts";
import { queueEvents } from "../store/webhooks.ts";
import { type Alarm, LOOK_WITHIN } from "./alarm.ts";
import type { Acting } from "./contract.ts";
import type { HubState } from "./state.ts";

/** Most events of one payment. */
const AT_ONCE = 50;

/** How many events may wait before what can happen again and again is no longer added. */
const MANY = 10_000;

/** How long a payment is put off (ms): what the hub has to say goes out first, and more may come to be paid. */
const PAUSE = 50;

/**
 * What happened in a hub and D1 does not know yet: written in the same turn as what happened, and paid afterwards, again
 * and again until D1 has it. D1 keeps each event once.
 */
export class Outbox {
  readonly #env: Env;
  readonly #owner: { app_id: string; user_id: number };
  readonly #state: HubState;
  readonly #alarm: Alarm;
  #paying: Promise<void> | undefined;
  #isAsked = false;

  constructor(env: Env, owner: { app_id: string; user_id: number }, state: HubState, alarm: Alarm) {
    this.#env = env;
    this.#owner = owner;
    this.#state = state;
    this.#alarm = alarm;
  }

  /** Owes D1 an event: should the machine die before it is paid, the alarm looks after it. */
  add(event: HubEvent): void {
    this.#alarm.comeBy(Date.now() + LOOK_WITHIN);
    this.#state.sql.exec(
      "insert into outbox (id, body) values (?, ?)",
      crypto.randomUUID(),
      JSON.stringify(event),
    );
  }

  /** Owes D1 the record of what an admin did here; what ends a session is recorded with its end. */
  record(acting: Acting, sn: number | undefined): void {
    if (!("admin" in acting)) return;
    const { operation, from } = acting;
    const caller = nameActor({ admin: acting.admin });
    this.add({ at: Date.now(), caller, device_sn: sn ?? null, reason: "", from, operation });
  }

  /** True while D1 is owed anything. */
  get isOwing(): boolean {
    return this.#state.sql.exec("select 1 from outbox limit 1").toArray().length > 0;
  }

  /** True while so much is owed that only what ends or changes something is to be added. */
  get isFull(): boolean {
    const [row] = this.#state.sql
      .exec<{ span: number | null }>(
        "select (select max(place) from outbox) - (select min(place) from outbox) as span",
      )
      .toArray();
    return (row?.span ?? 0) >= MANY - 1;
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
    const db = databaseFor(this.#env, app_id, noTrips());
    let isHeard = false;
    for (;;) {
      const rows = this.#state.sql
        .exec<{ place: number; id: string; body: string }>(
          "select place, id, body from outbox order by place limit ?",
          AT_ONCE,
        )
        .toArray();
      const last = rows.at(-1);
      if (!last) break;
      const events = rows.map(({ id, body }) => ({ id, event: HubEvent.parse(JSON.parse(body)) }));
      isHeard = (await recordHubEvents(db, this.#owner, events)) || isHeard;
      this.#state.sql.exec("delete from outbox where place <= ?", last.place);
    }
    if (isHeard) await queueEvents(this.#env, db, app_id, Date.now());
  }
}
