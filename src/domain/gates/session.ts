import type { Refused } from "../reasons.ts";
import { type Gate, instant } from "./gate.ts";

/** What is asked of a user's token by itself. */
export interface TokenFacts {
  /** Which kind of token the text can be by its form. */
  kind: "user" | "admin" | undefined;
  /** What it says; undefined where it is not known. */
  claims: { app_id: string } | undefined;
  app_id: string;
}

const noToken: Refused = { ok: false, reason: "token_invalid" };

const tokenForm: Gate<TokenFacts> = {
  name: "token_form",
  stops: ({ kind }) => (kind === "user" ? undefined : noToken),
  tell: (_facts, isStopped) => ({ fact: isStopped ? "token_malformed" : "token_formed" }),
};

const tokenKnown: Gate<TokenFacts> = {
  name: "token_known",
  // Another app's token is none here, and nothing tells the two apart.
  stops: ({ claims, app_id }) => (claims?.app_id === app_id ? undefined : noToken),
  tell: (_facts, isStopped) => ({ fact: isStopped ? "token_unknown" : "token_known" }),
};

/** What stands in the way of a user's token before its user's hub is asked. */
export const tokenGates: readonly Gate<TokenFacts>[] = [tokenForm, tokenKnown];

/** How a session came to its end. */
export interface EndFacts {
  /** The notice that its device heard, or what else ended it. */
  event: string;
  reason: string;
  /** As records name an actor. */
  by: string;
  /** ms. */
  ended_at: number;
}

/** What is asked of a session; instants in ms. */
export interface SessionFacts {
  session: { signed_in_at: number; expires_at: number; is_over: number } | undefined;
  now: number;
  /** How it ended, where that is known. */
  ended?: EndFacts | undefined;
}

const sessionThere: Gate<SessionFacts> = {
  name: "session_there",
  stops: ({ session }) => (session === undefined ? noToken : undefined),
  tell({ session, ended }) {
    if (session) return { fact: "session_stands", since: session.signed_in_at };
    if (!ended) return { fact: "session_unknown" };
    const { event, reason, by, ended_at } = ended;
    return { fact: "session_ended", values: { event, reason }, since: ended_at, by };
  },
};

const sessionLives: Gate<SessionFacts> = {
  name: "session_lives",
  stops: ({ session, now }) =>
    session !== undefined && (session.is_over === 1 || session.expires_at <= now)
      ? { ok: false, reason: "token_expired" }
      : undefined,
  tell({ session }, isStopped) {
    if (!session) return { fact: "life_none" };
    const { expires_at } = session;
    if (!isStopped) return { fact: "life_lasts", values: { until: instant(expires_at) } };
    return { fact: "life_over", since: expires_at };
  },
};

/** What stands in the way of a session's call at the user's hub. */
export const sessionGates: readonly Gate<SessionFacts>[] = [sessionThere, sessionLives];

/** Why a dead token is none: a connection is told apart whose user may not come back at all. */
export function endTold(refused: Refused, isBarred: boolean): Refused {
  return refused.reason === "token_invalid" && isBarred ? { ok: false, reason: "user_disabled" } : refused;
}

/** What is asked of the device that connects by a session. */
export interface GuidFacts {
  /** The guid that it tells; undefined where it tells none. */
  told: string | undefined;
  /** That of the session's device; undefined where the session has none yet, null where the device has none. */
  known: string | null | undefined;
}

const sameDevice: Gate<GuidFacts> = {
  name: "same_device",
  stops: ({ told, known }) =>
    told === undefined || known === undefined || told === known
      ? undefined
      : {
          ok: false,
          reason: "parameter_wrong",
          message: "device_guid must be that of the device that signed in with this token",
        },
  tell({ known }, isStopped) {
    if (known === undefined) return { fact: "device_none" };
    return { fact: isStopped ? "device_other" : "device_same" };
  },
};

/** What stands in the way of a connection by a session that has its device. */
export const guidGates: readonly Gate<GuidFacts>[] = [sameDevice];
