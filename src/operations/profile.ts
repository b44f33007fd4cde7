import { z } from "zod";
import { Avatar, Description, Email, Id, Info, Mobile, NickName, rows } from "../domain/fields.ts";
import { Profile } from "../domain/own.ts";
import type { Reason } from "../domain/reasons.ts";
import { Done, done, nothing, operation } from "../http/operation.ts";
import { changeOwn } from "../services/own.ts";
import { ChangedRow, changeProfiles } from "../services/profiles.ts";

const tag = "profile";

const ProfileChange = z.object({
  nick_name: NickName.optional(),
  description: Description.optional(),
  public_info: Info.optional(),
  private_info: Info.optional(),
  email: Email.optional(),
});

const AvatarRow = z.object({ user_id: Id, avatar: Avatar });
const ProfileRow = z.object({ user_id: Id, ...ProfileChange.shape });

const change = { tag, methods: ["POST", "PUT"], data: Done } as const;

/** The fields of which two users may not have the same. */
const taken = { mobile: ["mobile_taken"], avatar: [], nick_name: [] } as const satisfies Record<
  string,
  readonly Reason[]
>;

/** One field of the profile, set by an operation of its own. */
function profileField<const I extends string>(
  id: I,
  summary: string,
  path: string,
  from: "query" | "json",
  field: "avatar" | "nick_name" | "mobile",
  schema: z.ZodString,
) {
  return operation({
    ...change,
    id,
    summary,
    path,
    caller: "user",
    scope: "act",
    hubDecides: true,
    tellsDevices: true,
    refuses: taken[field],
    from,
    params: z.object({ [field]: schema }),
    async handle(scope, input) {
      await changeOwn(scope, { profile: { [field]: input[field] } });
      return done;
    },
  });
}

/** A text of the profile that is the whole body. */
function infoField(id: string, summary: string, path: string, field: "public_info" | "private_info") {
  return operation({
    ...change,
    id,
    summary,
    path,
    caller: "user",
    scope: "act",
    hubDecides: true,
    tellsDevices: true,
    from: "text",
    params: z.object({ text: Info }),
    async handle(scope, input) {
      await changeOwn(scope, { profile: { [field]: input.text } });
      return done;
    },
  });
}

/** Many users' profiles at once, row by row. */
function profileBatch(id: string, summary: string, path: string, Row: typeof AvatarRow | typeof ProfileRow) {
  return operation({
    ...change,
    id,
    summary,
    path,
    caller: "admin",
    scope: "act",
    from: "json",
    params: z.object({ list: rows(Row) }),
    data: z.array(ChangedRow),
    async handle(scope, input) {
      return { data: await changeProfiles(scope, Row, input.list) };
    },
  });
}

export const profile = [
  profileField("setAvatar", "Set the avatar", "/user/avatar", "json", "avatar", Avatar),
  profileBatch("setAvatars", "Set the avatars of up to 100 users", "/user/avatar/batch", AvatarRow),
  profileField("setNickName", "Set the nickname", "/user/nickname", "query", "nick_name", NickName),
  profileField("setMobile", "Set the mobile number", "/user/mobile", "query", "mobile", Mobile),
  infoField("setPublicInfo", "Set the public info: the body as it is", "/user/public", "public_info"),
  infoField("setPrivateInfo", "Set the private info: the body as it is", "/user/private", "private_info"),
  operation({
    ...change,
    id: "setProfile",
    refuses: ["email_taken"],
    summary: "Change the profile; a field left out stays as it is",
    path: "/user/profile",
    caller: "user",
    scope: "profile",
    hubDecides: true,
    tellsDevices: true,
    from: "json",
    params: ProfileChange,
    async handle(scope, input) {
      await changeOwn(scope, { profile: input });
      return done;
    },
  }),
  profileBatch("setProfiles", "Change the profiles of up to 100 users", "/user/profile/batch", ProfileRow),
  operation({
    id: "getProfile",
    summary: "Read the profile",
    tag,
    methods: ["GET"],
    path: "/user/profile",
    caller: "user",
    scope: "read",
    hubDecides: true,
    from: "none",
    params: nothing,
    data: Profile,
    async handle(scope) {
      const { own } = await scope.hub(scope.subject).ask((hub) => hub.profile(scope.acting));
      return { data: own };
    },
  }),
];
