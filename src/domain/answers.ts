import { z } from "zod";

/** How long an answer is kept for who sends its Idempotency-Key again (ms). */
export const ANSWER_KEPT = 24 * 3600 * 1000;

/**
 * What is kept of an answer: the answer itself; that it held a `secret`, which is not kept; or that the request took effect and
 * its answer was `lost`.
 */
export const KeptAnswer = z.union([
  z.object({ status: z.int(), body: z.record(z.string(), z.unknown()) }),
  z.object({ withheld: z.enum(["secret", "lost"]) }),
]);

export type KeptAnswer = z.infer<typeof KeptAnswer>;
