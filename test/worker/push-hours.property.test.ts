import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HORIZON, type PushHours, judgeHours } from "../../src/domain/push-hours.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Zones, and days on which their clocks were set: forward, back, by half an hour, over a whole day, or not at all. */
const zones: Record<string, string[]> = {
  "Asia/Shanghai": ["1986-05-03", "1986-09-13", "2026-11-25"],
  "America/Sao_Paulo": ["2018-11-04", "2019-02-17"],
  "Pacific/Apia": ["2011-12-30", "2020-09-26", "2021-04-03"],
  "Australia/Lord_Howe": ["2026-04-04", "2026-10-03"],
  "Asia/Kathmandu": ["1985-12-31", "2026-11-25"],
  "Asia/Kolkata": ["2026-11-25"],
  "Pacific/Chatham": ["2026-04-04", "2026-09-26"],
  "America/St_Johns": ["2026-03-08", "2026-11-01"],
  "Africa/Casablanca": ["2026-02-15", "2026-03-22"],
  "Antarctica/Troll": ["2026-03-29", "2026-10-25"],
  "America/Havana": ["2026-03-08", "2026-11-01"],
  "Europe/Berlin": ["2026-03-29", "2026-10-25"],
};

/** How many minutes are looked at about a day, from two days before it. */
const SPAN = (6 * DAY) / MINUTE;

const names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** What the clock on the wall shows in a minute: the day of the week from 1 for Monday, and the minutes since 00:00. */
interface Wall {
  day: number;
  minute: number;
}

/** The walls of all minutes about a day, as the platform prints them. */
function wallsOf(timeZone: string, about: string): { first: number; walls: Wall[] } {
  const print = new Intl.DateTimeFormat("en-US", {
    timeZone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const first = Date.parse(`${about}T00:00:00Z`) - 2 * DAY;
  const walls = Array.from({ length: SPAN }, (_, index) => {
    const [, name = "", hour, minute] =
      /^(\w+),? (\d\d):(\d\d)$/.exec(print.format(first + index * MINUTE)) ?? [];
    return { day: names.indexOf(name) + 1, minute: Number(hour) * 60 + Number(minute) };
  });
  return { first, walls };
}

const minutesOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** Hours of every day. */
function inHours(start: number, end: number, { minute }: Wall): boolean {
  const hour = Math.floor(minute / 60);
  if (start === end) return false;
  return start < end ? hour >= start && hour < end : hour >= start || hour < end;
}

/** The rule as it is written: by the wall alone. */
function isBarred(set: PushHours, wall: Wall): boolean {
  if (inHours(set.no_push_start_hour, set.no_push_end_hour, wall)) return true;
  const yesterday = wall.day === 1 ? 7 : wall.day - 1;
  return set.push_schedule.some(({ days, from, to }) => {
    const [start, end] = [minutesOf(from), minutesOf(to)];
    if (start === end) return days.includes(wall.day);
    if (start < end) return days.includes(wall.day) && wall.minute >= start && wall.minute < end;
    return (
      (days.includes(wall.day) && wall.minute >= start) || (days.includes(yesterday) && wall.minute < end)
    );
  });
}

const hour = fc.integer({ min: 0, max: 23 });
const time = fc
  .tuple(fc.oneof(fc.constantFrom(0, 1, 2, 3, 23), hour), fc.oneof(fc.constantFrom(0, 30), fc.nat(59)))
  .map((parts) => parts.map((part) => String(part).padStart(2, "0")).join(":"));
const days = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 });

const hours: fc.Arbitrary<PushHours> = fc
  .record({
    quiet: fc.oneof(fc.constant([0, 0] as const), fc.tuple(hour, hour)),
    silence: fc.tuple(hour, hour),
    push_schedule: fc.array(fc.record({ days, from: time, to: time }), { maxLength: 14 }),
  })
  .map(({ quiet, silence, push_schedule }) => ({
    no_push_start_hour: quiet[0],
    no_push_end_hour: quiet[1],
    silence_start_time: silence[0],
    silence_end_time: silence[1],
    push_schedule,
    snooze_until: 0,
  }));

const none: PushHours = {
  no_push_start_hour: 0,
  no_push_end_hour: 0,
  silence_start_time: 0,
  silence_end_time: 0,
  push_schedule: [],
  snooze_until: 0,
};

/** Compares all minutes of a span, from its last; returns how many there were. */
function compareAll(zone: string, set: PushHours, { first, walls }: ReturnType<typeof wallsOf>): number {
  // The first minute from here on in which a push is let through; past the span it is not known.
  let free: number | undefined;
  for (const [index, wall] of [...walls.entries()].toReversed()) {
    const at = first + index * MINUTE;
    const verdict = judgeHours(set, zone, at);
    const barred = isBarred(set, wall);
    if (!barred) free = at;
    const silent = inHours(set.silence_start_time, set.silence_end_time, wall);
    const until = verdict.barred === undefined ? at : verdict.until;
    const fits =
      barred === (verdict.barred !== undefined) &&
      (verdict.barred !== undefined || verdict.silent === silent) &&
      (free === undefined ? until === null || until >= first + walls.length * MINUTE : until === free);
    const what = { zone, at: new Date(at).toISOString(), set, wall, verdict, barred, silent, free };
    if (!fits) throw new Error(JSON.stringify(what));
  }
  return walls.length;
}

describe("the hours of pushes", { timeout: 120_000 }, () => {
  it.each(Object.entries(zones))("in %s are those of the wall clock, minute by minute", (zone, abouts) => {
    let cases = 0;
    const spans = abouts.map((about) => wallsOf(zone, about));
    fc.assert(
      fc.property(hours, (set) => {
        for (const span of spans) cases += compareAll(zone, set, span);
      }),
      { numRuns: 6 },
    );
    console.log(`${zone}: ${cases} minutes compared`);
    expect(cases).toBeGreaterThanOrEqual(6 * SPAN * abouts.length);
  });

  it.each([
    // The night in which the clock goes back is an hour longer, the other one an hour shorter.
    ["Europe/Berlin", "2026-10-24T22:30:00+02:00", "2026-10-25T07:00:00+01:00"],
    ["Europe/Berlin", "2026-03-28T22:30:00+01:00", "2026-03-29T07:00:00+02:00"],
    ["Australia/Lord_Howe", "2026-04-04T22:30:00+11:00", "2026-04-05T07:00:00+10:30"],
    ["America/Sao_Paulo", "2018-11-03T22:30:00-03:00", "2018-11-04T07:00:00-02:00"],
    // Friday, the 30th of December 2011, was left out there.
    ["Pacific/Apia", "2011-12-29T22:30:00-10:00", "2011-12-31T07:00:00+14:00"],
    ["Asia/Shanghai", "2026-11-25T22:30:00+08:00", "2026-11-26T07:00:00+08:00"],
  ])("in %s end at the hour that the wall shows, from %s on", (zone, at, until) => {
    const set = { ...none, no_push_start_hour: 22, no_push_end_hour: 7 };
    expect(judgeHours(set, zone, Date.parse(at))).toEqual({
      barred: "do_not_disturb",
      until: Date.parse(until),
    });
    expect(judgeHours(set, zone, Date.parse(until) - 1)).toMatchObject({ barred: "do_not_disturb" });
    expect(judgeHours(set, zone, Date.parse(until))).toMatchObject({ barred: undefined });
  });

  it("that end before the clock is set back to them bar once more, and until says the end of both", () => {
    const set = { ...none, push_schedule: [{ days: [7], from: "02:00", to: "02:30" }] };
    const first = Date.parse("2026-10-25T02:00:00+02:00");
    const again = Date.parse("2026-10-25T02:00:00+01:00");
    expect(judgeHours(set, "Europe/Berlin", first)).toMatchObject({ until: first + 30 * MINUTE });
    expect(judgeHours(set, "Europe/Berlin", again)).toMatchObject({ until: again + 30 * MINUTE });
    const whole = { ...none, push_schedule: [{ days: [7], from: "02:00", to: "03:00" }] };
    expect(judgeHours(whole, "Europe/Berlin", first)).toMatchObject({ until: again + 60 * MINUTE });
  });

  it("are taken together with a snooze, and with each other", () => {
    const at = Date.parse("2026-11-25T12:00:00Z");
    const snooze_until = Date.parse("2026-11-25T23:00:00Z");
    const set = {
      ...none,
      no_push_start_hour: 22,
      no_push_end_hour: 7,
      push_schedule: [{ days: [4], from: "06:30", to: "09:00" }],
      snooze_until,
    };
    const until = Date.parse("2026-11-26T09:00:00Z");
    expect(judgeHours(set, "UTC", at)).toEqual({ barred: "snoozed", until });
    expect(judgeHours(set, "UTC", snooze_until)).toEqual({ barred: "do_not_disturb", until });
  });

  it("say of no end where nothing is let through within 40 days", () => {
    const at = Date.parse("2026-11-25T12:00:00Z");
    const always = { ...none, push_schedule: [{ days: [1, 2, 3, 4, 5, 6, 7], from: "09:00", to: "09:00" }] };
    expect(judgeHours(always, "Europe/Berlin", at)).toEqual({ barred: "do_not_disturb", until: null });
    const snoozed = (until: number) => judgeHours({ ...none, snooze_until: until }, "Europe/Berlin", at);
    expect(snoozed(at + HORIZON)).toEqual({ barred: "snoozed", until: at + HORIZON });
    expect(snoozed(at + HORIZON + 1)).toEqual({ barred: "snoozed", until: null });
  });
});
