import { type Binding, OF_SETTINGS, UNNAMED } from "../domain/bindings.ts";
import type { Own } from "../domain/own.ts";
import type { PushedRow } from "./devices.ts";
import type { Sessions } from "./sessions.ts";

/** Where a push can go: a push token, the platform of its device (0 where it is no device's), and whether that is muted. */
export interface Place extends Binding {
  platform: number;
  muted: boolean;
}

/**
 * Where pushes of the user can go at `at` (ms), whatever holds them back: the push tokens of devices whose session is not
 * over then, and that of the settings where no device has the same. A device that was registered with its token may have had
 * no session yet. What is the user's own is as `Copies` shows it. `sessions` is undefined of a hub that has never known anything:
 * the settings may have a push token all the same.
 */
export function destinations(
  sessions: Sessions | undefined,
  devices: readonly PushedRow[],
  { bound, settings }: Pick<Own, "bound" | "settings">,
  at: number,
): Place[] {
  const places = bound.flatMap((binding) => {
    const device = devices.find(({ sn }) => sn === binding.device_sn);
    if (!device?.platform || (device.expires_at !== null && device.expires_at <= at)) return [];
    return [{ ...binding, platform: device.platform, muted: device.no_push === 1 }];
  });
  const { push_token, binding } = settings;
  if (push_token === null || binding === null) return places;
  if (bound.some(({ device_token }) => device_token === push_token)) return places;
  const { session, ...rest } = binding;
  if (session !== null && (sessions?.ofPushKey(session)?.expires_at ?? 0) <= at) return places;
  const token = { ...rest, device_sn: OF_SETTINGS, notifier_name: UNNAMED, device_token: push_token };
  return [...places, { ...token, platform: 0, muted: false }];
}
