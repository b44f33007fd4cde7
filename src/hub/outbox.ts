import { nameActor } from "../domain/actors.ts";
import type { HubEvent } from "../domain/events.ts";
import { type Alarm, LOOK_WITHIN } from "./alarm.ts";
import type { Acting } from "./contract.ts";
import type { HubStorage } from "./storage.ts";

/** The events of one message. They are as they were written: who records them reads them. */
export type Packed = { id: string; event: unknown }[];

/**
 * What is handed to the queue in one send: the events of each message; `last` is the place of the last of all. `isAll` where
 * nothing waited behind it.
 */
export interface Load {
  parcels: Packed[];
  last: number;
  isAll: boolean;
}

/** A column of `Dues`: whether an event is owed. */
export const duesOfOutbox = "exists (select 1 from outbox) as owes_events";

/**
 * What a load may be: a queue takes 128 KB a message and 256 KB a send, and counts each 64 KB of a message once more. An
 * event takes some 300 bytes, and 2,600 where every text in it is as long as it can be.
 */
const MOST = { parcels: 3, events: 50, bytes: 60_000 };

/** How many events are looked at for one load. */
const MOST_LOOKED_AT = MOST.parcels * MOST.events;

/** An event as it stands in the table. */
type Row = { place: number; id: string; body: string };

/** How many events may wait before what can happen again and again is no longer added. */
const MANY = 10_000;

/**
 * What happened in a hub and the queue does not have yet: the table `outbox`. An event is written in the same turn as what
 * happened, and outlives the user, as D1 is still owed it.
 */
export class Outbox {
  readonly #storage: HubStorage;
  readonly #alarm: Alarm;
  /** All that waits, as the table has it; undefined where that is not known, or more than is looked at for one load. */
  #waiting: Row[] | undefined;

  /** Hears of each event with its id, in the turn that adds it. */
  listener: ((id: string, event: HubEvent) => void) | undefined;

  constructor(storage: HubStorage, alarm: Alarm) {
    this.#storage = storage;
    this.#alarm = alarm;
  }

  /** Owes D1 an event: should the machine die before the queue has it, the alarm looks after it. Returns its id. */
  add(event: HubEvent): string {
    this.#alarm.comeBy(Date.now() + LOOK_WITHIN);
    const id = crypto.randomUUID();
    const body = JSON.stringify(event);
    const { place, first } = this.#storage.sql
      .exec<{ place: number; first: number }>(
        "insert into outbox (id, body) values (?, ?) returning place, (select min(place) from outbox) as first",
        id,
        body,
      )
      .one();
    if (first === place) this.#waiting = [];
    if (this.#waiting?.push({ place, id, body }) === MOST_LOOKED_AT) this.#waiting = undefined;
    this.listener?.(id, event);
    return id;
  }

  /** Owes D1 the record of what an admin did here; what ends a session is recorded with its end. */
  record(acting: Acting, sn: number | undefined): void {
    if (!("admin" in acting)) return;
    const { operation, from } = acting;
    const caller = nameActor({ admin: acting.admin });
    this.add({ at: Date.now(), caller, device_sn: sn ?? null, reason: "", from, operation });
  }

  /** True while so much waits that only what ends or changes something is to be added. */
  get isFull(): boolean {
    const [row] = this.#storage.sql
      .exec<{ span: number | null }>(
        "select (select max(place) from outbox) - (select min(place) from outbox) as span",
      )
      .toArray();
    return (row?.span ?? 0) >= MANY - 1;
  }

  /** What has waited for the longest, as much as goes into one send; undefined where nothing waits. */
  oldest(): Load | undefined {
    const rows = this.#waiting ?? this.#look();
    const parcels: Packed[] = [];
    let last: number | undefined;
    let bytes = 0;
    for (const row of rows) {
      let parcel = parcels.at(-1);
      const length = Buffer.byteLength(row.body);
      if (!parcel || parcel.length >= MOST.events || bytes + length > MOST.bytes) {
        if (parcels.length >= MOST.parcels) break;
        parcel = [];
        parcels.push(parcel);
        bytes = 0;
      }
      parcel.push({ id: row.id, event: JSON.parse(row.body) });
      bytes += length;
      last = row.place;
    }
    if (last === undefined) return undefined;
    return { parcels, last, isAll: rows.length < MOST_LOOKED_AT && rows.at(-1)?.place === last };
  }

  #look(): Row[] {
    const rows = this.#storage.sql
      .exec<Row>("select place, id, body from outbox order by place limit ?", MOST_LOOKED_AT)
      .toArray();
    if (rows.length < MOST_LOOKED_AT) this.#waiting = rows;
    return rows;
  }

  /** Crosses off what the queue has taken. */
  posted({ last }: Load): void {
    this.#storage.sql.exec("delete from outbox where place <= ?", last);
    this.#waiting = this.#waiting?.filter(({ place }) => place > last);
  }
}
