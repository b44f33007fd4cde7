import { type CallingOptions, lineOf } from "../client/app.ts";
import { type CallsOf, type EachOf, type Line, callsOf, eachOf } from "../client/calls.ts";
import { type UserOperations, userRoutes } from "../client/generated/operations.ts";
import {
  type AdminOperations,
  type RootOperations,
  type SharedOperations,
  type SubjectOperations,
  adminRoutes,
  rootRoutes,
  sharedRoutes,
  subjectRoutes,
} from "./generated/operations.ts";

/** What a client of an admin is made of. Of the times, `timeoutMs` is 60 s by default and `patienceMs` 60 s. */
export interface AdminOptions extends CallingOptions {
  /** Where the service is: an http or https URL. A path is kept; a query is not. */
  url: string;
  /** The app's id. */
  appId: string;
  /** The admin token. */
  token: string;
}

/** What a client of who holds the root key is made of. */
export interface RootOptions extends CallingOptions {
  /** Where the service is: an http or https URL. A path is kept; a query is not. */
  url: string;
  rootKey: string;
  /** Which app it is about; left out where that is said later, by `forApp`. */
  appId?: string;
}

type OnBehalf = UserOperations & SubjectOperations;

/** Calls on behalf of a user: what is the user's own, and what admins alone do to it. */
export type SubjectClient = CallsOf<OnBehalf> & {
  /** The lists, row by row. */
  readonly each: EachOf<OnBehalf>;
};

type OfAdmin = AdminOperations & SharedOperations;

/** Calls of an admin token. */
export type AdminClient = CallsOf<OfAdmin> & {
  /** The lists, row by row. */
  readonly each: EachOf<OfAdmin>;
  /** Calls on behalf of a user. */
  forUser(userId: number): SubjectClient;
  /** Calls on behalf of the owner of a group. */
  forGroup(groupId: number): SubjectClient;
};

type OfRoot = RootOperations & SharedOperations;

/** Calls of who holds the root key. */
export type RootClient = CallsOf<OfRoot> & {
  /** The same about another app. */
  forApp(appId: string): RootClient;
};

const defaults = { timeoutMs: 60_000, patienceMs: 60_000 };

/** Makes a client of an admin. Throws a TypeError for a URL that is none of a service. */
export function createAdmin(options: AdminOptions): AdminClient {
  const { url, appId, token } = options;
  return adminOf(lineOf(url, { app_id: appId, "access-token": token }, { ...defaults, ...options }));
}

/** The calls of an admin, on a line that says who calls. */
export function adminOf(line: Line): AdminClient {
  const routes = { ...adminRoutes, ...sharedRoutes };
  const onBehalf = { ...userRoutes, ...subjectRoutes };
  const forSubject = (headers: Record<string, string>): SubjectClient => {
    const subject = { ...line, headers };
    return { ...callsOf<OnBehalf>(onBehalf, subject), each: eachOf<OnBehalf>(onBehalf, subject) };
  };
  return {
    ...callsOf<OfAdmin>(routes, line),
    each: eachOf<OfAdmin>(routes, line),
    forUser: (userId) => forSubject({ user_id: String(userId) }),
    forGroup: (groupId) => forSubject({ group_id: String(groupId) }),
  };
}

/** Makes a client of who holds the root key. Throws a TypeError for a URL that is none of a service. */
export function createRoot(options: RootOptions): RootClient {
  const { url, rootKey, appId } = options;
  return rootOf(lineOf(url, { "root-key": rootKey }, { ...defaults, ...options }), appId);
}

/** The calls of who holds the root key, on a line that says so. */
export function rootOf(line: Line, appId?: string): RootClient {
  const headers: Record<string, string> = appId === undefined ? {} : { app_id: appId };
  return {
    ...callsOf<OfRoot>({ ...rootRoutes, ...sharedRoutes }, { ...line, headers }),
    forApp: (id) => rootOf(line, id),
  };
}
