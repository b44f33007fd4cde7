import { nameActor } from "../domain/actors.ts";
import { HubEvent } from "../domain/events.ts";
import { type Alarm, LOOK_WITHIN } from "./alarm.ts";
import type { Acting } from "./contract.ts";
import type { HubStorage } from "./storage.ts";

/** Events that wait together, by the ids that D1 keeps them by; `last` is the place of the last of them. */
export interface Parcel {
  events: { id: string; event: HubEvent }[];
  last: number;
}

/** A column of `Dues`: whether an event is owed. */
export const duesOfOutbox = "exists (select 1 from outbox) as owes_events";

/** How many events may wait before what can happen again and again is no longer added. */
const MANY = 10_000;

/**
 * What happened in a hub and D1 does not know yet: the table `outbox`. An event is written in the same turn as what
 * happened, and outlives the user, as D1 is still owed it.
 */
export class Outbox {
  readonly #storage: HubStorage;
  readonly #alarm: Alarm;

  constructor(storage: HubStorage, alarm: Alarm) {
    this.#storage = storage;
    this.#alarm = alarm;
  }

  /** Owes D1 an event: should the machine die before it is paid, the alarm looks after it. */
  add(event: HubEvent): void {
    this.#alarm.comeBy(Date.now() + LOOK_WITHIN);
    this.#storage.sql.exec(
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
    return this.#storage.sql.exec("select 1 from outbox limit 1").toArray().length > 0;
  }

  /** True while so much is owed that only what ends or changes something is to be added. */
  get isFull(): boolean {
    const [row] = this.#storage.sql
      .exec<{ span: number | null }>(
        "select (select max(place) from outbox) - (select min(place) from outbox) as span",
      )
      .toArray();
    return (row?.span ?? 0) >= MANY - 1;
  }

  /** The events that have waited for the longest, `length` at most; undefined where none waits. */
  oldest(length: number): Parcel | undefined {
    const rows = this.#storage.sql
      .exec<{ place: number; id: string; body: string }>(
        "select place, id, body from outbox order by place limit ?",
        length,
      )
      .toArray();
    const last = rows.at(-1)?.place;
    if (last === undefined) return undefined;
    return { events: rows.map(({ id, body }) => ({ id, event: HubEvent.parse(JSON.parse(body)) })), last };
  }

  /** Crosses off what D1 has taken. */
  paid({ last }: Parcel): void {
    this.#storage.sql.exec("delete from outbox where place <= ?", last);
  }
}
