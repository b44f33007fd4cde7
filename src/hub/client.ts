import type { DurableObject } from "cloudflare:workers";
import { type Refused, refusal } from "../domain/reasons.ts";
import type { Trips } from "../store/database.ts";
import { type AnswerKey, requireKey } from "../domain/answers.ts";
import type { Command } from "./contract.ts";
import type { UserHub } from "./user-hub.ts";

/** What a hub can be asked. */
type Method = Exclude<keyof UserHub, keyof DurableObject>;

/** What a method takes from its callers: the client adds the command itself. */
type Given<Args> = Args extends [Command, ...infer Rest] ? Rest : Args;

/** A hub's methods as its callers see them: answers are plain copies, and every one takes a round trip. */
type Hub = {
  [Name in Method]: (
    ...args: Given<Parameters<UserHub[Name]>>
  ) => Promise<Awaited<ReturnType<UserHub[Name]>>>;
} & Pick<Fetcher, "fetch">;

type Kind<Name extends Method> =
  Parameters<UserHub[Name]> extends [Command, ...unknown[]] ? "command" : "repeatable";

/**
 * What a second call does whose first was done, though its answer was lost. A method that is repeatable does nothing more:
 * it reads, or sees by itself what is done. A command is given an id, by which the hub does it once and answers it again.
 */
const kinds: { [Name in Method]: Kind<Name> } & { fetch: "repeatable" } = {
  check: "repeatable",
  mayTry: "repeatable",
  knows: "repeatable",
  failed: "command",
  passed: "repeatable",
  forgive: "repeatable",
  countFailure: "command",
  signIn: "command",
  // A signal is taken once, by its epoch, whoever brings it.
  take: "repeatable",
  receipts: "repeatable",
  logout: "command",
  kick: "command",
  removeDevice: "command",
  muteDevice: "command",
  profile: "repeatable",
  settings: "repeatable",
  tags: "repeatable",
  change: "command",
  listDevices: "repeatable",
  listsDevices: "repeatable",
  devicesToTake: "repeatable",
  tryPolicy: "repeatable",
  online: "repeatable",
  isConnected: "repeatable",
  explain: "repeatable",
  picture: "repeatable",
  bindPush: "command",
  unbindPush: "command",
  route: "command",
  // A socket that is lost with its answer is no answer to keep: the next one of the session takes its place.
  fetch: "repeatable",
};

/** All that a hub can be asked, by name. */
export type HubMethod = keyof typeof kinds;

/** The platform's type of a stub splits a union of answers into a union of promises, which cannot be awaited as one. */
function asHub(methods: unknown): Hub {
  // oxlint-disable-next-line typescript/consistent-type-assertions -- the one place where a type is claimed
  return methods as Hub;
}

/** Sends a call of a method, with what the command is known by where it is one. */
type Send = (method: string, args: readonly unknown[], command: Command | undefined) => Promise<unknown>;

/** A hub's methods, which are the same of every hub: a call of one is sent, a command with an id. */
class Calls {
  readonly send: Send;
  readonly key: AnswerKey | undefined;

  constructor(send: Send, key: AnswerKey | undefined) {
    this.send = send;
    this.key = key;
  }

  static {
    for (const [method, kind] of Object.entries(kinds)) {
      const value = async function call(this: Calls, ...args: unknown[]) {
        if (kind !== "command") return await this.send(method, args, undefined);
        const at = this.key?.at ?? Date.now();
        return await this.send(method, args, { id: crypto.randomUUID(), at, key: this.key });
      };
      Object.defineProperty(this.prototype, method, { value });
    }
  }
}

/** How often a call is tried where the platform says that trying again is safe. */
const TRIES = 4;
/** The longest wait before the second try (ms); it doubles with each further one. */
const FIRST_WAIT = 100;
/** How long after the first try the last one may start (ms): the caller is waiting. */
const PATIENCE = 2000;

/** A request that may be sent again, as hubs have part in it. */
export interface KeyedRequest {
  readonly key: AnswerKey;
  /** A hub has done it, or refused it, and keeps what it said. */
  isByHub: boolean;
  /** A hub has said what it had said before. */
  isReplayed: boolean;
}

/** A user's hub as the Worker sees it: each call is one round trip, counted. */
export class HubClient {
  readonly #namespace: DurableObjectNamespace<UserHub>;
  readonly #name: string;
  readonly #trips: Trips;
  readonly #hub: Hub;

  /** `keyed` is the request that may be sent again: it has one command for each hub that it calls. */
  constructor(namespace: DurableObjectNamespace<UserHub>, name: string, trips: Trips, keyed?: KeyedRequest) {
    this.#namespace = namespace;
    this.#name = name;
    this.#trips = trips;
    const send: Send = async (method, args, command) => {
      const answer = await this.#send(method, args, command);
      if (keyed) requireKey(answer);
      if (keyed && command) {
        keyed.isByHub = true;
        keyed.isReplayed ||= isReplayed(answer);
      }
      return answer;
    };
    this.#hub = asHub(new Calls(send, keyed?.key));
  }

  /** Calls the hub. Each method that is called is tried again, as what it is, where the platform says that it may be. */
  async call<T>(work: (hub: Hub) => Promise<T>): Promise<T> {
    return await work(this.#hub);
  }

  /** Calls the hub and throws its refusal. */
  async ask<T extends { ok: true }>(work: (hub: Hub) => Promise<T | Refused>): Promise<T> {
    const outcome = await this.call(work);
    if (!outcome.ok) throw refusal(outcome);
    return outcome;
  }

  /** Sends a call, by a new stub each time, as a fault leaves a stub broken. */
  async #send(...[method, given, command]: Parameters<Send>): Promise<unknown> {
    const last = Date.now() + PATIENCE;
    let args = command ? [command, ...given] : given;
    for (let attempt = 1; ; attempt++) {
      this.#trips.hub++;
      try {
        return await invoke(this.#namespace.getByName(this.#name), method, args);
      } catch (error) {
        const wait = randomWait(attempt);
        if (attempt === TRIES || !isRetryable(error) || Date.now() + wait > last) throw error;
        await scheduler.wait(wait);
        if (command) args = [{ ...command, isRepeat: true }, ...given];
      }
    }
  }
}

const isReplayed = (answer: unknown) =>
  typeof answer === "object" && answer !== null && Reflect.get(answer, "isReplayed") === true;

async function invoke(stub: object, method: string, args: readonly unknown[]): Promise<unknown> {
  const member: unknown = Reflect.get(stub, method);
  if (typeof member !== "function") throw new Error(`a hub has no ${method}`);
  const answer: unknown = Reflect.apply(member, stub, args);
  return await answer;
}

/** The wait (ms) after so many tries: at least half of its longest, so that callers of one hub do not come back together. */
function randomWait(tries: number): number {
  const longest = FIRST_WAIT * 2 ** (tries - 1);
  return (longest * (1 + Math.random())) / 2;
}

function isRetryable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    "retryable" in error && error.retryable === true && !("overloaded" in error && error.overloaded === true)
  );
}

/** True for a fault that passes: the same call may go through in a moment. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ["retryable", "overloaded"].some((field) => Reflect.get(error, field) === true);
}
