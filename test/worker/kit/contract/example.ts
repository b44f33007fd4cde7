import type { Json, Params, Stage } from "./stage.ts";

/** One parameter as the specification has it: whether it must be given, and values that are not allowed. */
export interface Taken {
  required: boolean;
  wrong: readonly [Json, ...Json[]];
}

/** A valid call of an operation, and what each of its parameters may not be. */
export interface Example {
  /** Readies the stage where the call needs it, and says what the call gives. */
  valid(stage: Stage): Params | Promise<Params>;
  takes: Record<string, Taken>;
}

/** A parameter that must be given. In a query only the wrong values that are texts are tried. */
export function need(...wrong: [Json, ...Json[]]): Taken {
  return { required: true, wrong };
}

/** A parameter that may be left out. */
export function may(...wrong: [Json, ...Json[]]): Taken {
  return { required: false, wrong };
}

/** Longer than 64 characters. */
export const over64 = "x".repeat(65);

/** 22 characters and 66 bytes. */
export const over64Bytes = "龥".repeat(22);

/** One byte more than 16 KiB. */
export const over16KiB = "x".repeat(16 * 1024 + 1);

/** A list of one row too many. */
export const over100 = Array.from({ length: 101 }, (_, index) => index + 1);

/** The same where 500 may be. */
export const over500 = Array.from({ length: 501 }, () => ({ binding_id: "b", result: "delivered" }));

export const wrongNames: [Json, ...Json[]] = [
  "",
  "123456",
  "mta_one",
  "MAXIMum",
  "two words",
  over64,
  7,
  true,
];
export const wrongPasswords: [Json, ...Json[]] = ["12345", "p".repeat(129), 1234567, false];
export const wrongIds: [Json, ...Json[]] = [
  "0",
  "-1",
  "1.5",
  "one",
  "",
  "9007199254740992",
  0,
  -1,
  1.5,
  true,
];
export const wrongFlags: [Json, ...Json[]] = ["yes", "1", "0", "TRUE", "", " true", 1, 0, []];
export const wrongHours: [Json, ...Json[]] = ["24", "-1", "1.5", "noon", "", 24, -1, 1.5, false];
export const wrongLists: [Json, ...Json[]] = [[], over100, "1", 1, {}];
