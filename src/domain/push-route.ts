import type { Binding } from "./bindings.ts";
import type { OwnSettings, Profile } from "./own.ts";
import { type Gate, firstStop, instant } from "./gates/gate.ts";
import { banTold } from "./gates/sign-in.ts";
import { HORIZON, type HoursVerdict, judgeHours, letThroughFrom } from "./push-hours.ts";

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

/** A ban; what stands in D1 of it only where it is explained. */
interface BanFacts {
  until: number | null;
  reason?: string;
  banned_at?: number | undefined;
  banned_by?: string | undefined;
}

/** The user of a push. */
export interface Addressee {
  profile: Profile;
  settings: OwnSettings;
  /** The ban that is in force at the moment that is judged for; `until` in ms, null for never. */
  ban: BanFacts | undefined;
  /** Where pushes can go at that moment. It is asked when all else lets a push through. */
  destinations: () => Destination[];
}

/** Why a push is not let through. */
export interface PushStop {
  reason: PushReason;
  until: number | null;
}

/** What is asked of a push at a moment (ms); what costs time is looked for when it is first asked for. */
export class PushFacts {
  readonly order: PushOrder;
  readonly to: Addressee;
  readonly at: number;
  #hours: HoursVerdict | undefined;
  #open: Destination[] | undefined;

  constructor(order: PushOrder, to: Addressee, at: number) {
    this.order = order;
    this.to = to;
    this.at = at;
  }

  get zone(): string {
    return this.to.settings.time_zone || this.order.time_zone;
  }

  /** What the user's hours say; nothing, where the push passes them. */
  get hours(): HoursVerdict {
    if (this.order.urgent) return passing;
    return (this.#hours ??= judgeHours(this.to.settings, this.zone, this.at));
  }

  /** The push tokens that are neither muted nor left out. */
  get open(): Destination[] {
    const { skip_online } = this.order;
    return (this.#open ??= this.to
      .destinations()
      .filter(({ muted, online }) => !muted && !(skip_online && online)));
  }

  /** Those of them that no provider has refused of late. */
  get free(): Destination[] {
    return this.open.filter(({ held_until }) => held_until === null || held_until <= this.at);
  }
}

const passing: HoursVerdict = { barred: undefined, silent: false };

const notDisabled: Gate<PushFacts, PushStop> = {
  name: "user_enabled",
  stops: ({ to: { ban }, at }) => ban && { reason: "user_disabled", until: soon(ban.until, at) },
  tell: ({ to: { ban } }) => (ban ? banTold(ban) : { fact: "user_enabled" }),
};

const pushOn: Gate<PushFacts, PushStop> = {
  name: "push_on",
  stops: ({ to: { settings } }) => (settings.no_push ? { reason: "push_off", until: null } : undefined),
  tell: (_facts, isStopped) => ({ fact: isStopped ? "push_off" : "push_on" }),
};

const whenHours = (facts: PushFacts, barred: "snoozed" | "do_not_disturb"): PushStop | undefined =>
  facts.hours.barred === barred ? { reason: barred, until: facts.hours.until } : undefined;

const awake: Gate<PushFacts, PushStop> = {
  name: "awake",
  stops: (facts) => whenHours(facts, "snoozed"),
  tell({ to: { settings }, at }, isStopped) {
    const { snooze_until } = settings;
    if (!isStopped) return { fact: snooze_until > at ? "snooze_passed" : "snooze_none" };
    return { fact: "snooze_lasts", values: { until: instant(snooze_until) }, lifts_at: snooze_until };
  },
};

const inHours: Gate<PushFacts, PushStop> = {
  name: "hours",
  stops: (facts) => whenHours(facts, "do_not_disturb"),
  tell: (facts, isStopped) => ({
    fact: isStopped ? "hours_shut" : "hours_open",
    values: { zone: facts.zone },
    lifts_at: facts.hours.barred ? facts.hours.until : null,
  }),
};

const somewhere: Gate<PushFacts, PushStop> = {
  name: "device",
  stops(facts) {
    const { order, to, zone, at, free, open } = facts;
    if (free.length > 0) return undefined;
    const ends = open.flatMap(({ held_until }) => (held_until === null ? [] : [held_until]));
    const end = soon(ends.length === 0 ? null : Math.min(...ends), at);
    const until = end === null || order.urgent ? end : letThroughFrom(to.settings, zone, end, at);
    return { reason: "no_device", until };
  },
  tell({ to, open, free }) {
    if (free.length > 0) {
      const devices = free.map(({ device_sn }) => device_sn).join(",");
      return { fact: "push_tokens", values: { devices } };
    }
    const held = open.flatMap(({ held_until }) => held_until ?? []);
    if (held.length > 0) return { fact: "push_tokens_held", lifts_at: Math.min(...held) };
    return { fact: to.destinations().length > 0 ? "push_tokens_muted" : "push_tokens_none" };
  },
};

/** What may stand in the way of a push to a user who is there, in the order in which it is asked. */
export const pushGates: readonly Gate<PushFacts, PushStop>[] = [
  notDisabled,
  pushOn,
  awake,
  inHours,
  somewhere,
];

/** The one decision on a push: whether it is let through at a moment (ms), to which push tokens, and shown how. */
export function judgePush(order: PushOrder, to: Addressee, at: number): PushVerdict {
  const facts = new PushFacts(order, to, at);
  const stop = firstStop(pushGates, facts);
  if (stop) return { push: false, ...stop };
  const { settings, profile } = to;
  const silent = facts.hours.barred === undefined && facts.hours.silent;
  return {
    push: true,
    devices: facts.free.map(routed),
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
