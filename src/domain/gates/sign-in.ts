import type { Placement } from "../policy.ts";
import type { Refused } from "../reasons.ts";
import { type Gate, type Told, instant } from "./gate.ts";

/** What is asked of a try at a password. */
export interface TryFacts {
  /** What the hub of what was tried says of the address. */
  permit: { ok: true } | Refused;
  /** Where it is explained: whether an address is named, and by what else than the username must be waited. */
  from?: string | undefined;
  waiting?: readonly string[];
}

const tries: Gate<TryFacts> = {
  name: "tries",
  stops: ({ permit }) => (permit.ok ? undefined : permit),
  tell: ({ permit, from = "", waiting = [] }) => ({
    fact: permit.ok ? "tries_few" : "tries_many",
    values: { from, waiting: waiting.join(",") },
  }),
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
  tell: (_facts, isStopped) => ({ fact: isStopped ? "name_unknown" : "user_known" }),
};

const passwordRight: Gate<PasswordFacts> = {
  name: "password",
  stops: ({ right }) => (right ? undefined : wrong),
  tell: (_facts, isStopped) => ({ fact: isStopped ? "password_none" : "password_set" }),
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
  tell: (_facts, isStopped) => ({ fact: isStopped ? "app_moving" : "app_writes" }),
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
  tell: ({ isSpent, isKnown }) => ({
    fact: isSpent ? "strangers_many" : "strangers_few",
    values: { address: isKnown ? "known" : "strange" },
  }),
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
  tell: (_facts, isStopped) => ({ fact: isStopped ? "user_deleted" : "user_there" }),
};

/** True where a ban holds at a moment: one whose end has passed is none. */
export function isDisabled({ status, until }: Pick<UserFacts, "status" | "until">, now: number): boolean {
  return status === "disabled" && (until === null || until > now);
}

/** What is told of a ban that stands in the way; instants in ms. */
export function banTold(ban: {
  reason?: string | undefined;
  until: number | null;
  banned_at?: number | undefined;
  banned_by?: string | undefined;
}): Told {
  const { reason = "", until, banned_at, banned_by } = ban;
  return { fact: "user_disabled", values: { reason }, since: banned_at, by: banned_by, lifts_at: until };
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
  tell: ({ reason, until, ban }, isStopped) =>
    isStopped ? banTold({ ...ban, reason, until }) : { fact: "user_enabled" },
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
    if (placement === undefined) return { fact: "place_unasked" };
    if (!placement.admitted) return { fact: "place_none" };
    const devices = placement.displaced.join(", ");
    return devices === "" ? { fact: "place_free" } : { fact: "place_taken", values: { devices } };
  },
};

/** What stands in the way of a device that asks for a place. */
export const placeGates: readonly Gate<PlaceFacts>[] = [devicePlace];
