import type { FoundUser } from "../store/found.ts";
import { deliverAll } from "./deliver.ts";
import type { Scope } from "./scope.ts";

/** True of a user whose hub is owed what may have it list devices, beside what waits for the first need of it: its list is not whole yet. */
export function isBehind({ user, owed }: FoundUser): boolean {
  return user.unlisted === 0 && owed.length > (user.arrival ? 1 : 0);
}

/**
 * Has the hubs of these users take what they are owed, before anybody asks them for devices. Throws `Undelivered` where one cannot
 * be reached.
 */
export async function catchUp(scope: Scope, found: readonly FoundUser[]): Promise<void> {
  const owed = found.filter(isBehind).flatMap((each) => each.owed);
  if (owed.length === 0) return;
  await scope.letIn();
  await deliverAll(scope, owed);
}
