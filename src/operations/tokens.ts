import { z } from "zod";
import { DeviceGuid, DeviceName, Id, Platform, TriedPassword, text } from "../domain/fields.ts";
import { Refusal } from "../domain/reasons.ts";
import { Done, done, nothing, operation } from "../http/operation.ts";
import { loginKey, signIn } from "../services/sign-in.ts";
import { ShownDeviceSn, ShownUserId, shownInstant, shownText } from "../domain/shown.ts";
import type { Scope } from "../services/scope.ts";

const Token = z
  .object({
    token: shownText("the access token, up to 128 characters: a secret", "ut0.3kXf9mQ2.example"),
    user_id: ShownUserId,
    expire: shownInstant("when its life is over"),
    public_key: shownText('always ""', ""),
    device_sn: ShownDeviceSn.meta({
      description: "the device's serial, from 1, where device_guid was given",
    }).optional(),
  })
  .meta({ id: "Token", description: "A token of a session that has begun." });

const Device = z.object({
  password: TriedPassword,
  device_guid: DeviceGuid.optional(),
  platform: Platform.optional(),
  device_name: DeviceName.optional(),
});

const LoginName = text(1, 254, "a username, mobile number or e-mail address of 1–254 characters").meta({
  examples: ["wren"],
});

const Name = text(1, 254, "a username of 1–254 characters; or mobile stands in its place").meta({
  examples: ["wren"],
});

const MobileName = text(1, 254, "a mobile number of 1–254 characters, in place of name").meta({
  examples: ["+8613800138000"],
});

function deviceOf(scope: Scope, input: z.output<typeof Device>) {
  return {
    guid: input.device_guid,
    platform: input.platform,
    name: input.device_name,
    user_agent: scope.userAgent,
  };
}

const signInWith = {
  tag: "tokens",
  methods: ["POST"],
  caller: "public",
  secret: true,
  refuses: ["too_many_failures", "credentials_wrong", "user_disabled", "too_many_devices"],
  from: "json",
  data: Token,
} as const;

export const tokens = [
  operation({
    ...signInWith,
    id: "signInByName",
    example: { mobile: undefined },
    summary: "Sign in with a username, or with a mobile number in its place",
    path: "/token/user",
    params: Device.extend({ name: Name.optional(), mobile: MobileName.optional() }),
    async handle(scope, input) {
      const { name, mobile } = input;
      if ((name === undefined) === (mobile === undefined)) {
        throw new Refusal(
          "parameter_wrong",
          "name is required: the username; or mobile in its place, not both",
        );
      }
      const key = name === undefined ? { mobile: mobile ?? "" } : { username: name };
      return { data: await signIn(scope, key, input.password, deviceOf(scope, input)) };
    },
  }),
  operation({
    ...signInWith,
    id: "signInById",
    summary: "Sign in with a user id",
    path: "/token/id",
    params: Device.extend({ user_id: Id }),
    async handle(scope, input) {
      return {
        data: await signIn(scope, { user_id: input.user_id }, input.password, deviceOf(scope, input)),
      };
    },
  }),
  operation({
    ...signInWith,
    id: "signIn",
    summary: "Sign in with a username, mobile number or e-mail address",
    path: "/token/login",
    params: Device.extend({ login_name: LoginName }),
    async handle(scope, input) {
      return {
        data: await signIn(scope, loginKey(input.login_name), input.password, deviceOf(scope, input)),
      };
    },
  }),
  operation({
    id: "signOut",
    hubsKeep: true,
    summary: "End the caller's session: its token and its socket are dead",
    tag: "tokens",
    methods: ["POST"],
    path: "/token/logout",
    caller: "session",
    hubDecides: true,
    from: "none",
    params: nothing,
    data: Done,
    async handle(scope) {
      await scope.hub(scope.subject).ask((hub) => hub.logout(scope.acting));
      return done;
    },
  }),
];
