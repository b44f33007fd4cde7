import { type App, type Session, type User, newApp } from "./client.ts";
import { type Device, connect } from "./socket.ts";

/** A user with two connected devices that have nothing left to read. */
export interface Household {
  app: App;
  user: User;
  phone: Session;
  phoneSocket: Device;
  laptop: Session;
  laptopSocket: Device;
}

/** Makes such a user in an app of its own. */
export async function newHousehold(settings: Record<string, unknown> = {}): Promise<Household> {
  const app = await newApp(settings);
  const { user, session: phone } = await app.session({ device_guid: "phone", platform: 1 });
  const laptop = await app.signIn(user, { device_guid: "laptop", platform: 4 });
  const phoneSocket = await connect(phone);
  const laptopSocket = await connect(laptop);
  await phoneSocket.notice("device_login");
  return { app, user, phone, phoneSocket, laptop, laptopSocket };
}

/** The query that names a session's device. */
export function bySn(session: Session): { device_sn: string } {
  return { device_sn: String(session.deviceSn) };
}

/** How a notice names the session that caused it. */
export function bySession(session: Session): Record<string, unknown> {
  return { user_id: session.userId, device_sn: session.deviceSn };
}

/** How a notice names the admin of a test's app. */
export const byAdmin = { admin: "test" };
