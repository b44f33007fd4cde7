import { z } from "zod";
import { Id } from "./fields.ts";

/** Who caused an event: a user (with the device, where the session has one), or an admin token by its name. */
export const Actor = z.union([
  z.object({ user_id: Id, device_sn: z.int().optional() }),
  z.object({ admin: z.string() }),
]);

export type Actor = z.infer<typeof Actor>;

/** Where a call came from, for the record: the caller's address and the request's id. */
export const Origin = z.object({ address: z.string(), request_id: z.string() });

export type Origin = z.infer<typeof Origin>;

/** The origin of what nobody called for: time did it. */
export const noOrigin: Origin = { address: "", request_id: "" };

/** An actor as records name it; without one it was the service itself. */
export function callerName(by: Actor | undefined): string {
  if (by === undefined) return "system";
  return "admin" in by ? `admin:${by.admin}` : `user:${by.user_id}`;
}
