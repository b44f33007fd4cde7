import { z } from "zod";
import { Device, ListedUser, Profile, PushAlias, Settings, Tags } from "../../wire.ts";
import { type Answer, type Client, dataOf } from "./client.ts";

export * from "../../wire.ts";
export * from "../../wire-staff.ts";

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
  return dataOf(await client.get("/user/push/tag"), Tags);
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
