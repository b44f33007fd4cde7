import type { SQL } from "drizzle-orm";
import type { Acting, AppRules } from "../hub/contract.ts";
import type { HubClient } from "../hub/client.ts";
import type { Actor, Origin } from "../domain/actors.ts";
import type { PasswordSettings } from "../passwords/settings.ts";
import type { Role } from "../domain/roles.ts";
import type { App } from "../store/apps.ts";
import type { Database, Read, Statements, Trips, Write, Written } from "../store/database.ts";
import type { These } from "../store/users.ts";

/** How the caller of a request was let in. Who it is for others (devices, the audit, the app) is the `Actor`, `by`. */
export type Caller =
  | { kind: "public" }
  | { kind: "root" }
  | { kind: "user"; userId: number; session: string; deviceSn: number | undefined }
  | {
      kind: "admin";
      tokenId: number;
      name: string;
      role: Role;
      /** ms since 1970; null for never. */
      expiresAt: number | null;
    };

/**
 * What the audit has of a write that somebody makes for others: a row for `the subject` (without a user, where the call names
 * none), or one for the `app` that it makes, each where the last statement that writes has changed anything; or a row for
 * each of these `users`.
 */
export type Recorded = "the subject" | { users: SQL | These } | { app: string };

/** What a service works in: one request's app, caller, subject, database and hubs. */
export interface Scope {
  readonly env: Env;
  /** The tenant; throws where the operation has none. */
  readonly app: App;
  readonly caller: Caller;
  /** The user who is acted on; throws where the operation has none. */
  readonly subject: number;
  /** The app's users and all that is theirs. */
  readonly db: Database;
  /** The apps, their admin tokens and their groups. */
  readonly directory: Database;
  readonly trips: Trips;
  /** What hashing passwords costs, and who may have how much of it. */
  readonly passwords: PasswordSettings;
  /** The Worker stands between a device's socket and the hub: see the setting SOCKETS. */
  readonly relaysSockets: boolean;
  /** When all of the request was here: by this clock it is judged and recorded (ms). */
  readonly now: number;
  /** The service's own origin, as the request came to it. */
  readonly service: string;
  readonly address: string;
  readonly userAgent: string;
  /** The WebSocket subprotocols that the request offers. */
  readonly subprotocols: string | null;
  /** Where the call came from, for the record. */
  readonly from: Origin;
  /** What hubs need to know of the app. */
  readonly rules: AppRules;
  /** What the subject's hub judges the caller by; throws where no hub does: for the root key, and where anyone may call. */
  readonly acting: Acting;
  /** Who devices are told, and the audit has, that it was; throws where anyone may call. */
  readonly by: Actor;
  /** The subject's other devices are to hear of what the call changes of the subject's own. */
  readonly tellsDevices: boolean;
  /** The hub of a user of this app. */
  hub(userId: number): HubClient;
  /** The hub that counts what is tried under a key: see `attemptKey`. */
  attempts(key: string): HubClient;
  /**
   * Writes, as one transaction: all of the statements hold, or none. What an admin writes is recorded in it, and fails where
   * the admin token is not in force at that moment. What users write for themselves is not recorded. `answer` is how the
   * database says what the caller will be answered, as a `KeptAnswer`, for who may send the request again: of many users always,
   * else where the last statement that writes has changed anything.
   */
  write<U extends Read | Write, T extends Statements<U>>(
    recorded: Recorded,
    statements: T,
    answer?: SQL,
  ): Promise<Written<T>>;
  /** The same in the directory. */
  writeDirectory<U extends Read | Write, T extends Statements<U>>(
    recorded: Exclude<Recorded, { users: SQL | These }>,
    statements: T,
    answer?: SQL,
  ): Promise<Written<T>>;
  /** Is done where the caller may go on, and throws a `Refusal` where it may not; before it, nothing may be changed. */
  letIn(): Promise<void>;
  /**
   * Reads in the directory what is then answered, and keeps `answer` in the same transaction where `isSure` says that it is no
   * refusal: again and again, for a request that goes on with something. Undefined where it is one in any case.
   */
  readKeeping<R>(read: Read<R>, answer: SQL, isSure: SQL | undefined): Promise<R>;
  /** Says that what is answered is not what `write` has kept: hubs, of which each has been told, had something to say. */
  keepAnew(): void;
  /** What takes the request's Idempotency-Key in a transaction that makes a secret, where the statement before has changed anything. */
  keepingSecret(): Write[];
  /**
   * What takes the request's Idempotency-Key and keeps its answer in the transaction that has the effect, before that: for an answer
   * which says what the effect will find. Undefined where nothing is kept.
   */
  keepingBefore(answer: SQL): Write | undefined;
  /** Hands the app's waiting webhook events to the queue, after the answer. */
  queueEvents(): void;
  /** Writes to the app's database, after the answer, what nobody is to find in the audit: that something is done with. */
  writeAfter(write: Write): void;
  /** Lets work go on after the answer. Its failure is logged, not answered. */
  background(work: Promise<unknown>): void;
  /** Ends the connection that this call answers with a socket, whatever its peer does. */
  hangUp(): void;
}
