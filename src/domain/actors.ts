import { z } from "zod";
import { Id } from "./fields.ts";
import { ShownUserId, shownText } from "./shown.ts";

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

/** An actor as such a text. */
export const by = shownText('who did it: "admin:<name>", "user:<id>", "root" or "system"', "admin:robot");

const told = <K extends string>(kind: K) => z.literal(kind).meta({ description: "who it is" });

/** An actor in parts, as what is sent to others tells it beside the text. */
export const ToldActor = z
  .union([
    z.object({
      kind: told("admin"),
      name: shownText("the name of the admin token, 1–64 characters", "robot"),
    }),
    z.object({ kind: told("user"), user_id: ShownUserId }),
    z.object({ kind: told("root") }),
    z.object({ kind: told("system") }),
  ])
  .meta({
    id: "Actor",
    description:
      "Who did something: an admin token, a user, the holder of the root key, or the service itself as time did it.",
  });

export type ToldActor = z.infer<typeof ToldActor>;

/** The parts of what `nameActor` has made; undefined for any other text. */
export function readActor(name: unknown): ToldActor | undefined {
  if (name === "root" || name === "system") return { kind: name };
  if (typeof name !== "string") return undefined;
  if (name.startsWith("admin:")) return { kind: "admin", name: name.slice("admin:".length) };
  return /^user:[1-9][0-9]{0,15}$/.test(name)
    ? { kind: "user", user_id: Number(name.slice("user:".length)) }
    : undefined;
}

/** Where a call came from, for the record: the address that it was made from, and the request's id. */
export const Origin = z.object({ address: z.string(), request_id: z.string() });

export type Origin = z.infer<typeof Origin>;

/** The origin of what nobody called for: time did it. */
export const noOrigin: Origin = { address: "", request_id: "" };
