import type { SQL } from "drizzle-orm";
import { LRUCache } from "lru-cache";
import { Refusal } from "../domain/reasons.ts";
import { grants } from "../domain/roles.ts";
import {
  type AdminToken as Token,
  findAdminCall,
  lookupOf,
  minuteOf,
  noteUse,
  selectToken,
} from "../store/admin-tokens.ts";
import { directoryOf, noTrips } from "../store/database.ts";
import { DIRECTORY } from "../store/numbering.ts";
import type { Ride } from "../store/ride.ts";
import { hashToken } from "../domain/tokens.ts";
import { actingFor, namedIn } from "./acting.ts";
import { welcome } from "../services/deliver.ts";
import type { Caller } from "../services/scope.ts";
import { noteSeen, wasSeen } from "../services/seen-users.ts";
import type { Call } from "./call.ts";
import { limitCaller, limitStranger } from "./flood.ts";
import { type Shown, type Verdict, type Wanted, refuseToken, requireScopeOf } from "./verdict.ts";

/** The hashes of admin tokens that this isolate has seen to be in force: whoever bears one is no stranger. */
const seenAdmins = new LRUCache<string, Token>({ max: 10_000 });

/**
 * An admin token is read when the call is judged. The bearer of one that this isolate does not know is a stranger, whose
 * body is not read before the token is.
 */
export async function identifyAdmin(
  call: Call,
  wanted: Wanted,
  token: string,
  shown: Shown,
  isMoreToCome: boolean,
): Promise<Verdict> {
  const hash = hashToken(token);
  const known = seenAdmins.get(hash);
  let keeper = known;
  if (known) limitCaller(call, adminKey(known.id));
  else {
    await limitStranger(call);
    if (isMoreToCome) keeper = (await findAdmin(call, hash, shown)).token;
  }
  const judge = async (ride?: Ride) => {
    const along = ride && canRide ? await ride.offer(selectToken(call.directory, hash)) : undefined;
    const found = await findAdmin(call, hash, shown, along);
    if (!known) limitCaller(call, adminKey(found.token.id));
    judgeAdmin(call, wanted, found, shown);
    note(call, found.token);
    // Nobody asks a hub of a user who brings something along before it has that.
    if (found.arrived.length > 0) await welcome(call, found.arrived);
  };
  const isForeseen = known !== undefined && foresee(call, wanted, known, shown);
  if (isForeseen) note(call, known);
  // On nobody's behalf there is nothing to look up but the token, where it is known best: in the directory.
  const canRide = isForeseen && call.knownSubject === undefined && call.app.database === DIRECTORY;
  return { judge, byHub: false, isForeseen, keeper: keeper && `admin:${keeper.id}` };
}

/**
 * Takes a call for what it will be judged to be, where the token was in force before: a read need not wait for the verdict to
 * begin. True where that can be said: of a call on nobody's behalf, and on that of a user who is named.
 */
function foresee(call: Call, { caller, scope }: Wanted, token: Token, shown: Shown): boolean {
  const userId = namedIn(shown, "userId");
  const isPlain = caller === "admin" && shown.userId === undefined;
  const isForUser = caller === "user" && userId !== undefined && wasSeen(call.app.app_id, userId);
  const isOver = token.expires_at !== null && token.expires_at <= Date.now();
  if (isOver || token.app_id !== call.app.app_id || shown.groupId !== undefined) return false;
  if (!isPlain && !isForUser) return false;
  // The role of a token is the one that it was made with.
  if (scope !== undefined && !grants(token.role, scope)) return false;
  call.caller = callerBy(token);
  call.knownSubject = userId;
  return true;
}

function callerBy({ id: tokenId, name, role, expires_at: expiresAt }: Token): Caller {
  return { kind: "admin", tokenId, name, role, expiresAt };
}

/** In which minute this isolate has noted the use of a token last (ms). */
const noted = new LRUCache<number, number>({ max: 10_000 });

/** Notes that a token is used, after the answer: once a minute, as far as this isolate knows. */
function note(call: Call, { id, last_used_at }: Token): void {
  const now = Date.now();
  const minute = minuteOf(now);
  if ((noted.get(id) ?? last_used_at ?? 0) >= minute) return;
  noted.set(id, minute);
  call.background(noteUse(directoryOf(call.env, noTrips()), id, now));
}

const adminKey = (id: number) => `admin ${id}`;

/**
 * Reads an admin token that is in force, and whom the call names; refuses one that is not. `along` is the token's row where
 * another read has taken it along.
 */
async function findAdmin(call: Call, hash: string, shown: Shown, along?: unknown) {
  const named = { userId: namedIn(shown, "userId"), groupId: namedIn(shown, "groupId") };
  const ownerIs = (owner: SQL | number) => call.keeping?.isFor(owner);
  const found =
    along === undefined ? await findAdminCall(call, call.app.app_id, hash, named, ownerIs) : lookupOf(along);
  const { token } = found;
  if (!token || token.app_id !== call.app.app_id) {
    seenAdmins.delete(hash);
    return await refuseToken(call);
  }
  if (token.expires_at !== null && token.expires_at <= Date.now()) {
    seenAdmins.delete(hash);
    throw new Refusal("token_expired");
  }
  if (found.userExists && found.arrived.length === 0 && named.userId !== undefined)
    noteSeen(call.app.app_id, named.userId);
  seenAdmins.set(hash, token);
  return { ...found, token };
}

/** What an admin token may do here, and on whose behalf. */
function judgeAdmin(
  call: Call,
  wanted: Wanted,
  found: Awaited<ReturnType<typeof findAdmin>>,
  shown: Shown,
): void {
  call.caller = callerBy(found.token);
  if (wanted.caller === "session")
    throw new Refusal("forbidden", "an admin token cannot do this: sign in as the user");
  requireScopeOf(call.caller, wanted.scope);
  const userId = actingFor(shown, "userId");
  const groupId = actingFor(shown, "groupId");
  if (groupId !== undefined) {
    if (found.groupOwner === undefined) throw new Refusal("group_unknown");
    if (userId !== undefined && userId !== found.groupOwner) {
      throw new Refusal("parameter_wrong", "user_id must be the owner of group_id where both are given");
    }
    if (!found.ownerExists) throw new Refusal("user_unknown", "the owner of the group does not exist");
  }
  if (userId !== undefined && !found.userExists) throw new Refusal("user_unknown");
  call.knownSubject = userId ?? found.groupOwner;
  if (call.knownSubject !== undefined || wanted.caller === "admin" || wanted.caller === "root or admin")
    return;
  throw new Refusal(
    "parameter_wrong",
    "the header user_id (or group_id) is required with an admin token: on whose behalf",
  );
}
