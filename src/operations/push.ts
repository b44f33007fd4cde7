import { z } from "zod";
import { Alias, DeviceSn, MAX_ID, PushToken, Tag, bytes, flag, integer, text } from "../domain/fields.ts";
import { shownInt, shownText } from "../domain/shown.ts";
import { Done, done, nothing, operation } from "../http/operation.ts";
import { deliverAll } from "../services/deliver.ts";
import { changeOwn } from "../services/own.ts";
import { MAX_TAGS } from "../store/tags.ts";
import { pushSettings, readSettings } from "./settings.ts";

const tag = "push";

const Tags = z
  .array(Tag)
  .min(1)
  .max(MAX_TAGS)
  .meta({ description: `a list of 1–${MAX_TAGS} tags` });

export const push = [
  operation({
    id: "bindToken",
    refuses: ["device_unknown"],
    summary: "Bind a push token to a device, and take it from whoever had it",
    tag,
    methods: ["POST", "PUT"],
    path: "/user/token/bind",
    caller: "user",
    scope: "act",
    hubDecides: true,
    from: "json",
    params: z.object({
      device_sn: DeviceSn,
      device_token: bytes(1, 512, "the device's push token, 1–512 bytes").meta({
        examples: ["fcm-token-of-the-phone"],
      }),
      notifier_name: text(1, 64, "the name of the notifier, 1–64 characters").meta({ examples: ["fcm"] }),
    }),
    data: Done,
    async handle(scope, input) {
      const { owed } = await scope.hub(scope.subject).ask((hub) => hub.bindPush(scope.acting, input));
      await deliverAll(scope, owed);
      return done;
    },
  }),
  operation({
    id: "unbindToken",
    refuses: ["device_unknown"],
    summary: "Take the push token off a device",
    tag,
    methods: ["POST", "DELETE"],
    path: "/user/token/unbind",
    caller: "user",
    scope: "act",
    hubDecides: true,
    from: "query",
    params: z.object({ deviceSn: DeviceSn }),
    aliases: { device_sn: "deviceSn" },
    data: Done,
    async handle(scope, input) {
      await scope.hub(scope.subject).ask((hub) => hub.unbindPush(scope.acting, input.deviceSn));
      return done;
    },
  }),
  operation({
    id: "setAlias",
    summary: "Set the push alias and, where given, the push token of the settings",
    tag,
    methods: ["POST"],
    path: "/user/push/alias",
    caller: "user",
    scope: "act",
    hubDecides: true,
    tellsDevices: true,
    from: "json",
    params: z.object({ alias: Alias, push_token: PushToken.optional() }),
    data: Done,
    async handle(scope, input) {
      await changeOwn(scope, { settings: input });
      return done;
    },
  }),
  operation({
    id: "getAlias",
    summary: "Read the push alias and the push token of the settings",
    tag,
    methods: ["GET"],
    path: "/user/push/alias",
    caller: "user",
    scope: "read",
    hubDecides: true,
    from: "none",
    params: nothing,
    data: z.object({
      alias: shownText('the push alias, up to 64 bytes; "" for none', "wren"),
      push_token: shownText(
        'the push token of the settings, up to 512 bytes; "" for none',
        "fcm-token-of-the-phone",
      ),
    }),
    async handle(scope) {
      const { alias, push_token } = await readSettings(scope);
      return { data: { alias, push_token: push_token ?? "" } };
    },
  }),
  operation({
    id: "addTags",
    summary: `Add push tags; a user has up to ${MAX_TAGS}`,
    tag,
    methods: ["POST"],
    path: "/user/push/tag",
    caller: "user",
    scope: "act",
    hubDecides: true,
    from: "json",
    params: z.object({ tags: Tags }),
    data: Done,
    async handle(scope, input) {
      await changeOwn(scope, { addTags: input.tags });
      return done;
    },
  }),
  operation({
    id: "removeTags",
    summary: "Remove push tags; one that is not there is no error",
    tag,
    methods: ["DELETE"],
    path: "/user/push/tag",
    caller: "user",
    scope: "act",
    hubDecides: true,
    from: "json",
    params: z.object({ tags: Tags }),
    data: Done,
    async handle(scope, input) {
      await changeOwn(scope, { removeTags: input.tags });
      return done;
    },
  }),
  operation({
    id: "removeAllTags",
    summary: "Remove all push tags",
    tag,
    methods: ["DELETE"],
    path: "/user/push/tag/all",
    caller: "user",
    scope: "act",
    hubDecides: true,
    from: "none",
    params: nothing,
    data: Done,
    async handle(scope) {
      await changeOwn(scope, { removeTags: "all" });
      return done;
    },
  }),
  operation({
    id: "listTags",
    summary: "List the push tags in code-point order",
    tag,
    methods: ["GET"],
    path: "/user/push/tag",
    caller: "user",
    scope: "read",
    hubDecides: true,
    from: "none",
    params: nothing,
    data: z
      .array(shownText("a tag of 1–64 bytes", "birds"))
      .meta({ description: `the tags, in code-point order: up to ${MAX_TAGS}` }),
    async handle(scope) {
      const { own } = await scope.hub(scope.subject).ask((hub) => hub.tags(scope.acting));
      return { data: own };
    },
  }),
  operation({
    id: "setBadge",
    summary: "Set the badge",
    tag,
    methods: ["POST"],
    path: "/user/push/badge",
    caller: "user",
    scope: "act",
    hubDecides: true,
    from: "json",
    params: z.object({ badge: integer(0, MAX_ID, "an integer from 0").meta({ examples: [3] }) }),
    data: Done,
    async handle(scope, input) {
      await changeOwn(scope, { settings: input });
      return done;
    },
  }),
  operation({
    id: "getBadge",
    summary: "Read the badge",
    tag,
    methods: ["GET"],
    path: "/user/push/badge",
    caller: "user",
    scope: "read",
    hubDecides: true,
    from: "none",
    params: nothing,
    data: shownInt("the badge: an integer from 0", 3),
    async handle(scope) {
      return { data: (await readSettings(scope)).badge };
    },
  }),
  ...pushSettings,
  operation({
    id: "muteDevice",
    refuses: ["device_unknown"],
    hubsKeep: true,
    summary: "Have nothing pushed to a device, or have it pushed again",
    tag,
    methods: ["POST", "PUT"],
    path: "/user/push/device",
    caller: "user",
    scope: "act",
    hubDecides: true,
    from: "json",
    params: z.object({ device_sn: DeviceSn, no_push: flag("nothing is pushed to the device") }),
    data: Done,
    async handle(scope, { device_sn, no_push }) {
      await scope.hub(scope.subject).ask((hub) => hub.muteDevice(scope.acting, device_sn, no_push));
      return done;
    },
  }),
];
