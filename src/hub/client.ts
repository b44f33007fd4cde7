import type { DurableObject } from "cloudflare:workers";
import { type Refused, refusal } from "../domain/reasons.ts";
import type { Trips } from "../store/database.ts";
import type { UserHub } from "./user-hub.ts";

/** A hub's methods as its callers see them: answers are plain copies, and every one takes a round trip. */
type Hub = {
  [Name in Exclude<keyof UserHub, keyof DurableObject>]: UserHub[Name] extends (
    ...args: infer Args
  ) => infer Answer
    ? (...args: Args) => Promise<Awaited<Answer>>
    : never;
} & Pick<Fetcher, "fetch">;

/** The platform's type of a stub splits a union of answers into a union of promises, which cannot be awaited as one. */
function asHub(stub: unknown): Hub {
  // oxlint-disable-next-line typescript/consistent-type-assertions -- the one place where a type is claimed
  return stub as Hub;
}

/** How often a call is tried where the platform says that trying again is safe. */
const TRIES = 3;

/** A user's hub as the Worker sees it: each call is one round trip, counted. */
export class HubClient {
  readonly #namespace: DurableObjectNamespace<UserHub>;
  readonly #name: string;
  readonly #trips: Trips;

  constructor(namespace: DurableObjectNamespace<UserHub>, name: string, trips: Trips) {
    this.#namespace = namespace;
    this.#name = name;
    this.#trips = trips;
  }

  /** Calls the hub; a fault the platform calls retryable gets a new stub and another try. */
  async call<T>(work: (hub: Hub) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      this.#trips.hub++;
      try {
        return await work(asHub(this.#namespace.getByName(this.#name)));
      } catch (error) {
        if (attempt >= TRIES || !isRetryable(error)) throw error;
      }
    }
  }

  /** Calls the hub and throws its refusal. */
  async ask<T extends { ok: true }>(work: (hub: Hub) => Promise<T | Refused>): Promise<T> {
    const outcome = await this.call(work);
    if (!outcome.ok) throw refusal(outcome);
    return outcome;
  }
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
