import { z } from "zod";
import { stretchAt } from "./zones.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How far ahead it is looked for a time at which a push would be let through (ms). */
export const HORIZON = 40 * DAY;

/** Most windows of a schedule. */
export const MAX_WINDOWS = 14;

const timeOfDay = (what: string, example: string) =>
  z
    .string()
    .regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/)
    .meta({ description: `${what}: a time "00:00"–"23:59"`, examples: [example] });

/** Hours on some days of the week in which nothing is pushed: `days` 1 Monday to 7 Sunday, `from` and `to` as HH:MM. */
const PushWindow = z.strictObject({
  days: z
    .array(z.int().min(1).max(7))
    .min(1)
    .refine((days) => new Set(days).size === days.length)
    .meta({
      description: "on which days it begins: 1 (Monday) to 7 (Sunday), none of them twice",
      uniqueItems: true,
      examples: [[6, 7]],
    }),
  from: timeOfDay("when it begins", "22:00"),
  to: timeOfDay("when it ends, the next day where that is not after `from`", "10:30"),
});

const windowDescription =
  '{days, from, to}: days a list of 1 (Monday) to 7 (Sunday), none of them twice; from and to a time "00:00"–"23:59"';

/** When nothing is pushed, week by week. */
export const PushSchedule = z
  .array(PushWindow.meta({ id: "PushWindow", description: windowDescription }))
  .max(MAX_WINDOWS)
  .meta({ description: `a list of up to ${MAX_WINDOWS} windows ${windowDescription}` });

export type PushSchedule = z.infer<typeof PushSchedule>;

/** What a user has set of when pushes come, and how. */
export interface PushHours {
  no_push_start_hour: number;
  no_push_end_hour: number;
  silence_start_time: number;
  silence_end_time: number;
  push_schedule: PushSchedule;
  /** ms since 1970; 0 for none. */
  snooze_until: number;
}

/** What the hours say of an instant. `barred` is why no push is let through; `until` (ms) is when one would be, null where it is not soon. */
export type HoursVerdict =
  | { barred: undefined; silent: boolean }
  | { barred: "snoozed" | "do_not_disturb"; until: number | null };

/** A window as it is judged: on which days it begins, and its times as ms of the day. */
interface Window {
  begins: (day: number) => boolean;
  from: number;
  to: number;
}

/** Monday is 1; day 0 was a Thursday. */
const weekday = (day: number) => ((((day + 3) % 7) + 7) % 7) + 1;

/** Hours of every day, as a window; none where they are equal. */
function hours(start: number, end: number): Window[] {
  return start === end ? [] : [{ begins: () => true, from: start * HOUR, to: end * HOUR }];
}

const msOf = (time: string) => Number(time.slice(0, 2)) * HOUR + Number(time.slice(3)) * MINUTE;

function windowsOf({ no_push_start_hour, no_push_end_hour, push_schedule }: PushHours): Window[] {
  const scheduled = push_schedule.map(({ days, from, to }) => ({
    begins: (day: number) => days.includes(weekday(day)),
    // One that ends when it begins is the whole day, whatever hour it names.
    from: from === to ? 0 : msOf(from),
    to: from === to ? DAY : msOf(to),
  }));
  return [...hours(no_push_start_hour, no_push_end_hour), ...scheduled];
}

/**
 * When the window ends that a wall time is in, and where it is in several the last of them; undefined where it is in none.
 * Wall times are ms as if the wall were in UTC.
 */
function endOf(windows: readonly Window[], wall: number): number | undefined {
  const day = Math.floor(wall / DAY);
  const time = wall - day * DAY;
  let end: number | undefined;
  for (const { begins, from, to } of windows) {
    // It may have begun today, or run over midnight from yesterday.
    const length = to > from ? to - from : to + DAY - from;
    for (const [since, begun] of [
      [time - from, day],
      [time + DAY - from, day - 1],
    ] as const) {
      if (since < 0 || since >= length || !begins(begun)) continue;
      end = Math.max(end ?? -Infinity, wall + length - since);
    }
  }
  return end;
}

/**
 * The first instant from `at` on that is in no window, all of them taken together; null where there is none within `HORIZON`
 * of `now`. It goes from the end of one window to the next and stops where the clock changes, so that a day of 23 or 25 hours
 * is no special case.
 */
function freeFrom(windows: readonly Window[], zone: string, at: number, now: number): number | null {
  if (windows.length === 0) return at <= now + HORIZON ? at : null;
  for (let free = at; free <= now + HORIZON;) {
    const { offset, until } = stretchAt(zone, free);
    const end = endOf(windows, free + offset);
    if (end === undefined) return free;
    free = Math.min(end - offset, until);
  }
  return null;
}

/** When a push would be let through, as `judgeHours` says of an instant (ms); null where it is not soon. */
export function letThroughFrom(set: PushHours, zone: string, at: number, now: number): number | null {
  return freeFrom(windowsOf(set), zone, Math.max(at, set.snooze_until), now);
}

/** What a user's hours say of an instant (ms), by the wall clock of a zone. */
export function judgeHours(set: PushHours, zone: string, at: number): HoursVerdict {
  const windows = windowsOf(set);
  const barredUntil = (from: number) => freeFrom(windows, zone, from, at);
  if (at < set.snooze_until) return { barred: "snoozed", until: barredUntil(set.snooze_until) };
  const free = barredUntil(at);
  if (free !== at) return { barred: "do_not_disturb", until: free };
  return { barred: undefined, silent: isSilent(set, zone, at) };
}

function isSilent({ silence_start_time, silence_end_time }: PushHours, zone: string, at: number): boolean {
  const silence = hours(silence_start_time, silence_end_time);
  return silence.length > 0 && endOf(silence, at + stretchAt(zone, at).offset) !== undefined;
}
