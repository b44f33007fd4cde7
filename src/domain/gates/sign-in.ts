import type { Placement } from "../policy.ts";
import type { Refused } from "../reasons.ts";
import { type Gate, instant } from "./gate.ts";

/** What is asked of a try at a password. */
export interface TryFacts {
  /** What the hub of what was tried says of the address. */
  permit: { ok: true } | Refused;
  /** What was tried, for staff; only where it is explained. */
  of?: string;
}

const tries: Gate<TryFacts> = {
  name: "tries",
  stops: ({ permit }) => (permit.ok ? undefined : permit),
  tell({ permit, of = "" }) {
    if (permit.ok) return { fact: `not too many wrong passwords${of}` };
    return {
      fact: `too many wrong passwords${of}`,
      remedy: "wait; a password that the user knows does not help before, and a new one does not shorten it",
    };
  },
};

/** What stands in the way before a password is compared. */
export const tryGates: readonly Gate<TryFacts>[] = [tries];

/** What is asked of the user whom a sign-in names, and of the password. */
export interface PasswordFacts {
  user: object | undefined;
  /** The password is right; where it is explained, that it may be. */
  right: boolean;
}

const wrong: Refused = { ok: false, reason: "credentials_wrong" };

const userKnown: Gate<PasswordFacts> = {
  name: "user_known",
  stops: ({ user }) => (user === undefined ? wrong : undefined),
  tell: (_facts, isStopped) => ({
    fact: isStopped ? "the app has no such user" : "the user is there",
    remedy: "look for the user by another name; the caller hears the same of a wrong password",
  }),
};

const passwordRight: Gate<PasswordFacts> = {
  name: "password",
  stops: ({ right }) => (right ? undefined : wrong),
  tell: (_facts, isStopped) => ({
    fact: isStopped
      ? "the user has no password"
      : "the user has a password: whether it is typed right is not known here",
    remedy: "set one by POST /user/change_password_admin",
  }),
};

/** What stands in the way of a password that was compared. */
export const passwordGates: readonly Gate<PasswordFacts>[] = [userKnown, passwordRight];

/** What is asked of where the app's users stand. */
export interface WritingFacts {
  isMoving: boolean;
}

const appWrites: Gate<WritingFacts, { reason: "app_moving" }> = {
  name: "app_writes",
  stops: ({ isMoving }) => (isMoving ? { reason: "app_moving" } : undefined),
  tell: (_facts, isStopped) => ({
    fact: isStopped
      ? "the app is being moved and takes no sign-ins: the caller hears HTTP 503"
      : "the app takes sign-ins",
    remedy: "wait until the move is over: GET /admin/app/database says how far it is",
  }),
};

/** What stands in the way of a new token: the database itself stops it, by a trigger. */
export const writingGates: readonly Gate<WritingFacts, { reason: "app_moving" }>[] = [appWrites];

/** What is asked of the address of a sign-in whose password was right. */
export interface AddressFacts {
  /** Strangers have had their tries of this hour at the user. */
  isSpent: boolean;
  /** The user has signed in from the address. */
  isKnown: boolean;
}

const strangers: Gate<AddressFacts> = {
  name: "strange_addresses",
  stops: ({ isSpent, isKnown }) => (isSpent && !isKnown ? wrong : undefined),
  tell({ isSpent, isKnown }) {
    const tried = isSpent
      ? "too many wrong passwords within an hour"
      : "not too many wrong passwords within an hour";
    return {
      fact: `${tried}, from anywhere; the address is ${isKnown ? "known to the user" : "strange to the user"}`,
      remedy: "sign in from an address that the user has signed in from, or wait an hour",
    };
  },
};

/** What stands in the way of an address at the user's hub. */
export const addressGates: readonly Gate<AddressFacts>[] = [strangers];

/** What is asked of the user at the hub; instants in ms. */
export interface UserFacts {
  status: "normal" | "disabled" | "deleted";
  /** Why the user is disabled, and until when: null for never. */
  reason: string;
  until: number | null;
  now: number;
  /** The ban as it stands in D1, where it is explained. */
  ban?: { banned_at: number; banned_by: string } | undefined;
}

const userThere: Gate<UserFacts> = {
  name: "user_there",
  stops: ({ status }) => (status === "deleted" ? wrong : undefined),
  tell: (_facts, isStopped) => ({ fact: isStopped ? "the user was deleted" : "the user was not deleted" }),
};

/** True where a ban holds at a moment: one whose end has passed is none. */
export function isDisabled({ status, until }: Pick<UserFacts, "status" | "until">, now: number): boolean {
  return status === "disabled" && (until === null || until > now);
}

const userEnabled: Gate<UserFacts> = {
  name: "user_enabled",
  stops(facts) {
    if (!isDisabled(facts, facts.now)) return undefined;
    const { reason, until } = facts;
    const end = until === null ? "" : ` until ${instant(until)}`;
    return {
      ok: false,
      reason: "user_disabled",
      message: `the user is disabled${end}${reason && `: ${reason}`}`,
    };
  },
  tell({ reason, until, ban }, isStopped) {
    if (!isStopped) return { fact: "the user is not disabled" };
    return {
      fact: `the user is disabled${reason && `: ${reason}`}`,
      since: ban?.banned_at,
      by: ban?.banned_by,
      lifts_at: until,
      remedy: "PUT /user/enable, with the scope bans",
    };
  },
};

/** What stands in the way of the user at the hub. */
export const userGates: readonly Gate<UserFacts>[] = [userThere, userEnabled];

/** What is asked of the sign-in policy; undefined where no device asks for a place. */
export interface PlaceFacts {
  placement: Placement | undefined;
}

const devicePlace: Gate<PlaceFacts> = {
  name: "device_place",
  stops: ({ placement }) =>
    placement === undefined || placement.admitted ? undefined : { ok: false, reason: "too_many_devices" },
  tell({ placement }) {
    if (placement === undefined)
      return { fact: "no device asks for a place: device_guid or platform names one" };
    if (!placement.admitted) {
      return {
        fact: "the sign-in policy has no place for one more device, and refuses newcomers",
        remedy: "sign a device out by /user/kick, or have the app's sign_in_policy changed",
      };
    }
    const gone = placement.displaced.join(", ");
    return {
      fact: gone === "" ? "there is a place for the device" : `there is a place: device ${gone} goes for it`,
    };
  },
};

/** What stands in the way of a device that asks for a place. */
export const placeGates: readonly Gate<PlaceFacts>[] = [devicePlace];
