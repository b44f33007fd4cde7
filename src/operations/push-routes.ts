import { z } from "zod";
import { Id, MAX_ROWS, flag, integer } from "../domain/fields.ts";
import { pushReasons } from "../domain/push-route.ts";
import { Refusal } from "../domain/reasons.ts";
import { ShownUserId, shownFlag, shownInstantOrNone, shownInt, shownText } from "../domain/shown.ts";
import { operation } from "../http/operation.ts";
import { routePushes } from "../services/push-routes.ts";

/** The last moment that a push may be judged for (ms): the end of the year 9999. */
const LATEST = 253_402_300_799_999;

const Moment = integer(0, LATEST, `an instant in ms since 1970, up to ${LATEST}`).meta({
  examples: [4_102_444_800_000],
});

const Badge = z
  .strictObject({
    add: integer(0, 1_000, "an integer of 0–1000, which is added to each user's badge").meta({
      examples: [1],
    }),
  })
  .meta({ description: "{add}: an integer of 0–1000, which is added to each user's badge" });

const PushTarget = z
  .object({
    device_sn: shownInt("the device's serial; 0 for the push token of the settings", 1),
    platform: shownInt(
      "1 (ios), 2 (android), 3 (windows), 4 (mac), 5 (linux) or 6 (web); 0 where it is no device's",
      2,
    ),
    notifier_name: shownText('the name of the notifier, up to 64 characters; "" where none was named', "fcm"),
    device_token: shownText("the push token, 1–512 bytes", "fcm-token-of-the-phone"),
    binding_id: shownText(
      "what reports of the push name, up to 128 characters: new with every bind",
      "rs.1.0f8fad5bd9cb469fa16570867728950e",
    ),
    online: shownFlag("the device has an open socket", false),
    nick_name: shownText("what the push calls the user, up to 64 characters", "Wren"),
    detail: shownFlag("the push may show what it is about"),
    sound: shownFlag("the push may make a sound"),
    vibrate: shownFlag("the push vibrates"),
  })
  .meta({ id: "PushTarget", description: "Where a push is to go, and how." });

const Route = z
  .object({
    user_id: ShownUserId,
    push: shownFlag("the user may be pushed now"),
    reason: z
      .enum(["", ...pushReasons])
      .meta({ description: 'why nothing is to be pushed; "" where it is', examples: [""] }),
    until: shownInstantOrNone(
      "when a push would be let through; null where it is now, or where time alone does not lift it",
      null,
    ),
    badge: shownInt("the user's badge, with what was added", 4),
    devices: z.array(PushTarget).meta({ description: "where the push is to go; empty where it is not" }),
  })
  .meta({ id: "PushRoute", description: "Whether a user may be pushed, and where." });

/** What who sends pushes asks before. */
export const pushRoutes = [
  operation({
    id: "routePush",
    example: { at: undefined },
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
      urgent: flag("it passes the hours, the silence and a snooze").optional(),
      skip_online: flag("devices with an open socket are left out").optional(),
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
