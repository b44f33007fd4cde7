import type { SQL } from "drizzle-orm";
import type { Acting, AppRules } from "../hub/contract.ts";
import type { HubClient } from "../hub/client.ts";
import type { Actor, Origin } from "../domain/actors.ts";
import type { PasswordSettings } from "../passwords/settings.ts";
import type { App } from "../store/apps.ts";
import type { Database, Statement, Trips } from "../store/database.ts";

/** Who made a call. */
export type Caller =
  | { kind: "public" }
  | { kind: "root" }
  | { kind: "user"; userId: number; session: string; deviceSn: number | undefined }
  | { kind: "admin"; tokenId: number; name: string };

/** What a service works in: one request's app, caller, subject, database and hubs. */
export interface Scope {
  readonly env: Env;
  /** The tenant; throws where the operation has none. */
  readonly app: App;
  readonly caller: Caller;
  /** The user who is acted on; throws where the operation has none. */
  readonly subject: number;
  readonly db: Database;
  readonly trips: Trips;
  /** What hashing passwords costs, and who may have how much of it. */
  readonly passwords: PasswordSettings;
  /** The Worker stands between a device's socket and the hub: see the setting SOCKETS. */
  readonly relaysSockets: boolean;
  /** When all of the request was here: by this clock it is judged and recorded (ms). */
  readonly now: number;
  readonly address: string;
  readonly userAgent: string;
  /** The WebSocket subprotocols that the request offers. */
  readonly subprotocols: string | null;
  /** Where the call came from, for the record. */
  readonly from: Origin;
  /** What hubs need to know of the app. */
  readonly rules: AppRules;
  /** How the caller stands before the subject's hub. */
  readonly acting: Acting;
  /** Who devices are told it was. */
  readonly by: Actor;
  /** The hub of a user of this app. */
  hub(userId: number): HubClient;
  /** The hub that counts what is tried under a key: see `attemptKey`. */
  attempts(key: string): HubClient;
  /**
   * The statement that records this write, for behind it in the batch that makes it, with one that fails the batch where an
   * admin token that makes it is not in force any more; none where users act for themselves.
   * Of a write for many users, a row for each of these; of another, one where the batch's last write changed anything.
   * `app` is the id of an app that the write makes.
   */
  record(of?: { users?: SQL; app?: string }): Statement[];
  /** Hands the app's waiting webhook events to the queue, after the answer. */
  queueEvents(): void;
  /** Lets work go on after the answer. Its failure is logged, not answered. */
  background(work: Promise<unknown>): void;
  /** Ends the connection that this call answers with a socket, whatever its peer does. */
  hangUp(): void;
}

/** Where the signals that a service owes are delivered from. */
export function originOf(scope: Scope) {
  return {
    db: scope.db,
    hub: (row: { user_id: number }) => scope.hub(row.user_id),
    background: (work: Promise<unknown>) => scope.background(work),
  };
}
