import { z } from "zod";
import { Instant, text } from "./fields.ts";

/** Most reports of one call. */
export const MAX_FEEDBACK = 500;

/** What a provider made of a push: the token is gone; it refuses the token, which may be another environment's; it has it. */
export const FeedbackResult = z.enum(["unregistered", "bad_token", "delivered"]).meta({
  description:
    '"unregistered", "bad_token" or "delivered": the token is dead; the provider refuses it; it has the push',
  examples: ["delivered"],
});

export type FeedbackResult = z.infer<typeof FeedbackResult>;

/** What a sender reports of one push. */
export const Feedback = z
  .object({
    binding_id: text(1, 128, "a binding_id as /admin/push/route gives it, 1–128 characters").meta({
      examples: ["rs.1.0f8fad5bd9cb469fa16570867728950e"],
    }),
    result: FeedbackResult,
    at: Instant.meta({
      description: "when the provider says that it was so, in ms since 1970; now where it is left out",
    }).optional(),
  })
  .meta({ id: "Feedback", description: "an object of binding_id, result and, optionally, at" });

export type Feedback = z.infer<typeof Feedback>;

/** How long a token that a provider has refused is held back (ms): it may have been asked in the wrong environment. */
export const HOLD = 24 * 3600 * 1000;

/** What a report is judged by. Instants in ms; `held_until` is null where nobody has refused the token since it was bound. */
export interface Standing {
  bound_at: number;
  held_until: number | null;
}

/**
 * Says what a report of `now` (ms) makes of a binding: undefined for nothing, "release" for its end, else until when it is held
 * back from then on. What was so before it was bound is not of this binding. What is refused once is held back, and is released
 * only where it is refused again after that.
 */
export function judgeFeedback(
  { bound_at, held_until }: Standing,
  { result, at }: Pick<Feedback, "result" | "at">,
  now: number,
): "release" | { held_until: number | null } | undefined {
  const was = at === undefined ? Math.max(now, bound_at) : Math.min(at, now);
  switch (result) {
    case "delivered":
      return held_until === null ? undefined : { held_until: null };
    case "unregistered":
      return was < bound_at ? undefined : "release";
    case "bad_token":
      if (was < bound_at) return undefined;
      if (held_until === null) return { held_until: was + HOLD };
      return was < held_until ? undefined : "release";
    default:
      return result satisfies never;
  }
}
