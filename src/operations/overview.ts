import { z } from "zod";
import { AppId } from "../domain/fields.ts";
import { roleNames, roles, scopes } from "../domain/roles.ts";
import { nothing, operation } from "../http/operation.ts";
import { ASKED, sampleConnected } from "../services/connected.ts";
import { COUNTED, readOverview } from "../store/overview.ts";

const upTo = `counted up to ${COUNTED}`;

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
    data: z.object({
      app_id: AppId,
      name: z.string(),
      time_zone: z.string(),
      token: z.object({
        name: z.string(),
        role: z.enum(roleNames),
        scopes: z.array(z.enum(scopes)),
        expire: z.int().nullable().meta({ description: "ms since 1970; null for never" }),
      }),
      users: z.int(),
      disabled: z.int(),
      owed: z.int().meta({
        description: `signals that hubs have not taken, among the ${COUNTED} oldest of the app's database`,
      }),
      owed_since: z.int().nullable().meta({ description: "since when the oldest of them waits (ms)" }),
      events_waiting: z.int().meta({ description: `webhook events on their way, ${upTo}` }),
      events_dead: z.int().meta({ description: `webhook events that were given up, ${upTo}` }),
    }),
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
    data: z.object({
      asked: z.int().meta({ description: "how many users' hubs have answered" }),
      connected: z.int().meta({ description: "how many of these users have a device that is connected" }),
    }),
    async handle(scope) {
      return { data: await sampleConnected(scope) };
    },
  }),
];
