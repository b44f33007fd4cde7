import { z } from "zod";
import { Flag, Id, MAX_ROWS, integer } from "../domain/fields.ts";
import { pushReasons } from "../domain/push-route.ts";
import { Refusal } from "../domain/reasons.ts";
import { operation } from "../http/operation.ts";
import { routePushes } from "../services/push-routes.ts";

/** The last moment that a push may be judged for (ms): the end of the year 9999. */
const LATEST = 253_402_300_799_999;

const Moment = integer(0, LATEST, `an instant in ms since 1970, up to ${LATEST}`);

const Badge = z
  .strictObject({ add: integer(0, 1_000) })
  .meta({ description: "{add}: an integer of 0–1000, which is added to each user's badge" });

const Route = z.object({
  user_id: z.int(),
  push: z.boolean(),
  reason: z.enum(["", ...pushReasons]).meta({ description: 'why nothing is to be pushed; "" where it is' }),
  until: z
    .int()
    .nullable()
    .meta({ description: "when a push would be let through (ms); null where time alone does not lift it" }),
  badge: z.int(),
  devices: z.array(
    z.object({
      device_sn: z.int().meta({ description: "0 for the push token of the settings" }),
      platform: z.int(),
      notifier_name: z.string(),
      device_token: z.string(),
      binding_id: z.string(),
      online: z.boolean(),
      nick_name: z.string().meta({ description: "what the push calls the user" }),
      detail: z.boolean().meta({ description: "the push may show what it is about" }),
      sound: z.boolean(),
      vibrate: z.boolean(),
    }),
  ),
});

/** What who sends pushes asks before. */
export const pushRoutes = [
  operation({
    id: "routePush",
    hubsKeep: true,
    summary: "Ask whether users may be pushed now, on which devices and with which push tokens",
    tag: "push",
    methods: ["POST"],
    path: "/admin/push/route",
    caller: "admin",
    scope: "push",
    waitsItself: true,
    from: "json",
    params: z.object({
      list: z
        .array(Id)
        .min(1)
        .max(MAX_ROWS)
        .meta({ description: `a list of 1–${MAX_ROWS} user ids` }),
      urgent: Flag.optional(),
      skip_online: Flag.optional(),
      badge: Badge.optional(),
      at: Moment.optional(),
    }),
    data: z.array(Route),
    async handle(scope, { list, urgent = false, skip_online = false, badge, at }) {
      const add = badge?.add ?? 0;
      if (at !== undefined && add > 0) {
        throw new Refusal("parameter_wrong", "at changes nothing: badge.add must be 0 or left out beside it");
      }
      const { time_zone } = scope.app;
      const order = { urgent, skip_online, time_zone, ...(at !== undefined && { at }) };
      return { data: await routePushes(scope, list, order, add) };
    },
  }),
];
