import type { EndedSession as Recorded } from "../domain/picture.ts";
import type { HubStorage } from "./storage.ts";

/** How many ends of sessions are remembered, and for how long (ms): that is as long as addresses are known. */
export const ENDED_KEPT = 100;
const KEPT_FOR = 90 * 24 * 3600 * 1000;

/** How a session came to its end: for staff, who ask why a token is dead. Instants in ms. */
export type EndedSession = {
  id: string;
  device_sn: number | null;
  signed_in_at: number;
  ended_at: number;
  /** The notice that its device heard; or "logout", "expired". */
  event: string;
  reason: string;
  /** Who ended it, as records name an actor. */
  by: string;
};

/** The record of it, which D1 is owed: its id, and from where the session was ended. */
export interface EndRecord {
  event_id: string;
  address: string;
  request_id: string;
}

const columns = "id, device_sn, signed_in_at, ended_at, event, reason, caller as by";

/** How the latest sessions ended: the table `ended`. Nothing is decided by it. */
export class Ended {
  readonly #storage: HubStorage;

  constructor(storage: HubStorage) {
    this.#storage = storage;
  }

  /** Remembers an end, and forgets those that are too many or too long ago: always the oldest. */
  add(end: EndedSession & EndRecord): void {
    const { place } = this.#storage.sql
      .exec<{ place: number }>(
        `insert into ended (id, device_sn, signed_in_at, ended_at, event, reason, caller, event_id, address, request_id)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning place`,
        end.id,
        end.device_sn,
        end.signed_in_at,
        end.ended_at,
        end.event,
        end.reason,
        end.by,
        end.event_id,
        end.address,
        end.request_id,
      )
      .one();
    // Most users never have so many.
    if (place > ENDED_KEPT) this.#storage.sql.exec("delete from ended where place <= ?", place - ENDED_KEPT);
  }

  /** The ends of the last 90 days, the latest first. */
  list(now: number): EndedSession[] {
    return this.#storage.sql
      .exec<EndedSession>(
        `select ${columns} from ended where ended_at > ? order by place desc`,
        now - KEPT_FOR,
      )
      .toArray();
  }

  /** The records of them that were or are owed to D1, the latest first, whether or not D1 has them by now. */
  records(now: number): Recorded[] {
    return this.#storage.sql
      .exec<Recorded>(
        `select event_id as id, device_sn, event, reason, caller as by, ended_at as at, address, request_id
         from ended where ended_at > ? and event_id <> '' order by place desc`,
        now - KEPT_FOR,
      )
      .toArray();
  }

  /** Forgets how the sessions of a deleted user ended. */
  forget(): void {
    this.#storage.sql.exec("delete from ended");
  }
}
