import { createMiddleware } from "hono/factory";
import { z } from "zod";
import { Refusal } from "../domain/reasons.ts";
import { hashToken } from "../domain/tokens.ts";
import type { Call } from "../admission/call.ts";
import { tellWhatIsOwed } from "../services/deliver.ts";
import { claimKey, keepAnswer, letGo } from "../store/kept-answers.ts";
import { Fault, success } from "./envelope.ts";
import type { Gated } from "./gate.ts";
import type { Given } from "./input.ts";
import { type Declaration, Done, keyHeader } from "./operation.ts";

const isKey = (text: string) => /^[\x20-\x7e]{1,128}$/.test(text);

/** Who has a key: another caller's is another key. */
function callerOf({ caller, address }: Call): string {
  if (caller.kind === "admin") return `admin:${caller.tokenId}`;
  if (caller.kind === "user") return `user:${caller.userId}`;
  return caller.kind === "root" ? "root" : `public:${address}`;
}

/** JSON whose fields are in the order of their names. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );
}

const Body = z.looseObject({ code: z.int() });

/** What a caller does whose request took effect, but is not answered again. */
const withheld = {
  secret:
    "the answer to this Idempotency-Key held a secret, which is not kept: make or sign in anew under another key",
  lost: "the request with this Idempotency-Key took effect, but its answer was lost: read what is there",
};

/**
 * Answers a request whose `Idempotency-Key` was sent before as it was answered then, and keeps the answers of others. The key is
 * taken before the work; what the work writes and that the key has been used are one transaction. A refusal is kept as well, a
 * fault is not.
 */
export function keyed(declaration: Declaration) {
  const isOfDirectory = declaration.caller === "root" || declaration.caller === "root or admin";
  const known = declaration.data === Done && !declaration.beside;
  return createMiddleware<Gated & Given>(async (c, next) => {
    const key = c.req.header(keyHeader);
    if (key === undefined || c.req.method === "GET") return await next();
    if (!isKey(key)) {
      throw new Refusal(
        "parameter_wrong",
        "the header Idempotency-Key must be 1–128 printable ASCII characters",
      );
    }
    const call = c.get("call");
    const db = isOfDirectory ? call.directory : call.db;
    const appId = call.knownApp?.app_id ?? "";
    // What the directory keeps stays there wherever the app's users go.
    const place = isOfDirectory
      ? { app_id: "", caller: `${callerOf(call)} for ${appId}`, key }
      : { app_id: appId, caller: callerOf(call), key };
    const request = [declaration.id, c.req.header("user_id"), c.req.header("group_id"), c.get("given") ?? {}];
    const fingerprint = hashToken(canonical(request));
    const isBounded = call.caller.kind === "user" || call.caller.kind === "public";
    const { requestId: request_id, now } = call;
    const claim = await claimKey(db, place, { fingerprint, request_id, now }, isBounded);
    if (!claim)
      throw new Fault(429, "too many idempotency keys in a day: send none", { "Retry-After": "3600" });
    if (claim.fingerprint !== fingerprint) {
      throw new Fault(422, "this Idempotency-Key was sent with another request: take another key");
    }
    if (!claim.isOurs) {
      const { answer } = claim;
      if (!answer)
        throw new Fault(409, "the request with this Idempotency-Key is under way", { "Retry-After": "1" });
      if ("withheld" in answer) throw new Fault(409, withheld[answer.withheld]);
      // "Done" says that all have been told: the first call may not have come so far.
      if (call.knownSubject !== undefined) await tellWhatIsOwed(call, call.knownSubject);
      call.code = Body.parse(answer.body).code;
      return Response.json(answer.body, {
        status: answer.status,
        headers: { "Cache-Control": "no-store", "Idempotency-Replayed": "true" },
      });
    }
    const inBatch = known
      ? { status: 200, body: success(true) }
      : { withheld: declaration.secret ? ("secret" as const) : ("lost" as const) };
    call.keeping = { db, place, answer: inBatch, commandId: claim.request_id };
    await next();
    const isAnswered = c.error === undefined || c.error instanceof Refusal;
    const isRefused = c.error !== undefined;
    const isStranger = call.caller.kind === "public";
    if (!isAnswered || (isRefused && isStranger)) {
      // A stranger's refusals would be kept without a bound.
      await letGo(db, place, isStranger).catch(() => undefined);
    } else {
      const body = Body.parse(await c.res.clone().json());
      const answer =
        isRefused || !declaration.secret ? { status: c.res.status, body } : { withheld: "secret" as const };
      const keeping = keepAnswer(db, place, answer);
      // Nobody waits for what the transaction of the effect has kept already.
      if (known && !isRefused && call.keeping.isKept) call.background(keeping);
      else await keeping;
    }
  });
}
