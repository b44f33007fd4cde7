import { countedAddress } from "../domain/addresses.ts";
import { appGates } from "../domain/gates/app.ts";
import { type Asked, type Gate, type GateView, askAll, askNone } from "../domain/gates/gate.ts";
import { tokenGates } from "../domain/gates/session.ts";
import { passwordGates, tryGates, writingGates } from "../domain/gates/sign-in.ts";
import type { Platform } from "../domain/fields.ts";
import { Refusal, type Refused, isReason, reasons } from "../domain/reasons.ts";
import { tokenKind } from "../domain/tokens.ts";
import { endsSessions } from "../domain/signals.ts";
import { type HubGate, type Question, hubGates } from "../hub/contract.ts";
import { findByRequest } from "../store/find-users.ts";
import { findOwn } from "../store/own.ts";
import { type Standing, findStanding } from "../store/standing.ts";
import { type TokenClaims, peekClaims } from "../store/tokens.ts";
import type { UserKey } from "../store/sign-in.ts";
import { askDoor, attemptKey } from "./attempts.ts";
import { hasArrived } from "./deliver.ts";
import type { Scope } from "./scope.ts";

/** What is asked: of whom, by id, by a token or by a request, and of what. `at` in ms, absent for that of the request, or now. */
export interface Asking {
  for: HubGate;
  user_id?: number | undefined;
  request_id?: string | undefined;
  token?: string | undefined;
  device_sn?: number | undefined;
  platform?: Platform | undefined;
  device_guid?: string | undefined;
  address?: string | undefined;
  origin?: string | undefined;
  at?: number | undefined;
}

/** What stands in the way, and what the user hears of it. */
export interface Explanation {
  verdict: "let_through" | "refused";
  code: number;
  reason: string;
  gates: GateView[];
}

type Answers = Asked<{ reason: string }>[];

type Account = NonNullable<Standing["user"]>;

const noUser: Gate<{ user: Account | undefined }> = {
  name: "user_known",
  stops: ({ user }) => (user ? undefined : { ok: false, reason: "user_unknown" }),
  tell: (_facts, isStopped) => ({ fact: isStopped ? "user_unknown" : "user_known" }),
};

const nobody = "user_none";

/**
 * Says of all that stands in the way of a user, in its order, what it lets through and why: by the gates that let callers in, and
 * by the facts that those go by. It counts nothing, changes nothing, and asks no hub of who is no user of the app.
 */
export async function explain(scope: Scope, given: Asking): Promise<Explanation> {
  const asking = given.request_id === undefined ? given : await ofRequest(scope, given, given.request_id);
  if ((asking.user_id === undefined) === (asking.token === undefined)) {
    throw new Refusal(
      "parameter_wrong",
      "user_id is required: whom it is about; or token in its place, not both",
    );
  }
  const { app, now } = scope;
  const { token, at = now } = asking;
  const address = asking.address === undefined ? undefined : countedAddress(asking.address);
  if (token !== undefined && tokenKind(token) === "admin") {
    throw new Refusal("parameter_wrong", "token must be a user's: GET /admin/tokens says of admin tokens");
  }
  const claims = token === undefined ? undefined : await claimsOf(scope, token);
  const userId = asking.user_id ?? claims?.user_id;
  const standing = userId === undefined ? undefined : await findStanding(scope.db, app.app_id, userId);
  const isPush = asking.for === "push";
  const origin = isPush ? undefined : asking.origin;
  const atApp: Answers = askAll(appGates, { app, origin, service: scope.service, isByRoot: false });
  const before = async (): Promise<Answers> => {
    if (asking.for === "sign_in") return await beforeSignIn(scope, address, standing);
    if (token === undefined || isPush) return askAll([noUser], { user: standing?.user });
    return askAll(tokenGates, { kind: tokenKind(token), claims, app_id: app.app_id });
  };
  const atHub = async (): Promise<Answers> => {
    // A token leads to a hub as long as anything is known of it: it was a user's.
    const isThere = standing?.user !== undefined || (claims !== undefined && !isPush);
    const question = isThere && (await questionOf(scope, { ...asking, address }, { claims, standing, at }));
    if (!question || userId === undefined) return askNone(hubGates[asking.for], nobody);
    return await scope.hub(userId).call((hub) => hub.explain(question));
  };
  const [first, last] = await Promise.all([before(), atHub()]);
  return told(asking, [...atApp, ...first, ...last]);
}

/** The same question of the user and the moment of a request. Nothing is kept of what was refused but the moment, in its id. */
async function ofRequest({ app, db }: Scope, asking: Asking, requestId: string): Promise<Asking> {
  const request = await findByRequest(db, app.app_id, requestId);
  if (!request) throw new Refusal("parameter_wrong", "request_id must be one that this service has given");
  const { at = request.at, token, user_id = token === undefined ? request.user_id : undefined } = asking;
  if (user_id === undefined && token === undefined) {
    throw new Refusal(
      "parameter_wrong",
      "request_id must be of a write or of an end of a session, as nothing else leaves a record; with user_id or token beside it, the moment of any request is judged",
    );
  }
  return { ...asking, at, user_id };
}

/** What a token of the app says; undefined where there is none, and of another app's. */
async function claimsOf(scope: Scope, token: string): Promise<TokenClaims | undefined> {
  if (tokenKind(token) !== "user") return undefined;
  const claims = await peekClaims(scope, scope.db, token);
  return claims?.app_id === scope.app.app_id ? claims : undefined;
}

/** What is asked before the user's hub of a sign-in by the username, with the right password. */
async function beforeSignIn(
  scope: Scope,
  address: string | undefined,
  standing: Standing | undefined,
): Promise<Answers> {
  const user = standing?.user;
  const password = askAll(passwordGates, { user, right: user?.has_password === 1 });
  const writing = askAll(writingGates, { isMoving: standing?.isMoving === true });
  if (!user) return [...askNone<Refused>(tryGates, nobody), ...password, ...writing];
  const [byName, ...others] = await Promise.all(
    keysOf(user).map(async (key) => ({ key, ...(await askDoor(scope, key.key, user.id, address ?? "")) })),
  );
  if (!byName) throw new Error("a user has no name");
  const waiting = others.flatMap(({ key, permit }) => (permit.ok ? [] : [key.of]));
  const tried = askAll(tryGates, { permit: byName.permit, from: address, waiting }).map(({ view, stop }) => {
    const wait = stop?.retryAfter;
    return { view: wait === undefined ? view : { ...view, lifts_at: Date.now() + wait * 1000 }, stop };
  });
  return [...tried, ...password, ...writing];
}

const keyOf = (key: UserKey, of: string) => ({ key: attemptKey(key), of });

/** Under what the user's tries are counted: first the name, then what else the user may sign in by. */
function keysOf({ id, username, mobile, email }: Account): { key: string; of: string }[] {
  return [
    keyOf({ username }, "username"),
    keyOf({ user_id: id }, "user_id"),
    ...(mobile === "" ? [] : [keyOf({ mobile }, "mobile")]),
    ...(email === "" ? [] : [keyOf({ email }, "email")]),
  ];
}

interface Known {
  claims: TokenClaims | undefined;
  standing: Standing | undefined;
  at: number;
}

/** What the user's hub is asked. */
async function questionOf(
  scope: Scope,
  asking: Asking,
  { claims, standing, at }: Known,
): Promise<Question | undefined> {
  const { app, db } = scope;
  const { user, ban, owed = [] } = standing ?? {};
  const own =
    asking.for === "push" && user ? await findOwn(db, { app_id: app.app_id, user_id: user.id }) : undefined;
  if (asking.for === "push" && !own) return undefined;
  // A sign-in brings all that is owed; who asks about pushes, what waits for the hub's first need of it.
  const isBrought = asking.for === "sign_in" ? owed.length > 0 : hasArrived(owed);
  const status = user?.status === 1 ? ("disabled" as const) : ("normal" as const);
  const order = { urgent: false, skip_online: false, time_zone: app.time_zone, at };
  return {
    for: asking.for,
    session: claims?.session_id,
    device_sn: asking.device_sn,
    guid: asking.device_guid,
    platform: asking.platform,
    address: asking.address,
    at,
    policy: app.sign_in_policy,
    account: isBrought && user ? { status, until: user.until, reason: ban?.reason ?? "" } : undefined,
    ban: ban && { banned_at: ban.banned_at, banned_by: ban.banned_by },
    endings: owed.flatMap(({ epoch, signal }) => {
      const keep = signal.kind === "password_changed" ? signal.keep : undefined;
      return endsSessions(signal) ? [{ epoch, keep }] : [];
    }),
    push: own && { order, own },
  };
}

/** The verdict is that of the first gate that stops. What the sender of a push hears has no code. */
function told(asking: Asking, asked: Answers): Explanation {
  const gates = asked.map(({ view }) => view);
  const first = asked.find(({ stop }) => stop);
  if (!first?.stop) return { verdict: "let_through", code: 200, reason: "", gates };
  const { reason } = first.stop;
  const isOfApp = appGates.some(({ name }) => name === first.view.gate);
  if (asking.for === "push" && !isOfApp) return { verdict: "refused", code: 0, reason, gates };
  return { verdict: "refused", code: isReason(reason) ? reasons[reason].code : 503, reason, gates };
}
