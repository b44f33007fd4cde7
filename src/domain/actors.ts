import { z } from "zod";
import { Id } from "./fields.ts";

/**
 * Who did something: a user (with the device, where the session has one), an admin token by its name, or the holder of the
 * root key. What time does has no actor.
 */
export const Actor = z.union([
  z.object({ user_id: Id, device_sn: z.int().optional() }),
  z.object({ admin: z.string() }),
  z.object({ root: z.literal(true) }),
]);

export type Actor = z.infer<typeof Actor>;

/**
 * An actor as a text: in records, in the history of bans and in events of webhooks. Without one it was the service itself,
 * as time did it.
 */
export function nameActor(actor: Actor | undefined): string {
  if (actor === undefined) return "system";
  if ("root" in actor) return "root";
  return "admin" in actor ? `admin:${actor.admin}` : `user:${actor.user_id}`;
}

/** Where a call came from, for the record: the address that it was made from, and the request's id. */
export const Origin = z.object({ address: z.string(), request_id: z.string() });

export type Origin = z.infer<typeof Origin>;

/** The origin of what nobody called for: time did it. */
export const noOrigin: Origin = { address: "", request_id: "" };
