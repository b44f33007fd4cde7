import { Refusal } from "../domain/reasons.ts";
import { type AdminScope, requireScope } from "../domain/roles.ts";
import type { Caller } from "../services/scope.ts";
import type { Call } from "./call.ts";
import type { Ride } from "../store/ride.ts";
import { limitStranger } from "./flood.ts";

/**
 * Who may call: `public` anyone; `user` a user's token, or an admin token on a user's behalf; `session` a user's own
 * token only; `admin` an admin token; `admin for user` one on a user's behalf; `root` the root key; `root or admin`
 * either.
 */
export type Level = "public" | "user" | "session" | "admin" | "admin for user" | "root" | "root or admin";

/** Those of them where an admin token may be shown. */
export type AdminLevel = Extract<Level, "user" | "admin" | "admin for user" | "root or admin">;

/** What is asked of one who wants in. */
export interface Wanted {
  caller: Level;
  /** What an admin token must be allowed to do; undefined where none is let in. */
  scope: AdminScope | undefined;
  /** How the app is known: one that is `named`, that which the user's token is of, or `none` is needed. */
  app: "named" | "of the token" | "none";
}

/** What one who wants in shows, as it came: undefined what was not shown. */
export interface Shown {
  appId: string | undefined;
  rootKey: string | undefined;
  token: string | undefined;
  /** On whose behalf an admin token is used: a user, or the owner of a group. */
  userId: string | undefined;
  groupId: string | undefined;
  /** The page that a browser calls from. */
  origin: string | undefined;
}

/** A caller who is known and still to be judged. */
export interface Identified {
  /** All of the call is here: sets its clock, and refuses where the app does not hold any more. */
  complete(): Promise<void>;
  /**
   * Is done where the caller may go on, and throws a `Refusal` where it may not. Its verdict is of this moment or, with a
   * `ride`, of that at which the call reads.
   */
  judge(ride?: Ride): Promise<void>;
  /** It is the hub of the caller, a user, that judges. */
  byHub: boolean;
  /** What the verdict will be can be told: a read may begin before it, and be answered after it. */
  isForeseen: boolean;
  /** For whom the keys of its requests are kept: another caller's are others. Undefined where that is not known before `judge`. */
  keeper: string | undefined;
}

/** What there is to say of a caller by its token or key alone. */
export type Verdict = Pick<Identified, "judge" | "byHub" | "isForeseen" | "keeper">;

/** Refuses an admin token whose role has not the scope. Any other caller is judged by its level alone. */
export function requireScopeOf(caller: Caller, scope: AdminScope | undefined): void {
  if (caller.kind === "admin" && scope !== undefined) requireScope(caller.role, scope);
}

/** Refuses what anyone can make up, and counts it by the address. */
export async function refuseToken(call: Call): Promise<never> {
  await limitStranger(call);
  throw new Refusal("token_invalid");
}
