import { type Asked, askAll, askNone } from "../domain/gates/gate.ts";
import { endTold, guidGates, sessionGates } from "../domain/gates/session.ts";
import { addressGates, isDisabled, placeGates, userGates } from "../domain/gates/sign-in.ts";
import { type Placement, type SignedIn, place } from "../domain/policy.ts";
import { PushFacts, type PushStop, pushGates } from "../domain/push-route.ts";
import type { Refused } from "../domain/reasons.ts";
import type { Question } from "./contract.ts";
import { destinations } from "./destinations.ts";
import type { EndedSession } from "./ended.ts";
import type { Entry } from "./entry.ts";
import type { Judged } from "./own.ts";
import type { SessionRow } from "./sessions.ts";
import type { Sockets } from "./sockets.ts";
import type { HubState } from "./state.ts";

/** What the gates of a hub say, in their order. */
export type Explained = Asked<Refused | PushStop>[];

/** What else of the hub has part in it. */
interface Parts {
  entry: Entry;
  sockets: Sockets;
}

/**
 * Asks all gates that stand at the hub, by the facts that those go by who are let in here. It changes nothing: not when a device
 * was heard of, and no table of a hub that has none.
 */
export class Explanations {
  readonly #state: HubState;
  readonly #entry: Entry;
  readonly #sockets: Sockets;

  constructor(state: HubState, { entry, sockets }: Parts) {
    this.#state = state;
    this.#entry = entry;
    this.#sockets = sockets;
  }

  /** What stands in the way here of what is asked about. */
  explain(question: Question): Explained {
    switch (question.for) {
      case "call":
        return this.#call(question);
      case "connect":
        return this.#connect(question);
      case "sign_in":
        return this.#signIn(question);
      case "push":
        return question.push ? this.#push(question, question.push) : [];
      default:
        return question.for satisfies never;
    }
  }

  #call(question: Question): Explained {
    const { session, ended } = this.#sessionOf(question);
    return askAll(sessionGates, { session, ended, now: question.at });
  }

  #connect(question: Question): Explained {
    const { policy, guid, platform, at } = question;
    const { session, ended } = this.#sessionOf(question);
    const isBarred = !this.#state.isBlank && this.#entry.barred(at)?.reason === "user_disabled";
    const asked = askAll(sessionGates, { session, ended, now: at }).map(({ view, stop }) => ({
      view,
      stop: stop && endTold(stop, isBarred),
    }));
    if (!session || asked.some(({ stop }) => stop)) {
      return [...asked, ...askNone<Refused>([...guidGates, ...placeGates], "connects_none")];
    }
    const { device_sn } = session;
    const known = device_sn === null ? undefined : (this.#state.devices.get(device_sn)?.guid ?? null);
    const placement = device_sn === null ? this.#entry.placement(policy, { guid, platform }, at) : undefined;
    return [...asked, ...askAll(guidGates, { told: guid, known }), ...askAll(placeGates, { placement })];
  }

  #signIn(question: Question): Explained {
    const { address, ban, at } = question;
    return [
      ...askAll(addressGates, this.#state.throttle.strangeness(address ?? "", at)),
      ...askAll(userGates, { ...this.#user(question), ban, now: at }),
      ...askAll(placeGates, { placement: this.#placement(question) }),
    ];
  }

  #push(question: Question, { order, own }: NonNullable<Question["push"]>): Explained {
    const { ban, at } = question;
    const user = this.#user(question);
    const { until, reason } = user;
    const { isBlank, copies } = this.#state;
    const shown: Judged = isBlank
      ? own
      : {
          profile: own.profile,
          settings: copies.shown("settings", own.settings),
          bound: copies.shown("bound", own.bound),
        };
    const to = {
      profile: shown.profile,
      settings: shown.settings,
      ban: isDisabled(user, at) ? { until, reason, ...ban } : undefined,
      destinations: () => this.#places(shown, at),
    };
    return askAll(pushGates, new PushFacts(order, to, at));
  }

  #places(own: Judged, at: number) {
    const { isBlank, sessions, devices } = this.#state;
    const [known, pushed] = isBlank ? [undefined, []] : [sessions, devices.pushed()];
    return destinations(known, pushed, own, at).map((each) => ({
      ...each,
      online: this.#sockets.isOnline(each.device_sn),
    }));
  }

  /** How the user stands: as D1 says where the hub has still to hear of it, else as the hub knows. */
  #user({ account }: Question) {
    if (account) return account;
    if (this.#state.isBlank) return { status: "normal" as const, reason: "", until: null };
    const { status, reason, until } = this.#state.user.read();
    return { status, reason, until };
  }

  /** What the policy says to the device that is named; undefined where none is. */
  #placement({ policy, guid, device_sn, platform, at, endings }: Question): Placement | undefined {
    if (guid === undefined && device_sn === undefined) return undefined;
    if (this.#state.isBlank) return place(policy, [], { sn: undefined, platform: platform ?? 6 });
    const known = device_sn === undefined ? undefined : this.#state.devices.get(device_sn);
    const facts = { guid: guid ?? known?.guid ?? undefined, platform: platform ?? known?.platform };
    return this.#entry.placement(policy, facts, at, this.#staying(endings, at));
  }

  /** The devices that are signed in when what is owed has been heard, which a sign-in brings. */
  #staying(endings: Question["endings"], at: number): SignedIn[] {
    const { user, sessions } = this.#state;
    const { epoch } = user.read();
    const owed = endings.filter((ending) => ending.epoch > epoch);
    const stays = ({ sn }: SignedIn) =>
      sessions.ofDevice(sn).some(({ id }) => owed.every(({ keep }) => keep === id));
    return sessions.signedIn(at).filter((each) => owed.length === 0 || stays(each));
  }

  /**
   * The session that is asked about: that of the token, of the device, or else the one that signed in last; and how it ended. Where
   * none stands it is the one that ended last, which is still there where its life was over.
   */
  #sessionOf({ session: id, device_sn }: Question): {
    session: SessionRow | undefined;
    ended: EndedSession | undefined;
  } {
    const { isBlank, sessions, ended } = this.#state;
    if (isBlank) return { session: undefined, ended: undefined };
    const ends = ended.list(Date.now());
    const orLast = (session: SessionRow | undefined, last: EndedSession | undefined) => ({
      session: session ?? (last && sessions.get(last.id)),
      ended: last,
    });
    if (id !== undefined) return { session: sessions.get(id), ended: ends.find((each) => each.id === id) };
    if (device_sn !== undefined) {
      const [session] = sessions.ofDevice(device_sn);
      return orLast(
        session,
        ends.find((each) => each.device_sn === device_sn),
      );
    }
    const [session] = sessions.standing().toSorted((one, other) => other.signed_in_at - one.signed_in_at);
    return orLast(session, ends[0]);
  }
}
