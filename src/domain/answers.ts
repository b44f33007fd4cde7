import { z } from "zod";
import type { Refused } from "./reasons.ts";

/** How long an answer is kept for who sends its Idempotency-Key again (ms). */
export const ANSWER_KEPT = 24 * 3600 * 1000;

/** The header of an answer that was given before. */
export const REPLAYED = "Idempotency-Replayed";

/** The body of an answer, as it was sent. */
const Body = z.looseObject({ code: z.int(), message: z.string(), data: z.unknown() });

/**
 * What is kept of an answer: the answer itself; that it held a `secret`, which is not kept; or that hubs have it (`at`), that of
 * the `subject` where the request does not name whom it is for.
 *
 * An answer that is written with its effect is given again only when those are told whom it has D1 owe a signal: `tell` has their
 * ids and the signals' epochs. With `receipts` the hubs also say what these did to devices, for the rows of their users.
 */
export const KeptAnswer = z.union([
  z.object({
    status: z.int(),
    body: Body,
    tell: z.array(z.tuple([z.int(), z.int()])).default([]),
    receipts: z.boolean().default(false),
  }),
  z.object({ withheld: z.literal("secret") }),
  z.object({
    at: z.literal("hub"),
    tell: z.array(z.tuple([z.int(), z.int()])).default([]),
    subject: z.int().exactOptional(),
  }),
]);

/** What is written to be kept. */
export type KeptAnswer = z.input<typeof KeptAnswer>;

/** The key of a request, of its caller in its app, and what tells the request from others. */
export const AnswerKey = z.object({
  /** "" for what is done in the directory: it does not move with the app. */
  app_id: z.string(),
  caller: z.string(),
  key: z.string(),
  /** The SHA-256 of the request. */
  fingerprint: z.string(),
  request_id: z.string(),
  /** When all of the request was here (ms). */
  at: z.int(),
  /** Since when D1 has known the key for hubs (ms), where a request before this one has taken it. */
  since: z.int().exactOptional(),
  /** The caller is no admin, and may have so many keys and no more. */
  is_bounded: z.boolean(),
});

export type AnswerKey = z.infer<typeof AnswerKey>;

/** Most keys of a caller who is no admin, so that nobody can make them many. */
export const MOST_KEYS = 256;

/** Why a key cannot be taken: it is of `another` request, the caller has too `many`, or what was done under it is `forgotten`. */
type WhyRefused = "another" | "many" | "forgotten";

/** A key that cannot be taken. */
export class KeyRefused extends Error {
  readonly keyRefused: WhyRefused;

  constructor(why: WhyRefused) {
    super(`the key cannot be taken: ${why}`);
    this.name = "KeyRefused";
    this.keyRefused = why;
  }
}

/** The same as a value: what a hub answers. */
export interface KeyRefusal extends Refused {
  keyRefused: WhyRefused;
}

/** A key that cannot be taken as the value that a hub answers. */
export function keyRefusal(keyRefused: WhyRefused): KeyRefusal {
  return { ok: false, reason: "parameter_wrong", keyRefused };
}

/** Throws what a hub answered where it is that a key cannot be taken. */
export function requireKey(answer: unknown): void {
  const why = typeof answer === "object" && answer !== null ? Reflect.get(answer, "keyRefused") : undefined;
  if (why === "another" || why === "many" || why === "forgotten") throw new KeyRefused(why);
}
