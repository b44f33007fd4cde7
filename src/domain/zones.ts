import { LRUCache } from "lru-cache";
import { create, getTimeZoneTransition, offsetNanoseconds } from "temporal-polyfill/fns/ZonedDateTime";
import { z } from "zod";

/** A time through which the clocks of a zone differ from UTC by the same: up to `until`, in ms; Infinity where no change is known. */
export interface Stretch {
  from: number;
  until: number;
  /** Wall clock less UTC (ms). */
  offset: number;
}

/**
 * The stretches that were asked for last, by zone: to ask the platform takes some 100 µs, and each push asks. One name may be
 * written in many cases, so the zones are as many as are kept.
 */
const known = new LRUCache<string, Stretch[]>({ max: 1_000 });

/** How many stretches are kept of a zone: as many as a question can go through, in the zones that change most often. */
const KEPT = 4;

/** True for the name of a time zone that the platform knows. An offset such as +08:00 is no name. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) return false;
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
}

const description = 'the IANA name of a time zone, such as "Asia/Shanghai"';

/** The name of a time zone. */
export const TimeZone = z
  .string()
  .refine(isTimeZone)
  .meta({ description, examples: ["Asia/Shanghai"] });

/** The same, or "" for that of the app. */
export const OwnTimeZone = z
  .string()
  .refine((name) => name === "" || isTimeZone(name))
  .meta({ description: `${description}, or "" for that of the app`, examples: ["Asia/Shanghai"] });

/** The stretch of a zone at an instant (ms). `zone` is one that `isTimeZone` knows. */
export function stretchAt(zone: string, at: number): Stretch {
  const stretches = known.get(zone) ?? [];
  const found = stretches.find((each) => each.from <= at && at < each.until);
  if (found) return found;
  const moment = create(BigInt(at) * 1_000_000n, zone);
  const change = getTimeZoneTransition(moment, "next");
  const stretch = {
    from: at,
    until: change === null ? Infinity : Number(change.epochNanoseconds / 1_000_000n),
    offset: offsetNanoseconds(moment) / 1_000_000,
  };
  // What ends where this one ends is the same, seen from later on.
  const others = stretches.filter((each) => each.until !== stretch.until);
  known.set(zone, [stretch, ...others].slice(0, KEPT));
  return stretch;
}
