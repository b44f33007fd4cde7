import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { LRUCache } from "lru-cache";
import { Answered, Keeping } from "../admission/keeping.ts";
import { KeyRefused, REPLAYED } from "../domain/answers.ts";
import { withoutSecrets } from "../domain/fields.ts";
import { type Reason, Refusal } from "../domain/reasons.ts";
import { hashToken } from "../domain/tokens.ts";
import type { Call } from "../admission/call.ts";
import { tellAgain } from "../services/repeats.ts";
import {
  type KeptRow,
  dropKey,
  findKept,
  isKeyTaken,
  keepAnswer,
  settleAnswer,
} from "../store/kept-answers.ts";
import { writeDone } from "../store/records.ts";
import { Fault, success } from "./envelope.ts";
import type { Gated } from "./gate.ts";
import type { Given } from "./input.ts";
import { type Declaration, Done, keyHeader } from "./operation.ts";

const isKey = (text: string) => /^[\x20-\x7e]{1,128}$/.test(text);

/** JSON whose fields are in the order of their names. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );
}

/** The keys of requests that this isolate has under way, with their fingerprints: for as long (ms) as none of a request that is no more stays. */
const underWay = new LRUCache<string, string>({ max: 10_000, ttl: 60_000, ttlResolution: 0 });

/** Refusals that say of the caller, and not of what was asked: they are judged anew. */
const ofCaller = new Set<Reason>([
  "token_expired",
  "token_invalid",
  "token_missing",
  "app_suspended",
  "app_unknown",
]);

/**
 * Passes over a verdict that is not on the caller but on whom it acts for: a request that has deleted its user is answered again as it
 * was.
 */
function passOver(error: unknown): void {
  if (!(error instanceof Refusal && ofSubject.has(error.reason))) throw error;
}

const inTheWay = () =>
  new Fault(409, "the request with this Idempotency-Key is under way", { "Retry-After": "1" });

/** The caller, as keys are kept for it, once it is judged. */
function keeperOf({ caller }: Call): string {
  return caller.kind === "admin" ? `admin:${caller.tokenId}` : caller.kind;
}

/** Refusals that say of whom the caller acts for that there is none. */
const ofSubject = new Set<Reason>(["user_unknown", "group_unknown"]);

type Served = Context<Gated & Given>;

/** Judges the caller; whoever acts for somebody who is not there may still hear what it heard before. */
async function judge(c: Served, keeping: Keeping): Promise<void> {
  try {
    await c.get("verdict").judge();
  } catch (error) {
    passOver(error);
    if (!keeping.hasLooked) keeping.found = await findKept(keeping.db, keeping.key);
    if (keeping.found) keeping.requireSame(keeping.found);
    throw error;
  }
}

/** Answers as the first time, once the caller has been let in and all have been told whom the first request had D1 tell. */
async function replay(c: Served, keeping: Keeping, row: KeptRow | undefined): Promise<void> {
  keeping.hasLooked = true;
  await c.get("verdict").judge().catch(passOver);
  if (!row) throw new KeyRefused("many");
  if (row.fingerprint !== keeping.key.fingerprint) throw new KeyRefused("another");
  const { answer } = row;
  if (answer === null || "at" in answer) throw inTheWay();
  if ("withheld" in answer) {
    throw new Fault(
      409,
      "the answer to this Idempotency-Key held a secret, which is not kept: make or sign in anew under another key",
    );
  }
  const call = c.get("call");
  const body = await tellAgain(call, answer);
  call.code = answer.body.code;
  call.fault = undefined;
  c.error = undefined;
  c.res = Response.json(body, {
    status: answer.status,
    headers: { "Cache-Control": "no-store", [REPLAYED]: "true" },
  });
}

/**
 * Answers a request whose `Idempotency-Key` was sent before as it was answered then, and keeps the answers of others: in the
 * transaction or the hub's turn that has the effect, so that neither is without the other. A refusal is kept as well, a fault is
 * not. The caller is judged before it hears anything of a key.
 */
export function keyed(declaration: Declaration) {
  const isDone = declaration.data === Done && !declaration.beside;
  // Of an admin on nobody's behalf the directory is what is read in any case.
  const isOfManyHubs = declaration.hubsKeep === true && declaration.caller === "admin";
  const isOfRoot = declaration.caller === "root" || declaration.caller === "root or admin";

  /** Where the key stands, and what tells the request from others. */
  function keepingOf(c: Served, key: string, keeper: string): Keeping {
    const call = c.get("call");
    const appId = call.knownApp?.app_id ?? "";
    // What the directory keeps stays there wherever the app's users go.
    const isOfDirectory = isOfRoot || isOfManyHubs;
    const place = {
      app_id: isOfDirectory ? "" : appId,
      caller: isOfRoot ? `${keeper} for ${appId}` : keeper,
      key,
    };
    // Of a secret there would be a hash to guess by, and 422 would say that a guess was wrong.
    const given = withoutSecrets(declaration.params, c.get("given") ?? {});
    const request = [declaration.id, c.req.header("user_id"), c.req.header("group_id"), given];
    // It is done to the caller's own session: another one's request is another.
    if (declaration.caller === "session" && call.caller.kind === "user") request.push(call.caller.session);
    const isAdmin = keeper === "root" || keeper.startsWith("admin:");
    const inBatch = declaration.secret
      ? { withheld: "secret" as const }
      : isDone
        ? { status: 200, body: success(true) }
        : undefined;
    const token = declaration.hubsKeep && isAdmin ? c.req.header("access-token") : undefined;
    return new Keeping(
      isOfDirectory ? call.directory : call.db,
      {
        ...place,
        fingerprint: hashToken(canonical(request)),
        request_id: call.requestId,
        at: call.now,
        is_bounded: !isAdmin,
      },
      inBatch,
      {
        takenBy: token === undefined ? undefined : { hash: hashToken(token), app_id: appId },
        isOfGroup: c.req.header("group_id") !== undefined && c.req.header("user_id") === undefined,
      },
    );
  }

  /** Keeps what was answered, where neither a transaction nor a hub has: it was refused, or had nothing to do. */
  async function keep(c: Served, keeping: Keeping): Promise<void> {
    const { key, db } = keeping;
    const body = await c.res.clone().json<ReturnType<typeof success>>();
    const isSecret = declaration.secret && c.error === undefined;
    const answer = isSecret ? { withheld: "secret" as const } : { status: c.res.status, body };
    const row = await keepAnswer(db, key, answer);
    if (row?.request_id !== key.request_id) await replay(c, keeping, row);
  }

  async function afterSuccess(c: Served, keeping: Keeping): Promise<void> {
    if (keeping.isReplayed) c.res.headers.set(REPLAYED, "true");
    if (keeping.isByHub || keeping.takenBy !== undefined) return;
    if (!keeping.isKept) return await keep(c, keeping);
    if (!keeping.isAnew) return;
    const body = await c.res.clone().json<ReturnType<typeof success>>();
    keeping.after.push(settleAnswer(keeping.db, keeping.key, { status: c.res.status, body }));
  }

  async function afterError(c: Served, keeping: Keeping, error: unknown): Promise<void> {
    const { db, key } = keeping;
    const isStranger = key.caller.startsWith("public:");
    if (error instanceof Answered) return await replay(c, keeping, error.row);
    if (isKeyTaken(error)) return await replay(c, keeping, await findKept(db, key));
    if (isStranger && declaration.secret && keeping.isKept) return await dropKey(db, key);
    // What passes by itself is judged anew as well.
    if (!(error instanceof Refusal) || ofCaller.has(error.reason) || error.retryAfter !== undefined) return;
    if (keeping.isReplayed) c.res.headers.set(REPLAYED, "true");
    if (keeping.isByHub || keeping.takenBy !== undefined) return;
    if (isStranger) {
      // A stranger's refusals would be kept without a bound.
      const row = await findKept(db, key);
      if (row) await replay(c, keeping, row);
      return;
    }
    if (declaration.hubDecides && keeping.key.caller.startsWith("user:")) {
      // It was refused by the clock, or by the app's settings: the hub was not asked.
      await c.get("verdict").judge();
      if (keeping.known?.isDone && isDone) {
        await replay(c, keeping, {
          ...key,
          answer: { status: 200, body: success(true), tell: [], receipts: false },
        });
      }
      return;
    }
    await keep(c, keeping);
  }

  return createMiddleware<Gated & Given>(async (c, next) => {
    const key = c.req.header(keyHeader);
    if (key === undefined) return await next();
    if (!isKey(key)) {
      throw new Refusal(
        "parameter_wrong",
        "the header Idempotency-Key must be 1–128 printable ASCII characters",
      );
    }
    const call = c.get("call");
    const verdict = c.get("verdict");
    if (verdict.keeper === undefined) await verdict.judge().catch(passOver);
    const keeping = keepingOf(c, key, verdict.keeper ?? keeperOf(call));
    call.keeping = keeping;
    const place = JSON.stringify([keeping.key.app_id, keeping.key.caller, key]);
    const other = underWay.get(place);
    if (other !== undefined) {
      await verdict.judge();
      throw other === keeping.key.fingerprint ? inTheWay() : new KeyRefused("another");
    }
    underWay.set(place, keeping.key.fingerprint);
    try {
      if (!verdict.isJudgedThere) await judge(c, keeping);
      await keeping.takeForHubs(call.knownSubject);
      if (keeping.known && !keeping.hasLooked && !declaration.hubDecides) {
        keeping.found = await findKept(keeping.db, keeping.key);
      }
      if (keeping.found) keeping.requireSame(keeping.found);
      call.knownSubject = keeping.subject ?? call.knownSubject;
      keeping.isWorking = true;
      await next();
      await (c.error === undefined ? afterSuccess(c, keeping) : afterError(c, keeping, c.error));
    } catch (error) {
      if (!(error instanceof Answered)) throw error;
      await replay(c, keeping, error.row);
    } finally {
      const [first, ...others] = keeping.after;
      if (first) call.background(writeDone(keeping.db, [first, ...others]));
      underWay.delete(place);
    }
  });
}
