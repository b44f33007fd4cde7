import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { LRUCache } from "lru-cache";
import { timingSafeEqual } from "node:crypto";
import { AppId, Id } from "../domain/fields.ts";
import { Refusal, refusal } from "../domain/reasons.ts";
import { hashToken, tokenKind } from "../domain/tokens.ts";
import { findAdminCall } from "../store/admin-tokens.ts";
import { findApp } from "../store/apps.ts";
import { findClaims } from "../store/tokens.ts";
import { readBody } from "./body.ts";
import type { Call } from "./call.ts";
import { limitCaller, limitStranger, userKey } from "./flood.ts";
import type { Declaration } from "./operation.ts";

/** What the gate leaves in the context for those behind it; `body` is empty where there is none or none is taken. */
export interface Gated {
  Bindings: Env;
  Variables: { call: Call; body: Uint8Array };
}

/** A request's headers and query, as far as the gate reads them. */
interface Credentials {
  header(name: string): string | undefined;
  query(name: string): string | undefined;
}

/**
 * The verdict on a caller: `judge` is done where it may go on, and throws a `Refusal` where it may not. `byHub` where it is
 * the hub of the caller, a user, that says it.
 */
interface Verdict {
  judge: () => Promise<void>;
  byHub: boolean;
}

const letIn: Verdict = { judge: async () => undefined, byHub: false };

/**
 * The checks before an operation, in their order: app, token, the caller's level, on whose behalf. They come in two parts.
 * Before the body is read, whoever cannot be let in anyway is refused. Then, when all of the call is here, it is judged by
 * what holds at that moment: nothing is awaited from the caller between the verdict and what the call does.
 *
 * A user's session is judged by the user's hub. A read does not wait for the verdict but its answer does, and an operation
 * that goes to the hub itself is judged there. Whatever else is wrong with a call, a token that is no good is what it hears.
 */
export function gate(declaration: Declaration) {
  const isRead = declaration.methods.includes("GET");
  const takesBody = !isRead && declaration.from !== "none";
  return createMiddleware<Gated>(async (c, next) => {
    const call = c.get("call");
    call.operation = declaration.id;
    await requireApp(call, declaration, c.req);
    const { judge, byHub } = await identify(call, declaration, c.req, takesBody);
    const broken = takesBody ? await takeBody(c) : undefined;
    if (takesBody) {
      call.now = Date.now();
      await requireApp(call, declaration, c.req);
    }
    if (broken) {
      await judge();
      throw broken;
    }
    if (byHub && declaration.hubDecides) {
      await next();
      if (c.error) await judge();
    } else if (byHub && isRead) {
      const verdict = judge().then(
        () => undefined,
        (error: unknown) => error,
      );
      await next();
      const refused = await verdict;
      if (refused !== undefined) throw refused;
    } else {
      await judge();
      await next();
    }
  });
}

/** Reads the body for those behind the gate; what is wrong with it is thrown after the verdict on its caller. */
async function takeBody(c: Context<Gated>): Promise<Error | undefined> {
  try {
    c.set("body", await readBody(c.req.raw, c.get("call").settings.BODY_TIMEOUT));
    return undefined;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

async function requireApp(call: Call, declaration: Declaration, from: Credentials): Promise<void> {
  if (declaration.app === false) return;
  const given = from.header("app_id") ?? (declaration.id === "connect" ? from.query("app_id") : undefined);
  const appId = AppId.safeParse(given);
  if (!appId.success) {
    throw new Refusal(
      "parameter_wrong",
      "the header app_id is required: an app's id, 1–64 of A–Z a–z 0–9 _ -",
    );
  }
  const app = await findApp(call.env, appId.data, call.trips, async () => limitStranger(call));
  if (!app) throw new Refusal("app_unknown");
  call.knownApp = app;
  const isRoot =
    declaration.caller === "root" || (declaration.caller === "root or admin" && from.header("root-key"));
  if (app.status === 1 && !isRoot) throw new Refusal("app_suspended");
  const origin = from.header("origin");
  if (origin === undefined || app.allowed_origins.includes("*") || app.allowed_origins.includes(origin))
    return;
  throw new Refusal("forbidden", "the app does not allow calls from this origin");
}

async function identify(
  call: Call,
  declaration: Declaration,
  from: Credentials,
  takesBody: boolean,
): Promise<Verdict> {
  const { caller: level } = declaration;
  if (level === "public") {
    await limitStranger(call);
    return letIn;
  }
  if (level === "root" || (level === "root or admin" && from.header("root-key") !== undefined)) {
    await limitStranger(call);
    await requireRoot(call, from.header("root-key"));
    return letIn;
  }
  const token = from.header("access-token") ?? offeredToken(declaration, from);
  if (!token) throw new Refusal("token_missing");
  const kind = tokenKind(token);
  if (kind === undefined) return await refuseToken(call);
  if (kind === "admin") return await identifyAdmin(call, declaration, token, from, takesBody);
  return await identifyUser(call, declaration, token, from);
}

/** A browser's socket cannot send the token as a header: it offers it as a subprotocol. */
function offeredToken(declaration: Declaration, from: Credentials): string | undefined {
  if (declaration.id !== "connect") return undefined;
  const offered = from.header("sec-websocket-protocol")?.split(",") ?? [];
  const prefix = "token.";
  return offered
    .map((each) => each.trim())
    .find((each) => each.startsWith(prefix))
    ?.slice(prefix.length);
}

/** Refuses what anyone can make up, and counts it by the address. */
async function refuseToken(call: Call): Promise<never> {
  await limitStranger(call);
  throw new Refusal("token_invalid");
}

async function requireRoot(call: Call, key: string | undefined): Promise<void> {
  const expected = call.settings.ROOT_KEY;
  if (key === undefined) throw new Refusal("forbidden", "the header root-key is required");
  const [given, right] = await Promise.all([hashToken(key), hashToken(expected ?? "")]);
  if (!expected || !timingSafeEqual(Buffer.from(given), Buffer.from(right))) {
    throw new Refusal("forbidden", "the root key is wrong");
  }
  call.caller = { kind: "root" };
}

/** An acting header's id; undefined where it is absent. */
function actingHeader(from: Credentials, name: "user_id" | "group_id"): number | undefined {
  const text = from.header(name);
  if (text === undefined) return undefined;
  const id = /^[1-9][0-9]{0,15}$/.test(text) ? Id.safeParse(Number(text)) : undefined;
  if (!id?.success)
    throw new Refusal(
      "parameter_wrong",
      `the header ${name} must be an id: an integer from 1 to 9007199254740991`,
    );
  return id.data;
}

/** Reads an acting header where a malformed one is not yet to be refused. */
function namedBy(from: Credentials, name: "user_id" | "group_id"): number | undefined {
  try {
    return actingHeader(from, name);
  } catch {
    return undefined;
  }
}

/** The hashes of admin tokens that this isolate has seen to be in force: whoever bears one is no stranger. */
const seenAdmins = new LRUCache<string, { id: number }>({ max: 10_000 });

/**
 * An admin token is read when the call is judged. The bearer of one that this isolate does not know is a stranger, whose
 * body is not read before the token is.
 */
async function identifyAdmin(
  call: Call,
  declaration: Declaration,
  token: string,
  from: Credentials,
  takesBody: boolean,
): Promise<Verdict> {
  const hash = await hashToken(token);
  const known = seenAdmins.get(hash);
  if (known) limitCaller(call, adminKey(known.id));
  else {
    await limitStranger(call);
    if (takesBody) await findAdmin(call, hash, from);
  }
  const judge = async () => {
    const found = await findAdmin(call, hash, from);
    if (!known) limitCaller(call, adminKey(found.token.id));
    judgeAdmin(call, declaration, found, from);
  };
  return { judge, byHub: false };
}

const adminKey = (id: number) => `admin ${id}`;

/** Reads an admin token that is in force, and whom the call names; refuses one that is not. */
async function findAdmin(call: Call, hash: string, from: Credentials) {
  const named = { userId: namedBy(from, "user_id"), groupId: namedBy(from, "group_id") };
  const found = await findAdminCall(call.db, call.app.app_id, hash, named);
  const { token } = found;
  if (!token || token.app_id !== call.app.app_id) {
    seenAdmins.delete(hash);
    return await refuseToken(call);
  }
  if (token.expires_at !== null && token.expires_at <= Date.now()) throw new Refusal("token_expired");
  seenAdmins.set(hash, { id: token.id });
  return { ...found, token };
}

/** What an admin token may do here, and on whose behalf. */
function judgeAdmin(
  call: Call,
  declaration: Declaration,
  found: Awaited<ReturnType<typeof findAdmin>>,
  from: Credentials,
): void {
  call.caller = { kind: "admin", tokenId: found.token.id, name: found.token.name };
  if (declaration.caller === "session")
    throw new Refusal("forbidden", "an admin token cannot do this: sign in as the user");
  const userId = actingHeader(from, "user_id");
  const groupId = actingHeader(from, "group_id");
  if (groupId !== undefined) {
    if (found.groupOwner === undefined) throw new Refusal("group_unknown");
    if (userId !== undefined && userId !== found.groupOwner) {
      throw new Refusal("parameter_wrong", "user_id must be the owner of group_id where both are given");
    }
    if (!found.ownerExists) throw new Refusal("user_unknown", "the owner of the group does not exist");
  }
  if (userId !== undefined && !found.userExists) throw new Refusal("user_unknown");
  call.knownSubject = userId ?? found.groupOwner;
  if (
    call.knownSubject !== undefined ||
    declaration.caller === "admin" ||
    declaration.caller === "root or admin"
  )
    return;
  throw new Refusal(
    "parameter_wrong",
    "the header user_id (or group_id) is required with an admin token: on whose behalf",
  );
}

async function identifyUser(
  call: Call,
  declaration: Declaration,
  token: string,
  from: Credentials,
): Promise<Verdict> {
  const claims = await findClaims(call, token, async () => limitStranger(call));
  if (!claims || claims.app_id !== call.app.app_id) return await refuseToken(call);
  limitCaller(call, userKey(claims));
  const { user_id: userId, session_id: session } = claims;
  call.caller = { kind: "user", userId, session, deviceSn: undefined };
  call.knownSubject = userId;
  const judge = async () => {
    const outcome = await call.hub(userId).call((hub) => hub.check(call.acting));
    if (!outcome.ok) throw refusal(outcome);
    const deviceSn = "device_sn" in outcome.by ? outcome.by.device_sn : undefined;
    call.caller = { kind: "user", userId, session, deviceSn };
  };
  const wrong = wrongLevel(declaration, userId, from);
  if (wrong === undefined) return { judge, byHub: true };
  await judge();
  throw wrong;
}

/** What a user's own token may not do. */
function wrongLevel(declaration: Declaration, userId: number, from: Credentials): Refusal | undefined {
  if (declaration.caller !== "user" && declaration.caller !== "session") {
    return new Refusal("forbidden", "this needs an admin token");
  }
  if (from.header("group_id") !== undefined) return new Refusal("forbidden", "group_id needs an admin token");
  try {
    const named = actingHeader(from, "user_id");
    if (named === undefined || named === userId) return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  return new Refusal("forbidden", "user_id may only be one's own without an admin token");
}
