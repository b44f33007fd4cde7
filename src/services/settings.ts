import { Refusal } from "../domain/reasons.ts";
import { type SettingsChange, findPushFields, takePushToken, updateSettings } from "../store/settings.ts";
import type { Scope } from "./scope.ts";

/**
 * Changes the subject's settings, alias or badge. A push token belongs to one user of the app at a time: setting it
 * takes it from whoever had it, in the same transaction.
 */
export async function changeSettings(
  scope: Scope,
  change: SettingsChange & { alias?: string | undefined; badge?: number | undefined },
): Promise<void> {
  const { app, db, subject } = scope;
  if (Object.values(change).every((value) => value === undefined)) {
    if (!(await findPushFields(db, subject))) throw new Refusal("user_unknown");
    return;
  }
  const { push_token } = change;
  const update = updateSettings(db, subject, change);
  const changed = push_token
    ? (await scope.write("the subject", [takePushToken(db, app.app_id, push_token, subject), update]))[1]
    : (await scope.write("the subject", [update]))[0];
  if (changed.length === 0) throw new Refusal("user_unknown");
}
