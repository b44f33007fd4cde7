import { z } from "zod";
import { DeviceGuid, DeviceSn, Platform, pageSize } from "../domain/fields.ts";
import {
  ShownDeviceSn,
  ShownPlatform,
  ShownUserId,
  shownFlag,
  shownInstant,
  shownInt,
  shownText,
} from "../domain/shown.ts";
import { Done, done, nothing, operation } from "../http/operation.ts";
import { Cursor, cursorOf } from "./pages.ts";

const tag = "devices";

/** Rows of a page where the caller does not say. */
const PAGE = 100;

const Device = z
  .object({
    device_sn: ShownDeviceSn,
    platform: ShownPlatform,
    user_agent: shownText("what it signed in with, up to 256 characters", "okhttp/4.12.0"),
    user_id: ShownUserId,
    device_name: shownText('its name, up to 64 characters; "" for none', "Wren's phone"),
    online: shownFlag("it has an open socket"),
    last_active_at: shownInstant("when it was heard of last"),
    push_bound: shownFlag("it has a push token"),
    no_push: shownFlag("nothing is pushed to it", false),
  })
  .meta({ id: "Device", description: "A device of a user." });

/** What became of a device that was signed out. */
export const DeviceReceipt = z
  .object({
    device_sn: ShownDeviceSn,
    was_online: shownFlag("it had an open socket"),
    notified: shownFlag("its socket was handed the notice"),
  })
  .meta({ id: "DeviceReceipt", description: "What became of a device whose session was ended." });

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
    beside: z.object({
      version: shownInt("the version of the list: it grows with every change of it", 3),
      cursor: shownText("where the next page begins; absent on the last page", "100").optional(),
    }),
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
    refuses: ["device_unknown"],
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
    refuses: ["device_unknown"],
    scope: "sessions",
    hubsKeep: true,
    summary: "Sign a device out, or every device where none is named; they stay listed",
    methods: ["POST", "PUT"],
    path: "/user/kick",
    from: "query",
    params: z.object({ device_sn: DeviceSn.optional() }),
    data: Done,
    beside: z.object({
      results: z.array(DeviceReceipt).meta({ description: "the devices that were signed out, by serial" }),
    }),
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
      admitted: shownFlag("the device might sign in"),
      displaced: z
        .array(ShownDeviceSn)
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
    data: z.object({ online: shownFlag("any device of the user has an open socket") }),
    async handle(scope) {
      const { online } = await scope.hub(scope.subject).ask((hub) => hub.online(scope.acting));
      return { data: { online } };
    },
  }),
];
