import type { SQL } from "drizzle-orm";
import { type Actor, type Origin, nameActor } from "../domain/actors.ts";
import { countedAddress } from "../domain/addresses.ts";
import { newRequestId } from "../domain/request-ids.ts";
import { tagOf } from "../domain/tokens.ts";
import { MAX_USER_AGENT } from "../domain/fields.ts";
import { HubClient } from "../hub/client.ts";
import { type Acting, type AppRules, attemptsName, hubName } from "../hub/contract.ts";
import type { PasswordSettings } from "../passwords/settings.ts";
import type { Caller, Recorded, Scope } from "../services/scope.ts";
import { type App, databaseOfTag } from "../store/apps.ts";
import { queueEvents } from "../store/webhooks.ts";
import {
  type Keeping as KeepingWrite,
  type Writer,
  readKept,
  writeDone,
  writeFor,
} from "../store/records.ts";
import { DIRECTORY } from "../store/numbering.ts";
import { Ride } from "../store/ride.ts";
import type { Keeping } from "./keeping.ts";
import {
  type Database,
  type Read,
  type Statements,
  type Write,
  type Written,
  databaseFor,
  directoryOf,
  noTrips,
} from "../store/database.ts";
import { logRequest, reportFailure } from "../platform/log.ts";
import { type Settings, settingsOf } from "../platform/settings.ts";

/** Everybody's address where the header that says it may be the client's own: the local server hears only this machine. */
const localAddress = "127.0.0.1";

/** The Worker's invocation that a call is part of. */
export interface Invocation {
  /** Keeps the Worker alive until the work is done. */
  waitUntil(work: Promise<unknown>): void;
  /** Ends the connection, whatever the client does. */
  hangUp(): void;
}

/** One request on its way: what is known of it so far, and what its operation works in. */
export class Call implements Scope {
  readonly env: Env;
  readonly trips = noTrips();
  /** What the first read of the app's database takes along. */
  readonly ride = new Ride();
  /** When the request came (ms). */
  readonly cameAt = Date.now();
  /** When all of it was here: it is judged, works and is recorded by the clock of that moment (ms). */
  now = this.cameAt;
  readonly requestId = newRequestId(this.cameAt);
  knownSettings: Settings | undefined;
  /** The caller's, as the header says it. */
  readonly #givenAddress: string;
  readonly #url: string;
  readonly userAgent: string;
  readonly subprotocols: string | null;
  operation = "";
  tellsDevices = false;
  caller: Caller = { kind: "public" };
  /** As whom the flood limiter counts a block of calls after this one's answer; undefined where it does not. */
  countedAs: string | undefined;
  /** The flood limiter has counted the call by its address. */
  isCountedStranger = false;
  /** It is the upgrade of a WebSocket, on a path that has one. */
  isUpgrade = false;
  /** The code of the answer, for the log. */
  code = 0;
  /** What an error was that is none of ours, for the log. */
  fault: { fault: string; at?: string } | undefined;
  /** Where the answer is kept for who sends the request again; undefined where it is not. */
  keeping: Keeping | undefined;
  /** Until the gate says otherwise, who works in the call has been let in. */
  letIn = async (): Promise<void> => undefined;
  knownApp: App | undefined;
  knownSubject: number | undefined;
  readonly #invocation: Invocation;

  constructor(env: Env, { url, headers }: Pick<Request, "url" | "headers">, invocation: Invocation) {
    this.env = env;
    this.#url = url;
    this.#givenAddress = countedAddress(headers.get("cf-connecting-ip") ?? "unknown");
    this.userAgent = (headers.get("user-agent") ?? "").slice(0, MAX_USER_AGENT);
    this.subprotocols = headers.get("sec-websocket-protocol");
    this.#invocation = invocation;
  }

  get settings(): Settings {
    return (this.knownSettings ??= settingsOf(this.env));
  }

  get service(): string {
    return new URL(this.#url).origin;
  }

  get address(): string {
    return this.settings.ADDRESSES === "local" ? localAddress : this.#givenAddress;
  }

  get relaysSockets(): boolean {
    return this.settings.SOCKETS === "relay";
  }

  get passwords(): PasswordSettings {
    const { PASSWORD_COST: cost, PASSWORD_CALLS: share, WRONG_PASSWORD_MS: wrongAfter } = this.settings;
    return { cost, share, wrongAfter };
  }

  get app(): App {
    if (!this.knownApp) throw new Error("the operation has no app");
    return this.knownApp;
  }

  get subject(): number {
    if (this.knownSubject === undefined) throw new Error("the operation has no subject");
    return this.knownSubject;
  }

  get db(): Database {
    const { keeping, app } = this;
    const along = keeping?.db.number === app.database ? keeping : this.ride;
    return databaseFor(this.env, app, this.trips, along);
  }

  get directory(): Database {
    const { keeping } = this;
    return directoryOf(this.env, this.trips, keeping?.db.number === DIRECTORY ? keeping : undefined);
  }

  async placeOf(token: string): Promise<Database | undefined> {
    return this.knownApp ? this.db : await databaseOfTag(this.env, tagOf(token), this.trips);
  }

  get from(): Origin {
    return { address: this.address, request_id: this.requestId };
  }

  get rules(): AppRules {
    const { sign_in_policy, device_ttl, webhook_url } = this.app;
    return { sign_in_policy, device_ttl, webhooks: webhook_url !== "" };
  }

  get acting(): Acting {
    const { caller, from, operation } = this;
    if (caller.kind === "user") return { session: caller.session, from };
    if (caller.kind === "admin") {
      const { name, tokenId: id, expiresAt: expires_at } = caller;
      return { admin: name, token: { id, expires_at }, operation, from };
    }
    throw new Error(`no hub judges a caller that is ${caller.kind}`);
  }

  get by(): Actor {
    const { caller } = this;
    if (caller.kind === "admin") return { admin: caller.name };
    if (caller.kind === "root") return { root: true };
    if (caller.kind === "public") throw new Error("nobody acts in a call that anyone may make");
    const { userId: user_id, deviceSn: device_sn } = caller;
    return device_sn === undefined ? { user_id } : { user_id, device_sn };
  }

  hub(userId: number): HubClient {
    const { keeping, caller } = this;
    const isKnown = caller.kind === "user" || caller.kind === "admin";
    return new HubClient(
      this.env.HUB,
      hubName(this.app.app_id, userId),
      this.trips,
      isKnown ? keeping : undefined,
    );
  }

  attempts(key: string): HubClient {
    return new HubClient(this.env.HUB, attemptsName(this.app.app_id, key), this.trips);
  }

  async write<U extends Read | Write, T extends Statements<U>>(
    recorded: Recorded,
    statements: T,
    answer?: SQL,
  ): Promise<Written<T>> {
    return await this.#write(this.db, recorded, statements, answer);
  }

  async writeDirectory<U extends Read | Write, T extends Statements<U>>(
    recorded: Recorded,
    statements: T,
    answer?: SQL,
  ): Promise<Written<T>> {
    return await this.#write(this.directory, recorded, statements, answer);
  }

  async #write<U extends Read | Write, T extends Statements<U>>(
    db: Database,
    recorded: Recorded,
    statements: T,
    answer?: SQL,
  ): Promise<Written<T>> {
    const of =
      typeof recorded === "object" && "users" in recorded
        ? recorded
        : { subject: recorded === "the subject" ? (this.knownSubject ?? null) : null };
    const writer = this.#writer(recorded);
    return await writeFor(db, writer, of, statements, 3, this.#keepingIn(db, recorded, answer));
  }

  /** What keeps the answer in the transaction that has the effect, where the two stand in one database. */
  #keepingIn(db: Database, recorded: Recorded, answer: SQL | undefined): KeepingWrite | undefined {
    const { keeping } = this;
    if (keeping?.db.number !== db.number || keeping.isKept) return undefined;
    // Of many users some may have been changed: that is an answer, and no refusal.
    return keeping.inBatch(answer, { isSure: typeof recorded === "object" && "users" in recorded });
  }

  keepAnew(): void {
    if (this.keeping) this.keeping.isAnew = true;
  }

  keepingSecret(): Write[] {
    const kept = this.#keepAmong(undefined, { isSure: false, mayRepeat: true });
    return kept ? [kept] : [];
  }

  keepingBefore(answer: SQL): Write | undefined {
    return this.#keepAmong(answer, { isSure: true });
  }

  /** What keeps the answer among the statements of a transaction, which does not say then whether it has. */
  #keepAmong(answer: SQL | undefined, how: { isSure: boolean; mayRepeat?: boolean }): Write | undefined {
    const { keeping } = this;
    const kept = keeping?.inBatch(answer, how);
    if (!keeping || !kept) return undefined;
    keeping.isKept = true;
    return kept.statement;
  }

  async readKeeping<R>(read: Read<R>, answer: SQL, isSure: SQL | undefined): Promise<R> {
    const { directory, keeping } = this;
    const isKept = keeping?.db.number === directory.number && isSure !== undefined;
    const kept = isKept ? keeping.inBatch(answer, { isSure, mayRepeat: true }) : undefined;
    return kept ? await readKept(directory, kept, read) : await directory.run(read);
  }

  writeAfter(write: Write): void {
    const { db, keeping } = this;
    // What is heard of the request is kept with it.
    if (keeping?.isKept && keeping.db.number === db.number) keeping.after.push(write);
    else this.background(writeDone(db, [write]));
  }

  /** Whom the record of a write names; undefined where it is a user's own and none is kept. */
  #writer(recorded: Recorded): Writer | undefined {
    const { caller, operation, now: at, from } = this;
    if (caller.kind === "user" || caller.kind === "public") return undefined;
    const app_id = typeof recorded === "object" && "app" in recorded ? recorded.app : this.knownApp?.app_id;
    const writer = { app_id: app_id ?? "", caller: nameActor(this.by), operation, at, from };
    if (caller.kind === "root") return writer;
    return { ...writer, token: { id: caller.tokenId, expires_at: caller.expiresAt } };
  }

  queueEvents(): void {
    const { env, db, app, now } = this;
    if (app.webhook_url !== "") this.background(queueEvents(env, db, app.app_id, now));
  }

  background(work: Promise<unknown>): void {
    this.#invocation.waitUntil(work.catch((error: unknown) => reportFailure(this.requestId, error)));
  }

  hangUp(): void {
    this.#invocation.hangUp();
  }

  /** Writes the request's line of the log. `operation` is what it is called where no operation was found. */
  log(status: number, operation: string): void {
    const { caller, knownSubject: subject, code, trips } = this;
    logRequest({
      request_id: this.requestId,
      operation: this.operation || operation,
      app: this.knownApp?.app_id,
      caller: "name" in caller ? `${caller.kind}:${caller.name}` : caller.kind,
      subject,
      status,
      code,
      ms: Date.now() - this.cameAt,
      trips,
      ...this.fault,
    });
  }
}
