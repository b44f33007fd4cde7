import type { AdminClient } from "../server/index.ts";
import { shownInstant } from "./instants.ts";
import type { Printer } from "./print.ts";
import { banColumns } from "./ban-columns.ts";

/** The platforms, by their numbers. */
export const PLATFORMS = ["", "ios", "android", "windows", "mac", "linux", "web"];

/** How many of a user's bans and devices are shown. */
const SHOWN = 20;

/** Shows what an admin can see of a user. For programs it is one object. */
export async function showUser(client: AdminClient, user: number, printer: Printer): Promise<void> {
  const subject = client.forUser(user);
  const { data: profile } = await subject.getProfile();
  const [{ data: settings }, { data: devices }, { data: bans }] = await Promise.all([
    subject.getSettings(),
    subject.listDevices({ limit: SHOWN }),
    client.listBans({ user_id: user, limit: SHOWN }),
  ]);
  if (printer.isJson) return printer.lines([{ profile, settings, devices, bans }]);
  printer.one(profile);
  printer.headline("Devices");
  printer.rows(
    [
      ["serial", ({ device_sn }) => device_sn],
      ["platform", ({ platform }) => PLATFORMS[platform] ?? platform],
      ["name", ({ device_name }) => device_name],
      ["online", ({ online }) => (online ? "yes" : "no")],
      ["push", ({ push_bound, no_push }) => (no_push ? "muted" : push_bound ? "bound" : "no")],
      ["last heard of", ({ last_active_at }) => shownInstant(last_active_at)],
    ],
    devices,
    "There are none.",
  );
  printer.headline("Settings");
  const { id: _id, user_id: _user, ...shown } = settings;
  printer.one(shown);
  printer.headline("Bans");
  printer.rows(banColumns, bans, "There are none.");
}
