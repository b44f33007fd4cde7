import { timingSafeEqual } from "node:crypto";
import { AppId } from "../domain/fields.ts";
import { appGates } from "../domain/gates/app.ts";
import { firstStop } from "../domain/gates/gate.ts";
import { Refusal, refusal } from "../domain/reasons.ts";
import { findApp } from "../store/apps.ts";
import { hashToken, tokenKind } from "../domain/tokens.ts";
import { identifyAdmin } from "./admin.ts";
import type { Call } from "./call.ts";
import { limitStranger } from "./flood.ts";
import { identifyUser } from "./user.ts";
import { type Identified, type Shown, type Verdict, type Wanted, refuseToken } from "./verdict.ts";

const letIn = (keeper: string): Verdict => ({
  judge: async () => undefined,
  byHub: false,
  isForeseen: false,
  keeper,
});

/**
 * The one way in, of requests and of sockets. It looks at the app, the token, the caller's level and on whose behalf, in this
 * order, and refuses whoever cannot be let in anyway. What else the caller sends is waited for after it and before the
 * verdict: see `Identified`. `isMoreToCome` where the caller may make us wait for it, which a stranger may not.
 *
 * Whatever else is wrong with a call, a token that is no good is what it hears. Strangers are counted before they cost
 * anything, known callers by themselves.
 */
export async function identify(
  call: Call,
  wanted: Wanted,
  shown: Shown,
  isMoreToCome: boolean,
): Promise<Identified> {
  if (wanted.app === "named") await requireApp(call, wanted, shown);
  const verdict = await identifyCaller(call, wanted, shown, isMoreToCome);
  return {
    ...verdict,
    async complete() {
      call.now = Date.now();
      if (wanted.app === "named") await requireApp(call, wanted, shown);
    },
  };
}

async function requireApp(call: Call, wanted: Wanted, shown: Shown): Promise<void> {
  const appId = AppId.safeParse(shown.appId);
  if (!appId.success) {
    throw new Refusal(
      "parameter_wrong",
      "the header app_id is required: an app's id, 1–64 of A–Z a–z 0–9 _ -",
    );
  }
  const app = await findApp(call.env, appId.data, call.trips, async () => limitStranger(call));
  call.knownApp = app;
  const { origin } = shown;
  const facts = { app, origin, service: call.service, isByRoot: isByRoot(wanted, shown) };
  const stop = firstStop(appGates, facts);
  if (stop) throw refusal(stop);
}

const isByRoot = ({ caller }: Wanted, { rootKey }: Shown) =>
  caller === "root" || (caller === "root or admin" && rootKey !== undefined);

async function identifyCaller(
  call: Call,
  wanted: Wanted,
  shown: Shown,
  isMoreToCome: boolean,
): Promise<Verdict> {
  if (wanted.caller === "public") {
    await limitStranger(call);
    return letIn(`public:${call.address}`);
  }
  if (isByRoot(wanted, shown)) {
    await limitStranger(call);
    await requireRoot(call, shown.rootKey);
    return letIn("root");
  }
  const { token } = shown;
  if (!token) throw new Refusal("token_missing");
  const kind = tokenKind(token);
  if (kind === "user") {
    return await identifyUser(call, wanted, token, shown, async (appId) => {
      await requireApp(call, wanted, { ...shown, appId });
    });
  }
  // An admin token is of an app, but says it only when it is looked up there.
  if (kind === undefined || wanted.app === "of the token") return await refuseToken(call);
  return await identifyAdmin(call, wanted, token, shown, isMoreToCome);
}

async function requireRoot(call: Call, key: string | undefined): Promise<void> {
  const expected = call.settings.ROOT_KEY;
  if (key === undefined) throw new Refusal("forbidden", "the header root-key is required");
  const [given, right] = [hashToken(key), hashToken(expected ?? "")];
  if (!expected || !timingSafeEqual(Buffer.from(given), Buffer.from(right))) {
    throw new Refusal("forbidden", "the root key is wrong");
  }
  call.caller = { kind: "root" };
}
