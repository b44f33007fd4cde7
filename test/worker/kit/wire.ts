import { z } from "zod";
import { type Answer, type Client, dataOf } from "./client.ts";

/** The settings on the wire: these 17 fields and no other. */
export const Settings = z.strictObject({
  id: z.int(),
  user_id: z.int(),
  auth_mode: z.int(),
  auth_question: z.string(),
  auth_answer: z.string(),
  auto_download: z.boolean(),
  group_confirm: z.boolean(),
  no_push: z.boolean(),
  no_push_detail: z.boolean(),
  no_push_start_hour: z.int(),
  no_push_end_hour: z.int(),
  no_sounds: z.boolean(),
  push_nick_name: z.string(),
  push_token: z.string(),
  silence_start_time: z.int(),
  silence_end_time: z.int(),
  vibratory: z.boolean(),
});

/** What a new user has, beside the two ids. */
export const newSettings = {
  auth_mode: 0,
  auth_question: "",
  auth_answer: "",
  auto_download: false,
  group_confirm: false,
  no_push: false,
  no_push_detail: false,
  no_push_start_hour: 0,
  no_push_end_hour: 0,
  no_sounds: false,
  push_nick_name: "",
  push_token: "",
  silence_start_time: 0,
  silence_end_time: 0,
  vibratory: false,
};

/** The profile on the wire: these 9 fields and no other. */
export const Profile = z.strictObject({
  user_id: z.int(),
  username: z.string(),
  avatar: z.string(),
  description: z.string(),
  mobile: z.string(),
  email: z.string(),
  nick_name: z.string(),
  public_info: z.string(),
  private_info: z.string(),
});

/** A device on the wire. */
export const Device = z.strictObject({
  device_sn: z.int(),
  platform: z.int(),
  user_agent: z.string(),
  user_id: z.int(),
  online: z.boolean(),
  last_active_at: z.int(),
  device_name: z.string(),
  push_bound: z.boolean(),
});

/** What a sign-in answers. */
export const Token = z.strictObject({
  token: z.string().min(1),
  user_id: z.int(),
  expire: z.int(),
  public_key: z.literal(""),
  device_sn: z.int().optional(),
});

/** What became of a row of a batch of changes. */
export const ChangedRow = z.strictObject({ user_id: z.int(), success: z.boolean(), reason: z.string() });

/** What became of a row of a batch of registrations. */
export const RegisteredRow = ChangedRow.extend({ username: z.string() });

/** A user in the list. */
export const ListedUser = z.strictObject({ user_id: z.int(), username: z.string(), status: z.int() });

const PushAlias = z.strictObject({ alias: z.string(), push_token: z.string() });

export async function settingsOf(client: Client) {
  return dataOf(await client.get("/user/settings"), Settings);
}

export async function profileOf(client: Client) {
  return dataOf(await client.get("/user/profile"), Profile);
}

export async function devicesOf(client: Client) {
  return dataOf(await client.get("/user/device/list"), z.array(Device));
}

export async function aliasOf(client: Client) {
  return dataOf(await client.get("/user/push/alias"), PushAlias);
}

export async function tagsOf(client: Client) {
  return dataOf(await client.get("/user/push/tag"), z.array(z.string()));
}

/** The serials of the devices that a push token is bound to. */
export async function boundDevicesOf(client: Client) {
  const devices = await devicesOf(client);
  return devices.filter((device) => device.push_bound).map((device) => device.device_sn);
}

/** The users of an app, as its admin lists them. */
export async function usersOf(admin: Client) {
  return dataOf(await admin.get("/user/list", { page_size: "200" }), z.array(ListedUser));
}

/** The codes of several answers, sorted: of calls made at once, nobody knows which wins. */
export function codesOf(answers: readonly Answer[]): number[] {
  return answers.map((answer) => answer.code).toSorted((a, b) => a - b);
}

/** Waits for a write that only prepares a test, and fails where it is refused. */
export async function done(call: Promise<Answer>): Promise<void> {
  dataOf(await call, z.literal(true));
}
