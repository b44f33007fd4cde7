import { z } from "zod";
import { DeviceGuid, DeviceSn, Id, Platform, integer, text } from "../domain/fields.ts";
import { pushReasons } from "../domain/push-route.ts";
import { isReason } from "../domain/reasons.ts";
import { operation } from "../http/operation.ts";
import { explain } from "../services/explain.ts";

/** The last moment that may be asked about (ms): the end of the year 9999. */
const LATEST = 253_402_300_799_999;

const Question = z.object({
  for: z
    .enum(["call", "sign_in", "connect", "push"])
    .meta({ description: '"call", "sign_in", "connect" or "push": what of the user is asked about' }),
  user_id: Id.optional(),
  token: text(
    1,
    128,
    "a user's token, whole, 1–128 characters; in a POST it is in no log of the way",
  ).optional(),
  request_id: text(
    1,
    64,
    "the X-Request-Id of an answer, 1–64 characters: whom it is about, where it has left a record, and at which moment",
  ).optional(),
  device_sn: DeviceSn.optional(),
  platform: Platform.optional(),
  device_guid: DeviceGuid.optional(),
  address: text(1, 64, "the IP address that the user calls from, 1–64 characters").optional(),
  origin: text(1, 256, "the origin of the page that the user calls from, 1–256 characters").optional(),
  at: integer(
    0,
    LATEST,
    `an instant in ms since 1970, up to ${LATEST}: what is to be judged for it`,
  ).optional(),
});

const instant = z.int().nullable();

const Explanation = z.object({
  verdict: z.enum(["let_through", "refused"]),
  code: z.int().meta({
    description: "what the user hears: 200 where it is let through; 0 of a push, which is told none",
  }),
  reason: z
    .string()
    .refine(
      (name) =>
        name === "" || isReason(name) || name === "app_moving" || pushReasons.some((each) => each === name),
    )
    .meta({ description: 'the name of the refusal, or why nothing is pushed; "" where it is let through' }),
  gates: z
    .array(
      z.object({
        gate: z.string(),
        passed: z.boolean().nullable().meta({
          description: "null where it was not asked, as an earlier one leaves nothing to ask it of",
        }),
        fact: z.string().meta({ description: "what it was decided on" }),
        fact_key: z
          .string()
          .meta({ description: "the same as a word that stays, for who shows it in another language" }),
        values: z
          .record(z.string(), z.string())
          .meta({ description: "what the fact names, by name; instants in ISO 8601" }),
        since: instant.meta({ description: "since when that is so (ms)" }),
        by: z.string().nullable().meta({ description: "who has made it so, as in the audit" }),
        lifts_at: instant.meta({ description: "when time alone lifts it (ms)" }),
        remedy: z.string().meta({ description: 'what staff can do; "" where nothing is to be done' }),
      }),
    )
    .meta({ description: "all that may stand in the way, in its order" }),
});

const asking = {
  tag: "records",
  path: "/admin/explain",
  caller: "root or admin",
  scope: "explain",
  params: Question,
  data: Explanation,
} as const;

/** Why something of a user is let through or not, for staff. */
export const explaining = [
  operation({
    ...asking,
    id: "explain",
    summary:
      "Say what stands in the way of a user's call, sign-in, connection or push, and who can do what about it",
    methods: ["GET"],
    from: "query",
    async handle(scope, input) {
      return { data: await explain(scope, input) };
    },
  }),
  operation({
    ...asking,
    id: "explainToken",
    summary: "The same by a body, so that a token is in no log of the way",
    methods: ["POST"],
    from: "json",
    async handle(scope, input) {
      return { data: await explain(scope, input) };
    },
  }),
];
