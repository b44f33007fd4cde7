import { z } from "zod";
import { DeviceGuid, DeviceSn, Id, Platform, integer, text } from "../domain/fields.ts";
import { pushReasons } from "../domain/push-route.ts";
import { isReason } from "../domain/reasons.ts";
import { shownInstantOrNone, shownInt, shownText, shownTextOrNone } from "../domain/shown.ts";
import { operation } from "../http/operation.ts";
import { explain } from "../services/explain.ts";

/** The last moment that may be asked about (ms): the end of the year 9999. */
const LATEST = 253_402_300_799_999;

const Question = z.object({
  for: z.enum(["call", "sign_in", "connect", "push"]).meta({
    description: '"call", "sign_in", "connect" or "push": what of the user is asked about',
    examples: ["sign_in"],
  }),
  user_id: Id.optional(),
  token: text(1, 128, "a user's token, whole, 1–128 characters; in a POST it is in no log of the way")
    .meta({ examples: ["ut0.3kXf9mQ2.example"] })
    .optional(),
  request_id: text(
    1,
    64,
    "the X-Request-Id of an answer, 1–64 characters: whom it is about, where it has left a record, and at which moment",
  )
    .meta({ examples: ["019ac3f2-4b1e-7d60-9c55-2f6b8a1d0e37"] })
    .optional(),
  device_sn: DeviceSn.optional(),
  platform: Platform.optional(),
  device_guid: DeviceGuid.optional(),
  address: text(1, 64, "the IP address that the user calls from, 1–64 characters")
    .meta({ examples: ["203.0.113.7"] })
    .optional(),
  origin: text(1, 256, "the origin of the page that the user calls from, 1–256 characters")
    .meta({ examples: ["https://app.example"] })
    .optional(),
  at: integer(0, LATEST, `an instant in ms since 1970, up to ${LATEST}: what is to be judged for it`)
    .meta({ examples: [4_102_444_800_000] })
    .optional(),
});

const Gate = z
  .object({
    gate: shownText("the name of what may stand in the way", "user_enabled"),
    passed: z
      .boolean()
      .nullable()
      .meta({
        description: "null where it was not asked, as an earlier one leaves nothing to ask it of",
        examples: [true],
      }),
    fact: shownText("what it was decided on", "the user is not disabled"),
    fact_key: shownText(
      "the same as a word that stays, for who shows it in another language",
      "not_disabled",
    ),
    values: z.record(z.string(), z.string()).meta({
      description: "what the fact names, by name; instants in ISO 8601",
      examples: [{}],
    }),
    since: shownInstantOrNone("since when that is so; null where that is not known", null),
    by: shownTextOrNone("who has made it so, as in the audit; null where that is not known", "admin:robot"),
    lifts_at: shownInstantOrNone("when time alone lifts it; null where it does not", null),
    remedy: shownText('what staff can do; "" where nothing is to be done', ""),
  })
  .meta({ id: "Gate", description: "What may stand in a user's way, and what it says." });

const Explanation = z
  .object({
    verdict: z
      .enum(["let_through", "refused"])
      .meta({ description: '"let_through" or "refused": what becomes of it', examples: ["let_through"] }),
    code: shownInt("what the user hears: 200 where it is let through; 0 of a push, which is told none", 200),
    reason: z
      .string()
      .refine(
        (name) =>
          name === "" || isReason(name) || name === "app_moving" || pushReasons.some((each) => each === name),
      )
      .meta({
        description: 'the name of the refusal, or why nothing is pushed; "" where it is let through',
        examples: [""],
      }),
    gates: z.array(Gate).meta({ description: "all that may stand in the way, in its order" }),
  })
  .meta({ id: "Explanation", description: "What stands in the way of something of a user." });

const asking = {
  tag: "records",
  path: "/admin/explain",
  caller: "root or admin",
  scope: "explain",
  params: Question,
  data: Explanation,
  example: { token: undefined, request_id: undefined },
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
    looks: true,
    from: "json",
    async handle(scope, input) {
      return { data: await explain(scope, input) };
    },
  }),
];
