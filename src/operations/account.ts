import { z } from "zod";
import {
  Alias,
  DeviceGuid,
  Password,
  Platform,
  PushToken,
  TriedPassword,
  Username,
  rows,
  text,
} from "../domain/fields.ts";
import { Refusal } from "../domain/reasons.ts";
import { isSignedBy } from "../domain/signatures.ts";
import { Done, done, operation } from "../http/operation.ts";
import { changePassword, removeUser, setPassword } from "../services/accounts.ts";
import { changeOwn } from "../services/own.ts";
import {
  RegisteredRow,
  Registration,
  registerUser,
  registerUsers,
  requireOpenRegistration,
} from "../services/registration.ts";
import { Settings } from "./settings.ts";

const tag = "account";

export const account = [
  operation({
    id: "register",
    refuses: ["registration_closed", "username_taken"],
    example: { username: "robin" },
    summary: "Register a user",
    tag,
    methods: ["POST"],
    path: "/user/register/v2",
    caller: "public",
    from: "json",
    params: Registration,
    data: Settings,
    async handle(scope, input) {
      requireOpenRegistration(scope);
      return { data: await registerUser(scope, input) };
    },
  }),
  operation({
    id: "registerBatch",
    example: { list: [{ username: "robin", password: "a secret word" }] },
    summary: "Register up to 100 users; each row succeeds or fails by itself",
    tag,
    methods: ["POST"],
    path: "/user/register/batch",
    caller: "admin",
    scope: "act",
    from: "json",
    params: z.object({ list: rows(Registration) }),
    data: z.array(RegisteredRow),
    async handle(scope, input) {
      return { data: await registerUsers(scope, input.list) };
    },
  }),
  operation({
    id: "registerPush",
    refuses: ["registration_closed", "username_taken"],
    example: { username: "robin" },
    summary: "Register a user together with a device, an alias and a push token",
    tag,
    methods: ["POST"],
    path: "/user/register/push",
    caller: "public",
    from: "json",
    params: Registration.extend({
      device_guid: DeviceGuid.optional(),
      platform: Platform.optional(),
      alias: Alias.optional(),
      push_token: PushToken.optional(),
      sign: text(
        0,
        128,
        "the lower-case hex HMAC-SHA256 of app_id:username:device_guid under the push secret",
      )
        .meta({ examples: [""] })
        .optional(),
    }),
    data: Settings,
    async handle(scope, input) {
      const { app } = scope;
      const signed = `${app.app_id}:${input.username}:${input.device_guid ?? ""}`;
      if (app.push_secret === "") requireOpenRegistration(scope);
      else if (!isSignedBy(app.push_secret, signed, input.sign ?? "")) {
        throw new Refusal(
          "forbidden",
          "sign must be the lower-case hex HMAC-SHA256 of app_id:username:device_guid under the push secret",
        );
      }
      const start = {
        guid: input.device_guid,
        platform: input.platform ?? 6,
        alias: input.alias ?? "",
        push_token: input.push_token ?? "",
      };
      return { data: await registerUser(scope, input, start) };
    },
  }),
  operation({
    id: "deleteUser",
    refuses: ["credentials_wrong", "too_many_failures"],
    summary: "Delete the user and all that is the user's",
    tag,
    methods: ["POST", "DELETE"],
    path: "/user/delete",
    caller: "user",
    scope: "act",
    from: "json",
    params: z.object({ password: TriedPassword.optional() }),
    data: Done,
    async handle(scope, input) {
      await removeUser(scope, input.password);
      return done;
    },
  }),
  operation({
    id: "rename",
    refuses: ["username_taken"],
    example: { username: "robin" },
    summary: "Change the username",
    tag,
    methods: ["POST", "PUT"],
    path: "/user/username",
    caller: "user",
    scope: "act",
    hubDecides: true,
    tellsDevices: true,
    from: "query",
    params: z.object({ username: Username }),
    data: Done,
    async handle(scope, input) {
      await changeOwn(scope, { profile: input });
      return done;
    },
  }),
  operation({
    id: "changePassword",
    refuses: ["credentials_wrong", "too_many_failures"],
    summary: "Change the password; every other session of the user ends",
    tag,
    methods: ["POST"],
    path: "/user/change_password",
    caller: "user",
    scope: "act",
    from: "json",
    params: z.object({
      old_password: TriedPassword,
      new_password: Password.meta({ examples: ["a newer secret"] }),
    }),
    data: Done,
    async handle(scope, input) {
      await changePassword(scope, input.old_password, input.new_password);
      return done;
    },
  }),
  operation({
    id: "setPassword",
    summary: "Set a user's password; every session of the user ends",
    tag,
    methods: ["POST"],
    path: "/user/change_password_admin",
    caller: "admin for user",
    scope: "act",
    from: "json",
    params: z.object({ password: Password }),
    data: Done,
    async handle(scope, input) {
      await setPassword(scope, input.password);
      return done;
    },
  }),
];
