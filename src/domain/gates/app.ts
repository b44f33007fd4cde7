import type { Gate } from "./gate.ts";

/** What is asked of the app of a call. */
export interface AppFacts {
  app: { status: number; allowed_origins: string[] } | undefined;
  /** The page that a browser calls from; undefined where it is none. */
  origin: string | undefined;
  /** The service's own origin: every app lets its pages call. */
  service: string;
  /** The caller shows the root key where it counts. */
  isByRoot: boolean;
}

const appKnown: Gate<AppFacts> = {
  name: "app_known",
  stops: ({ app }) => (app ? undefined : { ok: false, reason: "app_unknown" }),
  tell: (_facts, isStopped) => ({ fact: isStopped ? "app_gone" : "app_there" }),
};

const appRunning: Gate<AppFacts> = {
  name: "app_running",
  stops: ({ app, isByRoot }) =>
    app?.status === 1 && !isByRoot ? { ok: false, reason: "app_suspended" } : undefined,
  tell: (_facts, isStopped) => ({ fact: isStopped ? "app_suspended" : "app_running" }),
};

const originAllowed: Gate<AppFacts> = {
  name: "origin_allowed",
  stops: ({ app, origin, service }) =>
    origin === undefined ||
    origin === service ||
    !app ||
    app.allowed_origins.includes("*") ||
    app.allowed_origins.includes(origin)
      ? undefined
      : { ok: false, reason: "forbidden", message: "the app does not allow calls from this origin" },
  tell: ({ origin }, isStopped) => ({
    fact: origin === undefined ? "origin_none" : isStopped ? "origin_barred" : "origin_allowed",
  }),
};

/** What stands in the way of everything in an app, in its order. */
export const appGates: readonly Gate<AppFacts>[] = [appKnown, appRunning, originAllowed];
