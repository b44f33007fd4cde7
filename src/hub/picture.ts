import { type EndedSession, type Picture, withoutMiddle } from "../domain/picture.ts";
import type { HubEvent } from "../domain/events.ts";
import type { Refused } from "../domain/reasons.ts";
import { openApp } from "../store/apps.ts";
import type { AuditPlace } from "../store/audit-list.ts";
import { noTrips } from "../store/database.ts";
import type { Page } from "../store/look.ts";
import type { Owner } from "../store/own.ts";
import { type EndRow, type EndsPage, type Kept, readKept } from "../store/picture.ts";
import type { Acting } from "./contract.ts";
import type { Entry } from "./entry.ts";
import { viewOf } from "./presence.ts";
import type { Sockets } from "./sockets.ts";
import type { HubState } from "./state.ts";
import type { Writes } from "./writes.ts";

/** Most of a picture's devices, live sessions and owed signals. */
const MOST = { devices: 200, sessions: 400, owed: 100 };

const SESSION = "session.";

/** A page of the ends of the user's sessions, and the place behind which the next one begins. */
interface Ends {
  rows: EndedSession[];
  end: AuditPlace | undefined;
}

/** A picture, and a page of the ends of the user's sessions. */
export interface Pictured {
  picture: Picture;
  ended: Ends;
}

/** What else of the hub has part in it. */
interface Parts {
  sockets: Sockets;
  entry: Entry;
  writes: Writes;
}

/** All that is known of the user: what the hub itself knows, and what D1 has at the moment. It changes nothing. */
export class Pictures {
  readonly #env: Env;
  readonly #owner: Owner;
  readonly #state: HubState;
  readonly #sockets: Sockets;
  readonly #entry: Entry;
  readonly #writes: Writes;

  constructor(env: Env, owner: Owner, state: HubState, { sockets, entry, writes }: Parts) {
    this.#env = env;
    this.#owner = owner;
    this.#state = state;
    this.#sockets = sockets;
    this.#entry = entry;
    this.#writes = writes;
  }

  /** Says whether an admin may see the user. A hub that knows of nothing is left as it is. */
  admit(acting: Acting): { ok: true } | Refused {
    if (this.#state.isBlank) return { ok: true };
    const admitted = this.#entry.admit(acting, Date.now());
    return admitted.ok ? { ok: true } : admitted;
  }

  /** The picture at this moment, with a page of the ends that D1 has; undefined where there is no such user. */
  async take(page: EndsPage): Promise<Pictured | undefined> {
    const { app, db } = await openApp(this.#env, this.#owner.app_id, noTrips());
    const read = async () => await readKept(db, this.#owner, page, Date.now());
    // Among the writes, so that it has none of them half.
    const kept = this.#state.isBlank ? await read() : await this.#writes.between(read);
    if (!kept || (!this.#state.isBlank && this.#state.user.read().status === "deleted")) return undefined;
    return { picture: this.#compose(kept, app.time_zone), ended: endedOf(kept.ends) };
  }

  /**
   * The first page with what D1 does not have yet of it: a record comes there a second or two behind the end. What is on a later
   * page is older, and D1 has it.
   */
  withLatest({ rows, end }: Ends): Ends {
    if (this.#state.isBlank) return { rows, end };
    const has = new Set(rows.map(({ id }) => id));
    const late = this.#state.ended
      .records(Date.now())
      .filter(({ id, at }) => !has.has(id) && at > (end?.at ?? 0));
    return { rows: [...late, ...rows].toSorted((one, other) => other.at - one.at), end };
  }

  #compose(kept: Kept, zoneOfApp: string): Picture {
    const { standing, bans, owed, own } = kept;
    const { profile, tags } = own;
    const isBlank = this.#state.isBlank;
    const { copies, counts } = this.#state;
    const bound = isBlank ? own.bound : copies.shown("bound", own.bound);
    const shown = isBlank ? own.settings : copies.shown("settings", own.settings);
    const { binding, ...settings } = shown;
    const badge = isBlank ? settings.badge : counts.badge(settings.badge);
    // What the hub has taken is crossed off a moment later, which nobody tells it.
    const taken = isBlank ? 0 : this.#state.user.read().epoch;
    const push_token = withoutMiddle(settings.push_token ?? "");
    const { no_push, push_schedule, snooze_until } = settings;
    const time_zone = settings.time_zone === "" ? zoneOfApp : settings.time_zone;
    const { status, external_id, created_at } = standing;
    const ban = status === 1 ? (bans.find(({ lifted_at }) => lifted_at === null) ?? null) : null;
    return {
      user_id: this.#owner.user_id,
      external_id,
      created_at,
      profile,
      settings: { ...settings, push_token, badge },
      status: { status, ban },
      bans,
      online: this.#sockets.anyOnline(),
      devices: isBlank ? [] : this.#devices(new Set(bound.map(({ device_sn }) => device_sn))),
      sessions: isBlank ? [] : this.#state.sessions.newest(Date.now(), MOST.sessions),
      push: {
        bindings: bound.map(({ device_token, ...each }) => ({
          ...each,
          device_token: withoutMiddle(device_token),
        })),
        settings_token: binding && {
          push_token,
          binding_id: binding.binding_id,
          bound_at: binding.bound_at,
          held_until: binding.held_until,
        },
        tags,
        no_push,
        push_schedule,
        snooze_until,
        time_zone,
      },
      owed: owed
        .filter(({ epoch }) => epoch > taken)
        .slice(0, MOST.owed)
        .map(({ epoch, signal, created_at: since }) => ({ epoch, kind: signal.kind, since })),
    };
  }

  #devices(bound: ReadonlySet<number>): Picture["devices"] {
    return this.#state.devices.page(0, MOST.devices).map((row) => ({
      ...viewOf(row, this.#sockets, bound),
      device_guid: row.guid,
    }));
  }
}

function endedOf({ rows, end }: Page<EndRow>): Pictured["ended"] {
  const shown = rows.map(({ id, event_key, operation, caller: by, ...row }) => ({
    id: event_key ?? String(id),
    device_sn: row.device_sn,
    event: operation.slice(SESSION.length),
    reason: row.reason,
    by,
    at: row.at,
    address: row.address,
    request_id: row.request_id,
  }));
  return { rows: shown, end: end && { at: end.at, id: end.id } };
}

/** The end of a session that an event tells of, as its record will have it; undefined for any other event. */
export function endIn(id: string, { operation, caller, from, ...event }: HubEvent): EndedSession | undefined {
  if (!operation?.startsWith(SESSION)) return undefined;
  const { device_sn, reason, at } = event;
  return { id, device_sn, event: operation.slice(SESSION.length), reason, by: caller, at, ...from };
}
