import type { OwnChange } from "../domain/own.ts";
import { deliverAll } from "./deliver.ts";
import type { Scope } from "./scope.ts";

/**
 * Changes what is the subject's own: the subject's hub does it, and tells the other devices where the operation does. Refuses
 * what the hub refuses.
 */
export async function changeOwn(scope: Scope, change: OwnChange): Promise<void> {
  const { acting, tellsDevices } = scope;
  const { owed } = await scope.hub(scope.subject).ask((hub) => hub.change(acting, change, tellsDevices));
  await deliverAll(scope, owed);
}
