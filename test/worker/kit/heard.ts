import { Notice } from "../../wire.ts";
import type { Device } from "./socket.ts";

/** The events a device has heard and not read, after a round trip: all that was sent before is among them. */
export async function eventsOf(device: Device): Promise<string[]> {
  await device.ping();
  return device.unread.map((text) => Notice.parse(JSON.parse(text)).event);
}

/** How long a test waits for what comes after an answer. */
export const patience = { timeout: 10_000 };
