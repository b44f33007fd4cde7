import { z } from "zod";
import { EndedSession, Picture } from "../domain/picture.ts";
import { closeCodes } from "./closes.ts";

/** What who watches a user hears, as JSON text. Instants in ms since 1970. */
export const WatchFrame = z.discriminatedUnion("type", [
  /** The first frame: all that is known. `sessions_ended` has the newest 50, and those that D1 has not heard of yet. */
  z.object({
    type: z.literal("picture"),
    at: z.int(),
    picture: Picture,
    sessions_ended: z.array(EndedSession),
  }),
  /** What has changed: each part that has, whole, as it is now. */
  z.object({ type: z.literal("changed"), at: z.int(), parts: Picture.partial() }),
  /** Sessions that have ended, in that order. */
  z.object({ type: z.literal("ended"), at: z.int(), sessions: z.array(EndedSession) }),
  /** The user is gone: the socket is closed behind it. */
  z.object({ type: z.literal("deleted"), at: z.int() }),
]);

export type WatchFrame = z.infer<typeof WatchFrame>;

/** How a watch ends, by its close code; `ping` is answered with `pong`, and any other frame ends it. */
export const watchCodes = {
  /** The admin token was revoked. */
  token_invalid: closeCodes.bad_token,
  /** The admin token's life is over. */
  token_expired: closeCodes.token_expired,
  /** The app is suspended. */
  app_suspended: 4403,
  /** So many watch the user that the first by its token, which has the most of them, had to make room. */
  displaced: 4409,
  /** The user was deleted. */
  deleted: 4410,
  /** A change could not be told: whoever connects again hears all of it. */
  restart: closeCodes.restart,
  bad_frame: closeCodes.bad_frame,
  /** No ping was heard for 95 s: the line has broken, or who watches does not ping. */
  silent: closeCodes.silent,
} as const;

/** Why a watch ends that was in order. */
export type WatchEnd = keyof typeof watchCodes;
