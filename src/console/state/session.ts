import type { Credentials } from "../api/client.ts";
import { scopes } from "../../server/generated/operations.ts";
import type { RouteId } from "../api/routes.ts";
import type { AdminScope } from "../api/types.ts";
import { Store } from "./store.ts";

/** Who is signed in: what is sent, and what the service said of the token. */
export interface Session extends Credentials {
  token: string;
  name: string;
  role: string;
  scopes: readonly string[];
}

const place = "warbler.session";
const endingPlace = "warbler.ending";

const isText = (value: unknown): value is string => typeof value === "string";

function isSession(value: unknown): value is Session {
  if (typeof value !== "object" || value === null) return false;
  const { app, token, name, role, scopes } = { app: 0, token: 0, name: 0, role: 0, scopes: 0, ...value };
  return [app, token, name, role].every(isText) && Array.isArray(scopes);
}

function kept(): Session | undefined {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(place) ?? "null");
    return isSession(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** The session of this tab; undefined while nobody is signed in. */
export const session = new Store<Session | undefined>(kept());

/** Why the last session ended, for the page that asks for another: of a dead token a reload tells as well. */
export const ending = new Store<"" | "out" | "dead">(
  sessionStorage.getItem(endingPlace) === null ? "" : "dead",
);

/** The root key, while it is typed in: a reload forgets it. */
export const rootKey = new Store("");

/** Begins a session, in this tab alone. */
export function begin(started: Session): void {
  sessionStorage.setItem(place, JSON.stringify(started));
  sessionStorage.removeItem(endingPlace);
  ending.set("");
  session.set(started);
}

/** Ends the session: the tab forgets the token. */
export function end(why: "out" | "dead"): void {
  sessionStorage.removeItem(place);
  if (why === "dead") sessionStorage.setItem(endingPlace, why);
  rootKey.set("");
  ending.set(why);
  session.set(undefined);
}

/** True where whoever is signed in may do that. What is not shown is refused by the service all the same. */
export function may(who: Session, what: RouteId | { scope: AdminScope }): boolean {
  const scope = typeof what === "string" ? scopes[what] : what.scope;
  return scope === "root" ? rootKey.value !== "" : who.scopes.includes(scope);
}
