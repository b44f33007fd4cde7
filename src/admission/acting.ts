import { Id } from "../domain/fields.ts";
import { Refusal } from "../domain/reasons.ts";
import type { Shown } from "./verdict.ts";

/** The headers that say on whose behalf an admin token is used. */
const headers = { userId: "user_id", groupId: "group_id" } as const;

/** Whom an acting header names, by id; undefined where it is absent. Refuses what is no id. */
export function actingFor(shown: Shown, whom: keyof typeof headers): number | undefined {
  const text = shown[whom];
  if (text === undefined) return undefined;
  const id = /^[1-9][0-9]{0,15}$/.test(text) ? Id.safeParse(Number(text)) : undefined;
  if (id?.success) return id.data;
  throw new Refusal(
    "parameter_wrong",
    `the header ${headers[whom]} must be an id: an integer from 1 to 9007199254740991`,
  );
}

/** The same where one that is malformed is not yet to be refused. */
export function namedIn(shown: Shown, whom: keyof typeof headers): number | undefined {
  try {
    return actingFor(shown, whom);
  } catch {
    return undefined;
  }
}
