import { z } from "zod";
import { DeviceGuid, DeviceSn, Flag, Platform, pageSize } from "../domain/fields.ts";
import { Done, done, nothing, operation } from "../http/operation.ts";
import { Cursor, cursorOf } from "./pages.ts";

const tag = "devices";

/** Rows of a page where the caller does not say. */
const PAGE = 100;

const Device = z.object({
  device_sn: z.int(),
  platform: z.int(),
  user_agent: z.string(),
  user_id: z.int(),
  device_name: z.string(),
  online: z.boolean(),
  last_active_at: z.int().meta({ description: "ms since 1970" }),
  push_bound: z.boolean(),
  no_push: Flag.meta({ description: "nothing is pushed to it" }),
});

/** What became of a device that was signed out. */
export const DeviceReceipt = z.object({
  device_sn: z.int(),
  was_online: z.boolean().meta({ description: "it had an open socket" }),
  notified: z.boolean().meta({ description: "its socket was handed the notice" }),
});

const hubOperation = { tag, caller: "user", hubDecides: true } as const;

export const devices = [
  operation({
    ...hubOperation,
    id: "listDevices",
    scope: "read",
    summary: "List the user's devices",
    methods: ["GET"],
    path: "/user/device/list",
    from: "query",
    params: z.object({ cursor: Cursor.optional(), limit: pageSize(PAGE) }),
    data: z.array(Device),
    beside: z.object({ version: z.int(), cursor: z.string().optional() }),
    async handle(scope, input) {
      const after = cursorOf(input.cursor);
      const { subject: user_id } = scope;
      const hub = scope.hub(user_id);
      const list = await hub.ask((stub) => stub.listDevices(scope.acting, after, input.limit ?? PAGE));
      const { devices: page, version, next } = list;
      const data = page.map((device) => ({ ...device, user_id }));
      return { data, version, ...(next === undefined ? {} : { cursor: String(next) }) };
    },
  }),
  operation({
    ...hubOperation,
    id: "removeDevice",
    scope: "sessions",
    hubsKeep: true,
    summary: "Sign a device out and take it off the list",
    methods: ["POST", "DELETE"],
    path: "/user/device/remove",
    from: "query",
    params: z.object({ device_sn: DeviceSn }),
    data: Done,
    async handle(scope, input) {
      await scope.hub(scope.subject).ask((hub) => hub.removeDevice(scope.acting, input.device_sn));
      return done;
    },
  }),
  operation({
    ...hubOperation,
    id: "kick",
    scope: "sessions",
    hubsKeep: true,
    summary: "Sign a device out, or every device where none is named; they stay listed",
    methods: ["POST", "PUT"],
    path: "/user/kick",
    from: "query",
    params: z.object({ device_sn: DeviceSn.optional() }),
    data: Done,
    beside: z.object({ results: z.array(DeviceReceipt) }),
    async handle(scope, input) {
      const { results } = await scope
        .hub(scope.subject)
        .ask((hub) => hub.kick(scope.acting, input.device_sn));
      return { ...done, results };
    },
  }),
  operation({
    ...hubOperation,
    id: "tryPolicy",
    scope: "read",
    summary: "Ask what the sign-in policy would say to a device that signed in now",
    methods: ["GET"],
    path: "/user/device/policy",
    from: "query",
    params: z.object({ platform: Platform, device_guid: DeviceGuid.optional() }),
    data: z.object({
      admitted: z.boolean(),
      displaced: z
        .array(z.int())
        .meta({ description: "the serials of the devices that would be signed out" }),
    }),
    async handle(scope, input) {
      const facts = { platform: input.platform, guid: input.device_guid };
      const { sign_in_policy } = scope.app;
      const hub = scope.hub(scope.subject);
      const { placement } = await hub.ask((stub) => stub.tryPolicy(scope.acting, facts, sign_in_policy));
      const displaced = placement.admitted ? placement.displaced : [];
      return { data: { admitted: placement.admitted, displaced } };
    },
  }),
  operation({
    ...hubOperation,
    id: "onlineStatus",
    scope: "read",
    summary: "Say whether any device of the user is connected",
    methods: ["GET"],
    path: "/user/online_status",
    from: "none",
    params: nothing,
    data: z.object({ online: z.boolean() }),
    async handle(scope) {
      const { online } = await scope.hub(scope.subject).ask((hub) => hub.online(scope.acting));
      return { data: { online } };
    },
  }),
];
