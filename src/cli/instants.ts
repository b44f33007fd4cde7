import { WrongWords } from "./failure.ts";

const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * An instant in ms since 1970, of a date (`2030-01-31`, `2030-01-31T12:00Z`), of ms since 1970, or of a span such as `30m`,
 * `12h` or `7d`: so long ago, or from now.
 */
export function instantOf(given: string, name: string, way: "ago" | "from now"): number {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(given) ?? [];
  const span = UNITS[unit ?? ""];
  if (span !== undefined) return Date.now() + (way === "ago" ? -1 : 1) * Number(count) * span;
  if (/^\d{11,16}$/.test(given)) return Number(given);
  const at = /^\d{4}-\d\d-\d\d/.test(given) ? Date.parse(given) : Number.NaN;
  if (Number.isNaN(at))
    throw new WrongWords(
      `${name} must be a date such as 2030-01-31, or a span such as 12h or 7d, not ${given}`,
    );
  return at;
}

/** An instant for people: the minute, in UTC; "" for none. */
export function shownInstant(at: number | null | undefined): string {
  if (at === null || at === undefined) return "";
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : `${date.toISOString().slice(0, 16).replace("T", " ")}Z`;
}

/** A span for people, such as "4 min 10 s". */
export function shownSpan(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
