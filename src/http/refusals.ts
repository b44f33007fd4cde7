import { type Reason, isReason, reasons } from "../domain/reasons.ts";
import { isClosingReason } from "../protocol/closes.ts";
import { type Declaration, type Level, onlyLooks } from "./operation.ts";

const ofToken = ["token_missing", "token_invalid", "token_expired", "forbidden"] as const;

/** Whom an admin token acts for. */
const ofActing = ["parameter_wrong", "user_unknown", "group_unknown"] as const;

/** What each caller is refused for at the gate: see `admission`. */
const ofCaller: Record<Level, readonly Reason[]> = {
  public: [],
  user: [...ofToken, ...ofActing],
  session: [...ofToken, "parameter_wrong"],
  admin: [...ofToken, ...ofActing],
  "admin for user": [...ofToken, ...ofActing],
  root: ["forbidden"],
  "root or admin": [...ofToken, ...ofActing],
};

/** What is refused for the app that is named. The holder of the root key goes on with one that is suspended. */
function ofApp({ app, caller }: Declaration): readonly Reason[] {
  if (app === false) return [];
  const named = ["parameter_wrong", "app_unknown", "forbidden"] as const;
  return caller === "root" ? named : [...named, "app_suspended"];
}

/** True for an operation that reads a body. */
export function takesBody({ methods, from }: Declaration): boolean {
  return !methods.includes("GET") && from !== "none";
}

/**
 * What an operation can refuse for, in the order of the table: what its app, its caller and its parameters are refused for, and
 * what it declares of its own. A test finds an answer that is none of these.
 */
export function refusalsOf(operation: Declaration): Reason[] {
  const { caller, from, refuses = [] } = operation;
  const ofParameters: Reason[] = from !== "none" || !onlyLooks(operation) ? ["parameter_wrong"] : [];
  const can = new Set([...ofApp(operation), ...ofCaller[caller], ...ofParameters, ...refuses]);
  const all = Object.keys(reasons).filter(isReason);
  // What a socket is closed for is told by its close.
  return all.filter((reason) => can.has(reason) && !(operation.socket && isClosingReason(reason)));
}

/** What is no business answer, by its HTTP status: when it is given. */
export const faults = {
  400: "the body of a JSON operation cannot be read as JSON in UTF-8",
  404: "no operation has this path",
  405: "the path has no such method",
  408: "the body was not here in time",
  409: "the request with this `Idempotency-Key` is under way; or it took effect and its answer, which held a secret, is not told again",
  413: "the body is too large",
  415: "the body has a content type that is not JSON, where JSON is read",
  422: "this `Idempotency-Key` was sent with another request within 24 h",
  426: "a socket's path was called without `Upgrade: websocket`",
  429: "too many calls, or too many calls with a password",
  500: "an error that nobody foresaw: quote `X-Request-Id`",
  503: "busy, being moved, or out of reach: try again later",
} as const;

/** The HTTP status of a fault. */
export type FaultStatus = keyof typeof faults;

/** The headers that an answer of a status may have beside X-Request-Id. */
export const faultHeaders: Partial<Record<number, readonly string[]>> = {
  405: ["Allow"],
  409: ["Retry-After"],
  426: ["Upgrade"],
  429: ["Retry-After"],
  503: ["Retry-After"],
};

const typed = new Set<Declaration["from"]>(["json", "query", "rows"]);

/** The faults that an operation can answer with. */
export function faultsOf(operation: Declaration): FaultStatus[] {
  const ofBody: FaultStatus[] = [400, 408, 413, ...(typed.has(operation.from) ? ([415] as const) : [])];
  const ofKey: FaultStatus[] = [409, 422];
  return [
    ...(takesBody(operation) ? ofBody : []),
    ...(onlyLooks(operation) ? [] : ofKey),
    ...(operation.socket ? ([426] as const) : []),
    ...([405, 429, 500, 503] as const),
  ];
}
