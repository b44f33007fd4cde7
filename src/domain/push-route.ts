import type { Binding } from "./bindings.ts";
import type { OwnSettings, Profile } from "./own.ts";
import { HORIZON, judgeHours, letThroughFrom } from "./push-hours.ts";

/** Why a push is not let through, in the order in which it is asked. */
export const pushReasons = [
  "user_unknown",
  "user_disabled",
  "push_off",
  "snoozed",
  "do_not_disturb",
  "no_device",
] as const;

export type PushReason = (typeof pushReasons)[number];

/** What a sender asks of a push. */
export interface PushOrder {
  /** It passes the hours, the silence and a snooze. */
  urgent: boolean;
  /** Devices with an open socket are left out. */
  skip_online: boolean;
  /** The zone of who has set none. */
  time_zone: string;
  /** The moment that it is judged for (ms); absent for now. */
  at?: number | undefined;
}

/** A push token that a push may go to, and what is known of its device. */
export interface Destination extends Binding {
  /** 0 where it is no device's. */
  platform: number;
  /** The user wants no pushes on it. */
  muted: boolean;
  online: boolean;
}

/** A push token that a push is to go to. */
export type RoutedDevice = Pick<
  Destination,
  "device_sn" | "platform" | "notifier_name" | "device_token" | "binding_id" | "online"
>;

/** Whether a user may be pushed, and how; or why not, and until when (ms; null where time alone does not lift it). */
export type PushVerdict =
  | {
      push: true;
      devices: RoutedDevice[];
      sound: boolean;
      vibrate: boolean;
      nick_name: string;
      detail: boolean;
    }
  | { push: false; reason: PushReason; until: number | null };

/** The user of a push. */
export interface Addressee {
  profile: Profile;
  settings: OwnSettings;
  /** The ban that is in force at the moment that is judged for; `until` in ms, null for never. */
  ban: { until: number | null } | undefined;
  /** Where pushes can go at that moment. It is asked when all else lets a push through. */
  destinations: () => Destination[];
}

const barred = (reason: PushReason, until: number | null) => ({ push: false, reason, until }) as const;

/** The one decision on a push: whether it is let through at a moment (ms), to which push tokens, and shown how. */
export function judgePush(
  order: PushOrder,
  { profile, settings, ban, destinations }: Addressee,
  at: number,
): PushVerdict {
  if (ban) return barred("user_disabled", soon(ban.until, at));
  if (settings.no_push) return barred("push_off", null);
  const zone = settings.time_zone || order.time_zone;
  const hours = order.urgent ? undefined : judgeHours(settings, zone, at);
  if (hours?.barred) return barred(hours.barred, hours.until);
  const open = destinations().filter(({ muted, online }) => !muted && !(order.skip_online && online));
  const free = open.filter(({ held_until }) => held_until === null || held_until <= at);
  if (free.length === 0) {
    const ends = open.flatMap(({ held_until }) => (held_until === null ? [] : [held_until]));
    const end = soon(ends.length === 0 ? null : Math.min(...ends), at);
    return barred("no_device", end === null || order.urgent ? end : letThroughFrom(settings, zone, end, at));
  }
  const silent = hours?.silent ?? false;
  return {
    push: true,
    devices: free.map(routed),
    nick_name: settings.push_nick_name || profile.nick_name || profile.username,
    detail: !settings.no_push_detail,
    sound: !settings.no_sounds && !silent,
    vibrate: settings.vibratory && !silent,
  };
}

/** An end that is told: one that is too far away is none. */
function soon(end: number | null, at: number): number | null {
  return end !== null && end <= at + HORIZON ? end : null;
}

function routed({
  device_sn,
  platform,
  notifier_name,
  device_token,
  binding_id,
  online,
}: Destination): RoutedDevice {
  return { device_sn, platform, notifier_name, device_token, binding_id, online };
}
