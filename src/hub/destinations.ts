import { type Binding, OF_SETTINGS, UNNAMED } from "../domain/bindings.ts";
import type { Own } from "../domain/own.ts";
import type { HubState } from "./state.ts";

/**
 * Where pushes of the user can go at `now` (ms), whatever holds them back: the push tokens of devices whose session is not
 * over, and that of the settings where no device has the same. A device that was registered with its token may have had no
 * session yet. `own` is as `Copies` shows it.
 */
export function destinations(
  { sessions }: HubState,
  { bound, settings }: Pick<Own, "bound" | "settings">,
  now: number,
): Binding[] {
  const ofDevices = bound.filter(({ device_sn }) =>
    sessions.ofDevice(device_sn).every((session) => session.expires_at > now),
  );
  const { push_token, binding } = settings;
  if (push_token === null || binding === null) return ofDevices;
  if (bound.some(({ device_token }) => device_token === push_token)) return ofDevices;
  const { session, ...rest } = binding;
  if (session !== null && (sessions.ofPushKey(session)?.expires_at ?? 0) <= now) return ofDevices;
  return [
    ...ofDevices,
    { ...rest, device_sn: OF_SETTINGS, notifier_name: UNNAMED, device_token: push_token },
  ];
}
