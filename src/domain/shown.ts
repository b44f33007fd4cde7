import { z } from "zod";

/**
 * The values of answers, each with what it says, in its unit, and one that it may be: the reference shows both. What a caller
 * may send is in `fields.ts`; a field that is sent and answered alike is declared there alone.
 */

/** A text as it is answered. */
export function shownText(description: string, example: string) {
  return z.string().meta({ description, examples: [example] });
}

/** The same where there may be none. */
export function shownTextOrNone(description: string, example: string) {
  return z
    .string()
    .nullable()
    .meta({ description, examples: [example] });
}

/** An integer as it is answered: an id, a number of something, from `min` on. */
export function shownInt(description: string, example: number, min = 0) {
  return z
    .int()
    .min(min)
    .meta({ description, examples: [example] });
}

/** True or false as it is answered. */
export function shownFlag(description: string, example = true) {
  return z.boolean().meta({ description, examples: [example] });
}

/** The instant that stands in examples (ms). */
const NOON = 1_795_608_000_000;

/** An instant as it is answered. */
export function shownInstant(what: string, example = NOON) {
  return shownInt(`${what}, in ms since 1970`, example);
}

/** The same where there may be none. */
export function shownInstantOrNone(what: string, example: number | null = NOON) {
  return z
    .int()
    .min(0)
    .nullable()
    .meta({ description: `${what}, in ms since 1970`, examples: [example] });
}

/** Whose a row is. */
export const ShownUserId = shownInt("the user's id", 1000, 1);

/** The user's name. */
export const ShownUsername = shownText("the username, 1–64 characters", "wren");

/** Which of the user's devices. */
export const ShownDeviceSn = shownInt("the device's serial, from 1, among its user's devices", 1, 1);

/** The number of the device's platform. */
export const ShownPlatform = shownInt("1 (ios), 2 (android), 3 (windows), 4 (mac), 5 (linux) or 6 (web)", 2);
