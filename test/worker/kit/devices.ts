import { z } from "zod";
import { Device, Online } from "../../wire.ts";
import { type Client, dataOf } from "./client.ts";

const Beside = z.object({ version: z.int(), cursor: z.string().optional() });

/** A page of the caller's device list. */
export async function listDevices(client: Client, query: Record<string, string> = {}) {
  const answer = await client.get("/user/device/list", query);
  return { devices: dataOf(answer, z.array(Device)), ...Beside.parse(answer.body) };
}

/** The serials of a page, in its order. */
export async function serials(client: Client, query: Record<string, string> = {}): Promise<number[]> {
  return (await listDevices(client, query)).devices.map((device) => device.device_sn);
}

/** The version of the caller's device list. */
export async function listVersion(client: Client): Promise<number> {
  return (await listDevices(client)).version;
}

/** A device of the caller's list by its serial; fails where it is not there. */
export async function listed(client: Client, sn: number | undefined) {
  const { devices } = await listDevices(client);
  const found = devices.find((device) => device.device_sn === sn);
  if (!found) throw new Error(`device ${sn} is not on the list`);
  return found;
}

/** Whether any device of the caller's user is connected. */
export async function isOnline(client: Client): Promise<boolean> {
  return dataOf(await client.get("/user/online_status"), Online).online;
}

/** The code that a call of a session is answered with: 200 while it lives. */
export async function codeOf(session: Client): Promise<number> {
  return (await session.get("/user/profile")).code;
}
