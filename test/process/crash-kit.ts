import { z } from "zod";
import { Envelope, ListedUser, Token } from "../wire.ts";
import { type Checkout, app, password } from "./kit.ts";

/** Chance that can be had again: the same seed draws the same numbers (mulberry32). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A number of 0 up to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer of `least` up to `most`. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  one<T>(items: readonly T[]): T | undefined {
    return items[this.integer(0, items.length - 1)];
  }

  /** Some of the items, at least one. */
  some<T>(items: readonly T[]): T[] {
    const chosen = items.filter(() => this.next() < 0.5);
    const one = this.one(items);
    return chosen.length > 0 || one === undefined ? chosen : [one];
  }
}

/** A user as its caller knows it. */
export interface Account {
  readonly id: number;
  readonly name: string;
  /** What the last answered disable or enable made of it. */
  disabled: boolean;
  /** Tokens that nothing has ended, and those that an answered call has. */
  live: string[];
  dead: string[];
}

type Answer = z.infer<typeof Envelope>;

/** The end of the machine: the call has no answer, and nobody knows what became of it. */
export class CutOff extends Error {}

/** Calls that may be cut off. */
export class Calls {
  readonly #checkout: Checkout;
  answered = 0;
  cutOff = 0;

  constructor(checkout: Checkout) {
    this.#checkout = checkout;
  }

  /** A call and its answer; CutOff where none came. */
  async call(method: string, path: string, token?: string, body?: object, userId?: number): Promise<Answer> {
    let answer: Answer;
    try {
      const response = await fetch(this.#checkout.origin + path, {
        method,
        headers: {
          app_id: app,
          "content-type": "application/json",
          ...(token !== undefined && { "access-token": token }),
          ...(userId !== undefined && { user_id: String(userId) }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      if (response.status >= 500) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
      answer = Envelope.parse(await response.json());
    } catch (error) {
      throw new CutOff(`${method} ${path}`, { cause: error });
    }
    return answer;
  }

  /** A call by the admin, on behalf of a user where one is named. */
  async asAdmin(method: string, path: string, body?: object, userId?: number): Promise<Answer> {
    return await this.call(method, path, this.#checkout.adminToken, body, userId);
  }

  /** What a call by the admin returns; fails where it is refused. */
  async read<S extends z.ZodType>(schema: S, path: string): Promise<z.output<S>> {
    const { code, message, data } = await this.asAdmin("GET", path);
    if (code !== 200) throw new Error(`GET ${path}: ${code} ${message}`);
    return schema.parse(data);
  }

  /** The users whose names begin so: id and status by name. */
  async usersNamed(prefix: string) {
    const listed = await this.read(z.array(ListedUser), `/user/list?page_size=200&keyword=${prefix}`);
    return new Map(listed.map((row) => [row.username, row]));
  }

  async signIn(name: string, device_guid?: string): Promise<Answer> {
    return await this.call("POST", "/token/user", undefined, { name, password, device_guid });
  }

  /** The code that a call by a token is answered with: 200 while its session lives. */
  async codeOf(token: string): Promise<number> {
    return (await this.call("GET", "/user/profile", token)).code;
  }

  /** Fires the cron trigger, as if a minute later. */
  async fireCron(): Promise<void> {
    await fetch(`${this.#checkout.origin}/cdn-cgi/local/scheduled?time=${Date.now() + 60_000}`);
  }
}

/** The token that a sign-in gave; fails where it was refused. */
export function tokenOf({ code, message, data }: Answer): string {
  if (code !== 200) throw new Error(`signing in: ${code} ${message}`);
  return Token.parse(data).token;
}
