import { z } from "zod";
import { Instant, text } from "../domain/fields.ts";
import { Refusal } from "../domain/reasons.ts";
import { shownFlag, shownInstant, shownInstantOrNone, shownInt, shownText } from "../domain/shown.ts";
import { operation } from "../http/operation.ts";
import { MOST_REPLAYED, replayEvents } from "../services/replaying.ts";
import { type DeliveryPlace, listDeliveries } from "../store/deliveries.ts";
import { listDeadEvents } from "../store/webhooks.ts";
import { PAGE, listing, pageOf, paging, wrongCursor } from "./pages.ts";

/** Reads a cursor of the deliveries: the place of the last one of the page before. */
function deliveryOf(cursor: string | undefined): DeliveryPlace | undefined {
  if (cursor === undefined) return undefined;
  const [, at, id] = /^(0|[1-9][0-9]{0,15})\.([0-9a-f]{32})$/.exec(cursor) ?? [];
  if (at === undefined || id === undefined) throw wrongCursor();
  return { at: Number(at), id };
}

const eventId = shownText("the webhook-id", "evt_0f8fad5bd9cb469fa16570867728950e");

const DeadEvent = z
  .object({
    id: eventId,
    type: shownText("what it tells of", "user.registered"),
    data: z.record(z.string(), z.unknown()).meta({
      description: "what it says, as the webhook was to hear it",
      examples: [{ user_id: 1000, username: "wren", at: 1_795_608_000_000 }],
    }),
    created_at: shownInstant("when it happened"),
    dead_at: shownInstantOrNone("when it was given up"),
    last_error: shownText("why the last try failed", "HTTP 503"),
  })
  .meta({ id: "DeadEvent", description: "A webhook event that was given up." });

const Delivery = z
  .object({
    event_id: eventId,
    type: shownText("what it tells of", "user.registered"),
    try: shownInt("which try of the event it was: from 1", 1, 1),
    at: shownInstant("when it began"),
    delivered: shownFlag("the answer was 2xx"),
    status: shownInt("the HTTP status of the answer; 0 where there was none", 204),
    error: shownText('why there was none; "" where there was', ""),
    ms: shownInt("how long it took (ms)", 84),
  })
  .meta({ id: "Delivery", description: "A try to deliver a webhook event." });

/** What admins read of events on their way to the app's webhook, and do with those that were given up. */
export const webhooks = [
  operation({
    ...listing,
    id: "listDeadEvents",
    example: { cursor: "evt_0f8fad5bd9cb469fa16570867728950e" },
    summary: "List the webhook events that were given up; kept 30 days",
    path: "/admin/webhooks/dead",
    params: z.object(paging),
    data: z.array(DeadEvent),
    async handle(scope, { cursor = "", limit }) {
      return await pageOf(limit, (most) => listDeadEvents(scope.db, scope.app.app_id, cursor, most));
    },
  }),
  operation({
    ...listing,
    id: "listDeliveries",
    example: { cursor: "1795608000000.0f8fad5bd9cb469fa16570867728950e" },
    summary: "List the tries to deliver webhook events, newest first; kept 7 days",
    path: "/admin/webhooks/deliveries",
    scope: "webhooks",
    params: z.object(paging),
    data: z.array(Delivery),
    async handle(scope, { cursor, limit = PAGE }) {
      const page = { before: deliveryOf(cursor), limit };
      const { rows, end } = await listDeliveries(scope.db, scope.app.app_id, page);
      return {
        data: rows.map(({ id: _id, ...row }) => row),
        ...(end && { cursor: `${end.at}.${end.id}` }),
      };
    },
  }),
  operation({
    id: "replayEvents",
    example: { since: undefined },
    summary: `Send webhook events anew that were given up: those that are named, or the ${MOST_REPLAYED} that were first since an instant`,
    tag: "records",
    methods: ["POST"],
    path: "/admin/webhooks/replay",
    caller: "admin",
    scope: "webhooks",
    from: "json",
    params: z.object({
      ids: z
        .array(
          text(1, 64, "an event's id, 1–64 characters").meta({
            examples: ["evt_0f8fad5bd9cb469fa16570867728950e"],
          }),
        )
        .min(1)
        .max(MOST_REPLAYED)
        .meta({ description: `a list of 1–${MOST_REPLAYED} ids of events that were given up` })
        .optional(),
      since: Instant.meta({
        description: "an instant in ms since 1970: events that were given up then or later",
        examples: [0],
      }).optional(),
    }),
    data: z.array(eventId).meta({
      description:
        "the ids of the events that are sent anew; of those that were named, the others are not dead",
    }),
    beside: z.object({ more: shownFlag("call again: there may be more since then", false) }),
    async handle(scope, { ids, since }) {
      if ((ids === undefined) === (since === undefined)) {
        throw new Refusal("parameter_wrong", "ids is required, or since in its place, not both");
      }
      return await replayEvents(scope, ids === undefined ? { since: since ?? 0 } : { ids });
    },
  }),
];
