import { z } from "zod";
import { AppId } from "../domain/fields.ts";
import { roleNames, roles, scopes } from "../domain/roles.ts";
import { shownInstantOrNone, shownInt, shownText } from "../domain/shown.ts";
import { nothing, operation } from "../http/operation.ts";
import { ASKED, sampleConnected } from "../services/connected.ts";
import { COUNTED, readOverview } from "../store/overview.ts";

const upTo = `counted up to ${COUNTED}`;

const Overview = z
  .object({
    app_id: AppId,
    name: shownText("the app's name, up to 64 characters", "Birds"),
    time_zone: shownText("the IANA name of the app's time zone", "Asia/Shanghai"),
    token: z
      .object({
        name: shownText("what it is called, 1–64 characters", "robot"),
        role: z.enum(roleNames).meta({ description: "its role", examples: ["viewer"] }),
        scopes: z.array(z.enum(scopes)).meta({ description: "what it may do", examples: [["read"]] }),
        expire: shownInstantOrNone("when its life is over; null for never", null),
      })
      .meta({ description: "the caller's own token" }),
    users: shownInt("how many users the app has", 1200),
    disabled: shownInt("how many of them are disabled", 3),
    owed: shownInt(`signals that hubs have not taken, among the ${COUNTED} oldest of the app's database`, 0),
    owed_since: shownInstantOrNone("since when the oldest of them waits; null where there is none", null),
    events_waiting: shownInt(`webhook events on their way, ${upTo}`, 0),
    events_dead: shownInt(`webhook events that were given up, ${upTo}`, 0),
    push_feedback: z
      .object({
        unregistered: shownInt("how often the token was dead", 12),
        bad_token: shownInt("how often the provider refused the token", 3),
        delivered: shownInt("how often the provider had the push", 4500),
      })
      .meta({
        description: "what senders have reported of the app's pushes, by result, since there is the app",
      }),
  })
  .meta({ id: "Overview", description: "How an app is." });

/** How the app is, and what whoever asks may do: what a page for staff begins with. */
export const overview = [
  operation({
    id: "overview",
    summary: "Say how the app is, and what the caller's token may do",
    tag: "administration",
    methods: ["GET"],
    path: "/admin/overview",
    caller: "admin",
    scope: "read",
    from: "none",
    params: nothing,
    data: Overview,
    async handle(scope) {
      const { app, caller, db } = scope;
      if (caller.kind !== "admin") throw new Error("only an admin token asks for it");
      const { name, role, expiresAt: expire } = caller;
      const { app_id, name: called, time_zone } = app;
      const found = await readOverview(db, app_id);
      const token = { name, role, scopes: [...roles[role]], expire };
      return { data: { app_id, name: called, time_zone, token, ...found } };
    },
  }),
  operation({
    id: "sampleConnected",
    summary: `Ask the hubs of ${ASKED} users at random whether any device is connected; of all, where there are no more`,
    tag: "administration",
    methods: ["GET"],
    path: "/admin/connected",
    caller: "admin",
    scope: "read",
    from: "none",
    params: nothing,
    data: z
      .object({
        asked: shownInt("how many users' hubs have answered", 24),
        connected: shownInt("how many of these users have a device that is connected", 7),
      })
      .meta({ id: "Connected", description: "What a sample of users says of how many are connected." }),
    async handle(scope) {
      return { data: await sampleConnected(scope) };
    },
  }),
];
