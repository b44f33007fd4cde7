import { z } from "zod";
import { foldName } from "./names.ts";
import { isMobile } from "./mobile.ts";
import { bare } from "./validation.ts";

/**
 * The values of the wire, each parsed exactly and in one place. A field's description says what is allowed: the refusal
 * of a bad value and the reference page quote it. JSON values are taken in their own type only; a query parameter is
 * read as the JSON value that it spells (see `http/input.ts`).
 */

/** Largest id: every JSON client reads numbers as doubles. */
export const MAX_ID = Number.MAX_SAFE_INTEGER;

/** Most rows of one batch. */
export const MAX_ROWS = 100;

/** Most rows of one page of a list. */
export const MAX_PAGE = 200;

/** How much of a user agent is kept (UTF-16 units). */
export const MAX_USER_AGENT = 256;

const encoder = new TextEncoder();

/** Length of a text in UTF-8 bytes. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/** Length of a text in Unicode code points. */
export function pointLength(text: string): number {
  let points = 0;
  for (const _ of text) points++;
  return points;
}

/** A text of `min`–`max` Unicode code points. Lone surrogates are refused: no store keeps them. */
export function text(min: number, max: number, description = `a text of ${min}–${max} characters`) {
  return z
    .string()
    .refine((value) => value.isWellFormed() && pointLength(value) >= min && pointLength(value) <= max)
    .meta({ description, minLength: min, maxLength: max });
}

/** A text of `min`–`max` bytes of UTF-8. Lone surrogates are refused: no store keeps them. */
export function bytes(min: number, max: number, description = `a text of ${min}–${max} bytes of UTF-8`) {
  return z
    .string()
    .refine((value) => value.isWellFormed() && byteLength(value) >= min && byteLength(value) <= max)
    .meta({ description });
}

const secrets = z.registry<{ isSecret: true }>();

/** Says of a field that what is given in it is a secret: see `withoutSecrets`. */
export function secret<S extends z.ZodType>(field: S): S {
  secrets.add(field, { isSecret: true });
  return field;
}

/** An integer of `min`–`max`. */
export function integer(min: number, max: number, description = `an integer of ${min}–${max}`) {
  return z.int().min(min).max(max).meta({ description });
}

/** How many rows a page is to have; where the caller does not say, it has `usual`. */
export function pageSize(usual: number) {
  return integer(1, MAX_PAGE, `an integer of 1–${MAX_PAGE}; ${usual} where it is left out`)
    .meta({ examples: [usual], default: usual })
    .optional();
}

/** A user's or group's id: an integer from 1, below 2^53. */
export const Id = integer(1, MAX_ID, "an id: an integer from 1 to 9007199254740991").meta({
  examples: [1000],
});

/** A device's serial, per user. */
export const DeviceSn = integer(1, MAX_ID, "a device's serial: an integer from 1").meta({ examples: [1] });

/** Exactly true or false. */
export const Flag = z.boolean().meta({ description: "true or false", examples: [true] });

/** The same, with what it says where it is true. */
export function flag(whatIsTrue: string) {
  return Flag.meta({ description: `true or false: ${whatIsTrue}` });
}

/** An hour of the day. */
export const Hour = integer(0, 23, "an hour: an integer of 0–23").meta({ examples: [22] });

/** The same, with what begins or ends at it. */
export function hour(what: string) {
  return Hour.meta({ description: `an hour, an integer of 0–23: ${what}` });
}

/** How a friend request is met: 0 anyone, 1 confirm, 2 question, 3 nobody. */
export const AuthMode = integer(
  0,
  3,
  "0 (anyone), 1 (confirm), 2 (question) or 3 (nobody): how friend requests are met",
).meta({ examples: [1] });

/** The number of a platform. */
export const Platform = integer(
  1,
  6,
  "1 (ios), 2 (android), 3 (windows), 4 (mac), 5 (linux) or 6 (web)",
).meta({ examples: [2] });

/** A platform's number. */
export type Platform = z.infer<typeof Platform>;

/** An instant in ms since 1970. */
export const Instant = integer(0, MAX_ID, "an instant in ms since 1970").meta({
  examples: [4_102_444_800_000],
});

const userNamePattern = /^[a-zA-Z0-9_一-龥]*[a-zA-Z_一-龥][a-zA-Z0-9_一-龥]*$/;
const reservedPrefix = /^(?:mta|maxim)/;

/** True where a text may be a username: see `Username`. */
export function isUsername(value: string): boolean {
  return value.length <= 64 && userNamePattern.test(value) && !reservedPrefix.test(foldName(value));
}

/** A name to register under. */
export const Username = z
  .string()
  .refine(isUsername)
  .meta({
    description:
      "1–64 of letters a–z A–Z, digits, _ and Chinese characters, not digits alone, not beginning with mta or maxim",
    minLength: 1,
    maxLength: 64,
    examples: ["wren"],
  });

/** A password, new or tried. */
export const Password = secret(text(6, 128, "6–128 characters").meta({ examples: ["a secret word"] }));

/** A password that is only compared: any text, as an old one may predate today's rules. */
export const TriedPassword = secret(
  text(1, 1024, "the password, 1–1024 characters").meta({ examples: ["a secret word"] }),
);

/** http(s) URL of a picture, or "" for none. */
export const Avatar = z
  .string()
  .refine((value) => value === "" || (pointLength(value) <= 2048 && value.isWellFormed() && isHttpUrl(value)))
  .meta({
    description: 'an http or https URL of up to 2048 characters, or "" for none',
    maxLength: 2048,
    examples: ["https://pictures.example/wren.png"],
  });

function isHttpUrl(value: string): boolean {
  if (!/^https?:\/\/[^\s]+$/i.test(value)) return false;
  return URL.canParse(value);
}

/** A mobile number, or "" for none. */
export const Mobile = z
  .string()
  .refine((value) => value === "" || isMobile(value))
  .meta({
    description: 'a mobile number, + and 8–15 digits or a mainland number 1[3-9]…, or "" for none',
    examples: ["13800000000"],
  });

/** An e-mail address, or "" for none. */
export const Email = z
  .string()
  .refine((value) => value === "" || (value.length <= 254 && z.email().safeParse(value).success))
  .meta({
    description: 'an e-mail address of up to 254 characters, or "" for none',
    maxLength: 254,
    examples: ["wren@birds.example"],
  });

export const NickName = text(0, 64).meta({ examples: ["Wren"] });
export const Description = text(0, 512).meta({ examples: ["small and loud"] });
/** Public and private info: kept byte for byte. */
export const Info = bytes(0, 16 * 1024, "a text of up to 16384 bytes of UTF-8").meta({
  examples: ["sings at dawn"],
});
export const PushToken = bytes(0, 512, 'a push token of up to 512 bytes, or "" for none').meta({
  examples: ["fcm-token-of-the-phone"],
});
export const Alias = bytes(0, 64, 'an alias of up to 64 bytes, or "" for none').meta({ examples: ["wren"] });
export const Tag = bytes(1, 64, "a tag of 1–64 bytes").meta({ examples: ["birds"] });
export const DeviceGuid = text(1, 128, "the device's own id, 1–128 characters").meta({
  examples: ["2f1c6f0e-phone"],
});
export const DeviceName = text(0, 64, "the device's name, up to 64 characters").meta({
  examples: ["Wren's phone"],
});

/** The tenant's id. */
export const AppId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/)
  .meta({ description: "an app's id: 1–64 of A–Z a–z 0–9 _ -", examples: ["birds"] });

const rowSchemas = new WeakMap<z.core.$ZodType, z.ZodType>();

/** A list of rows that are each judged on their own, `most` at most: `row` is what the reference page shows of one. */
export function rows(row: z.ZodType, most = MAX_ROWS) {
  const list = z
    .array(z.unknown())
    .min(1)
    .max(most)
    .meta({ description: `a list of 1–${most} rows` });
  rowSchemas.set(list, row);
  return list;
}

const Line = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), wrong: z.string() }),
]);

/** Up to `most` lines of JSON, each a row that is judged on its own or could not be read. */
export function lines(row: z.ZodType, most: number) {
  const list = z
    .array(Line)
    .min(1)
    .max(most)
    .meta({ description: `1–${most} lines of JSON` });
  rowSchemas.set(list, row);
  return list;
}

/** What a row of such a list is; undefined for any other schema. */
export function rowOf(list: z.core.$ZodType): z.ZodType | undefined {
  return rowSchemas.get(list);
}

/**
 * What was given for a schema, with null in place of each secret. What is kept of a request, or told by it, is made of this: it
 * says whether a secret was given, and nothing of which.
 */
export function withoutSecrets(schema: z.core.$ZodType | undefined, given: unknown): unknown {
  if (schema === undefined) return given;
  const field = bare(schema);
  if (secrets.get(field)) return null;
  if (field instanceof z.ZodArray && Array.isArray(given)) {
    const row = rowOf(field) ?? field.element;
    const each = field.element === Line ? z.object({ value: row }) : row;
    return given.map((item) => withoutSecrets(each, item));
  }
  if (!(field instanceof z.ZodObject) || typeof given !== "object" || given === null) return given;
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      // A name may be one that every object has.
      withoutSecrets(Object.hasOwn(field.shape, name) ? field.shape[name] : undefined, value),
    ]),
  );
}
